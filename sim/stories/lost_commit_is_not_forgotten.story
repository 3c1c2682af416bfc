# Found by the search. Everyone commits, and everyone's disk loses the last final block in a crash. The
# safety records know it: nobody helps another block to its height.
rules three_chain two_chain two_phase
nodes 4
run until height 1 at a
crash all
restart all losing 1 commits
run 1000 ms
crash all
restart all losing 2 commits
everything works again
expect no evidence
