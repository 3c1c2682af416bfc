"""What the attack test sees of a devnet's nodes: pace, latency, links, what they use and as what they cut peers off."""
import collections
import dataclasses
import http.client
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import urllib.request

from attackers import processor_seconds
from devnet import ROOT, call

NODES = 4
# Endings that the network counts under a wider name, too; what it counts above them are goodbyes.
GOODBYES = {"too_many_peers": ("evicted", "limit_reached"),
            "protocol_error": ("bad_transport", "yamux_violation", "misbehaved"), "banned": ("banned",)}
# Of those that were told why, and so are counted as goodbyes.
NOT_TOLD = ("local",)


def metrics_of(net, i):
    return urllib.request.urlopen(f"http://127.0.0.1:{net.port(i)}/metrics", timeout=60).read().decode()


def labelled(text, name, label):
    return {value: float(number) for value, number in re.findall(rf'^{name}{{{label}="([^"]+)"}} (\S+)', text, re.M)}


def endings_of(net, i):
    """How many connections a node ended or refused, by name: endings, `refused LIMIT`, `goodbye REASON`."""
    text = metrics_of(net, i)
    out = labelled(text, "openliquid_p2p_endings_total", "reason")
    closed = labelled(text, "openliquid_p2p_closed_total", "reason")
    for reason, of in GOODBYES.items():
        out[f"goodbye {reason}"] = closed.get(reason, 0) - sum(out.get(name, 0) for name in of)
    for limit, count in labelled(text, "openliquid_p2p_refusals_total", "limit").items():
        out[f"refused {limit}"] = count
    return {name: count for name, count in out.items() if name not in NOT_TOLD}


def endings(net):
    return [endings_of(net, i) for i in sorted(net.nodes)]


def more_endings(net, before):
    """By name: how many more than in `before`, of each node."""
    now = endings(net)
    names = sorted({name for node in now for name in node})
    more = {name: [after.get(name, 0) - was.get(name, 0) for after, was in zip(now, before)] for name in names}
    return {name: counts for name, counts in more.items() if sum(counts) > 0}


def reach(net, i):
    return call(net.port(i), "ol_peers")["result"]


def validators(net, i):
    """Those that run, and so not one whose key was stolen."""
    running = [reach(net, other)["self"] for other in range(NODES) if other in net.nodes]
    return [peer for peer in reach(net, i)["peers"] if peer["validator"] is not None and peer["id"] in running]


def links(net):
    """To how many other validators each has one."""
    return [sum(peer["connected"] for peer in validators(net, i)) for i in range(NODES) if i in net.nodes]


def links_made(net):
    """How many there have been; the same number twice says that none was lost between."""
    return [sum(peer["connects"] for peer in validators(net, i)) for i in range(NODES) if i in net.nodes]


def ban_reasons(net):
    """How many peers all nodes have banned, by why."""
    return collections.Counter(ban["reason"] for i in sorted(net.nodes) for ban in reach(net, i)["bans"])


def used(net, i):
    """(file descriptors, MiB resident) of a node."""
    process = pathlib.Path(f"/proc/{net.nodes[i].pid}")
    resident = int(re.search(r"^VmRSS:\s+(\d+) kB", (process / "status").read_text(), re.M).group(1)) / 1024
    return len(list((process / "fd").iterdir())), resident


def most_used(net):
    return tuple(map(max, zip(*(used(net, i) for i in sorted(net.nodes)))))


class Watch:
    """How the chain grows, seen at some nodes, and the most that a node uses meanwhile."""

    def __init__(self, net, nodes=(0, 1)):
        self.net, self.nodes, self.rises, self.running = net, nodes, [], True
        self.most = most_used(net)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        for turn in range(sys.maxsize):
            if not self.running:
                return
            try:
                height = max(self.net.height(i) for i in self.nodes)
                if not self.rises or height > self.rises[-1][1]:
                    self.rises.append((time.monotonic(), height))
                if turn % 10 == 0:
                    self.most = tuple(map(max, self.most, most_used(self.net)))
            except (OSError, KeyError, RuntimeError, AttributeError, http.client.HTTPException):
                pass  # A node is being restarted.
            time.sleep(0.02)

    def longest_gap(self, since):
        times = [since] + [t for t, _ in self.rises if t >= since] + [time.monotonic()]
        return max(b - a for a, b in zip(times, times[1:]))

    def stop(self):
        self.running = False
        self.thread.join()


@dataclasses.dataclass
class Measured:
    """Of a time in which transfers were sent one after the other."""

    pace: float  # blocks a second
    p50: int  # milliseconds from sending a transfer to its receipt
    p90: int
    gap: float  # longest time without a block, seconds
    processors: float  # that all nodes took
    descriptors: int  # the most that a node has had up to now
    resident: float  # MiB, as well
    load: float

    def text(self):
        return (f"{self.pace:5.2f} blocks/s, longest gap {self.gap:.2f} s, transfers p50 {self.p50} ms p90 {self.p90} ms; "
                f"the nodes take {self.processors:.2f} processors, up to now at most {self.descriptors} descriptors and "
                f"{self.resident:.0f} MiB, load {self.load:.1f}")


def measure(net, watch, name, transfers):
    def worked():
        return sum(processor_seconds(net.nodes[i].pid) for i in sorted(net.nodes))

    seen = watch.nodes[0]
    start, before, work = time.monotonic(), net.height(seen), worked()
    out = subprocess.run(
        ["node", str(ROOT / "test/e2e/latency.mjs"), str(transfers), f"http://127.0.0.1:{net.port(seen)}"],
        check=True, capture_output=True, text=True, timeout=600).stdout
    seconds, blocks = time.monotonic() - start, net.height(seen) - before
    p50, p90 = map(int, re.search(r"p50 (\d+) ms, p90 (\d+) ms", out).groups())
    if blocks == 0:
        sys.exit(f"FAILED: under {name} the chain does not go on")
    measured = Measured(blocks / seconds, p50, p90, watch.longest_gap(start), (worked() - work) / seconds, *watch.most,
                        os.getloadavg()[0])
    print(f"{name:28} {measured.text()}", flush=True)
    return measured
