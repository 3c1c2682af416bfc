#!/usr/bin/env python3
"""End-to-end checks of the other commit rules: a devnet of each profile finalises a transfer.

Usage: profile_test.py OPENLIQUID CASE, with CASE one of l1, timecoin, timecoin_minutes, timed.
"""
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from devnet import STOP_SECONDS, call, check_account_proof, free_base_port, wait_for  # noqa: E402

KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


def status(port):
    return call(port, "ol_status")["result"]


def height(port):
    return int(call(port, "eth_blockNumber")["result"], 16)


def transfer(program, port):
    """Sends one and waits until it is final; returns its block."""
    sent = subprocess.run(
        [program, "tx", "send", "--rpc", f"http://127.0.0.1:{port}", "--to", "0x" + "11" * 20, "--value", "1ether",
         "--key", KEY], check=True, capture_output=True, text=True, timeout=300).stdout
    assert "status success" in sent, sent
    return int(sent.split("final in block ")[1].split(",")[0])


def balance(port):
    return int(call(port, "eth_getBalance", "0x" + "11" * 20, "latest")["result"], 16)


def threads_of(pid):
    """Those of a process that still run: none of one that is only waited for by its parent."""
    try:
        states = [stat.read_text().rsplit(")", 1)[1].split()[0]
                  for stat in pathlib.Path(f"/proc/{pid}/task").glob("*/stat")]
    except (FileNotFoundError, ProcessLookupError):
        return threads_of(pid) if pathlib.Path(f"/proc/{pid}").exists() else []
    return [state for state in states if state not in "ZX"]


class Network:
    """A devnet in one process group that this script started, and nodes it starts beside it."""

    def __init__(self, program, home, profile, validators):
        self.program, self.home, self.base = program, pathlib.Path(home), free_base_port()
        self.validators = validators
        self.devnet = subprocess.Popen(
            [program, "devnet", "--profile", profile, "--validators", str(validators), "--home", home, "--base-port",
             str(self.base)], stdout=subprocess.PIPE, text=True)
        self.started = []
        self.pids, self.said = {}, ""
        for line in self.devnet.stdout:
            self.said += line
            if "  pid " in line:
                self.pids[int(line.split()[1])] = int(line.split("pid ")[1].split()[0])
            if line.startswith("ready"):
                return
        sys.exit("FAILED: devnet ended before it was ready\n" + self.said)

    def port(self, i):
        return self.base + i

    def kill(self, i):
        """Returns when all its threads are gone: until then they may hold the lock of its database."""
        os.kill(self.pids[i], signal.SIGKILL)
        wait_for("a killed node's end", lambda: not threads_of(self.pids[i]))

    def restart(self, i):
        home = self.home / f"node{i}"
        log = open(home / "node.log", "a")
        self.started.append(subprocess.Popen([self.program, "start", "--home", str(home)], stdout=log, stderr=log))

    def stop(self):
        for node in self.started:
            node.terminate()
            node.wait(STOP_SECONDS)
        self.devnet.send_signal(signal.SIGINT)
        self.devnet.stdout.read()
        if self.devnet.wait(STOP_SECONDS) != 0:
            sys.exit("FAILED: devnet did not stop cleanly")


def case_l1(program, home):
    net = Network(program, home, "l1", 4)
    try:
        assert status(net.base)["profile"] == "l1", status(net.base)
        assert "commit rule two-chain, tolerates 1 Byzantine, 1 crash" in net.said, net.said
        begin = time.monotonic()
        block = transfer(program, net.port(0))
        # Requirement L1-PF-2, with a program's start in it.
        took = time.monotonic() - begin
        assert took <= 12, took
        print(f"final {took:.2f} s after the command was given")
        for i in range(4):
            wait_for(f"node {i} having the transfer", lambda: height(net.port(i)) >= block)
            assert balance(net.port(i)) == 10**18
        # Leaders are drawn from the validators' proofs; one that starts again still knows who leads.
        assert '"leaders": "vrf"' in (net.home / "node0" / "genesis.json").read_text()
        net.kill(3)
        net.restart(3)
        block = transfer(program, net.port(0))
        wait_for("the restarted node catching up", lambda: height(net.port(3)) >= block)
        assert balance(net.port(3)) == 2 * 10**18
        assert not any("banned" in log.read_text() for log in net.home.glob("node*/node.log"))
        # Two ether by now.
        check_account_proof(net, 1, "0x" + "11" * 20, wei=2 * 10**18)
    finally:
        net.stop()


def named_at_all(net, voters):
    """Whether the last block but one names `voters` and every one of them says the same of it."""
    below = min(height(net.port(i)) for i in voters) - 1
    said = [call(net.port(i), "ol_certificate", hex(below))["result"] for i in voters]
    return all(said) and said[0]["signers"] == voters and all(one == said[0] for one in said)


# Requirements TC-BZ-1, TC-BZ-2: one of three is killed, the others go on, and it catches up.
def case_timecoin(program, home):
    net = Network(program, home, "timecoin", 3)
    try:
        assert "commit rule two-phase, tolerates 0 Byzantine, 1 crash" in net.said, net.said
        budgets = status(net.base)["budgets"]
        assert (budgets["byzantineWeight"], budgets["crashWeight"]) == (0, 1), budgets
        # Requirement TC-CO-23: three of three in normal operation, and two of three without one.
        wait_for("a block that names all its voters", lambda: named_at_all(net, [0, 1, 2]))
        net.kill(2)
        wait_for("a block that names the two that are left", lambda: named_at_all(net, [0, 1]))
        # Requirement TC-BZ-4, load: to both that are left, each transfer once, the supply right to the unit.
        subprocess.run(["node", str(pathlib.Path(__file__).parent / "load.mjs"), "500", "1",
                        *(f"http://127.0.0.1:{net.port(i)}" for i in range(2))], check=True, timeout=600)
        block = transfer(program, net.port(0))
        wait_for("the transfer on the other node", lambda: height(net.port(1)) >= block)
        assert balance(net.port(1)) == 10**18
        net.restart(2)
        wait_for("the restarted node catching up", lambda: height(net.port(2)) >= block)
        assert balance(net.port(2)) == 10**18
        check_account_proof(net, 2, "0x" + "11" * 20)
    finally:
        net.stop()


# Requirements TC-NT-5, TC-NT-6, TC-OP-4, TC-OP-6, TC-PF-1: minutes of transfers, nothing wrong in any log, and what it takes.
def case_timecoin_minutes(program, home):
    minutes = float(os.environ.get("OL_TIMECOIN_MINUTES", "5"))
    net = Network(program, home, "timecoin", 3)
    try:
        begin, sent, first = time.monotonic(), 0, height(net.base)
        before = [figures(net.port(i)) for i in range(3)]
        while time.monotonic() < begin + minutes * 60:
            transfer(program, net.port(sent % 3))
            sent += 1
        took = time.monotonic() - begin
        after = [figures(net.port(i)) for i in range(3)]
        blocks = height(net.base) - first
        assert balance(net.base) == sent * 10**18
    finally:
        net.stop()
    errors = [line for log in sorted(net.home.glob("*/node.log")) for line in log.read_text().splitlines()
              if re.match(r"\S+ (error|critical)", line)]
    assert not errors, errors
    for i in range(3):
        grown = {name: after[i][name] - before[i][name] for name in after[i]}
        rate = grown["bytes"] / took
        print(f"validator {i}: {rate:.0f} bytes/s sent, {1000 * grown['cpu'] / blocks:.1f} ms of processor a block, "
              f"final in {grown['finality'] / grown['final']:.0f} ms on average, "
              f"{after[i]['memory'] / 2**20:.0f} MiB in use")
        assert rate < 1_000_000, rate
    print(f"{sent} transfers in {blocks} blocks and {took:.0f} s, no error in any log")


def figures(port):
    lines = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60).read().decode().splitlines()
    values = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
    total = {}
    for name, value in values:
        name = name.split("{")[0]
        total[name] = total.get(name, 0) + float(value)
    return {"bytes": total["openliquid_p2p_bytes_out_total"], "cpu": total["process_cpu_seconds_total"],
            "memory": total["process_resident_memory_bytes"], "finality": total["openliquid_finality_ms_sum"],
            "final": total["openliquid_finality_ms_count"]}


# The daemon of timecoin's document, three times on one machine.
def case_timed(program, home):
    timed = str(pathlib.Path(program).parent / "timed")
    base = free_base_port(3, apart=1000)

    def start(k, collateral="1000"):
        return subprocess.Popen(
            [timed, "--port", str(base + k - 1), "--validator-id", f"validator_{k}", "--collateral", collateral,
             "--home", home, "--log", "warn" if k == 2 else "info"], stdout=open(f"{home}-{k}.log", "w"), stderr=subprocess.STDOUT)

    nodes = [start(k) for k in (1, 2, 3)]
    try:
        wait_for("a final block", lambda: min(height(base + 1000 + i) for i in range(3)) >= 1)
        refused = start(3, "5000")
        assert refused.wait(STOP_SECONDS) == 1
        assert "--collateral 5000 is not funded" in pathlib.Path(f"{home}-3.log").read_text(errors="replace")
        said = pathlib.Path(f"{home}-1.log").read_text(errors="replace")
        # Requirement TC-OP-3: what is logged is chosen.
        assert "peer connected" in said and "peer connected" not in pathlib.Path(f"{home}-2.log").read_text()
        assert "quorum 2000 of 3000, tolerates 0 Byzantine, 1 crash" in said, said
    finally:
        for node in nodes:
            node.terminate()
        ended = [node.wait(STOP_SECONDS) for node in nodes]
    assert ended == [0, 0, 0], ended


def main():
    program, case = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2]
    seed = int(os.environ.get("OL_SEED", str(time.time_ns() % 1_000_000)))
    random.seed(seed)
    print(f"case {case}, seed {seed}")
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="openliquid-e2e-") as home:
        try:
            globals()[f"case_{case}"](program, home + "/net")
        except BaseException:
            for log in [*sorted(pathlib.Path(home).glob("net-*.log")), *sorted(pathlib.Path(home).rglob("node.log"))]:
                print(f"--- {log}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:]))
            raise
    print(f"case {case}: passed in {time.monotonic() - begin:.1f} s")


if __name__ == "__main__":
    main()
