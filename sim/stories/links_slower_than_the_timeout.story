# Links take longer than the first timeout: the timeouts grow until a view fits.
rules three_chain two_chain
nodes 4
links take 500 ms
run until height 2 at all
expect no evidence
