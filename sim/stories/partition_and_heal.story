# OL-BZ-4 and OL-BZ-5. The last f validators are cut off. They commit nothing while the others go on, and
# have everything once the links are back.
rules three_chain two_chain two_phase
nodes 4 7 10
run until height 2 at all
partition majority | minority
run 3000 ms
run until height 6 at majority
expect height at most 4 at minority
expect no evidence
heal
run 20000 ms
expect height at least 6 at minority
everything works again
expect no evidence
