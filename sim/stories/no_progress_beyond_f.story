# With f + 1 of the validators down nothing is committed, and everything goes on when they are back.
rules three_chain two_chain two_phase
nodes 4
run until height 2 at all
crash c d
run 2000 ms
expect height at most 20 at a b
restart c d
everything works again
expect height at least 3 at all
