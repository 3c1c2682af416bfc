"""Processes that attack the p2p ports of a devnet's nodes, and how they are kept from taking the nodes' processor time."""
import errno
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import strangers
from devnet import ROOT

E2E = ROOT / "test/e2e"
# What their session may take of a busy processor: 19 is the least, 0 as much as the session of the nodes.
NICE = os.environ.get("OL_ATTACK_NICE", "19")

# Of link_attacker.cpp.
LINKED = ("forged certificates", "forged new-views", "sync request flood", "votes of others", "messages of a later epoch",
          "a validator's votes", "a validator's new-views", "a validator's sync requests")


def yield_processor():
    """In the attacker's process before its program: it gets the processor time that nobody else wants, so that what is
    measured is what it makes the nodes do. Where the scheduler groups processes by session, a class counts within the
    session alone; so this one has its own, of little weight."""
    os.setsid()
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    group = pathlib.Path("/proc/self/autogroup")
    for _ in range(50):
        try:
            group.write_text(NICE)
            return
        except OSError as error:
            if error.errno != errno.EAGAIN:  # Not more often than the kernel allows; else there are no groups.
                return
        time.sleep(0.1)


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Attackers:
    """Attack while the block runs. `kinds` are of `strangers.py`, `attacker.mjs` and `link_attacker`; `share` of the
    second's attackers. `links`: program and arguments of the last before its kinds, and whom it attacks, as ID@PORT."""

    def __init__(self, kinds, ports, transfer, share=1.0, links=None):
        unknown = [kind for kind in kinds if kind in strangers.KINDS]
        linked = [kind for kind in kinds if kind in LINKED]
        known = [kind for kind in kinds if kind not in strangers.KINDS and kind not in LINKED]
        ports = [str(port) for port in ports]
        self.programs = []
        if unknown:
            self.programs.append([sys.executable, str(E2E / "strangers.py"), ",".join(unknown), *ports])
        if linked:
            self.programs.append([*links[0], ",".join(linked), *links[1]])
        if known:
            self.programs.append(["node", str(E2E / "attacker.mjs"), str(share), ",".join(known), transfer, *ports])

    def __enter__(self):
        self.outputs = [tempfile.TemporaryFile("w+") for _ in self.programs]
        self.processes = [subprocess.Popen(program, stdout=out, preexec_fn=yield_processor)
                          for program, out in zip(self.programs, self.outputs)]
        time.sleep(2)
        return self

    def processor_seconds(self):
        return sum(processor_seconds(process.pid) for process in self.processes)

    def counts(self):
        """What each kind did up to now."""
        out = {}
        for process, output in zip(self.processes, self.outputs):
            if process.poll() is not None:
                sys.exit(f"FAILED: attackers ended with {process.returncode}")
            lines = os.pread(output.fileno(), 1 << 20, max(0, os.fstat(output.fileno()).st_size - (1 << 14))).split(b"\n")
            if len(lines) > 1:
                out |= json.loads(lines[-2])
        return out

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
        for process, output in zip(self.processes, self.outputs):
            process.wait()
            output.close()
