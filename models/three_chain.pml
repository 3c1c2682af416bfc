/* The safety of three_chain: lib/consensus/src/three_chain.cpp, clause by clause in
   docs/protocol/consensus.md. Compile-time switches take one clause out each; with any of them the
   property of chain.pml must be violated. */
#include "chain.pml"

byte lock[HONEST]; /* a block */

/* decide_lock: a certificate for q locks the parent of q, never downwards. */
#define LOCK_AFTER(i, q) HIGHER(parent[q], lock[i])

/* decide_commit: q and its two ancestors are certified in consecutive views. */
#ifdef SKIP_CONSECUTIVE
#define IN_A_ROW(q) true
#else
#define IN_A_ROW(q) \
  (VIEW(q) == VIEW(parent[q]) + 1 && VIEW(parent[q]) == VIEW(parent[parent[q]]) + 1)
#endif

inline decide_commit(q) {
  if
  :: IN_A_ROW(q) -> commit(parent[parent[q]])
  :: else
  fi
}

#ifdef COMMIT_ON_PROPOSAL
inline learn_final(q) { skip }
inline learn_final_early(q) { decide_commit(q); check_property() }
#else
inline learn_final(q) { decide_commit(q) }
inline learn_final_early(q) { skip }
#endif

/* decide_vote. A voter has learned the certificate that the proposal carries before it decides. */
#ifdef SKIP_VIEW_CHECK
#define NEW_VIEW(i, b) !HAS(votes[b], i)
#else
#define NEW_VIEW(i, b) VIEW(b) > last_vote[i]
#endif
#ifdef DROP_LOCK
#define SAFE(i, b) true
#else
#define SAFE(i, b) \
  (EXTENDS(b, LOCK_AFTER(i, parent[b])) || VIEW(parent[b]) > VIEW(LOCK_AFTER(i, parent[b])))
#endif
#define MAY_VOTE(i, b) (PROPOSED(b) && OPEN(VIEW(b)) && NEW_VIEW(i, b) && SAFE(i, b))

#define VOTE(b) \
  :: d_step { MAY_VOTE(_pid, b) -> lock[_pid] = LOCK_AFTER(_pid, parent[b]); cast(_pid, b) }

/* LEARN: a certificate may reach a validator at any time, or never. Whoever knows more may do less, so
   the searches go without (README.md gives the argument); a small one has it and finds the same. */
#define LEARNS(q) \
  :: d_step { HAS(certified, q) && VIEW(parent[q]) > VIEW(lock[_pid]) -> \
     lock[_pid] = parent[q]; printf("validator %d learns that block %d is certified\n", _pid, q) }

active [HONEST] proctype validator() {
end:
  do
  EACH_BLOCK(VOTE)
#ifdef LEARN
  EACH_BLOCK(LEARNS)
#endif
  od
}

/* One process for each block that may come to be. */
#define ON(p) \
  :: d_step { CAN_PROPOSE(block, p) -> propose(block, p); learn_final_early(block) }

active [BLOCKS] proctype leader() {
  byte block = _pid - HONEST + 1;
end:
  do
  ON(GENESIS)
  EACH_BLOCK(ON)
  od
}

CLOCK
