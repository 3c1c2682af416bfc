#!/usr/bin/env python3
"""Attackers that never prove who they are, from addresses 127.0.0.x, again and again until the process is killed.

Usage: strangers.py KIND,KIND.. PORT..
Prints each second, as JSON: how many connections each kind made.
"""
import asyncio
import collections
import json
import logging
import os
import random
import sys

HEADER = b"\x13/multistream/1.0.0\n"
NOISE = b"\x07/noise\n"


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
    count = 150


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


KINDS = {"slow loris": SlowLoris, "half open": HalfOpen, "garbage": Garbage, "giant lengths": GiantLengths,
         "flood": Flood}


async def read_on(reader):
    while await reader.read(4096):
        pass


async def until_cut_off(say, count):
    """Connects again and again, each time from another address; `say` writes what the attacker says."""
    while True:
        try:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", say.port, local_addr=(say.source(), 0))
            count()
            try:
                talk = asyncio.ensure_future(say(reader, writer))
                await read_on(reader)
                talk.cancel()
            finally:
                writer.close()
        except OSError:
            pass
        await asyncio.sleep(random.uniform(*say.pause))


async def tell(counts):
    while True:
        await asyncio.sleep(1)
        print(json.dumps({kind: {"connections": count} for kind, count in counts.items()}), flush=True)


async def attack(kinds, ports):
    counts = collections.Counter()
    await asyncio.gather(tell(counts), *(
        until_cut_off(KINDS[kind](port), lambda kind=kind: counts.update([kind]))
        for kind in kinds for port in ports for _ in range(KINDS[kind].count)))


if __name__ == "__main__":
    logging.disable()  # That a node has closed a connection is no news here.
    asyncio.run(attack(sys.argv[1].split(","), [int(port) for port in sys.argv[2:]]))
