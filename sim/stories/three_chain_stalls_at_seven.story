# What is known not to work, as three_chain_stalls_at_four. d and g each show their proposals to the next
# leader alone, which costs two views each: of a, b, c only b and c are left, of e and f only f. Three
# certified views in a row never come, though nothing conflicts. Where one of them behaves, or the two lead
# one after the other (withheld_proposals), four honest leaders follow each other and blocks are final.
rules three_chain
nodes 7
byzantine d g
d shows proposals to e g
g shows proposals to a d
run to view 60
expect height at most 0 at honest
d behaves
run until height 3 at honest
g behaves
everything works again
