# Twins (arXiv:2004.10617): d runs twice, once on each side. With d each side is one vote short or has a
# quorum, never both.
rules three_chain two_chain two_phase
nodes 4
twins d
partition a b d | c d'
run 10000 ms
expect height at most 0 at c
heal
partition a c d' | b d
run 10000 ms
everything works again
expect height at least 2 at honest
