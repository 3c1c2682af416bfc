# OL-BZ-3. The last f validators propose but never vote.
rules three_chain two_chain two_phase
nodes 4 7 10
byzantine minority
minority withholds votes
run to view 30
expect height at least 3 at honest
everything works again
