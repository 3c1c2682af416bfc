# Trap T10. c crashes right after writing that it voted, before anyone hears of it, again and again.
rules three_chain two_chain two_phase
nodes 4
run to view 4
crash c after persist
run 300 ms
restart c
crash c after persist
run 300 ms
restart c
crash c after persist
run 300 ms
restart c
everything works again
expect no evidence
