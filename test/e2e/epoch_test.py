#!/usr/bin/env python3
"""End-to-end check of a change of the validator set: five processes, of which first 0, 1, 2 and 3 validate and then 0, 1, 2
and 4. docs/adr/0013-epochs.md. Each is configured with the address of node 0 alone: they find the others, and node 4 once it is
a validator, as docs/protocol/p2p.md, "Discovery", says.

Usage: epoch_test.py OPENLIQUID
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from devnet import call, free_base_port, wait_for  # noqa: E402

# The first account of the development mnemonic, which everybody knows.
KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
SECONDS = 240


class Chain:
    def __init__(self, program, home):
        self.program, self.home, self.base, self.nodes = program, pathlib.Path(home), free_base_port(), {}
        self.openliquid("testnet", "--validators", "5", "--scheme", "ed25519-list", "--out", str(self.home),
                        "--base-port", str(self.base + 100))
        genesis = json.loads((self.home / "node0/genesis.json").read_text())
        genesis["balances"] = {ADDRESS: str(10**21)}
        everyone = genesis["validators"]
        genesis["validators"] = everyone[:4]
        for i in range(5):
            (self.home / f"node{i}/genesis.json").write_text(json.dumps(genesis))
            # Made for the genesis of all five.
            shutil.rmtree(self.home / f"node{i}/data", ignore_errors=True)
            self.configure(i)
        genesis["validators"] = everyone[:3] + everyone[4:]
        self.next = self.home / "next.json"
        self.next.write_text(json.dumps(genesis))
        self.genesis = self.home / "node0/genesis.json"

    def configure(self, i):
        """Node 0 as the only peer, and none for node 0; of strangers it alone takes any."""
        path = self.home / f"node{i}/config/openliquid.toml"
        entry = rf'"{self.peer_id(0)}@[^"]*"'
        found = re.search(entry, path.read_text())
        assert (found is None) == (i == 0), path.read_text()
        text, times = re.subn(r"(?m)^peers = \[.*\]$", f"peers = [{found.group(0) if found else ''}]", path.read_text())
        assert times == 1, text
        if i in (1, 2, 3):
            text, times = re.subn(r"(?m)^unknown_peers_max = \d+$", "unknown_peers_max = 0", text)
            assert times == 1, text
        path.write_text(text)

    def peer_id(self, i):
        return self.openliquid("p2p", "id", "--home", str(self.home / f"node{i}")).strip()

    def link(self, i, j):
        """What node i says of its link to node j, if it is up."""
        peers = call(self.base + i, "ol_peers", timeout=30)["result"]["peers"]
        return next((peer for peer in peers if peer["id"] == self.peer_id(j) and peer["connected"]), None)

    def openliquid(self, *arguments):
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, timeout=SECONDS)
        if done.returncode != 0:
            sys.exit(f"FAILED: openliquid {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def validators(self, command, *arguments, node=0):
        return self.openliquid("validators", command, "--genesis", str(self.genesis), "--rpc",
                               f"http://127.0.0.1:{self.base + node}", *arguments)

    def start(self, i):
        home = self.home / f"node{i}"
        log = open(home / "node.log", "a")
        self.nodes[i] = subprocess.Popen(
            [self.program, "start", "--home", str(home), "--rpc-port", str(self.base + i)], stdout=log, stderr=log)

    def stop(self, i):
        self.nodes[i].terminate()
        if self.nodes.pop(i).wait(60) != 0:
            sys.exit(f"FAILED: node {i} did not stop cleanly")

    def state(self, i):
        return call(self.base + i, "ol_consensusState", timeout=30)["result"]

    def height(self, i):
        return int(call(self.base + i, "eth_blockNumber", timeout=30)["result"], 16)

    def wait_for_blocks(self, nodes, more=2):
        target = max(self.height(i) for i in nodes) + more
        wait_for(f"block {target} at {nodes}", lambda: min(self.height(i) for i in nodes) >= target, SECONDS)


def run(chain):
    for i in range(5):
        chain.start(i)
    wait_for("first blocks", lambda: min(chain.height(i) for i in range(5)) >= 2, SECONDS)
    assert [chain.state(i)["signing"] for i in range(5)] == [True] * 4 + [False]

    wait_for("links of the validators", lambda: all(chain.link(i, j) for i in range(3) for j in range(i)), SECONDS)
    assert chain.link(0, 4) and not any(chain.link(i, 4) for i in (1, 2, 3)), "node 4 is a stranger"

    change = str(chain.home / "change.hex")
    chain.validators("propose", "--next", str(chain.next), "--file", change)
    for i in range(3):
        said = chain.validators("sign", "--file", change, "--home", str(chain.home / f"node{i}"))
    assert "a quorum" in said, said
    print(chain.validators("submit", "--file", change, "--key", KEY), end="")

    wait_for("epoch 1 everywhere", lambda: all(chain.state(i)["epoch"] == 1 for i in range(5)), SECONDS)
    wait_for("the new validator signing", lambda: chain.state(4)["signing"], SECONDS)
    assert not chain.state(3)["signing"]
    wait_for("links to the new validator", lambda: all(chain.link(i, 4) for i in (1, 2)), SECONDS)
    for i in (1, 2):
        assert chain.link(i, 4)["validator"] == 3 and not chain.link(i, 4)["configured"], chain.link(i, 4)
    chain.wait_for_blocks(range(5))
    for i in (3, 4):
        said = chain.validators("verify", node=i)
        assert "epoch 1: 4 validators" in said and "proven from genesis" in said, said

    # Over a restart, and with blocks that need the new validator's votes.
    chain.stop(1)
    chain.start(1)
    wait_for("the restarted validator", lambda: chain.state(1)["epoch"] == 1 and chain.state(1)["signing"], SECONDS)
    chain.stop(2)
    chain.wait_for_blocks((0, 1, 3, 4))
    for i in list(chain.nodes):
        chain.stop(i)
    print("the set changed, the removed validator follows, the new one votes")


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    home = tempfile.mkdtemp(prefix="openliquid-e2e-")
    chain = None
    try:
        chain = Chain(program, home)
        run(chain)
    except BaseException:
        for log in sorted(pathlib.Path(home).glob("node*/node.log")):
            print(f"--- {log}\n" + "\n".join(log.read_text().splitlines()[-15:]), file=sys.stderr)
        raise
    finally:
        for node in chain.nodes.values() if chain else []:
            node.kill()
            node.wait()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
