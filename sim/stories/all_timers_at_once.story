# Every timer fires in the middle of a view; its block may still become final.
rules three_chain two_chain
nodes 4 7
run to view 4
timer of all fires
run to view 8
timer of all fires
run to view 20
everything works again
expect no evidence
