# L1-CO-10. One validator is a quorum of itself.
rules three_chain two_chain two_phase
nodes 1
run until height 5 at a
expect no evidence
