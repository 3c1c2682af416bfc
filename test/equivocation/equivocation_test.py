#!/usr/bin/env python3
"""A validator that signs two proposals and two votes in a view, as a real process among three honest ones.

Usage: equivocation_test.py OPENLIQUID EQUIVOCATOR three_chain|two_phase

EQUIVOCATOR is `openliquid start` built with OL_EQUIVOCATES, as no other program is (CMakeLists.txt). Shown: the
chain goes on, the honest nodes have one chain, and each of them holds proof of every kind against that validator
and none against others. On loopback; needs no rights. How fast the machine is does not matter.
"""
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from devnet import Devnet, call, check_same_chain, free_base_port, wait_for

VILLAIN = 3
PROOFS = {(VILLAIN, "double proposal"), (VILLAIN, "double vote")}
AGAIN = {(VILLAIN, "double re-proposal")}


def proofs_at(net, node):
    """(validator, kind) of every proof that a node holds."""
    return {(proof["validator"], proof["kind"]) for proof in call(net.port(node), "ol_evidence")["result"]}


def wait_for_proofs(net, nodes, proofs):
    for i in nodes:
        wait_for(f"proof of every kind at node {i}", lambda i=i: proofs_at(net, i) >= proofs)
        print(f"node {i} holds proof of {' and '.join(kind for _, kind in sorted(proofs))}")


def check_status(net, i, proofs):
    """What an operator reads: who did it, and how often what."""
    said = subprocess.run([net.program, "status", "--rpc", f"http://127.0.0.1:{net.port(i)}"], check=True,
                          capture_output=True, text=True).stdout
    line = next(line for line in said.splitlines() if line.startswith("proven to break the rules"))
    if f"validator{VILLAIN} (" not in line or not all(kind in line for _, kind in proofs):
        sys.exit(f"FAILED: status of node {i} says: {line}")
    print(line)


def check(net, honest, proofs):
    before = max(net.height(i) for i in honest)
    wait_for("the chain going on", lambda: min(net.height(i) for i in honest) >= before + 3)
    for i in honest:
        if proofs_at(net, i) != proofs:
            sys.exit(f"FAILED: node {i} holds {sorted(proofs_at(net, i))}")
    check_status(net, honest[0], proofs)
    check_same_chain(net, honest)


def start(net, equivocator):
    honest, program = [i for i in range(4) if i != VILLAIN], net.program
    for i in honest:
        net.start(i)
    net.program = equivocator
    net.start(VILLAIN)
    net.program = program
    wait_for_proofs(net, honest, PROOFS)
    return honest


def three_chain(net, equivocator):
    check(net, start(net, equivocator), PROOFS)


def two_phase(net, equivocator):
    """The villain never precommits, so with one honest node down a block stays prepared and the villain has to
    propose it again in its turn, which it does beside another of its own."""
    honest = start(net, equivocator)
    down = honest.pop()
    net.stop(down)
    wait_for_proofs(net, honest, AGAIN)
    net.start(down)
    wait_for_proofs(net, [down], PROOFS | AGAIN)
    check(net, [*honest, down], PROOFS | AGAIN)


RULES = {"three_chain": (three_chain, "openliquid"), "two_phase": (two_phase, "timecoin")}


def main():
    if len(sys.argv) != 4 or sys.argv[3] not in RULES:
        sys.exit(__doc__)
    run, profile = RULES[sys.argv[3]]
    with tempfile.TemporaryDirectory(prefix="openliquid-equivocation-") as home:
        net = Devnet(sys.argv[1], home + "/net", free_base_port())
        net.create("--profile", profile, "--validators", "4")
        try:
            run(net, sys.argv[2])
        finally:
            net.stop_all()


if __name__ == "__main__":
    main()
