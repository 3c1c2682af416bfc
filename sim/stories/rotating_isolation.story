# One validator after the other is cut off for a while.
rules three_chain two_chain two_phase
nodes 4
partition a | b c d
run 3000 ms
heal
partition b | a c d
run 3000 ms
heal
partition c | a b d
run 3000 ms
heal
partition d | a b c
run 3000 ms
heal
everything works again
expect height at least 4 at all
expect no evidence
