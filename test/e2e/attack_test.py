#!/usr/bin/env python3
"""A chain of four on loopback while strangers attack the ports its nodes listen on for each other.

Usage: attack_test.py OPENLIQUID [strangers|peers|links|follower|validator|all strangers|all peers|KIND..]
`strangers`: attackers that never prove who they are, each kind alone, then all at once, and restarts of a validator.
`peers`: attackers that do, each kind alone, then all at once. `links`: those that say hello as nodes of the chain do, each
kind alone. `follower`: those with a link, against a node that follows, whose blocks and transfers are measured.
`validator`: a validator is stopped, and its network key is the attackers'. `all ..`: only all at once. Kinds are those of `strangers.py`, `attacker.mjs` and `link_attacker.cpp`.
Environment: OL_ATTACK_TRANSFERS (2): how many are measured at a time; OL_ATTACK_RESTARTS (1): how often a validator is
restarted in quiet, under half-open connections and under all strangers; OL_ATTACK_MEMORY_MIB (64): what a node may grow
by; OL_ATTACK_PACE (0.5): the least share of the quiet pace; OL_ATTACK_NICE (19): see `attackers.py`.

Each phase is measured between two quiet ones. It prints blocks a second, latency of transfers, processor time of the
nodes, and as what they cut attackers off. Attackers get only the processor time that nobody else wants. A phase fails
if the chain slows down, if a link between validators is lost, if a node does not name why it cut off, or if file
descriptors or memory are not bounded; how fast the machine is fails nothing.
"""
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

import attack_watch
from attack_watch import NODES, Watch, ban_reasons, endings, links, links_made, more_endings, most_used, reach
from attackers import Attackers
from dev_test import follower
from devnet import ROOT, Devnet, free_base_port, log_of, wait_for

TRANSFERS = int(os.environ.get("OL_ATTACK_TRANSFERS", "2"))
RESTARTS = int(os.environ.get("OL_ATTACK_RESTARTS", "1"))
MORE_MEMORY_MIB = float(os.environ.get("OL_ATTACK_MEMORY_MIB", "64"))
PACE_MIN = float(os.environ.get("OL_ATTACK_PACE", "0.5"))
# 192 connections in, 64 out (docs/protocol/libp2p.md), half as many again for sockets that are being closed.
MORE_DESCRIPTORS_MAX = 384
# What every node must have named in a phase; nothing where what is asked for is within limits, and bounded.
STRANGERS = {
    "slow loris": ("upgrade_timeout",),
    "half open": ("evicted",),
    "garbage": ("negotiation_failed", "handshake_failed"),
    "giant lengths": ("negotiation_failed", "handshake_failed"),
    "flood": ("connection_lost",),
}
PEERS = {
    "sybils": ("goodbye too_many_peers",),
    "replay": ("handshake_failed", "bad_transport"),
    "garbage after the handshake": ("bad_transport", "yamux_violation"),
    "slow message": ("slow_sender",),
    "stream flood": ("yamux_violation", "banned"),
    "streams within the limit": (),
    "beyond the window": ("yamux_violation", "banned"),
    "giant frames": ("yamux_violation", "misbehaved", "goodbye protocol_error"),
    "IHAVE flood": ("misbehaved",),
    "IWANT flood": ("misbehaved",),
    "invalid gossip": ("misbehaved",),
    "Kademlia flood": ("misbehaved",),
    "ping flood": ("yamux_violation",),
}


# Of those that say hello as nodes of the chain do.
LINKS = {
    "forged certificates": ("goodbye banned",),
    "forged new-views": ("goodbye banned",),
    "sync request flood": ("goodbye banned",),
    "votes of others": ("goodbye banned",),
    "messages of a later epoch": (),
}
# Of those that have a validator's network key.
VALIDATOR = {
    # Cut off beyond what is verified for a validator, 2,000 a second, which a busy machine's attackers do not reach.
    "a validator's votes": (),
    "a validator's new-views": ("goodbye banned",),
    "a validator's sync requests": ("goodbye banned",),
}
# Against a node that follows.
FOLLOWER = tuple(LINKS)


def named(reasons):
    return ", ".join(f"{reason} {sum(counts) if isinstance(counts, list) else counts:.0f}"
                     for reason, counts in reasons.items()) or "nobody cut off"


class Test:
    def __init__(self, net, targets=tuple(range(NODES)), seen=(0, 1)):
        self.net, self.targets, self.watch = net, targets, Watch(net, seen)
        self.ports = [net.base + 100 + i for i in targets]
        self.transfer = subprocess.run(["node", str(ROOT / "test/e2e/presign.mjs"), "1"], check=True,
                                       capture_output=True, text=True).stdout.split()[1]
        genesis = re.search(r"node started.*genesis=\"?([0-9a-f]{64})", log_of(net.home / "node0")).group(1)
        ids = [reach(net, i)["self"] for i in targets]
        self.links = ([str(pathlib.Path(sys.argv[1]).with_name("link_attacker")), "7777", genesis],
                      [f"{name}@{port}" for name, port in zip(ids, self.ports)])
        self.measure("to warm up")
        self.first = most_used(net)
        self.quiet = self.measure("quiet")

    def measure(self, name):
        return attack_watch.measure(self.net, self.watch, name, TRANSFERS)

    def attackers(self, kinds, share=1.0):
        return Attackers(kinds, self.ports, self.transfer, share, self.links)

    def phase(self, name, kinds, reasons, share=1.0):
        """Attackers of these kinds at once, between two quiet times."""
        before, banned, made = endings(self.net), ban_reasons(self.net), links_made(self.net)
        with self.attackers(kinds, share) as attackers:
            # On a busy machine they get little.
            wait_for(f"{name} having begun", lambda: all(
                attackers.counts().get(kind, {}).get("connections", 0) >= len(self.targets) for kind in kinds))
            taken, start = attackers.processor_seconds(), time.monotonic()
            attacked = self.measure(name)
            taken = (attackers.processor_seconds() - taken) / (time.monotonic() - start)
            # Some are given time.
            at = [sorted(self.net.nodes).index(i) for i in self.targets]
            wait_for(f"{reasons} named by every node under {name}", lambda: all(
                min(more_endings(self.net, before).get(reason, [0] * len(before))[i] for i in at) > 0
                for reason in reasons))
            self.check_links(name, made)
            did = attackers.counts()
        more, why = more_endings(self.net, before), ban_reasons(self.net) - banned
        after = self.measure("quiet")
        print(f"    attackers take {taken:.2f} processors: {did}\n    cut off: {named(more)}\n    banned for: {named(why)}", flush=True)
        self.check_bounds(name)
        self.compare(name, attacked, after, taken, named(more))
        self.quiet = after

    def check_links(self, name, made):
        there = sum(i in self.net.nodes for i in range(NODES))
        if links(self.net) != [there - 1] * there or links_made(self.net) != made:
            sys.exit(f"FAILED: validators lost links under {name}: now {links(self.net)}, made {made} before and "
                     f"{links_made(self.net)} since")

    def check_bounds(self, name):
        descriptors, resident = self.watch.most
        if descriptors > self.first[0] + MORE_DESCRIPTORS_MAX or resident > self.first[1] + MORE_MEMORY_MIB:
            sys.exit(f"FAILED: by {name} {self.first[0]} descriptors and {self.first[1]:.0f} MiB became {descriptors} "
                     f"and {resident:.0f}")
        wait_for("the attackers' descriptors being closed", lambda: most_used(self.net)[0] <= self.first[0] + 32)

    def compare(self, name, attacked, after, taken, more):
        """A row for docs/benchmarks.md: pace and latency of those in quiet, processors of nodes, in quiet, of attackers."""
        pace = 2 * attacked.pace / (self.quiet.pace + after.pace)
        latency = 2 * attacked.p50 / (self.quiet.p50 + after.p50)
        processors = (self.quiet.processors + after.processors) / 2
        print(f"    | {name} | {pace:.2f} | {attacked.p50} ms, {latency:.2f} | {attacked.gap:.1f} s | "
              f"{attacked.processors:.2f}, {processors:.2f} | {taken:.2f} | {more} |", flush=True)
        if attacked.pace < PACE_MIN * min(self.quiet.pace, after.pace):
            sys.exit(f"FAILED: under {name} {attacked.pace:.2f} blocks/s, in quiet {self.quiet.pace:.2f} and {after.pace:.2f}")

    def restart_one(self, name):
        """Seconds that a validator takes to be back with a link to every other and to follow."""
        net = self.net
        net.stop(3)
        start = time.monotonic()
        net.start(3)
        wait_for("the restarted validator reaching a quorum", lambda: reach(net, 3)["quorumReached"])
        quorum = time.monotonic() - start
        wait_for("the restarted validator linked to all", lambda: links(net)[3] == NODES - 1)
        linked = time.monotonic() - start
        goal = net.height(0) + 2
        wait_for("the restarted validator following", lambda: net.height(3) >= goal)
        print(f"a validator restarted {name} is back with a quorum after {quorum:.1f} s, with all after {linked:.1f} s, "
              f"and follows after {time.monotonic() - start:.1f} s", flush=True)
        return linked

    def restarts(self):
        usual = max(self.restart_one("in quiet") for _ in range(RESTARTS))
        with self.attackers(["half open"]):
            worst = max(self.restart_one("under half-open connections") for _ in range(RESTARTS))
        # A busy machine takes long to start a process; the attack may add seconds, never a minute.
        if worst > 3 * usual + 10:
            sys.exit(f"FAILED: half-open connections kept a restarted validator out for {worst:.1f} s, in quiet {usual:.1f}")
        with self.attackers(list(STRANGERS)):
            for _ in range(RESTARTS):
                self.restart_one("under all strangers")
        wait_for("all validators having links", lambda: links(self.net) == [NODES - 1] * NODES)

    def check_logs(self):
        """What was sent wrong is in the log of every node, in few lines."""
        for i in range(NODES):
            wait_for(f"node {i} logging both", lambda: all(
                any(word in line and "link failed" in line for line in log_of(self.net.home / f"node{i}").splitlines())
                for word in ("handshake_timeout", "handshake_failed")))

    def report(self):
        total = sum(sum(counts) for counts in more_endings(self.net, [{}] * len(self.net.nodes)).values())
        lines = sum(log_of(self.net.home / f"node{i}").count("link failed") for i in range(NODES) if i in self.net.nodes)
        print(f"in all {total:.0f} connections ended or refused, {lines} lines about it in the logs")


def run(net, what):
    net.start_all()
    wait_for("first blocks", lambda: min(net.height(i) for i in range(NODES)) >= 3)
    wait_for("all validators having links", lambda: links(net) == [NODES - 1] * NODES)
    alone = what & {"follower", "validator"}
    if what - alone:
        attack_validators(net, what)
    if "follower" in what:
        attack_follower(net)
    if "validator" in what:
        attack_with_key(net)


def attack_follower(net):
    follower(net)
    wait_for("the follower following", lambda: net.height(4) >= net.height(0) - 1)
    test = Test(net, (4,), (4,))
    for kind in FOLLOWER:
        test.phase(kind, [kind], (STRANGERS | PEERS | LINKS)[kind])
        goal = net.height(0)
        wait_for("the follower being up with the chain", lambda: net.height(4) >= goal)
    test.watch.stop()
    net.stop(4)


def attack_with_key(net):
    """The rest goes on without the fourth validator, more slowly: each round that it leads ends by time."""
    name = reach(net, 3)["self"]
    number = next(peer["validator"] for peer in reach(net, 0)["peers"] if peer["id"] == name)
    net.stop(3)
    os.environ |= {"OL_ATTACK_KEY": str(net.home / "node3/keys/network.key"), "OL_ATTACK_VALIDATOR": str(number)}
    test = Test(net, (0, 1, 2))
    for kind, reasons in VALIDATOR.items():
        test.phase(kind, [kind], reasons)
    test.watch.stop()
    net.start(3)
    wait_for("all validators having links", lambda: links(net) == [NODES - 1] * NODES)


def attack_validators(net, what):
    test = Test(net)
    for kind, reasons in (STRANGERS | PEERS | LINKS).items():
        if kind in what or ("strangers" if kind in STRANGERS else "peers" if kind in PEERS else "links") in what:
            test.phase(kind, [kind], reasons)
    if what & {"strangers", "all strangers"}:
        test.phase("all strangers", list(STRANGERS), ("upgrade_timeout", "evicted", "negotiation_failed"))
        test.check_logs()
    if what & {"peers", "all peers"}:
        # Half of each kind: still more than the 32 places of a node for peers it does not know.
        test.phase("all peers", list(PEERS), ("yamux_violation", "misbehaved", "goodbye too_many_peers"), 0.5)
    test.report()
    if "strangers" in what:
        test.restarts()
    test.watch.stop()


def main():
    seed = int(os.environ.get("OL_SEED", str(time.time_ns() % 1_000_000)))
    random.seed(seed)
    print(f"seed {seed}, load {os.getloadavg()[0]:.1f}")
    what = set(sys.argv[2:]) or {"strangers", "peers", "links", "follower", "validator"}
    if unknown := what - {"strangers", "peers", "links", "follower", "validator", "all strangers", "all peers", *STRANGERS, *PEERS, *LINKS}:
        sys.exit(f"no such attack: {unknown}")
    with tempfile.TemporaryDirectory(prefix="openliquid-attack-") as home:
        net = Devnet(sys.argv[1], home + "/net", free_base_port())
        net.create()
        try:
            run(net, what)
        except BaseException:
            for i in range(NODES):
                print(f"--- node{i}\n" + "\n".join(log_of(net.home / f"node{i}").splitlines()[-10:]))
            raise
        finally:
            for node in net.nodes.values():
                node.kill()
                node.wait()


if __name__ == "__main__":
    main()
