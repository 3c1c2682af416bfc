# Trap T1. Of six validators four are a quorum, so three on each side decide nothing. With 2f + 1 = 3
# for a quorum both sides would commit.
rules three_chain two_chain two_phase
nodes 6
partition a b c | d e f
run 60000 ms
expect height at most 0 at all
everything works again
expect height at least 1 at all
