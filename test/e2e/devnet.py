"""A devnet of real processes for the end-to-end tests: starting, stopping and asking nodes, and checks that several tests share."""
import http.client
import json
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Longest a node may take to stop cleanly, on a machine that does much else.
STOP_SECONDS = 180


def first_ephemeral_port():
    """From here on the kernel takes ports for outgoing connections: one of them may take ours at any time."""
    return int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])


def free_base_port(count=5, apart=100):
    """A port such that it, the next ones, and those `apart` higher are free, and no outgoing connection takes them.
    C++ tests take theirs from 16384 on (lib/p2p/src/local_ports.cpp)."""
    for _ in range(200):
        base = random.randrange(10000, min(16384, first_ephemeral_port()) - apart - count)
        try:
            for port in [*range(base, base + count), *range(base + apart, base + apart + count)]:
                with socket.socket() as s:
                    s.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
    sys.exit("no free ports")


def call(port, method, *params, timeout=60):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.load(answer)


def wait_for(what, condition, seconds=300):
    """How long a condition may take says nothing but that the test hangs: a slow machine is no failure. A node that
    does not answer yet, or dies while it does, does not fulfil anything."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            pass
        time.sleep(0.05)
    sys.exit(f"FAILED: {what} did not happen within {seconds} s")


class Devnet:
    """Four node processes started one by one from homes that `openliquid testnet`-like set-up made."""

    def __init__(self, program, home, base):
        self.program, self.home, self.base = program, pathlib.Path(home), base
        self.nodes = {}

    def create(self, *arguments, until=lambda: True):
        """Makes the homes with `openliquid devnet` itself and waits for its `ready`, then for `until`."""
        out = subprocess.Popen(
            [self.program, "devnet", "--home", str(self.home), "--base-port", str(self.base), *arguments],
            stdout=subprocess.PIPE, text=True)
        for line in out.stdout:
            if line.startswith("ready"):
                break
        else:
            sys.exit("FAILED: devnet ended before it was ready")
        wait_for("what the devnet is for", until)
        out.send_signal(signal.SIGINT)
        out.stdout.read()
        if out.wait(STOP_SECONDS) != 0:
            sys.exit("FAILED: devnet did not stop cleanly")

    def start(self, i):
        self.start_home(i, self.home / f"node{i}")

    def start_home(self, i, home, *arguments):
        """Starts the node that `home` holds; it is called `i` from now on."""
        log = open(home / "node.log", "a")
        self.nodes[i] = subprocess.Popen(
            [self.program, "start", "--home", str(home), *arguments], stdout=log, stderr=log)

    def start_all(self):
        for i in range(4):
            self.start(i)

    def kill(self, i):
        self.nodes[i].kill()
        self.nodes[i].wait()

    def stop(self, i):
        self.nodes[i].terminate()
        if self.nodes.pop(i).wait(STOP_SECONDS) != 0:
            sys.exit(f"FAILED: node {i} did not stop cleanly")

    def stop_all(self):
        for node in self.nodes.values():
            node.terminate()
        for node in self.nodes.values():
            node.wait(STOP_SECONDS)

    def port(self, i):
        return self.base + i

    def height(self, i):
        return int(call(self.port(i), "eth_blockNumber")["result"], 16)

    def block(self, i, height):
        return call(self.port(i), "eth_getBlockByNumber", hex(height), False)["result"]


class Feeder:
    """Keeps transfers coming while nodes die: sends what the chain does not have yet, again and again."""

    def __init__(self, net, count=6000):
        self.net = net
        lines = subprocess.run(["node", str(ROOT / "test/e2e/presign.mjs"), str(count)], check=True,
                               capture_output=True, text=True).stdout.split()
        self.sender, self.raw = lines[0], lines[1:]
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopping:
            for i in range(4):
                try:
                    nonce = self.committed(i)
                    self.send(i, self.raw[nonce : nonce + 20])
                except (OSError, ValueError, KeyError, http.client.HTTPException):
                    pass
            time.sleep(0.02)

    def committed(self, i):
        """How many of the transfers node `i` has in final blocks."""
        return int(call(self.net.port(i), "eth_getTransactionCount", self.sender, "latest")["result"], 16)

    def send(self, i, raw):
        calls = [{"jsonrpc": "2.0", "id": n, "method": "eth_sendRawTransaction", "params": [text]}
                 for n, text in enumerate(raw)]
        request = urllib.request.Request(f"http://127.0.0.1:{self.net.port(i)}", json.dumps(calls).encode(),
                                         {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=60).read()

    def stop(self):
        self.stopping = True
        self.thread.join()


def outbox_of(home):
    return pathlib.Path(home) / "data" / "outbox.log"


def votes_that_left(outbox):
    """(view, block) of every vote in an outbox log. Format: docs/protocol/outbox-log.md."""
    program = [str(ROOT / "test/e2e/read_outbox.py"), str(outbox)]
    out = subprocess.run([sys.executable, *program], check=True, capture_output=True, text=True).stdout
    return [(int(view), block) for view, block in map(str.split, out.splitlines())]


def check_one_vote_per_view(outbox):
    """The votes of a log by view; fails if one process voted twice in a view."""
    seen = {}
    for view, block in votes_that_left(outbox):
        if seen.setdefault(view, block) != block:
            sys.exit(f"FAILED: two different votes for view {view} in {outbox}")
    if not seen:
        sys.exit(f"FAILED: no votes were found in {outbox}")
    return seen


def check_no_double_votes(net):
    total = sum(len(check_one_vote_per_view(outbox_of(net.home / f"node{i}"))) for i in range(4))
    print(f"no validator voted twice in a view ({total} votes checked)")


def check_same_chain(net, nodes):
    lowest = min(net.height(i) for i in nodes)
    for height in range(lowest + 1):
        blocks = {net.block(i, height)["hash"] for i in nodes}
        if len(blocks) != 1:
            sys.exit(f"FAILED: {len(blocks)} different blocks at height {height}")
    print(f"nodes {', '.join(map(str, nodes))} agree on {lowest + 1} blocks")


def other_end(text):
    """The same hex with another last byte."""
    return text[:-2] + ("01" if text.endswith("00") else "00")


def check_account_proof(net, node, address, slot=None, wei=10**18):
    """A light client believes genesis alone: of what an address has (and one in its first slot, if asked), of an
    address without an account, and of a block. It refuses what was changed."""
    file, genesis = net.home / "account.json", net.home / f"node{node}" / "genesis.json"

    def proved(*what):
        file.unlink(missing_ok=True)
        subprocess.run([net.program, "proof", "get", "--rpc", f"http://127.0.0.1:{net.port(node)}", *what, str(file)],
                       check=True, capture_output=True, timeout=120)
        return subprocess.run(verify, check=True, capture_output=True, text=True, timeout=60).stdout

    verify = [net.program, "proof", "verify", "--genesis", str(genesis), str(file)]
    said = proved("--block", "2")
    assert "block 2 0x" in said and "is final" in said and "proven" not in said, said
    said = proved("--evm-account", "0x" + "99" * 20)
    assert "does not exist" in said, said
    said = proved("--evm-account", address, *(["--slot", "0x0"] if slot else []))
    assert "has nonce" in said and f"{wei} wei" in said, said
    assert slot is None or slot in said, said
    proof = json.loads(file.read_text())
    account = proof["account"]
    forged = [{"height": proof["height"] - 1}, {"evmStateRoot": "0x" + "11" * 32},
              {"finality": other_end(proof["finality"])}, {"account": account | {"proof": account["proof"][:-1]}},
              {"account": account | {"proof": [*account["proof"][:-1], other_end(account["proof"][-1])]}}]
    if "exchangeRoot" in proof:
        forged.append({"exchangeRoot": "0x" + "11" * 32})
    if slot:
        forged.append({"account": account | {"slots": [account["slots"][0] | {"proof": []}]}})
    for change in forged:
        file.write_text(json.dumps(proof | change))
        bad = subprocess.run(verify, capture_output=True, text=True, timeout=60)
        assert bad.returncode != 0 and "the proof is refused" in bad.stderr, (change.keys(), bad)


def log_of(home):
    """What a node logged so far. A line may be half written, or hold what is no text."""
    return (home / "node.log").read_text(encoding="utf-8", errors="replace")


def log_has(home, words):
    return words in log_of(home)


def metric(port, name):
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60).read().decode()
    return float(re.search(rf"^{name} (\S+)", text, re.M).group(1))


def run_check(program, check):
    """Calls `check` with a new devnet of four validators; shows the ends of their logs where it fails."""
    with tempfile.TemporaryDirectory(prefix="openliquid-e2e-") as home:
        net = Devnet(program, home + "/net", free_base_port())
        net.create()
        try:
            check(net)
        except BaseException:
            for log in sorted(net.home.glob("*/node.log")):
                print(f"--- {log.parent.name}\n" + "\n".join(log.read_text().splitlines()[-15:]))
            raise
        finally:
            for node in net.nodes.values():
                node.kill()
                node.wait()
    print("passed")
