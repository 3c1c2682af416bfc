#!/usr/bin/env python3
"""A validator that signs two proposals and two votes in a view, as a real process among three honest ones.

Usage: equivocation_test.py OPENLIQUID EQUIVOCATOR

EQUIVOCATOR is `openliquid start` built with OL_EQUIVOCATES, as no other program is (CMakeLists.txt). Shown: the
chain goes on, the honest nodes have one chain, and each of them holds proof of both kinds against that validator
and none against others. On loopback; needs no rights. How fast the machine is does not matter.
"""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from devnet import Devnet, call, check_same_chain, free_base_port, wait_for

VILLAIN = 3
PROOFS = {(VILLAIN, "double proposal"), (VILLAIN, "double vote")}


def proofs_at(net, node):
    """(validator, kind) of every proof that a node holds."""
    return {(proof["validator"], proof["kind"]) for proof in call(net.port(node), "ol_evidence")["result"]}


def run(net, equivocator):
    honest = [i for i in range(4) if i != VILLAIN]
    for i in honest:
        net.start(i)
    net.program = equivocator
    net.start(VILLAIN)
    for i in honest:
        wait_for(f"proof of both kinds at node {i}", lambda i=i: proofs_at(net, i) >= PROOFS)
        print(f"node {i} holds proof of {' and '.join(kind for _, kind in sorted(PROOFS))}")
    before = max(net.height(i) for i in honest)
    wait_for("the chain going on", lambda: min(net.height(i) for i in honest) >= before + 3)
    for i in honest:
        if proofs_at(net, i) != PROOFS:
            sys.exit(f"FAILED: node {i} holds {sorted(proofs_at(net, i))}")
    check_same_chain(net, honest)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="openliquid-equivocation-") as home:
        net = Devnet(sys.argv[1], home + "/net", free_base_port())
        net.create()
        try:
            run(net, sys.argv[2])
        finally:
            net.stop_all()


if __name__ == "__main__":
    main()
