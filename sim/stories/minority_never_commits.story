# OL-BZ-4. Cut off before anything happened, the minority never commits a block, however long it waits.
rules three_chain two_chain two_phase
nodes 4 7 10
partition majority | minority
run 60000 ms
expect height at most 0 at minority
expect height at least 10 at majority
everything works again
expect height at least 10 at minority
