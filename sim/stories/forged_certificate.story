# d certifies a block with its own vote alone and shows the certificate to a.
rules three_chain two_chain two_phase
nodes 4
byzantine d
run to view 6
d certifies the block of view 5 alone to a
run 500 ms
expect a refused d
everything works again
expect height at least 4 at honest
