# OL-BZ-2. The last f validators vote for every block they see, and propose two in each of their views.
# Their votes count once each: no view has two certificates.
rules three_chain two_chain two_phase
nodes 4 7 10
byzantine minority
minority votes for everything
minority proposes twice, the second to a b
run to view 30
expect evidence against one of minority
everything works again
expect height at least 3 at honest
