# The write of the safety record fails with the power: nothing was sent, nothing is remembered.
rules three_chain two_chain two_phase
nodes 4
run to view 3
crash b c before persist
run 1000 ms
restart b c
crash a d before persist
run 1000 ms
restart a d
everything works again
expect no evidence
