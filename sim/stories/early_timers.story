# A clock that runs ahead: b's timer fires in every view. Alone it ends none.
rules three_chain two_chain
nodes 4
run to view 3
timer of b fires
run to view 5
timer of b fires
run to view 7
timer of b fires
run to view 30
expect height at least 15 at all
expect no evidence
