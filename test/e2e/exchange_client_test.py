#!/usr/bin/env python3
"""The TypeScript client against the exchange's API over HTTP and WebSocket, with one exchange behind it.

Usage: exchange_client_test.py EXCHANGE_SERVER
"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CHAIN_ID = "7777"


def main():
    server = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        port = server.stdout.readline().strip()
        script = str(ROOT / "test/e2e/exchange.mjs")
        subprocess.run(["node", script, CHAIN_ID, f"http://127.0.0.1:{port}"], check=True)
        vectors = str(ROOT / "clients/ts/test/vectors.test.js")
        subprocess.run(["node", "--test", vectors], check=True, stdout=subprocess.DEVNULL)
    finally:
        server.stdin.close()
        if server.wait(180) != 0:
            sys.exit("FAILED: the server did not end cleanly")


main()
