# HotStuff section 4: c alone learns that view 4 is certified and locks. The others go on from an older
# certificate. c follows as soon as it sees a certificate above its lock.
rules three_chain
nodes 4
run to view 6
cut c -> a b d
run 4000 ms
cut a b d -> c
run 4000 ms
heal
run 5000 ms
everything works again
expect no evidence
expect height at least 8 at all
