# Trap T3, requirements.md section 5.1: x is b1, y is b3, x2 is b5, z is b7. x is certified and only d
# knows; y is certified beside it and only c learns; x2 is certified on x and a learns: over the gap in
# the views a must not commit x. z is certified on y: over its gap nobody may commit y.
rules two_chain
nodes 4
byzantine d
leader of view 1 is a
leader of view 2 is d
leader of view 3 is d
leader of view 4 is d
leader of view 5 is d
leader of view 6 is d
leader of view 7 is d
leader of view 8 is b
d shows proposals to nobody
d withholds timeouts
run until a b c left view 2
d pretends to leave view 2 knowing view 0 to a b c
run 50 ms
d proposes in view 3 on view 0 to b c
run until a b c left view 4
d pretends to leave view 4 knowing view 0 to a b c
run 50 ms
d shows the certificate of view 3 to c
d proposes in view 5 on view 1 to a b
run 100 ms
d shows the certificate of view 5 to a
run 50 ms
expect certificate of view 5 at a
partition a | b c d
run until b left view 6
d pretends to leave view 6 knowing view 0 to b c
run until b c left view 6
run 50 ms
d proposes in view 7 on view 3 to b c
run 100 ms
d behaves
everything works again
expect height at least 3 at honest
