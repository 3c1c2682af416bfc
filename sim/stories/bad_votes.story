# OL-CO-16. The last f validators sign votes that do not verify. Their shares are found and left out.
rules three_chain two_chain two_phase
nodes 4 7
byzantine minority
minority signs bad votes
run to view 30
expect evidence against one of minority
everything works again
expect height at least 3 at honest
