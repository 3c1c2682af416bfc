# Sizes that are not 3f + 1, where n - f is more than 2f + 1 (trap T1).
rules three_chain two_chain two_phase
nodes 2 3 5 6 8 9
run until height 4 at all
expect no evidence
