# OL-BZ-3. The last f validators send nothing at all: no votes, no proposals, no timeouts. The others
# are a quorum and go on; a silent leader costs a timeout.
rules three_chain two_chain two_phase
nodes 4 7 10
byzantine minority
minority falls silent
run to view 40
expect height at least 3 at honest
expect no evidence
everything works again
expect height at least 6 at honest
