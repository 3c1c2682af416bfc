# a hears everyone, nobody hears a. It follows; its own turns are lost.
rules three_chain two_chain two_phase
nodes 4
cut a -> b c d
run 20000 ms
expect height at least 3 at b c d
expect height at least 3 at a
everything works again
expect no evidence
