# Seven validators in three groups, none of them a quorum of five.
rules three_chain two_chain two_phase
nodes 7
run until height 1 at all
partition a b c | d e | f g
run 10000 ms
heal
everything works again
expect height at least 2 at all
