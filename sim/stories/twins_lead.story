# Both machines of d lead views 2, 3 and 4, each heard by one half.
rules three_chain two_chain two_phase
nodes 4
twins d
leader of view 2 is d
leader of view 3 is d
leader of view 4 is d
partition a d | b c d'
run 5000 ms
heal
everything works again
expect height at least 1 at honest
