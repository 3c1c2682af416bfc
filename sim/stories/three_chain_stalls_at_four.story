# What is known not to work. d leads every fourth view and shows its proposal to a alone. a votes and is
# in the next view, which it leads; b and c are not, and neither view has a certificate or a quorum that
# left it. So d's turns cost two views in four, three certified views in a row never come, and three_chain
# commits nothing, though nothing conflicts. Under two_chain the same leader stops nobody, nor does one
# of seven (withheld_proposals); two of seven can (three_chain_stalls_at_seven). docs/simulator.md, "What
# the search found".
rules three_chain
nodes 4
byzantine d
d shows proposals to a
run to view 60
expect height at most 0 at honest
d behaves
everything works again
expect height at least 3 at honest
