# OL-BZ-4. Neither side of an even split is a quorum: nobody commits, and both go on after it.
rules three_chain two_chain two_phase
nodes 4
partition a b | c d
run 60000 ms
expect height at most 0 at all
everything works again
expect height at least 1 at all
