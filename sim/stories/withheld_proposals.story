# OL-BZ-3. The last f validators show their proposals to a alone.
rules two_chain two_phase
nodes 4 7 10
byzantine minority
minority shows proposals to a
run to view 30
expect height at least 3 at honest
everything works again
