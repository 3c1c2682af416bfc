#!/usr/bin/env python3
"""Solidity contracts on a real devnet, through the clients people use.

Usage: contracts_test.py OPENLIQUID. Needs node and the npm packages of scripts/setup, and loopback.
"""
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "test/e2e"))
from devnet import Devnet, free_base_port, wait_for  # noqa: E402


def run(net):
    net.start_all()
    wait_for("a first block", lambda: min(net.height(i) for i in range(4)) >= 1)
    urls = [f"http://127.0.0.1:{net.port(i)}" for i in range(4)]
    foundry = ROOT / "node_modules/@foundry-rs"
    here = pathlib.Path(__file__).parent
    subprocess.run(["node", str(here / "contracts.mjs"), str(foundry / "cast-linux-amd64/bin/cast"), *urls],
                   check=True, timeout=700)
    # Each has accounts of its own, and compiles most of the time.
    projects = [subprocess.Popen([sys.executable, str(here / script), *arguments]) for script, *arguments in (
        ["forge_test.py", str(foundry / "forge-linux-amd64/bin/forge"), urls[1]],
        ["hardhat_test.py", urls[2]])]
    if any([project.wait() != 0 for project in projects]):
        sys.exit("FAILED: a project of forge or Hardhat")


def main():
    seed = int(os.environ.get("OL_SEED", str(time.time_ns() % 1_000_000)))
    random.seed(seed)
    print(f"contracts, seed {seed}")
    with tempfile.TemporaryDirectory(prefix="openliquid-e2e-") as home:
        net = Devnet(sys.argv[1], home + "/net", free_base_port())
        net.create()
        try:
            run(net)
        finally:
            for node in net.nodes.values():
                node.kill()
                node.wait()
    print("contracts: passed")


if __name__ == "__main__":
    main()
