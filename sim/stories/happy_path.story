# Nothing goes wrong. Every view has a block and everybody votes for it.
rules three_chain two_chain
nodes 4 7 10
run to view 12
expect all voted in view 5
expect all voted in view 9
expect height at least 7 at all
expect no evidence
