#!/usr/bin/env python3
"""End-to-end check of the exchange on a real devnet: two accounts trade, a node is killed in between.

Usage: exchange_test.py OPENLIQUID
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from devnet import ROOT, call, other_end, run_check, wait_for  # noqa: E402

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
    proof = json.loads(file.read_text())
    for part in (f"key: every level of the book of asset {BTC}", "present: 1 record, and no other",
                 f"is final and commits to the state after block {proof['height']}: signed by at least 3 of 4 by weight",
                 "asks at price 650000"):
        assert part in good, (part, good)
    leaf = bytearray.fromhex(proof["proof"][2:])
    leaf[-1] ^= 1
    for forged in ({"proof": "0x" + leaf.hex()}, {"height": proof["height"] - 1},
                   {"evmStateRoot": "0x" + "11" * 32}, {"finality": other_end(proof["finality"])}):
        file.write_text(json.dumps(proof | forged))
        bad = subprocess.run(verify, capture_output=True, text=True, timeout=60)
        assert bad.returncode != 0 and "the proof is refused" in bad.stderr, (forged.keys(), bad)


def check_absence(net, node):
    """What is not there is proven too."""
    file, genesis = net.home / "absent.json", net.home / f"node{node}" / "genesis.json"
    subprocess.run([net.program, "proof", "get", "--rpc", f"http://127.0.0.1:{net.port(node)}", "--order", "999999",
                    str(file)], check=True, capture_output=True, timeout=120)
    told = subprocess.run([net.program, "proof", "verify", "--genesis", str(genesis), str(file)], check=True,
                          capture_output=True, text=True, timeout=60).stdout
    assert "key: order 999999\n" in told and "proven: absent" in told, told


def past(net, node):
    """What a node says of what happened so far."""
    out = []
    for key in KEYS:
        user = account_of(key)
        for query in ({"type": "userFills"}, {"type": "historicalOrders"}):
            out.append(info(net, node, query | {"user": user}))
    out.append(info(net, node, {"type": "recentTrades", "coin": "BTC"}))
    out.append(info(net, node, {"type": "candleSnapshot", "req": {"coin": "BTC", "interval": "1d", "startTime": 0}}))
    return out


def info(net, node, query):
    request = urllib.request.Request(f"http://127.0.0.1:{net.port(node)}/info", json.dumps(query).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


# The addresses of KEYS.
ACCOUNTS = ["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"]


def account_of(key):
    return ACCOUNTS[KEYS.index(key)]


def trade(net, node, *arguments, account=0):
    """`openliquid trade` as a user runs it; what it printed."""
    key = [] if arguments[0] in ("book", "watch") else ["--key", KEYS[account]]
    run = subprocess.run([net.program, "trade", arguments[0], "--rpc", f"http://127.0.0.1:{net.port(node)}", *key,
                          *map(str, arguments[1:])], capture_output=True, text=True, timeout=90)
    return run.stdout + run.stderr


def check_trade(net):
    """Everything that the terminal can do, with sentences where it cannot."""
    cloid = "0x" + "00" * 15 + "07"
    for said, words in (
            (trade(net, 0, "leverage", "--coin", "ETH", "--leverage", 5, account=1), "ETH at most 5 times, cross, final"),
            (trade(net, 0, "leverage", "--coin", "ETH", "--leverage", 26, account=1), "must be between 1 and 25"),
            (trade(net, 0, "transfer", "--usd", "12.5", "--to", "spot", account=1), "moved 12.5 USD to spot, final"),
            (trade(net, 0, "transfer", "--usd", "2.5", "--to", "perp", account=1), "moved 2.5 USD to perp, final"),
            (trade(net, 0, "send", "--usd", "3", "--to", ACCOUNTS[0], account=1), f"sent 3 USD to {ACCOUNTS[0]}, final"),
            (trade(net, 0, "send", "--usd", "99999999", "--to", ACCOUNTS[0], account=1), "withdrawn: at most "),
            (trade(net, 0, "place", "--coin", "ETH", "--px", "3000", "--sz", "1", "--cloid", cloid, account=1), "resting"),
            (trade(net, 0, "modify", "--coin", "ETH", "--cloid", cloid, "--px", "3010", "--sz", "2", account=1), "resting"),
            (trade(net, 0, "book", "--coin", "ETH"), "3010"),
            (trade(net, 0, "modify", "--px", "1", "--sz", "1", account=1), "either --oid or --cloid"),
            (trade(net, 0, "cancel", "--coin", "ETH", "--cloid", cloid, account=1), "cancelled in block"),
            (trade(net, 0, "fills", account=1), "buy "),
            (trade(net, 0, "fills", "--limit", 1, account=0), "sell ")):
        assert words in said, (words, said)


def check_export(net, node, actions):
    """The block log of a node that runs and of one that rests; actions and their results in it."""
    def export(*arguments):
        run = subprocess.run([net.program, "export", "blocks", "--home", str(net.home / f"node{node}"), *map(str, arguments)],
                             capture_output=True, text=True, timeout=300)
        return run
    file = net.home / "blocks.jsonl"
    told = export("--out", file)
    assert told.returncode == 0 and "blocks written to" in told.stdout, told
    lines = file.read_text().splitlines()
    blocks = [json.loads(line) for line in lines]
    assert [block["height"] for block in blocks] == list(range(len(blocks)))
    for below, block in zip(blocks, blocks[1:]):
        assert block["parent"] == below["hash"], block
        assert block["core"]["stateRoot"] == roots(net, node, block["height"])["state"], block["height"]
    found = {action["hash"]: action for block in blocks for action in block["core"]["actions"]}
    for action, size in actions.items():
        assert found[action]["result"]["statuses"][0]["filled"]["totalSz"] == size, found[action]
    assert any(step["type"] == "OracleSubmit" and step["ok"] for block in blocks for step in block["core"]["system"])
    again = export("--out", file)
    assert again.returncode != 0 and "exists already" in again.stderr, again
    net.stop(node)
    part = export("--from", 2, "--to", 5)
    assert part.stdout.splitlines() == lines[2:6], part
    beyond = export("--to", 10_000_000)
    assert beyond.returncode != 0 and "the last final block here is" in beyond.stderr, beyond
    net.start(node)
    wait_for(f"node {node} answers", lambda: net.height(node) > 0)


def markets_of_the_docs():
    """The file that docs/operators.md shows."""
    text = (ROOT / "docs/operators.md").read_text()
    return text.split("```json\n", 1)[1].split("```", 1)[0]


def check_genesis(program, home):
    """Markets of a file, in the genesis of a testnet and of a key ceremony."""
    home.mkdir(parents=True)
    good, bad = home / "markets.json", home / "bad.json"
    good.write_text(markets_of_the_docs())
    bad.write_text(markets_of_the_docs().replace('"tick_px": 10,', '"tick_px": 0,'))

    def run(*arguments):
        return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    refused = run("testnet", "--validators", 1, "--out", home / "no", "--exchange", bad)
    assert refused.returncode != 0 and "bad.json" in refused.stderr and "market" in refused.stderr, refused
    made = run("testnet", "--validators", 1, "--out", home / "t", "--exchange", good)
    assert made.returncode == 0, made
    shown = run("genesis", "show", home / "t/node0/genesis.json").stdout
    assert [m["name"] for m in json.loads(shown)["exchange"]["markets"]] == ["BTC", "OPEN/USD"], shown
    shared = home / "dir"
    steps = []
    for name in ("alice", "bob", "carol", "dave"):
        steps.append(("init", "--home", home / name))
        steps.append(("genesis", "ceremony", "join", "--home", home / name, "--dir", shared, "--name", name,
                      "--fee-recipient", ACCOUNTS[0], "--address", "127.0.0.1:9000"))
    for step in (*steps, ("genesis", "ceremony", "plan", "--dir", shared, "--chain-id", 99, "--chain-name", "mine",
                          "--exchange", good)):
        done = run(*step)
        assert done.returncode == 0, done
    plan = json.loads((shared / "plan.json").read_text())["chain"]
    assert int(plan["exchange"]["markets"][0]["px"]) == 650_000, plan


def check(net):
    net.start_all()
    for node in range(4):
        wait_for(f"node {node} answers", lambda node=node: net.height(node) > 0)
    trader = Trader(net)
    ask = trader.submit(0, 0, "sell", 650_000, 5_000, GTC)
    assert "resting" in trader.result(1, ask)["orders"][0]

    check_proof(net, 1)
    check_absence(net, 1)

    # Killed between the two sides, it must know the ask again and see the fill.
    net.kill(2)
    bid = trader.submit(1, 1, "buy", 650_000, 3_000, IOC)
    filled = trader.result(0, bid)
    assert filled["ok"] and filled["orders"][0]["filled"]["totalSz"] == 3_000, filled
    net.start(2)
    wait_for("the killed node is back", lambda: net.height(2) >= filled["height"])
    check_same_roots(net, filled["height"])

    # All at once, in the middle of everything; what rests is still there to trade with, and what happened is known.
    before = past(net, 0)
    assert len(before[0]) == 1 and before[0][0]["px"] == "65000" and before[-1], before
    for node in range(4):
        net.kill(node)
    net.start_all()
    for node in range(4):
        wait_for(f"node {node} answers", lambda node=node: net.height(node) >= filled["height"])
        wait_for(f"node {node} knows what happened", lambda node=node: past(net, node) == before)
    rest = trader.submit(3, 1, "buy", 650_000, 4_000, IOC)
    last = trader.result(2, rest)
    assert last["orders"][0]["filled"]["totalSz"] == 2_000, last
    check_same_roots(net, last["height"])
    check_trade(net)
    check_export(net, 1, {bid: "3000", rest: "2000"})
    # Stopped as one should: what happened is in the file then.
    before = past(net, 2)
    net.stop(2)
    assert (net.home / "node2/data/exchange-history").stat().st_size > 0
    net.start(2)
    wait_for("node 2 knows what happened", lambda: net.height(2) > 0 and past(net, 2) == before)
    print(f"fills at heights {filled['height']} and {last['height']}, equal roots on four nodes up to there")
    net.stop_all()


def main():
    with tempfile.TemporaryDirectory(prefix="openliquid-e2e-") as home:
        check_genesis(sys.argv[1], pathlib.Path(home) / "genesis")
    run_check(sys.argv[1], check)


if __name__ == "__main__":
    main()
