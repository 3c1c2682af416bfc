#!/usr/bin/env python3
"""Prints view and block of every vote in an outbox log, one per line.

Usage: read_outbox.py FILE. Formats: docs/protocol/outbox-log.md, docs/protocol/consensus-messages.md.
"""
import pathlib
import struct
import sys

MARKER = b"OLM\x01"
HEADER = 4 + 8 + 4  # marker, checksum, length
VOTE = 2
# kind, epoch, set hash, phase, height, view, block
SUBJECT = struct.Struct(">BQ32sBQQ32s")


def messages(data):
    at = data.find(MARKER)
    while 0 <= at <= len(data) - HEADER:
        (length,) = struct.unpack_from(">I", data, at + 12)
        body = data[at + HEADER : at + HEADER + length]
        # What a killed process left half written ends where the next process began.
        cut = body.find(MARKER)
        if cut >= 0:
            at += HEADER + cut
        elif len(body) == length:
            yield body
            at = data.find(MARKER, at + HEADER + length)
        else:
            at = data.find(MARKER, at + 1)


for message in messages(pathlib.Path(sys.argv[1]).read_bytes()):
    if message and message[0] == VOTE and len(message) >= SUBJECT.size:
        _, _, _, _, _, view, block = SUBJECT.unpack_from(message)
        print(view, block.hex())
