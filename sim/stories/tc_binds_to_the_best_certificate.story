# Jolteon section 4, clause 4 of src/two_chain.cpp. a alone learns that b2 is certified and has b1 final. d
# goes on from genesis with the timeouts of b and c, who know b1's certificate: they refuse. Without the
# clause b1 and b4 are final at one height.
rules two_chain
nodes 4
byzantine d
leader of view 1 is a
leader of view 2 is b
leader of view 3 is d
leader of view 4 is d
leader of view 5 is b
leader of view 6 is c
d shows proposals to a
d withholds timeouts
run to view 4
partition a | b c d
run until b c left view 3
d pretends to leave view 3 knowing view 0 to b c
run 50 ms
d proposes in view 4 on view 0 to b c
d votes for everything
run 3000 ms
d behaves
everything works again
expect height at least 3 at honest
