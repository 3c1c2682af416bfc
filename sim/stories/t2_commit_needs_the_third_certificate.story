# Trap T2, requirements.md section 5.1. d certifies b3 and shows b4, which carries that certificate, to a
# alone. Committing on a proposal, a would commit b2 now; the voters of b3 are locked on b1 only. Then d
# goes on from b1, with the timeouts of b and c, who know nothing newer than b2's certificate.
# Two clauses stand in its way: the proposal must build on the best certificate that the timeouts name,
# and a waits for b4's certificate. Without both, b2 and b5 are final at one height.
rules three_chain
nodes 4
byzantine d
leader of view 1 is a
leader of view 2 is b
leader of view 3 is c
leader of view 4 is d
leader of view 5 is d
leader of view 6 is b
leader of view 7 is c
leader of view 8 is b
leader of view 9 is c
d shows proposals to a
d withholds timeouts
run to view 5
partition a | b c d
run until b c left view 4
d pretends to leave view 4 knowing view 1 to b c
run 50 ms
d proposes in view 5 on view 1 to b c
d votes for everything
run 3000 ms
d behaves
everything works again
expect height at least 3 at honest
