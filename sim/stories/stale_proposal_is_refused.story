# The same deception as in t2_commit_needs_the_third_certificate: b and c refuse the proposal, because
# its timeout certificate names a newer certificate than the one it builds on.
rules three_chain
nodes 4
byzantine d
leader of view 1 is a
leader of view 2 is b
leader of view 3 is c
leader of view 4 is d
leader of view 5 is d
d shows proposals to a
d withholds timeouts
run to view 5
expect height at most 1 at a
partition a | b c d
run until b c left view 4
d pretends to leave view 4 knowing view 1 to b c
run 50 ms
d proposes in view 5 on view 1 to b c
run 50 ms
expect b c refused d
expect b c did not vote in view 5
expect lock of view 1 at b c
