# c comes back with its safety record and its final blocks alone and fetches what it voted for.
rules three_chain two_chain
nodes 4
run to view 8
crash c
restart c without blocks
run to view 20
everything works again
expect height at least 12 at c
expect no evidence
