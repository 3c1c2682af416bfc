# Found by the search. c misses what makes b1 final and is one block behind, too little for a range to be
# asked for. b proposes the next block to a and d alone and then keeps quiet: only with c are the others
# a quorum. A certificate for a height above its own sends c for the block, and that names what it lacks.
rules two_phase
nodes 4
byzantine b
leader of view 1 is a
leader of view 3 is b
b shows proposals to a d
run 15 ms
cut a b d -> c
run 60 ms
open a b d -> c
expect height at least 1 at a d
expect height at most 0 at c
run 385 ms
b withholds votes
run 5000 ms
expect height at least 2 at c
everything works again
