#!/usr/bin/env python3
"""End-to-end checks of a real devnet: processes, ports, files and clients as a user has them.

Usage: devnet_test.py OPENLIQUID CASE, with CASE one of bots, clients, kill_one, kill_all, kill_contracts, load,
mistakes, refusals, twin.
Every case runs its own devnet in a temporary directory on free ports and stops it.
"""
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

from devnet import (Devnet, Feeder, ROOT, call, check_account_proof, check_no_double_votes, check_one_vote_per_view,
                    check_same_chain, free_base_port, log_has, log_of, metric, outbox_of, votes_that_left, wait_for)


def case_clients(net):
    net.start_all()
    wait_for("a first block", lambda: min(net.height(i) for i in range(4)) >= 1)
    cast = ROOT / "node_modules/@foundry-rs/cast-linux-amd64/bin/cast"
    urls = [f"http://127.0.0.1:{net.port(i)}" for i in range(4)]
    subprocess.run(["node", str(ROOT / "test/e2e/clients.mjs"), str(cast), *urls], check=True, timeout=600)
    check_tx_send(net, cast, urls[3])
    check_reach(net)


def check_tx_send(net, cast, url):
    """`tx send` to nobody's address, to a contract that runs code when it receives, to one that reverts."""
    key = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"

    def deploy(code):
        # PUSH5 code, stored, its five bytes returned.
        done = subprocess.run([str(cast), "send", "--rpc-url", url, "--private-key", key, "--json", "--create",
                               f"0x64{code}6000526005601bf3"], check=True, capture_output=True, text=True, timeout=300)
        return json.loads(done.stdout)["contractAddress"]

    def send(to, *keys):
        return subprocess.run([net.program, "tx", "send", "--rpc", url, "--to", to, "--value", "1ether", *keys],
                              capture_output=True, text=True, timeout=300)

    writer = deploy("6001600055")
    for to in ("0x" + "11" * 20, writer):
        done = send(to, "--key", key)
        assert done.returncode == 0 and "status success" in done.stdout, done
    check_account_proof(net, 0, writer, slot="holds 0x1")
    done = send(deploy("60006000fd"), "--key", key)
    assert done.returncode == 1 and "reverted" in done.stderr and "sent" not in done.stdout, done
    done = send("0x" + "11" * 20, "--key", key, "--keyfile", "x")
    assert done.returncode == 1 and "not both" in done.stderr, done


def case_bots(net):
    """With `--bots` the books are alive: both sides quoted, and trades."""
    def info(**request):
        body = json.dumps(request).encode()
        headers = {"Content-Type": "application/json"}
        asked = urllib.request.Request(f"http://127.0.0.1:{net.port(1)}/info", body, headers)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.load(answer)

    def alive():
        return all(info(type="l2Book", coin="ETH")["levels"]) and len(info(type="recentTrades", coin="ETH")) > 3
    net.create("--bots", until=alive)


def peers_of(net, i):
    out = subprocess.run([net.program, "p2p", "peers", "--json", "--rpc", f"http://127.0.0.1:{net.port(i)}"],
                         check=True, capture_output=True, text=True, timeout=60).stdout
    return json.loads(out)


def check_reach(net):
    """Node 0 shows its peers, and calls for help when it has lost its quorum."""
    wait_for("node 0 linked to all", lambda: peers_of(net, 0)["reachedWeight"] == 4)
    told = peers_of(net, 0)
    assert told["quorumReached"] and told["reachedWeight"] == told["totalWeight"] == 4, told
    linked = [peer for peer in told["peers"] if peer["connected"]]
    assert sorted(peer["validator"] for peer in linked) == [1, 2, 3], told
    assert metric(net.port(0), "openliquid_quorum_reached") == 1
    watch = subprocess.Popen([net.program, "status", "--watch", "--rpc", f"http://127.0.0.1:{net.port(0)}"],
                             stdout=subprocess.PIPE, text=True)
    lines = [watch.stdout.readline() for _ in range(2)]
    watch.kill()
    watch.wait()
    assert all(re.match(r"height \d+  blocks/s \d+  view \d+  finality .* ms  peers 3  waiting for ", line) for line in lines), lines
    for i in (1, 2):
        net.kill(i)
    wait_for("the quorum being missed", lambda: metric(net.port(0), "openliquid_quorum_reached") == 0)
    assert peers_of(net, 0)["reachedWeight"] == 2
    wait_for("the alarm", lambda: log_has(net.home / "node0", "less than a quorum of weight is reachable"))


def case_kill_one(net):
    net.start_all()
    wait_for("first blocks", lambda: min(net.height(i) for i in range(4)) >= 3)
    victim = random.randrange(4)
    net.kill(victim)
    other = (victim + 1) % 4
    before = net.height(other)
    wait_for("the others going on", lambda: net.height(other) >= before + 6)
    net.start(victim)
    wait_for("the restarted node catching up", lambda: net.height(victim) >= before + 6)
    after = net.height(victim)
    wait_for("the restarted node following", lambda: net.height(victim) >= after + 4)
    wait_for("the restarted node voting", lambda: metric(net.port(victim), "openliquid_consensus_votes_sent_total") > 0)
    net.stop_all()
    check_no_double_votes(net)


def check_transfers_once(net, feeder):
    """Every transfer of the feeder that the chain counts is in it, exactly once."""
    nonce = feeder.committed(0)
    found = [txn for height in range(1, net.height(0) + 1) for txn in net.block(0, height)["transactions"]]
    if len(found) != len(set(found)) or len(found) < nonce:
        sys.exit(f"FAILED: {nonce} transfers are counted, {len(found)} are in blocks, {len(set(found))} different")
    if nonce == 0:
        sys.exit("FAILED: no transfer was committed")
    print(f"{nonce} transfers committed meanwhile, each once")


def case_kill_all(net):
    """kill -9 of all four at random instants, OL_KILL_ROUNDS times, with transfers coming all the time."""
    rounds = int(os.environ.get("OL_KILL_ROUNDS", "20"))
    committed = {}
    feeder = Feeder(net)
    restart_seconds = []
    for turn in range(rounds):
        started = time.monotonic()
        net.start_all()
        floor = max(committed, default=0)
        wait_for(f"new blocks in turn {turn}", lambda: max(net.height(i) for i in range(4)) > floor)
        restart_seconds.append(time.monotonic() - started)
        time.sleep(random.uniform(0, 1.5))
        for i in range(4):
            for height in range(floor + 1, net.height(i) + 1):
                block = net.block(i, height)["hash"]
                if committed.setdefault(height, block) != block:
                    sys.exit(f"FAILED: two blocks at height {height}")
        # Some at once, some a moment later, while the others go on.
        for i in random.sample(range(4), 4):
            net.kill(i)
            time.sleep(random.choice([0, 0, 0.01, 0.1]))
    net.start_all()
    wait_for("all nodes back", lambda: min(net.height(i) for i in range(4)) >= max(committed))
    wait_for("a transfer committed", lambda: feeder.committed(0) > 0)
    feeder.stop()
    for height, known in committed.items():
        for i in range(4):
            if net.block(i, height)["hash"] != known:
                sys.exit(f"FAILED: node {i} lost or changed block {height}")
    check_transfers_once(net, feeder)
    net.stop_all()
    print(f"{rounds} times killed, {len(committed)} blocks kept; from start to a new block "
          f"{sum(restart_seconds) / rounds:.2f} s on average, {max(restart_seconds):.2f} s at most")
    check_no_double_votes(net)


def case_kill_contracts(net):
    """A contract that is written to while one node is down, and before and after kill -9 of all: no node loses its
    code or a slot, and the one that was down has what it missed."""
    count = 30
    lines = subprocess.run(["node", str(ROOT / "test/e2e/presign_writes.mjs"), str(count)], check=True,
                           capture_output=True, text=True).stdout.split()
    sender, contract, raw = lines[0], lines[1], lines[2:]

    def written(i):
        return int(call(net.port(i), "eth_getTransactionCount", sender, "latest")["result"], 16)

    def send_until(nodes, end):
        """Sends the transactions below `end` until the nodes have them all in final blocks."""
        def done():
            lowest = min(written(i) for i in nodes)
            for text in raw[lowest:end]:
                call(net.port(nodes[0]), "eth_sendRawTransaction", text)
            return lowest >= end
        wait_for(f"{end} transactions in final blocks", done)

    def word(number):
        return "0x" + f"{number:064x}"

    def check(nodes, end):
        """Code and slots of the contract on each node, and one storage root on all, after one block."""
        height = hex(min(net.height(i) for i in nodes))
        roots = set()
        for i in nodes:
            code = call(net.port(i), "eth_getCode", contract, height)["result"]
            assert code == "0x6020355f355500", f"node {i} has code {code}"
            for n in range(1, end):
                value = call(net.port(i), "eth_getStorageAt", contract, word(n), height)["result"]
                assert value == word(7 * n), f"node {i} has {value} in slot {n}"
            roots.add(call(net.port(i), "eth_getProof", contract, [], height)["result"]["storageHash"])
        assert len(roots) == 1, f"storage roots {roots}"

    net.start_all()
    wait_for("a first block", lambda: min(net.height(i) for i in range(4)) >= 1)
    answer = call(net.port(0), "eth_sendRawTransactionSync", raw[0], 30000)
    if "result" in answer:
        assert answer["result"]["contractAddress"] == contract.lower(), answer
        assert written(0) == 1, "a receipt before its block"
    else:  # A machine so slow that half a minute is not enough.
        assert answer["error"]["code"] == 4, answer
    send_until([0, 1, 2, 3], 10)
    check(range(4), 10)
    simulated = call(net.port(0), "eth_simulateV1",
                     {"blockStateCalls": [{"calls": [{"from": sender, "to": contract,
                                                      "data": word(99) + word(5)[2:]}]}]}, "latest")["result"]
    assert simulated[0]["calls"][0]["status"] == "0x1", simulated
    assert int(simulated[0]["calls"][0]["gasUsed"], 16) > 40000, simulated
    victim = random.randrange(4)
    others = [i for i in range(4) if i != victim]
    net.kill(victim)
    send_until(others, 20)
    net.start(victim)
    wait_for("the restarted node catching up", lambda: written(victim) >= 20)
    check(range(4), 20)
    for i in random.sample(range(4), 4):
        net.kill(i)
    net.start_all()
    wait_for("all nodes back", lambda: min(written(i) for i in range(4)) >= 20)
    check(range(4), 20)
    send_until([0, 1, 2, 3], count + 1)
    check(range(4), count + 1)
    check_same_chain(net, range(4))
    net.stop_all()
    check_no_double_votes(net)
    print(f"{count} slots of a contract on four nodes, one of which caught up over 10 of them")


def case_mistakes(net):
    def refused(expected, *arguments, environment=None):
        done = subprocess.run([net.program, *arguments], capture_output=True, text=True, timeout=300,
                              stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
        message = done.stderr.strip()
        if done.returncode == 0 or expected not in message:
            sys.exit(f"FAILED: {arguments}: expected a refusal with {expected!r}, got {done.returncode}: {done.stderr}")
        print(f"refused: {message}")

    home = str(net.home / "node0")
    net.start(0)
    wait_for("node 0 answering", lambda: net.height(0) >= 0)
    refused("another process", "start", "--home", home, "--rpc-port", str(net.base + 50), "--p2p-port", str(net.base + 150))
    new = str(net.home / "new")
    refused(f"port {net.port(0)} of 127.0.0.1 is in use", "devnet", "--home", new, "--base-port", str(net.base))
    refused("is a file", "devnet", "--home", str(net.home / "node0" / "genesis.json"))
    refused("only a chain of profile openliquid", "devnet", "--home", new, "--profile", "l1", "--bots")
    assert not os.path.exists(new)
    refused(str(net.port(0)), "start", "--home", str(net.home / "node1"), "--rpc-port", str(net.port(0)))
    net.stop_all()
    refused("must end with a port", "status", "--rpc", "http://127.0.0.1:70000")
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

    refused("no terminal", "init", "--home", new, "--encrypt")
    refused("no room", "testnet", "--out", new, "--base-port", "65533")
    refused('holds ""', "testnet", "--out", new, "--hosts", "a,,b,c")
    refused("--sell excludes --buy", "trade", "place", "--buy", "--sell", "--px", "1", "--sz", "1")
    refused("--oid excludes --all", "trade", "cancel", "--all", "--oid", "1")
    refused("number of an asset", "proof", "get", new, "--book", "BTC")
    refused("one proof is of one thing", "proof", "get", new, "--book", "0", "--order", "1")
    config = net.home / "node0" / "config" / "openliquid.toml"
    original = config.read_text()
    config.write_text(re.sub(r'@127\.0\.0\.1:', '@:', original))
    refused("each with its host", "start", "--home", home)
    config.write_text(original)

    net.start_all()
    wait_for("the chain going on after every mistake", lambda: min(net.height(i) for i in range(4)) >= 3)


def memory_mib(net, i):
    """Resident memory of a node, and RocksDB's write buffers in it, which may grow up to 64 MiB."""
    status = pathlib.Path(f"/proc/{net.nodes[i].pid}/status").read_text()
    resident = int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M).group(1)) / 1024
    return resident, metric(net.port(i), "openliquid_db_write_buffer_bytes") / 2**20


# What a node keeps of past transfers is bounded: recovered transactions by the size of the pool and
# 16,384 more, blocks for RPC by 32 MiB, RocksDB by its settings. With these sizes all but its write
# buffers are full after two rounds of 20,000, so a third may add what the allocator scatters and nothing
# else. 1.6 KiB for each transfer would be found.
LOAD_SIZES = {"OPENLIQUID_MEMPOOL_TXNS_MAX": "22000", "OPENLIQUID_STORAGE_BLOCK_CACHE_BYTES": str(8 << 20)}
LOAD_GROWTH_MIB = 32


def case_load(net):
    """OL_LOAD_TXNS transfers, OL_LOAD_ROUNDS times; memory after each round. Line 3 of issue 2."""
    count, rounds = os.environ.get("OL_LOAD_TXNS", "20000"), os.environ.get("OL_LOAD_ROUNDS", "3")
    os.environ.update(LOAD_SIZES)
    net.start_all()
    wait_for("a first block", lambda: min(net.height(i) for i in range(4)) >= 1)
    urls = [f"http://127.0.0.1:{net.port(i)}" for i in range(4)]
    memory = [[memory_mib(net, i) for i in range(4)]]
    sender = subprocess.Popen(["node", str(ROOT / "test/e2e/load.mjs"), count, rounds, *urls],
                              stdout=subprocess.PIPE, text=True)
    for line in sender.stdout:
        memory.append([memory_mib(net, i) for i in range(4)])
        print(line.strip() + "; MiB resident (in write buffers): " +
              " ".join(f"{all:.0f} ({buffers:.0f})" for all, buffers in memory[-1]), flush=True)
    if sender.wait() != 0:
        sys.exit("FAILED: the load did not run through")
    for i in range(4):
        growth = memory[-1][i][0] - memory[-2][i][0] - max(0, memory[-1][i][1] - memory[-2][i][1])
        if len(memory) > 3 and growth > LOAD_GROWTH_MIB:
            sys.exit(f"FAILED: node {i} grew by {growth:.0f} MiB in the last round, more than {LOAD_GROWTH_MIB}")
    check_same_chain(net, range(4))


def case_refusals(net):
    net.start_all()
    wait_for("a first block", lambda: min(net.height(i) for i in range(4)) >= 1)
    subprocess.run(["node", str(ROOT / "test/e2e/refusals.mjs"), f"http://127.0.0.1:{net.port(2)}"],
                   check=True, timeout=600)
    check_same_chain(net, range(4))


STOPS_SIGNING = "this node stops signing and only follows"


def smallest_peer_id(net):
    """The validator whose side decides every link it has: its copies drive each other from their peers."""
    validators = json.loads((net.home / "node0" / "genesis.json").read_text())["validators"]
    return min(range(4), key=lambda i: validators[i]["network_key"])


def conflicts(*logs):
    """Views for which the logs of one key hold votes for different blocks."""
    seen = {}
    for log in logs:
        for view, block in log:
            seen.setdefault(view, set()).add(block)
    return sorted(view for view, blocks in seen.items() if len(blocks) > 1)


def copy_home(net, victim, name):
    copy = net.home / name
    shutil.copytree(net.home / f"node{victim}", copy)
    (copy / "node.log").write_text("")
    return copy


def start_old_copy(net, victim, old):
    """The only process of its key, but with a record older than what the key signed."""
    others = [i for i in range(4) if i != victim]
    net.start_home(victim, old)
    wait_for("the old copy to stop signing", lambda: log_has(old, STOPS_SIGNING))
    height = net.height(others[0])
    wait_for("the old copy following", lambda: net.height(victim) >= height + 3)
    if metric(net.port(victim), "openliquid_signing") != 0:
        sys.exit("FAILED: the old copy says that it signs")
    net.stop(victim)
    clash = conflicts(votes_that_left(outbox_of(old)), votes_that_left(outbox_of(net.home / f"node{victim}")))
    if clash:
        sys.exit(f"FAILED: the old copy voted against what its key had signed, in views {clash}")
    print("an old copy of a validator's directory stops signing and follows")


def case_twin(net):
    """A validator's directory copied and started twice. Line 5 of issue 2."""
    net.start_all()
    feeder = Feeder(net)
    victim = smallest_peer_id(net)
    home = net.home / f"node{victim}"
    others = [i for i in range(4) if i != victim]

    def others_grow(count):
        height = net.height(others[0])
        wait_for("the chain going on", lambda: min(net.height(i) for i in others) >= height + count)

    others_grow(8)
    net.stop(victim)
    old = copy_home(net, victim, "old")
    net.start(victim)
    signed = net.height(others[0])
    wait_for("the validator voting again", lambda: net.height(victim) > signed and
             metric(net.port(victim), "openliquid_consensus_proposals_sent_total") >= 2)
    others_grow(8)
    net.stop(victim)
    start_old_copy(net, victim, old)

    twin = copy_home(net, victim, "twin")
    copied = votes_that_left(outbox_of(twin))
    net.start(victim)
    net.start_home(4, twin, "--rpc-port", str(net.port(4)), "--p2p-port", str(net.base + 104))
    wait_for("one of the pair to stop signing", lambda: log_has(home, STOPS_SIGNING) or log_has(twin, STOPS_SIGNING))
    others_grow(12)
    feeder.stop()
    goal = net.height(others[0])
    for i in (victim, 4):
        wait_for(f"node {i} following", lambda: net.height(i) >= goal)
    check_same_chain(net, range(5))
    evidence = sum(metric(net.port(i), "openliquid_consensus_evidence_total") for i in others)
    stopped = [name for name, at in (("original", home), ("copy", twin)) if log_has(at, STOPS_SIGNING)]
    net.stop_all()

    # Neither process signed below the record they both started from, nor twice by itself.
    last_vote = max(view for view, _ in copied)
    for path in (home, twin):
        check_one_vote_per_view(outbox_of(path))
        below = [v for v in votes_that_left(outbox_of(path))[len(copied):] if v[0] <= last_vote and v not in copied]
        if below:
            sys.exit(f"FAILED: votes below the record in {path}: {below}")
    clash = conflicts(votes_that_left(outbox_of(home)), votes_that_left(outbox_of(twin)))
    # What came after counting is logged too.
    logged = sum(log_of(net.home / f"node{i}").count("evidence of misbehaviour") for i in others)
    if logged < evidence:
        sys.exit(f"FAILED: {evidence:.0f} pieces of evidence counted, {logged} logged")
    new = [len(votes_that_left(outbox_of(path))) - len(copied) for path in (home, twin)]
    print(f"stopped signing: {', '.join(stopped)}; votes after the copy {new[0]} and {new[1]}, "
          f"views with different votes of the pair {clash}, evidence logged {logged}")


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
            for node in sorted(log.parent for log in net.home.glob("*/node.log")):
                print(f"--- {node.name}\n" + "\n".join(log_of(node).splitlines()[-15:]))
            raise
        finally:
            for node in net.nodes.values():
                node.kill()
                node.wait()
    print(f"case {case}: passed")


if __name__ == "__main__":
    main()
