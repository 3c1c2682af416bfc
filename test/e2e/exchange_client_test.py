#!/usr/bin/env python3
"""The TypeScript client against the exchange's API over HTTP and WebSocket.

Usage: exchange_client_test.py EXCHANGE_SERVER [OPENLIQUID]
First with one exchange behind the API and no chain; then, if the program is given, on a devnet of four validators,
with requests in the shapes of the public SDK and every refusal.
"""
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from devnet import ROOT, Devnet, free_base_port, log_of, wait_for  # noqa: E402

CHAIN_ID = "7777"


def run(script, *urls):
    subprocess.run(["node", str(ROOT / "test/e2e" / script), CHAIN_ID, *urls], check=True, timeout=800)


def check_server(program):
    server = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        port = server.stdout.readline().strip()
        run("exchange.mjs", f"http://127.0.0.1:{port}")
        vectors = str(ROOT / "clients/ts/test/vectors.test.js")
        subprocess.run(["node", "--test", vectors], check=True, stdout=subprocess.DEVNULL)
    finally:
        server.stdin.close()
        if server.wait(180) != 0:
            sys.exit("FAILED: the server did not end cleanly")


def check_devnet(program):
    with tempfile.TemporaryDirectory(prefix="openliquid-e2e-") as home:
        net = Devnet(program, home + "/net", free_base_port())
        net.create()
        try:
            net.start_all()
            wait_for("a first block", lambda: min(net.height(i) for i in range(4)) >= 1)
            urls = [f"http://127.0.0.1:{net.port(i)}" for i in range(4)]
            run("exchange.mjs", *urls)
            run("exchange_requests.mjs", *urls)
            net.stop_all()
        except BaseException:
            for i in range(4):
                print(f"--- node{i}\n" + "\n".join(log_of(net.home / f"node{i}").splitlines()[-15:]))
            raise
        finally:
            for node in net.nodes.values():
                node.kill()
                node.wait()


def main():
    check_server(sys.argv[1])
    if len(sys.argv) > 2:
        check_devnet(sys.argv[2])


main()
