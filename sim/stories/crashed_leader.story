# The last f validators are down from the start; their turns cost a timeout each.
rules three_chain two_chain two_phase
nodes 4 7 10
crash minority
run until height 4 at majority
restart minority
run 20000 ms
expect height at least 4 at minority
everything works again
