# All machines lose power at once, with the last final blocks not on their disks yet.
rules three_chain two_chain two_phase
nodes 4 7
run until height 6 at all
crash all
restart all losing 2 commits
everything works again
expect height at least 7 at all
