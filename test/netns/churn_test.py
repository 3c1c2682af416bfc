#!/usr/bin/env python3
"""Seven validators that know one address, while one after the other is replaced.

Usage: churn_test.py OPENLIQUID [--validators N] [--delay MS] [--jitter MS] [--loss SHARE] [--seed S]
Environment: OL_CHURN_SECONDS (30), OL_CHURN_PERIOD (10): for how long, and how often one is replaced;
OL_CHURN_GROWTH_MIB (48): what the memory of the last may grow by.

Each validator is configured with the address of validator 0 and no other; validator 0 with none. Every period one is
stopped (two are asked to, two killed) and its replacement started a moment later, in turn with nothing but keys,
configuration, genesis and safety record, and with the whole home. The last validator is never replaced: it sees all
the others come and go, so its memory tells whether something is left of them. After each replacement it is waited for
that every validator has links to a quorum, that the new one is up with the chain and votes, and that a transfer sent to
one of them is heard by gossip by all the others. How long that took, and how the chain went meanwhile, is printed;
a slow machine fails nothing. Exits with 77 and a sentence where it cannot run.
"""
import argparse
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from netns_test import PATIENCE_SECONDS, SKIPPED, Cluster, Failure, say, show_logs, wait_for
from wire import Wire, missing

KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"  # of every devnet; has money
DOWN_SECONDS = 2
STOP_SECONDS = 180
# What a node keeps is bounded, but not all bounds are reached within minutes: blocks kept for RPC, RocksDB's
# tables, what the allocator scatters. Measured from a third of the run on.
GROWTH_MIB = float(os.environ.get("OL_CHURN_GROWTH_MIB", "48"))
ANSWERS_NOT = (OSError, http.client.HTTPException, json.JSONDecodeError)


def now():
    return time.monotonic()


def know_only_the_first(cluster):
    for i in range(cluster.count):
        path = cluster.home / f"node{i}/config/openliquid.toml"
        text = path.read_text()
        peers = re.findall(r'"([^"@]+@[^"]+)"', re.search(r"^peers = (.*)$", text, re.M).group(1))
        first = [peer for peer in peers if f"@{cluster.wire.namespaces[0].address}:" in peer]
        path.write_text(re.sub(r"^peers = .*$", f"peers = {json.dumps(first)}", text, flags=re.M))


def forget_all_but_safety(home):
    record = (home / "data/safety.record").read_bytes()
    shutil.rmtree(home / "data")
    (home / "data").mkdir(mode=0o700)
    (home / "data/safety.record").write_bytes(record)


def memory_mib(cluster, i):
    status = pathlib.Path(f"/proc/{cluster.nodes[i].pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M).group(1)) / 1024


def buffers_mib(cluster, i):
    """RocksDB's write buffers, which may fill up to 64 MiB."""
    return cluster.metric(i, "openliquid_db_write_buffer_bytes") / 2**20


class Watch:
    """Sees the heights of all nodes five times a second, in a thread of its own."""

    def __init__(self, cluster):
        self.cluster, self.running = cluster, True
        self.rises = []  # (when the chain was first seen higher, how high)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.running:
            heights = []
            for i in list(self.cluster.nodes):
                try:
                    heights.append(self.cluster.height(i))
                except (*ANSWERS_NOT, KeyError):
                    pass
            if heights and (not self.rises or max(heights) > self.rises[-1][1]):
                self.rises.append((now(), max(heights)))
            time.sleep(0.2)

    def stop(self):
        self.running = False
        self.thread.join()

    def top(self):
        return self.rises[-1][1] if self.rises else 0

    def gaps(self, since):
        """Seconds between rises, the one that is under way included."""
        times = [t for t, _ in self.rises if t >= since] + [now()]
        return [b - a for a, b in zip(times, times[1:])]


class Churn:
    def __init__(self, cluster, seconds, period):
        self.cluster, self.seconds, self.period = cluster, seconds, period
        self.everybody = range(cluster.count)
        self.born = {}
        self.memory = {i: [] for i in self.everybody}  # of the present process: (age, MiB)
        self.links = {i: [] for i in self.everybody}   # other validators with a link, while up for a period
        self.rejoins, self.transfers, self.repeated = [], [], 0
        self.first_memory = {}

    def start(self, i):
        self.cluster.start(i)
        self.born[i], self.memory[i] = now(), []

    def linked(self, i):
        """How many other validators it has links to; Failure is for the caller to decide."""
        return sum(p["connected"] and p["validator"] is not None for p in self.cluster.call(i, "ol_peers")["peers"])

    def has_quorum(self, i):
        return self.cluster.call(i, "ol_peers")["quorumReached"]

    def sample(self):
        for i, node in self.cluster.nodes.items():
            if node.poll() is not None:
                raise Failure(f"node {i} ended by itself")
            age = now() - self.born[i]
            self.memory[i].append((age, memory_mib(self.cluster, i)))
            if age >= self.period:
                try:
                    self.links[i].append(self.linked(i))
                except ANSWERS_NOT:
                    pass

    def rest_until(self, end):
        while now() < end:
            self.sample()
            time.sleep(min(1, max(0, end - now())))

    def stop(self, i, politely):
        node = self.cluster.nodes.pop(i)
        node.terminate() if politely else node.kill()
        try:
            code = node.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            node.kill()
            node.wait()
            raise Failure(f"node {i} did not stop within {STOP_SECONDS} s of being asked to") from None
        if politely and code != 0:
            raise Failure(f"node {i} was asked to stop and ended with {code}")

    def replace(self, turn, i):
        politely, wiped = turn // 2 % 2 == 0, turn % 2 == 0
        self.stop(i, politely)
        if wiped:
            forget_all_but_safety(self.cluster.home / f"node{i}")
        self.rest_until(now() + DOWN_SECONDS)
        met, started = self.watch.top(), now()
        self.start(i)
        quorum = wait_for(f"node {i} reaching a quorum", lambda: self.has_quorum(i))
        wait_for(f"node {i} catching up", lambda: self.cluster.height(i) >= met + 1)
        caught_up = now() - started
        wait_for(f"node {i} voting",
                 lambda: self.cluster.metric(i, "openliquid_consensus_votes_sent_total") > 0)
        voting = now() - started
        self.rejoins.append((quorum, caught_up, voting))
        say(f"node {i} {'stopped' if politely else 'killed'} at height {met}, replaced with "
            f"{'its safety record only' if wiped else 'its whole home'}: a quorum linked after {quorum:.1f} s, "
            f"up with the chain after {caught_up:.1f} s, voting after {voting:.1f} s")

    def send_transfer(self, i):
        start = now()
        with self.cluster.wire.namespaces[i].entered():
            sent = subprocess.run([self.cluster.program, "tx", "send", "--rpc", "http://127.0.0.1:8545", "--key", KEY,
                                   "--to", "0x" + "11" * 20, "--value", "1gwei"],
                                  capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        if "status success" not in sent.stdout:
            raise Failure(f"a transfer sent to node {i}: {sent.stdout} {sent.stderr}")
        self.transfers.append(now() - start)

    def hear_gossip(self):
        """A transfer that one validator is sent comes to all the others by gossip; each has links to a quorum."""
        wait_for("every validator having links to a quorum", lambda: all(map(self.has_quorum, self.everybody)))
        received = {i: self.cluster.metric(i, "openliquid_gossip_received_total") for i in self.everybody}
        deaf, end = set(self.everybody), now() + PATIENCE_SECONDS
        sender = random.choice(self.everybody)
        deaf.discard(sender)
        while deaf:
            if now() > end:
                raise Failure(f"gossip from node {sender} does not come to {sorted(deaf)}")
            self.send_transfer(sender)
            until = now() + 5
            while deaf and now() < until:
                deaf = {i for i in deaf if self.cluster.metric(i, "openliquid_gossip_received_total") <= received[i]}
                time.sleep(0.1)
            self.repeated += len(deaf) > 0

    def run(self):
        start = now()
        for i in self.everybody:
            self.start(i)
        self.watch = Watch(self.cluster)
        for i in self.everybody:
            wait_for(f"node {i} reaching a quorum", lambda: self.has_quorum(i))
        say(f"every validator has links to a quorum {now() - start:.1f} s after the start, from one address")
        wait_for("a third block everywhere", lambda: min(self.cluster.heights(self.everybody)) >= 3)
        say(f"3 final blocks everywhere {now() - start:.1f} s after the start")
        self.began, self.began_at = now(), self.watch.top()
        self.first_memory = {i: memory_mib(self.cluster, i) for i in self.everybody}
        self.first_buffers = buffers_mib(self.cluster, self.cluster.count - 1)
        turn = 0
        while now() - self.began < self.seconds or turn == 0:
            self.rest_until(self.began + turn * self.period)
            before = self.watch.top()
            self.replace(turn, self.order(turn))
            self.hear_gossip()
            wait_for("the chain going on", lambda: self.watch.top() > before + 1)
            turn += 1
            self.rest_until(min(self.began + turn * self.period, self.began + max(self.seconds, 1)))
        self.lasted = now() - self.began

    def order(self, turn):
        """All but the last in turn, beginning one later each round: who was wiped keeps its home the next time."""
        others = self.cluster.count - 1
        return (turn + turn // others) % others

    def minutes(self):
        ends = [self.began + 60 * k for k in range(1, int(self.lasted // 60) + 1)]
        tops = [self.began_at] + [max(h for t, h in self.watch.rises if t <= end) for end in ends]
        return " ".join(str(b - a) for a, b in zip(tops, tops[1:])) or "too short"

    def report(self):
        self.sample()
        blocks = self.watch.top() - self.began_at
        gaps = sorted(self.watch.gaps(self.began), reverse=True)
        say(f"{self.lasted:.0f} s, {len(self.rejoins)} replacements: {blocks} final blocks, "
            f"{blocks / self.lasted * 60:.1f} a minute; longest without one: "
            f"{', '.join(f'{gap:.1f}' for gap in gaps[:3])} s")
        print(f"    final blocks in each minute: {self.minutes()}")
        names = ("a quorum linked", "up with the chain", "voting")
        for name, took in zip(names, zip(*self.rejoins)):
            print(f"    replacement, {name}: median {sorted(took)[len(took) // 2]:.1f} s, worst {max(took):.1f} s")
        print(f"    transfers sent to a validator until their receipt: median "
              f"{sorted(self.transfers)[len(self.transfers) // 2]:.1f} s, worst {max(self.transfers):.1f} s; "
              f"{len(self.transfers)} sent, {self.repeated} of them not heard by all within 5 s")
        for i in self.everybody:
            links, memory = self.links[i], self.memory[i]
            seen = f"links {min(links)} to {max(links)}, mean {sum(links) / len(links):.2f}" if links else "too young"
            print(f"    node {i}: {seen} (of {self.cluster.count - 1}, seen {len(links)} times); MiB resident when the "
                  f"churn began {self.first_memory[i]:.1f}, of the last process, {memory[-1][0]:.0f} s old: at "
                  f"{memory[0][0]:.0f} s {memory[0][1]:.1f}, a third {memory[len(memory) // 3][1]:.1f}, end "
                  f"{memory[-1][1]:.1f}")
        last = self.cluster.count - 1
        print(f"    node {last}, never replaced: of its memory write buffers {self.first_buffers:.1f} MiB when the "
              f"churn began, {buffers_mib(self.cluster, last):.1f} at the end")
        print(f"    load average {' '.join(f'{x:.1f}' for x in os.getloadavg())}", flush=True)

    def check_memory(self):
        memory = [mib for _, mib in self.memory[self.cluster.count - 1]]
        third = len(memory) // 3
        if max(memory[third:]) - memory[third] > GROWTH_MIB:
            raise Failure(f"the validator that saw all replacements went from {memory[third]:.0f} MiB at a third "
                          f"of the run to {max(memory[third:]):.0f}")

    def check_one_chain(self):
        goal = self.watch.top()
        wait_for("everybody having the last block", lambda: min(self.cluster.heights(self.everybody)) >= goal)
        for height in range(goal + 1):
            if len({self.cluster.block(i, height) for i in self.everybody}) != 1:
                raise Failure(f"different blocks at height {height}")
        say(f"all {self.cluster.count} nodes have the same {goal + 1} blocks")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("openliquid")
    arguments.add_argument("--validators", type=int, default=7)
    arguments.add_argument("--delay", type=float, default=100, help="one way, in ms")
    arguments.add_argument("--jitter", type=float, default=50, help="up to so many ms more or less")
    arguments.add_argument("--loss", type=float, default=0.05, help="share of the packets")
    arguments.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    options = arguments.parse_args()
    reason = missing()
    if reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    random.seed(options.seed)
    wire = Wire(options.validators, options.delay, options.jitter, options.loss)
    print(f"seed {options.seed}; {options.delay:g} +- {options.jitter:g} ms and {options.loss:.1%} loss each way "
          f"by {wire.delayed_by()}; load average {' '.join(f'{x:.1f}' for x in os.getloadavg())}", flush=True)
    with tempfile.TemporaryDirectory(prefix="openliquid-churn-") as home:
        cluster = Cluster(options.openliquid, home + "/net", wire, "openliquid")
        know_only_the_first(cluster)
        churn = Churn(cluster, float(os.environ.get("OL_CHURN_SECONDS", "30")),
                      float(os.environ.get("OL_CHURN_PERIOD", "10")))
        try:
            churn.run()
            churn.report()
            churn.check_memory()
            churn.check_one_chain()
        except Failure as failure:
            show_logs(cluster)
            sys.exit(f"FAILED: {failure}")
        finally:
            if hasattr(churn, "watch"):
                churn.watch.stop()
            cluster.kill_all()
            wire.close()
            print(f"{wire.moved} packets delivered, {wire.lost} lost")


if __name__ == "__main__":
    main()
