# Trap T8. a alone sees the precommits of b1 and has it final. In the next round d proposes another block
# of that height; b and c are held to b1, whose prepare certificate they know.
rules two_phase
nodes 4
byzantine d
leader of view 1 is a
leader of view 2 is d
leader of view 3 is d
leader of view 4 is b
d withholds votes
d shows proposals to nobody
run 15 ms
cut a b c -> d
cut a -> b c
cut b -> c
cut c -> b
run 20 ms
expect height at least 1 at a
expect height at most 0 at b c
partition a | b c d
open b -> c d
open c -> b d
open d -> b c
run 160 ms
d proposes in view 2 on view 0 to b c
run 150 ms
expect b c did not vote in view 2
d proposes in view 3 on view 0 to b c
run 150 ms
everything works again
expect height at least 2 at honest
