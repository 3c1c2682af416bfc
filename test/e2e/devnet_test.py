#!/usr/bin/env python3
"""End-to-end checks of a real devnet: processes, ports, files and clients as a user has them.

Usage: devnet_test.py OPENLIQUID CASE, with CASE one of clients, kill_one, kill_all, load, mistakes.
Every case runs its own devnet in a temporary directory on free ports and stops it.
"""
import collections
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def free_base_port(count=4):
    """A port such that it, the next ones, and those 100 higher are free."""
    for _ in range(200):
        base = random.randrange(20000, 55000)
        try:
            for port in [*range(base, base + count), *range(base + 100, base + 100 + count)]:
                with socket.socket() as s:
                    s.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
    sys.exit("no free ports")


def call(port, method, *params, timeout=5):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.load(answer)


def wait_for(what, condition, seconds=90):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.05)
    sys.exit(f"FAILED: {what} did not happen within {seconds} s")


class Devnet:
    """Four node processes started one by one from homes that `openliquid testnet`-like set-up made."""

    def __init__(self, program, home, base):
        self.program, self.home, self.base = program, pathlib.Path(home), base
        self.nodes = {}

    def create(self):
        """Makes the homes with `openliquid devnet` itself and waits for its `ready`."""
        out = subprocess.Popen(
            [self.program, "devnet", "--home", str(self.home), "--base-port", str(self.base)],
            stdout=subprocess.PIPE, text=True)
        for line in out.stdout:
            if line.startswith("ready"):
                break
        else:
            sys.exit("FAILED: devnet ended before it was ready")
        out.send_signal(signal.SIGINT)
        out.stdout.read()
        if out.wait(30) != 0:
            sys.exit("FAILED: devnet did not stop cleanly")

    def start(self, i):
        log = open(self.home / f"node{i}" / "node.log", "a")
        self.nodes[i] = subprocess.Popen(
            [self.program, "start", "--home", str(self.home / f"node{i}")], stdout=log, stderr=log)

    def start_all(self):
        for i in range(4):
            self.start(i)

    def kill(self, i):
        self.nodes[i].kill()
        self.nodes[i].wait()

    def stop_all(self):
        for node in self.nodes.values():
            node.terminate()
        for node in self.nodes.values():
            node.wait(30)

    def port(self, i):
        return self.base + i

    def height(self, i):
        return int(call(self.port(i), "eth_blockNumber")["result"], 16)

    def block(self, i, height):
        return call(self.port(i), "eth_getBlockByNumber", hex(height), False)["result"]


def votes_that_left(outbox):
    """(view, block) of every vote in an outbox log. Format: docs/protocol/outbox-log.md."""
    program = [str(ROOT / "test/e2e/read_outbox.py"), str(outbox)]
    out = subprocess.run([sys.executable, *program], check=True, capture_output=True, text=True).stdout
    return [tuple(line.split()) for line in out.splitlines()]


def check_no_double_votes(net):
    total = 0
    for i in range(4):
        seen = {}
        for view, block in votes_that_left(net.home / f"node{i}" / "data" / "outbox.log"):
            if seen.setdefault(view, block) != block:
                sys.exit(f"FAILED: validator {i} voted twice in view {view}")
            total += 1
    if total == 0:
        sys.exit("FAILED: no votes were found in the outbox logs")
    print(f"no validator voted twice in a view ({total} votes checked)")


def case_clients(net):
    net.start_all()
    wait_for("a first block", lambda: min(net.height(i) for i in range(4)) >= 1)
    cast = ROOT / "node_modules/@foundry-rs/cast-linux-amd64/bin/cast"
    urls = [f"http://127.0.0.1:{net.port(i)}" for i in range(4)]
    subprocess.run(["node", str(ROOT / "test/e2e/clients.mjs"), str(cast), *urls], check=True, timeout=150)
    sent = subprocess.run(
        [net.program, "tx", "send", "--rpc", urls[3], "--to", "0x" + "11" * 20, "--value", "1ether", "--key",
         "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"],
        check=True, capture_output=True, text=True, timeout=90).stdout
    assert "status success" in sent, sent


def case_kill_one(net):
    net.start_all()
    wait_for("a first block", lambda: net.height(0) >= 3)
    victim = random.randrange(4)
    net.kill(victim)
    other = (victim + 1) % 4
    before = net.height(other)
    wait_for("the others going on", lambda: net.height(other) >= before + 6)
    net.start(victim)
    wait_for("the restarted node catching up", lambda: net.height(victim) >= before + 6)
    after = net.height(victim)
    wait_for("the restarted node following", lambda: net.height(victim) >= after + 4)
    metrics = urllib.request.urlopen(f"http://127.0.0.1:{net.port(victim)}/metrics").read().decode()
    votes = re.search(r"^openliquid_consensus_votes_sent_total (\S+)", metrics, re.M)
    assert votes and float(votes.group(1)) > 0, "the restarted node does not vote"
    net.stop_all()
    check_no_double_votes(net)


def case_kill_all(net):
    rounds = int(os.environ.get("OL_KILL_ROUNDS", "5"))
    committed = {}
    for turn in range(rounds):
        net.start_all()
        floor = max(committed, default=0)
        wait_for(f"new blocks in turn {turn}", lambda: max(net.height(i) for i in range(4)) > floor)
        time.sleep(random.uniform(0, 1.0))
        for i in range(4):
            try:
                for height in range(1, net.height(i) + 1):
                    known = committed.setdefault(height, net.block(i, height)["hash"]) if height not in committed else committed[height]
                    if height >= floor and net.block(i, height)["hash"] != known:
                        sys.exit(f"FAILED: block {height} changed")
            except OSError:
                pass
        for i in random.sample(range(4), 4):
            net.kill(i)
    net.start_all()
    wait_for("all nodes back", lambda: min(net.height(i) for i in range(4)) >= max(committed))
    for height, known in committed.items():
        for i in range(4):
            if net.block(i, height)["hash"] != known:
                sys.exit(f"FAILED: node {i} lost or changed block {height}")
    net.stop_all()
    print(f"{rounds} times killed, {len(committed)} blocks kept")
    check_no_double_votes(net)


def case_mistakes(net):
    def refused(expected, *arguments, environment=None):
        done = subprocess.run([net.program, *arguments], capture_output=True, text=True, timeout=60,
                              env={**os.environ, **(environment or {})})
        text = done.stderr.strip().splitlines()
        message = text[-1] if text else ""
        if done.returncode == 0 or expected not in message:
            sys.exit(f"FAILED: {arguments}: expected a refusal with {expected!r}, got {done.returncode}: {done.stderr}")
        print(f"refused: {message}")

    home = str(net.home / "node0")
    net.start(0)
    wait_for("node 0 answering", lambda: net.height(0) >= 0)
    refused("another process", "start", "--home", home, "--rpc-port", str(net.base + 50), "--p2p-port", str(net.base + 150))
    refused(str(net.port(0)), "start", "--home", str(net.home / "node1"), "--rpc-port", str(net.port(0)))
    net.stop_all()
    refused("OPENLIQUID_RPC_PORT", "start", "--home", home, environment={"OPENLIQUID_RPC_PORT": "x"})

    genesis = net.home / "node2" / "genesis.json"
    original = genesis.read_text()
    for key, value in (("chain_id", 7778), ("chain_name", "other")):
        changed = json.loads(original)
        changed[key] = value
        genesis.write_text(json.dumps(changed))
        refused("genesis", "start", "--home", str(net.home / "node2"))
    genesis.write_text("{")
    refused("genesis.json", "start", "--home", str(net.home / "node2"))
    genesis.write_text(original)

    keys = net.home / "node3" / "keys"
    shutil.copy(keys / "validator.key", keys / "kept")
    shutil.copy(net.home / "node2" / "keys" / "validator.key", keys / "validator.key")
    refused("network key", "start", "--home", str(net.home / "node3"))
    os.replace(keys / "kept", keys / "validator.key")

    database = net.home / "node1" / "data" / "db" / "rocksdb"
    current = database / "CURRENT"
    kept = current.read_bytes()
    current.write_bytes(b"garbage\n")
    refused("db", "start", "--home", str(net.home / "node1"))
    current.write_bytes(kept)

    net.start_all()
    wait_for("the chain going on after every mistake", lambda: min(net.height(i) for i in range(4)) >= 3)


def case_load(net):
    net.start_all()
    wait_for("a first block", lambda: min(net.height(i) for i in range(4)) >= 1)
    urls = [f"http://127.0.0.1:{net.port(i)}" for i in range(4)]
    count = os.environ.get("OL_LOAD_TXNS", "2000")
    subprocess.run(["node", str(ROOT / "test/e2e/load.mjs"), count, *urls], check=True, timeout=600)


def main():
    program, case = sys.argv[1], sys.argv[2]
    seed = int(os.environ.get("OL_SEED", str(time.time_ns() % 1_000_000)))
    random.seed(seed)
    print(f"case {case}, seed {seed}")
    with tempfile.TemporaryDirectory(prefix="openliquid-e2e-") as home:
        net = Devnet(program, home + "/net", free_base_port())
        net.create()
        try:
            globals()[f"case_{case}"](net)
        except BaseException:
            for i in range(4):
                log = net.home / f"node{i}" / "node.log"
                if log.exists():
                    print(f"--- node{i}\n" + "\n".join(log.read_text().splitlines()[-15:]))
            raise
        finally:
            for node in net.nodes.values():
                node.kill()
                node.wait()
    print(f"case {case}: passed")


if __name__ == "__main__":
    main()
