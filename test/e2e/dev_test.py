#!/usr/bin/env python3
"""End-to-end check of POST /dev: four validators, and one that executes everything again, agree on what was undone.

Usage: dev_test.py OPENLIQUID
"""
import json
import pathlib
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from devnet import ROOT, call, run_check, wait_for  # noqa: E402

USER = "0x00000000000000000000000000000000000000aa"
DAY_MS = 86_400_000
TRADER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
TRADER_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


def post(net, node, path, body):
    request = urllib.request.Request(f"http://127.0.0.1:{net.port(node)}{path}", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.load(reply)


def dev(net, node, **body):
    """What the chain said of it, once final."""
    reply = post(net, node, "/dev", body)
    assert reply["status"] == "ok", reply
    return reply["response"]["data"]


def refused(net, node, **body):
    reply = post(net, node, "/dev", body)
    assert reply["status"] == "err", reply
    return reply["response"]["msg"]


def everywhere(net, nodes, height):
    for node in nodes:
        wait_for(f"node {node} at height {height}", lambda node=node: net.height(node) >= height)


def dollars(net, node):
    return post(net, node, "/info", {"type": "clearinghouseState", "user": USER})["marginSummary"]["accountValue"]


def evm(net, node, sender, contract):
    return {"nonce": call(net.port(node), "eth_getTransactionCount", sender, "latest")["result"],
            "balance": call(net.port(node), "eth_getBalance", sender, "latest")["result"],
            "slot": int(call(net.port(node), "eth_getStorageAt", contract, "0x0", "latest")["result"], 16)}


def deploy(net, node, sender, contract, raw):
    """Its receipt says nothing the second time: the one of the block that was undone is still there."""
    sent = call(net.port(node), "eth_sendRawTransaction", raw)
    assert "result" in sent, sent
    wait_for("the contract", lambda: evm(net, node, sender, contract)["slot"] == 1)


def check_revert(net):
    """Balances of both kinds, nonces and storage are what they were, and the same transaction counts again."""
    sender, contract, raw = subprocess.run(["node", str(ROOT / "test/e2e/deploy.mjs"), "0"], check=True, text=True,
                                           capture_output=True, timeout=60, cwd=ROOT).stdout.split()
    dev(net, 0, type="faucet", user=USER, usd="100")
    kept = dev(net, 0, type="snapshot")["snapshot"]
    before = evm(net, 0, sender, contract)
    assert before["slot"] == 0, before
    deploy(net, 1, sender, contract, raw)
    done = dev(net, 2, type="faucet", user=USER, usd="23")["height"]
    everywhere(net, range(4), done)
    assert evm(net, 3, sender, contract)["slot"] == 1 and float(dollars(net, 3)) == 123, dollars(net, 3)
    back = dev(net, 3, type="revert", snapshot=kept)["height"]
    everywhere(net, range(4), back)
    for node in range(4):
        assert evm(net, node, sender, contract) == before, (node, evm(net, node, sender, contract), before)
        assert float(dollars(net, node)) == 100, (node, dollars(net, node))
    assert "there is no snapshot" in refused(net, 0, type="revert", snapshot=kept)
    deploy(net, 2, sender, contract, raw)


def check_time(net):
    """A day later for contracts and the exchange alike, at every node, and it goes on from there."""
    data = dev(net, 1, type="advanceTime", ms=DAY_MS)
    assert data["time"] > time.time() * 1000 + 0.9 * DAY_MS, data
    everywhere(net, range(4), data["height"])
    for node in range(4):
        stamp = int(net.block(node, data["height"])["timestamp"], 16)
        assert stamp == data["time"] // 1000, (node, stamp, data)
    later = dev(net, 2, type="faucet", user=USER, usd="1")
    assert data["time"] < later["time"] < data["time"] + DAY_MS / 10, (data, later)
    dev(net, 0, type="setParams", params={"sub_accounts": 3})
    # Whose nonces are the time takes the chain's.
    dev(net, 0, type="advanceTime", ms=2 * DAY_MS)
    dev(net, 0, type="faucet", user=TRADER, usd="100")
    done = subprocess.run([net.program, "trade", "cancel", "--all", "--rpc", f"http://127.0.0.1:{net.port(0)}",
                           "--key", TRADER_KEY], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "cancelled all orders" in done.stdout, done


def check_mine(net):
    before = net.height(0)
    assert dev(net, 0, type="mine", blocks=60)["height"] >= before + 60


def roots(net, node, height):
    return call(net.port(node), "ol_exchangeRoots", hex(height))["result"]


def follower(net):
    """A node without a validator's key that has nothing but genesis and one address."""
    home = net.home / "follower"
    subprocess.run([net.program, "init", "--home", str(home), "--follower", "--genesis",
                    str(net.home / "node0/genesis.json")], check=True, capture_output=True, timeout=60)
    peer = subprocess.run([net.program, "p2p", "id", "--home", str(net.home / "node0")], check=True,
                          capture_output=True, text=True, timeout=60).stdout.split()[-1]
    config = home / "config/openliquid.toml"
    config.write_text(config.read_text().replace("\npeers = []", f'\npeers = ["{peer}@127.0.0.1:{net.base + 100}"]'))
    net.start_home(4, home, "--rpc-port", str(net.port(4)), "--p2p-port", str(net.base + 104))


def check(net):
    net.start_all()
    everywhere(net, range(4), 1)
    check_revert(net)
    # One that was killed knows what its snapshots kept.
    kept = dev(net, 0, type="snapshot")
    net.kill(3)
    net.start(3)
    everywhere(net, range(4), kept["height"])
    check_time(net)
    check_mine(net)
    last = dev(net, 3, type="revert", snapshot=kept["snapshot"])["height"]
    everywhere(net, range(4), last)
    follower(net)
    everywhere(net, [4], last)
    for height in range(last + 1):
        seen = [(roots(net, node, height), net.block(node, height)["stateRoot"]) for node in range(5)]
        assert seen[0][0] and all(one == seen[0] for one in seen), (height, seen)
    print(f"equal roots of four validators and one that executed all {last} blocks again")
    net.stop_all()


if __name__ == "__main__":
    run_check(sys.argv[1], check)
