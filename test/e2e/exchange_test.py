#!/usr/bin/env python3
"""End-to-end check of the exchange on a real devnet: two accounts trade, a node is killed in between.

Usage: exchange_test.py OPENLIQUID
"""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from devnet import ROOT, Devnet, call, free_base_port, wait_for  # noqa: E402

# The first two accounts of the devnet's mnemonic.
KEYS = ["0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"]
BTC, GTC, IOC = 0, 2, 3


class Trader:
    """Signs and sends orders with the chain's time for a nonce."""

    def __init__(self, net):
        self.net = net
        self.nonces = 0

    def submit(self, node, account, side, px, size, tif):
        block = call(self.net.port(node), "eth_getBlockByNumber", "latest", False)["result"]
        self.nonces += 1
        nonce = int(block["timestamp"], 16) * 1000 + self.nonces
        data = subprocess.run(
            ["node", str(ROOT / "test/e2e/order.mjs"),
             *map(str, [KEYS[account], nonce, BTC, side, px, size, tif])],
            check=True, capture_output=True, text=True, timeout=60, cwd=ROOT).stdout.strip()
        answer = call(self.net.port(node), "ol_exchangeSubmit", data, timeout=30)
        assert "result" in answer, answer
        return answer["result"]

    def result(self, node, action):
        """What became of the action, once it is final at the node."""
        found = {}

        def ask():
            found.update(call(self.net.port(node), "ol_exchangeResult", action)["result"] or {})
            return bool(found)
        wait_for(f"the result of {action} at node {node}", ask)
        return found


def roots(net, node, height):
    return call(net.port(node), "ol_exchangeRoots", hex(height))["result"]


def check_same_roots(net, last):
    """Every node has the same exchange after every block up to `last`."""
    for node in range(4):
        wait_for(f"node {node} at height {last}", lambda node=node: net.height(node) >= last)
    for height in range(last + 1):
        seen = [roots(net, node, height) for node in range(4)]
        assert seen[0] and all(one == seen[0] for one in seen), (height, seen)


def check_proof(net, node):
    """A proof that a node gives is believed for its signatures alone, and not with a byte changed."""
    file, genesis = net.home / "proof.json", net.home / f"node{node}" / "genesis.json"
    get = [net.program, "proof", "get", "--rpc", f"http://127.0.0.1:{net.port(node)}", "--book", str(BTC), str(file)]
    subprocess.run(get, check=True, capture_output=True, timeout=120)
    verify = [net.program, "proof", "verify", "--genesis", str(genesis), str(file)]
    good = subprocess.run(verify, check=True, capture_output=True, text=True, timeout=60).stdout
    assert "is final and commits to the state after block" in good and "lvl/" in good, good
    proof = json.loads(file.read_text())
    leaf = bytearray.fromhex(proof["proof"][2:])
    leaf[-1] ^= 1
    for forged in ({"proof": "0x" + leaf.hex()}, {"height": proof["height"] - 1},
                   {"evmStateRoot": "0x" + "11" * 32}, {"finality": proof["finality"][:-2] + "00"}):
        file.write_text(json.dumps(proof | forged))
        bad = subprocess.run(verify, capture_output=True, text=True, timeout=60)
        assert bad.returncode != 0 and "the proof is refused" in bad.stderr, (forged.keys(), bad)


def check(net):
    net.start_all()
    for node in range(4):
        wait_for(f"node {node} answers", lambda node=node: net.height(node) > 0)
    trader = Trader(net)
    ask = trader.submit(0, 0, "sell", 650_000, 5_000, GTC)
    assert "resting" in trader.result(1, ask)["orders"][0]

    check_proof(net, 1)

    # Killed between the two sides, it must know the ask again and see the fill.
    net.kill(2)
    bid = trader.submit(1, 1, "buy", 650_000, 3_000, IOC)
    filled = trader.result(0, bid)
    assert filled["ok"] and filled["orders"][0]["filled"]["totalSz"] == 3_000, filled
    net.start(2)
    wait_for("the killed node is back", lambda: net.height(2) >= filled["height"])
    check_same_roots(net, filled["height"])

    # All at once, in the middle of everything; what rests is still there to trade with.
    for node in range(4):
        net.kill(node)
    net.start_all()
    for node in range(4):
        wait_for(f"node {node} answers", lambda node=node: net.height(node) >= filled["height"])
    rest = trader.submit(3, 1, "buy", 650_000, 4_000, IOC)
    last = trader.result(2, rest)
    assert last["orders"][0]["filled"]["totalSz"] == 2_000, last
    check_same_roots(net, last["height"])
    print(f"fills at heights {filled['height']} and {last['height']}, equal roots on four nodes up to there")
    net.stop_all()


def main():
    with tempfile.TemporaryDirectory(prefix="openliquid-e2e-") as home:
        net = Devnet(sys.argv[1], home + "/net", free_base_port())
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


if __name__ == "__main__":
    main()
