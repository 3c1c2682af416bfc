# OL-CO-27. The last f validators propose blocks that do not execute: no honest validator votes for them.
rules three_chain two_chain two_phase
nodes 4 7
byzantine minority
minority proposes blocks that do not execute
run to view 30
everything works again
expect height at least 3 at honest
