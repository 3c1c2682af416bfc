#!/usr/bin/env python3
"""Real nodes in network namespaces, with delay, loss, crashes and partitions between them.

Usage: netns_test.py OPENLIQUID [--validators N] [--profile P] [--delay MS] [--jitter MS] [--loss SHARE] [--seed S]

It shows, one after the other: the chain goes on with as many nodes killed as it tolerates; they catch up when
they are started again; split so that nobody has a quorum, the chain stands still; within two
time-outs (it says how many) after the partition is healed it goes on; everybody has one chain. Prints what it measured. Exits with 77 and a sentence
where it cannot run.
"""
import argparse
import ctypes
import http.client
import json
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

from wire import Wire, missing

RPC_PORT = 8545
BUSY_MACHINE_S = 10  # what a machine with other work may add to a time that the chain promises
SKIPPED = 77
PR_SET_PDEATHSIG = 1
SLOT_SECONDS = 2  # of `openliquid testnet`
# What waiting for a slow machine may add to any time: only the figures that are printed tell how fast it went.
PATIENCE_SECONDS = 300
STILL_SECONDS = 3


class Failure(Exception):
    """Something that was to be shown did not happen."""


def end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Cluster:
    """The node processes, each in its namespace."""

    def __init__(self, program, home, wire, profile):
        self.profile = profile
        self.program, self.home, self.wire = program, pathlib.Path(home), wire
        self.count = len(wire.namespaces)
        self.nodes = {}
        hosts = ",".join(n.address for n in wire.namespaces)
        subprocess.run([program, "testnet", "--validators", str(self.count), "--out", str(self.home),
                        "--hosts", hosts, "--profile", profile], check=True, stdout=subprocess.DEVNULL)

    def crash_budget(self):
        """How many may be down: n - ceil(2n / 3) by collateral, else f."""
        return self.count // 3 if self.profile == "timecoin" else (self.count - 1) // 3

    def timeout(self):
        """What a round without a leader costs now, in seconds: the longest time-out, or a slot."""
        if self.profile == "timecoin":
            return SLOT_SECONDS
        return max(self.metric(i, "openliquid_view_timeout_ms") for i in self.nodes) / 1000

    def start(self, i):
        home = self.home / f"node{i}"
        with open(home / "node.log", "a") as log, self.wire.namespaces[i].entered():
            self.nodes[i] = subprocess.Popen([self.program, "start", "--home", str(home)],
                                             stdout=log, stderr=log, preexec_fn=end_with_parent)

    def kill(self, i):
        node = self.nodes.pop(i)
        node.kill()
        node.wait()

    def kill_all(self):
        for i in list(self.nodes):
            self.kill(i)

    def ask(self, i, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", RPC_PORT)
        connection.sock = self.wire.namespaces[i].connect(RPC_PORT, 60)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def call(self, i, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        return json.loads(self.ask(i, "POST", "/", body))["result"]

    def height(self, i):
        return int(self.call(i, "eth_blockNumber"), 16)

    def block(self, i, height):
        return self.call(i, "eth_getBlockByNumber", hex(height), False)["hash"]

    def metric(self, i, name):
        return float(re.search(rf"^{name} (\S+)", self.ask(i, "GET", "/metrics"), re.M).group(1))

    def heights(self, nodes):
        ended = [i for i, node in self.nodes.items() if node.poll() is not None]
        if ended:
            raise Failure(f"nodes {ended} ended by themselves")
        return [self.height(i) for i in nodes]


def wait_for(what, condition, seconds=PATIENCE_SECONDS):
    """How long it took; a node that does not answer yet, or dies while it does, does not fulfil anything."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        try:
            if condition():
                return time.monotonic() - start
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            pass
        time.sleep(0.02)
    raise Failure(f"{what} did not happen within {seconds:.1f} s")


def say(text):
    print(f"{time.monotonic() - STARTED:6.1f} s  {text}", flush=True)


def start_together(cluster):
    everybody = range(cluster.count)
    for i in everybody:
        cluster.start(i)
    took = wait_for("a third block everywhere", lambda: min(cluster.heights(everybody)) >= 3)
    say(f"{cluster.count} nodes have 3 final blocks after {took:.1f} s")


def go_on_without(cluster, killed):
    for i in killed:
        cluster.kill(i)
    alive = [i for i in range(cluster.count) if i not in killed]
    before = max(cluster.heights(alive))
    took = wait_for("the chain going on without them",
                    lambda: min(cluster.heights(alive)) >= before + 3)
    say(f"nodes {killed} killed: 3 more final blocks on all others after {took:.1f} s")


def settled_heights(cluster):
    everybody = range(cluster.count)
    heights, since = cluster.heights(everybody), time.monotonic()
    end = since + PATIENCE_SECONDS
    while time.monotonic() - since < STILL_SECONDS:
        time.sleep(0.1)
        now = cluster.heights(everybody)
        if now != heights:
            heights, since = now, time.monotonic()
        if time.monotonic() > end:
            raise Failure(f"without a quorum blocks go on becoming final: {heights}")
    return heights


def stand_still(cluster, seconds):
    """Sides that all lack a quorum: halves, of three nodes each alone. What was under way becomes final or not,
    so the heights are taken once they have not changed for some seconds."""
    everybody = list(range(cluster.count))
    random.shuffle(everybody)
    parts = 3 if cluster.count == 3 else 2
    sides = [sorted(everybody[part::parts]) for part in range(parts)]
    cluster.wire.partition(*sides)
    before = settled_heights(cluster)
    time.sleep(seconds)
    after = cluster.heights(range(cluster.count))
    if before != after:
        raise Failure(f"without a quorum the heights went from {before} to {after}")
    say(f"split into {' and '.join(map(str, sides))}: no side has a quorum, nothing becomes final for {seconds:.0f} s")


def go_on_after_healing(cluster):
    alive = range(cluster.count)
    timeout = cluster.timeout()
    before = max(cluster.heights(alive))
    cluster.wire.heal()
    took = wait_for("a new final block after healing", lambda: max(cluster.heights(alive)) > before)
    say(f"healed: a new final block after {took:.1f} s, {took / timeout:.2f} time-outs of {timeout:.0f} s")
    if took > 2 * timeout + BUSY_MACHINE_S:
        raise Failure("a chain that is healed goes on within two time-outs")
    took += wait_for("the new block everywhere", lambda: min(cluster.heights(alive)) > before)
    say(f"on every node {took:.1f} s after healing")


def catch_up(cluster, killed):
    for i in killed:
        cluster.start(i)
    goal = max(cluster.heights(set(range(cluster.count)) - set(killed))) + 3
    took = wait_for("the killed nodes catching up", lambda: min(cluster.heights(killed)) >= goal)
    say(f"nodes {killed} started again: {took:.1f} s to three blocks above the chain they met")


def check_one_chain(cluster):
    lowest = min(cluster.heights(range(cluster.count)))
    for height in range(lowest + 1):
        if len({cluster.block(i, height) for i in range(cluster.count)}) != 1:
            raise Failure(f"different blocks at height {height}")
    say(f"all {cluster.count} nodes have the same {lowest + 1} blocks")


def run(cluster, stall_seconds):
    start_together(cluster)
    killed = sorted(random.sample(range(cluster.count), cluster.crash_budget()))
    go_on_without(cluster, killed)
    catch_up(cluster, killed)
    stand_still(cluster, stall_seconds)
    go_on_after_healing(cluster)
    check_one_chain(cluster)


def show_logs(cluster):
    for log in sorted(cluster.home.glob("*/node.log")):
        print(f"--- {log.parent.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:]))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("openliquid")
    arguments.add_argument("--validators", type=int, default=4)
    arguments.add_argument("--profile", choices=["openliquid", "l1", "timecoin"], default="openliquid")
    arguments.add_argument("--delay", type=float, default=20, help="one way, in ms")
    arguments.add_argument("--jitter", type=float, default=5, help="up to so many ms more or less")
    arguments.add_argument("--loss", type=float, default=0.01, help="share of the packets")
    arguments.add_argument("--stall", type=float, default=5, help="seconds without a quorum")
    arguments.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    options = arguments.parse_args()
    reason = missing()
    if reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    random.seed(options.seed)
    wire = Wire(options.validators, options.delay, options.jitter, options.loss)
    print(f"seed {options.seed}; {options.delay:g} +- {options.jitter:g} ms and {options.loss:.1%} loss each way "
          f"by {wire.delayed_by()}")
    with tempfile.TemporaryDirectory(prefix="openliquid-netns-") as home:
        cluster = Cluster(options.openliquid, home + "/net", wire, options.profile)
        try:
            run(cluster, options.stall)
        except Failure as failure:
            show_logs(cluster)
            sys.exit(f"FAILED: {failure}")
        finally:
            cluster.kill_all()
            wire.close()
            print(f"{wire.moved} packets delivered, {wire.lost} lost, {wire.stopped} cut")


STARTED = time.monotonic()
if __name__ == "__main__":
    main()
