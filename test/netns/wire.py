"""A network of Linux network namespaces: one per node, a TUN device in each, a switch between them.

Every IP packet that a node sends comes out of its TUN device into `Wire`, which decides whether and when
it goes into the device of its target. So delay, loss and any partition, one-way ones too, need nothing of
the kernel but namespaces and /dev/net/tun. Where the kernel has the queue discipline netem, delay and
loss are its work (`tc qdisc .. netem` on each device) and the switch only cuts.
"""
import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import threading
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
PACKET_MAX = 65536
DEVICE = "wire"

libc = ctypes.CDLL(None, use_errno=True)


def missing():
    """Why this machine cannot run such a network, as a sentence; None if it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not os.path.exists("/dev/net/tun"):
        return "there is no /dev/net/tun"
    try:
        Namespace(1).close()
    except (OSError, subprocess.CalledProcessError) as error:
        return f"network namespaces cannot be made here ({error})"
    return None


def checked(result, what):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


class Namespace:
    """A network namespace with one TUN device. It vanishes with this process: nothing else names it."""

    def __init__(self, number):
        self.address = f"10.77.0.{number}"
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        checked(libc.unshare(CLONE_NEWNET), "unshare")
        try:
            self.net = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
            self.tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self.tun, TUNSETIFF, struct.pack("16sH", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
            self.run("ip", "link", "set", "lo", "up")
            self.run("ip", "address", "add", f"{self.address}/24", "dev", DEVICE)
            self.run("ip", "link", "set", DEVICE, "up")
        finally:
            checked(libc.setns(home, CLONE_NEWNET), "setns")
            os.close(home)

    def run(self, *command):
        subprocess.run(command, check=True, capture_output=True)

    @contextlib.contextmanager
    def entered(self):
        """This thread lives in the namespace meanwhile, and so does what it starts."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        checked(libc.setns(self.net, CLONE_NEWNET), "setns")
        try:
            yield
        finally:
            checked(libc.setns(home, CLONE_NEWNET), "setns")
            os.close(home)

    def connect(self, port, timeout):
        """A connection to a port of the node's own loopback."""
        with self.entered():
            client = socket.socket()
        client.settimeout(timeout)
        client.connect(("127.0.0.1", port))
        return client

    def close(self):
        os.close(self.tun)
        os.close(self.net)


class Wire:
    """Connects `count` namespaces. One thread of its own moves the packets; the others call the rest."""

    def __init__(self, count, delay_ms=0, jitter_ms=0, loss=0.0):
        self.delay_ms, self.jitter_ms, self.loss = delay_ms, jitter_ms, loss
        self.random = random.Random(random.random())
        self.namespaces = [Namespace(i + 1) for i in range(count)]
        self.cut = frozenset()
        self.moved, self.lost, self.stopped = 0, 0, 0
        self.due, self.order = [], 0
        self.netem = (delay_ms > 0 or loss > 0) and all(self.give_to_netem(n) for n in self.namespaces)
        self.running = True
        self.thread = threading.Thread(target=self.move_packets, daemon=True)
        self.thread.start()

    def give_to_netem(self, namespace):
        with namespace.entered():
            return subprocess.run(
                ["tc", "qdisc", "add", "dev", DEVICE, "root", "netem", "limit", "10000",
                 "delay", f"{self.delay_ms}ms", f"{self.jitter_ms}ms", "loss", f"{self.loss * 100}%"],
                capture_output=True).returncode == 0

    def delayed_by(self):
        return "tc netem" if self.netem else "the switch (this kernel has no netem)"

    def partition(self, *sides):
        """Only nodes of one side reach each other; a node that no side names reaches nobody."""
        side = {node: number for number, nodes in enumerate(sides) for node in nodes}
        count = len(self.namespaces)
        self.cut = frozenset((a, b) for a in range(count) for b in range(count)
                             if a != b and (a not in side or b not in side or side[a] != side[b]))

    def heal(self):
        self.cut = frozenset()

    def close(self):
        self.running = False
        self.thread.join()
        for namespace in self.namespaces:
            namespace.close()

    def move_packets(self):
        source = {namespace.tun: i for i, namespace in enumerate(self.namespaces)}
        poll = select.poll()
        for tun in source:
            poll.register(tun, select.POLLIN)
        while self.running:
            wait_ms = 100 if not self.due else max(0, (self.due[0][0] - time.monotonic()) * 1000)
            for tun, _ in poll.poll(min(wait_ms, 100)):
                self.take_packets(tun, source[tun])
            now = time.monotonic()
            while self.due and self.due[0][0] <= now:
                self.deliver(*heapq.heappop(self.due)[2:])

    def take_packets(self, tun, sender):
        for _ in range(64):
            try:
                packet = os.read(tun, PACKET_MAX)
            except BlockingIOError:
                return
            target = packet[19] - 1 if len(packet) >= 20 and packet[0] >> 4 == 4 else -1
            if 0 <= target < len(self.namespaces):
                self.schedule(sender, target, packet)

    def schedule(self, sender, target, packet):
        if not self.netem and self.random.random() < self.loss:
            self.lost += 1
            return
        delay = 0 if self.netem else self.delay_ms + self.random.uniform(-self.jitter_ms, self.jitter_ms)
        self.order += 1
        heapq.heappush(self.due, (time.monotonic() + max(0, delay) / 1000, self.order, sender, target, packet))

    def deliver(self, sender, target, packet):
        if (sender, target) in self.cut:
            self.stopped += 1
            return
        try:
            os.write(self.namespaces[target].tun, packet)
            self.moved += 1
        except BlockingIOError:
            self.lost += 1
