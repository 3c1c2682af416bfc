# Links take half a timeout each way: slower, but nothing is lost.
rules three_chain two_chain
nodes 4 7
links take 150 ms
run until height 6 at all
expect no evidence
