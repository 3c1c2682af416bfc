# OL-BZ-1. The last f validators, whenever they lead, sign two blocks for the view and show the second
# to half of the others. No two blocks of a view get a quorum, and the chain goes on.
rules three_chain two_chain two_phase
nodes 4 7 10
byzantine minority
minority proposes twice, the second to a b
run to view 30
expect evidence against one of minority
everything works again
expect height at least 3 at honest
