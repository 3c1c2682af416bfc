# Everyone hears a, a hears nobody: it cannot vote or follow, and catches up afterwards.
rules three_chain two_chain two_phase
nodes 4
cut b c d -> a
run 20000 ms
expect height at most 0 at a
expect height at least 3 at b c d
everything works again
expect height at least 3 at a
expect no evidence
