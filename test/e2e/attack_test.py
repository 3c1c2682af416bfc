#!/usr/bin/env python3
"""A chain of four on loopback while strangers attack the ports its nodes listen on for each other.

Usage: attack_test.py OPENLIQUID
Environment: OL_ATTACK_TRANSFERS (2): how many are measured in each phase; OL_ATTACK_RESTARTS (1): how often a validator
is restarted in quiet, under half-open connections and under all attacks; OL_ATTACK_MEMORY_MIB (64): what a node may grow by.

Attackers are sockets of another process, from addresses 127.0.0.x, against all nodes: handshakes of a byte a second,
connections that say nothing, garbage after a right beginning, giant lengths, connections as fast as they come.
A validator restarted while 150 connections to each node say nothing must be back before any of them would be timed out.
Prints blocks a second and the latency of transfers in quiet, under each attack in turn, under all of them and
afterwards, and as what attackers were cut off. Fails if the chain stops, if validators stay without links, if cut-offs
are not named in metrics and logs, or if file descriptors or memory are not bounded; how fast the machine is fails
nothing.
"""
import asyncio
import logging
import multiprocessing
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from devnet import ROOT, Devnet, call, free_base_port, log_of, metric, wait_for

NODES = 4
HEADER = b"\x13/multistream/1.0.0\n"
NOISE = b"\x07/noise\n"
HALF_OPEN = 150  # for each node
# 192 connections in, 64 out (docs/protocol/libp2p.md), half as many again for sockets that are being closed.
MORE_DESCRIPTORS_MAX = 384
MORE_MEMORY_MIB = float(os.environ.get("OL_ATTACK_MEMORY_MIB", "64"))
REASONS = ("handshake_timeout", "handshake_failed", "connection_lost", "protocol_error", "slow_peer", "not_allowed",
           "too_many_peers", "keep_alive_timeout")


async def read_on(reader):
    while await reader.read(4096):
        pass


async def until_cut_off(say):
    """Connects again and again, each time from another address; `say` writes what the attacker says."""
    while True:
        try:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", say.port, local_addr=(say.source(), 0))
            try:
                talk = asyncio.ensure_future(say(reader, writer))
                await read_on(reader)
                talk.cancel()
            finally:
                writer.close()
        except OSError:
            pass
        await asyncio.sleep(random.uniform(*say.pause))


class Attack:
    """What one attacker does on each of its connections. `count` attackers at a time for each node."""

    count, pause = 20, (0.1, 0.3)

    def __init__(self, port):
        self.port = port

    def source(self):
        return f"127.0.0.{random.randrange(2, 250)}"

    async def __call__(self, reader, writer):
        pass  # Says nothing.


class HalfOpen(Attack):
    count = HALF_OPEN


class SlowLoris(Attack):
    async def __call__(self, reader, writer):
        for byte in HEADER + NOISE + b"\x00\x20" + bytes(32):
            if writer.is_closing():
                return
            writer.write(bytes([byte]))
            await asyncio.sleep(1)


class Garbage(Attack):
    count = 4

    async def __call__(self, reader, writer):
        writer.write(HEADER + random.choice([b"", NOISE, NOISE + b"\x00\x20" + os.urandom(32)]) + os.urandom(2000))


class GiantLengths(Attack):
    count = 4

    async def __call__(self, reader, writer):
        writer.write(random.choice([b"\xff\xff\xff\xff\x0f", b"\xff" * 10, HEADER + b"\xff\xff\xff\x7f",
                                    HEADER + NOISE + b"\xff\xff" + bytes(3000)]))


class Flood(Attack):
    """All from one address, closed at once."""

    count, pause = 4, (0.005, 0.015)

    def source(self):
        return "127.0.0.250"

    async def __call__(self, reader, writer):
        writer.close()


ATTACKS = {"slow loris": SlowLoris, "half open": HalfOpen, "garbage": Garbage, "giant lengths": GiantLengths,
           "flood": Flood}


def attack(kinds, ports):
    async def all_of_them():
        await asyncio.gather(*(until_cut_off(ATTACKS[kind](port)) for kind in kinds for port in ports
                               for _ in range(ATTACKS[kind].count)))
    logging.disable()  # That a node has closed a connection is no news here.
    asyncio.run(all_of_them())


class Attackers:
    """A process that attacks while the block runs."""

    def __init__(self, kinds, ports):
        self.process = multiprocessing.Process(target=attack, args=(kinds, ports), daemon=True)

    def __enter__(self):
        self.process.start()
        time.sleep(1)

    def __exit__(self, *_):
        self.process.kill()
        self.process.join()


class Watch:
    """How the chain grows, seen at two nodes."""

    def __init__(self, net):
        self.net, self.rises, self.running = net, [], True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.running:
            try:
                height = max(self.net.height(i) for i in (0, 1))
                if not self.rises or height > self.rises[-1][1]:
                    self.rises.append((time.monotonic(), height))
            except OSError:
                pass
            time.sleep(0.02)

    def longest_gap(self, since):
        times = [since] + [t for t, _ in self.rises if t >= since] + [time.monotonic()]
        return max(b - a for a, b in zip(times, times[1:]))

    def stop(self):
        self.running = False
        self.thread.join()


def labelled(port, name, label, value):
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60).read().decode()
    found = re.search(rf'^{name}{{{label}="{value}"}} (\S+)', text, re.M)
    return float(found.group(1)) if found else 0.0


def reach(net, i):
    return call(net.port(i), "ol_peers")["result"]


def links(net):
    """To how many other validators each has one."""
    return [sum(p["connected"] and p["validator"] is not None for p in reach(net, i)["peers"]) for i in range(NODES)]


def closed(net, reason):
    return [labelled(net.port(i), "openliquid_p2p_closed_total", "reason", reason) for i in range(NODES)]


def refused(net):
    return [metric(net.port(i), "openliquid_p2p_refused_handshakes_total") +
            metric(net.port(i), "openliquid_p2p_refused_connections_total") for i in range(NODES)]


def evicted(net):
    return [labelled(net.port(i), "openliquid_p2p_endings_total", "reason", "evicted") for i in range(NODES)]


def used(net, i):
    """(file descriptors, MiB resident) of a node."""
    process = pathlib.Path(f"/proc/{net.nodes[i].pid}")
    resident = int(re.search(r"^VmRSS:\s+(\d+) kB", (process / "status").read_text(), re.M).group(1)) / 1024
    return len(list((process / "fd").iterdir())), resident


def processor_seconds(net):
    """Of all nodes, since they started."""
    stats = [pathlib.Path(f"/proc/{net.nodes[i].pid}/stat").read_text() for i in range(NODES)]
    fields = [stat.rsplit(")", 1)[1].split() for stat in stats]
    return sum(int(f[11]) + int(f[12]) for f in fields) / os.sysconf("SC_CLK_TCK")


def most_used(net):
    return tuple(map(max, zip(*(used(net, i) for i in range(NODES)))))


def measure(net, watch, name, quiet=None):
    """Blocks a second and latency of transfers of a phase, beside those of the quiet one just before."""
    start, before, worked = time.monotonic(), net.height(0), processor_seconds(net)
    out = subprocess.run(["node", str(ROOT / "test/e2e/latency.mjs"), os.environ.get("OL_ATTACK_TRANSFERS", "2"),
                          f"http://127.0.0.1:{net.port(0)}"],
                         check=True, capture_output=True, text=True, timeout=600).stdout
    seconds, blocks = time.monotonic() - start, net.height(0) - before
    p50, p90 = map(int, re.search(r"p50 (\d+) ms, p90 (\d+) ms", out).groups())
    if blocks == 0:
        sys.exit(f"FAILED: under {name} the chain does not go on")
    pace = blocks / seconds
    ratio = f"; pace {pace / quiet[0]:.2f} and latency {p50 / quiet[1]:.2f} of quiet" if quiet else ""
    descriptors, resident = most_used(net)
    share = (processor_seconds(net) - worked) / seconds
    print(f"{name:14} {pace:5.2f} blocks/s, longest gap {watch.longest_gap(start):.2f} s, "
          f"transfers p50 {p50} ms p90 {p90} ms{ratio}; "
          f"the nodes take {share:.2f} processors, at most {descriptors} descriptors and "
          f"{resident:.0f} MiB, load {os.getloadavg()[0]:.1f}", flush=True)
    return pace, p50


def endings(net):
    """Connections of all nodes that ended or were refused, by name."""
    counts = {reason: sum(closed(net, reason)) for reason in REASONS}
    return {**counts, "refused at once": sum(refused(net)), "evicted": sum(evicted(net))}


def say_endings(net, before):
    more = {name: count - before[name] for name, count in endings(net).items()}
    print("    " + (", ".join(f"{name} {count:.0f}" for name, count in more.items() if count > 0) or "nobody cut off"))


def check_named(net):
    """Each way of being cut off has its name in the metrics of every node, and what was sent wrong in its log."""
    for reason in ("handshake_timeout", "handshake_failed"):
        wait_for(f"{reason} counted everywhere", lambda: min(closed(net, reason)) > 0)
    wait_for("silent connections that made room counted everywhere", lambda: min(evicted(net)) > 0)
    for i in range(NODES):
        wait_for(f"node {i} logging both", lambda: all(
            any(word in line and "link failed" in line for line in log_of(net.home / f"node{i}").splitlines())
            for word in ("handshake_timeout", "handshake_failed")))


def restart_one(net, name):
    """Seconds that a validator takes to be back with a link to every other and to follow."""
    net.stop(3)
    start = time.monotonic()
    net.start(3)
    wait_for("the restarted validator reaching a quorum", lambda: reach(net, 3)["quorumReached"])
    quorum = time.monotonic() - start
    wait_for("the restarted validator linked to all", lambda: links(net)[3] == NODES - 1)
    linked = time.monotonic() - start
    goal = net.height(0) + 2
    wait_for("the restarted validator following", lambda: net.height(3) >= goal)
    print(f"a validator restarted {name} is back with a quorum after {quorum:.1f} s, with all after {linked:.1f} s, and "
          f"follows after {time.monotonic() - start:.1f} s", flush=True)
    return linked


def run(net):
    net.start_all()
    wait_for("first blocks", lambda: min(net.height(i) for i in range(NODES)) >= 3)
    ports = [net.base + 100 + i for i in range(NODES)]
    watch, restarts = Watch(net), int(os.environ.get("OL_ATTACK_RESTARTS", "1"))
    measure(net, watch, "to warm up")
    first = most_used(net)
    for kind in ATTACKS:
        quiet, before = measure(net, watch, "quiet"), endings(net)
        with Attackers([kind], ports):
            measure(net, watch, kind, quiet)
        say_endings(net, before)
    usual = max(restart_one(net, "in quiet") for _ in range(restarts))
    with Attackers(["half open"], ports):
        worst = max(restart_one(net, "under half-open connections") for _ in range(restarts))
    # A busy machine takes long to start a process; the attack may add seconds, never a minute.
    if worst > 3 * usual + 10:
        sys.exit(f"FAILED: half-open connections kept a restarted validator out for {worst:.1f} s, in quiet {usual:.1f}")
    quiet, before = measure(net, watch, "quiet"), endings(net)
    with Attackers(list(ATTACKS), ports):
        measure(net, watch, "all at once", quiet)
        check_named(net)
        say_endings(net, before)
        print(f"    links to other validators: {links(net)}")
        descriptors, resident = most_used(net)
        for _ in range(restarts):
            restart_one(net, "under all attacks")
    wait_for("all validators having links", lambda: links(net) == [NODES - 1] * NODES)
    if descriptors > first[0] + MORE_DESCRIPTORS_MAX or resident > first[1] + MORE_MEMORY_MIB:
        sys.exit(f"FAILED: {first[0]} descriptors and {first[1]:.0f} MiB became {descriptors} and {resident:.0f}")
    wait_for("the attackers' descriptors being closed", lambda: most_used(net)[0] <= first[0] + 32)
    measure(net, watch, "afterwards", quiet)
    watch.stop()
    lines = sum(log_of(net.home / f"node{i}").count("link failed") for i in range(NODES))
    print(f"in all {sum(endings(net).values()):.0f} connections ended or refused, {lines} lines about it in the logs")


def main():
    seed = int(os.environ.get("OL_SEED", str(time.time_ns() % 1_000_000)))
    random.seed(seed)
    print(f"seed {seed}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="openliquid-attack-") as home:
        net = Devnet(sys.argv[1], home + "/net", free_base_port())
        net.create()
        try:
            run(net)
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
