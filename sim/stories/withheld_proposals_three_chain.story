# OL-BZ-3 under three_chain, from seven validators on.
rules three_chain
nodes 7 10
byzantine minority
minority shows proposals to a
run to view 60
everything works again
expect height at least 3 at honest
