# A leader dies after its proposal reached one of three.
rules three_chain two_chain two_phase
nodes 4
run to view 3
crash b after 1 messages
crash c after 1 messages
run 2000 ms
restart b c
everything works again
expect no evidence
