# d leaves every view claiming to know no certificate, and does not vote.
rules three_chain two_chain
nodes 4
byzantine d
leader of view 2 is d
d shows proposals to nobody
d withholds timeouts
run until a b left view 2
d pretends to leave view 2 knowing view 0 to a b c
run to view 12
d behaves
everything works again
expect height at least 2 at honest
