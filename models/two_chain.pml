/* The safety of two_chain: lib/consensus/src/two_chain.cpp, clause by clause in
   docs/protocol/consensus.md. Compile-time switches take clauses out; README.md says which of them
   must then violate the property of chain.pml. */
#include "chain.pml"

byte high_qc[HONEST];      /* the highest block known to be certified; the lock */
byte left[HONEST];         /* the last view left by timeout */
byte said[HONEST * VIEWS]; /* per view left: 1 + the view of high_qc that the timeout message names */

#define SAID(i, v) said[(i) * VIEWS + (v) - 1]

/* A timeout certificate for view v whose highest certificate is not above view w: the Byzantine
   validator names view 0, two honest messages complete the quorum. */
#ifdef IGNORE_TC
#define NAMES(i, v, w) (SAID(i, v) != 0)
#else
#define NAMES(i, v, w) (SAID(i, v) != 0 && SAID(i, v) - 1 <= (w))
#endif
#define TC(v, w) (NAMES(0, v, w) + NAMES(1, v, w) + NAMES(2, v, w) >= HONEST_NEEDED)

/* A block on a certificate of the view before, or with a timeout certificate of the view before that
   names nothing higher. Of other blocks the model does not speak: no honest validator votes for them. */
#ifdef NO_TC
#define JUSTIFIED(b, p) true
#else
#define JUSTIFIED(b, p) (VIEW(b) == VIEW(p) + 1 || TC(VIEW(b) - 1, VIEW(p)))
#endif

/* decide_commit: q and its parent are certified in consecutive views. */
#ifdef SKIP_CONSECUTIVE
#define IN_A_ROW(q) true
#else
#define IN_A_ROW(q) (VIEW(q) == VIEW(parent[q]) + 1)
#endif

inline learn_final(q) {
  if
  :: IN_A_ROW(q) -> commit(parent[q])
  :: else
  fi
}

/* decide_vote. A voter has learned the certificate that the proposal carries before it decides. */
#define QC_AFTER(i, q) HIGHER(q, high_qc[i])
#ifdef SKIP_VIEW_CHECK
#define NEW_VIEW(i, b) !HAS(votes[b], i)
#else
#define NEW_VIEW(i, b) VIEW(b) > last_vote[i]
#endif
#ifdef VOTE_AFTER_TIMEOUT
#define NOT_LEFT(i, b) true
#else
#define NOT_LEFT(i, b) VIEW(b) > left[i]
#endif
#ifdef LOCK_CLAUSE /* the rule of requirements.md section 6.2, which the shipped one does without */
#define SAFE(i, b) (VIEW(parent[b]) >= VIEW(high_qc[i]))
#else
#define SAFE(i, b) true
#endif
#define MAY_VOTE(i, b) \
  (PROPOSED(b) && OPEN(VIEW(b)) && NEW_VIEW(i, b) && NOT_LEFT(i, b) && SAFE(i, b))

#define VOTE(b) \
  :: d_step { MAY_VOTE(_pid, b) -> high_qc[_pid] = QC_AFTER(_pid, parent[b]); cast(_pid, b) }

/* LEARN: a certificate may reach a validator at any time, or never. Whoever knows more may do less, so
   the searches go without (README.md gives the argument); a small one has it and finds the same. */
#define LEARNS(q) \
  :: d_step { HAS(certified, q) && VIEW(q) > VIEW(high_qc[_pid]) -> \
     high_qc[_pid] = q; printf("validator %d learns that block %d is certified\n", _pid, q) }

/* Only a view that was not left and nothing later was voted in. The last view needs no timeout. */
#define MAY_LEAVE(i, v) ((v) < VIEWS && OPEN(v) && (v) > left[i] && (v) >= last_vote[i])
#ifdef STALE_HIGH_QC
#define NAMED(i) 0
#else
#define NAMED(i) VIEW(high_qc[i])
#endif
#define LEAVE(v) \
  :: d_step { MAY_LEAVE(_pid, v) -> left[_pid] = v; SAID(_pid, v) = NAMED(_pid) + 1; \
     printf("validator %d leaves view %d and names view %d\n", _pid, v, NAMED(_pid)) }

active [HONEST] proctype validator() {
end:
  do
  EACH_BLOCK(VOTE)
#ifdef LEARN
  EACH_BLOCK(LEARNS)
#endif
  LEAVE(1)
  LEAVE(2)
#if VIEWS > 3
  LEAVE(3)
#endif
#if VIEWS > 4
  LEAVE(4)
#endif
#if VIEWS > 5
  LEAVE(5)
#endif
  od
}

/* One process for each block that may come to be. */
#define ON(p) \
  :: d_step { CAN_PROPOSE(block, p) && JUSTIFIED(block, p) -> propose(block, p) }

active [BLOCKS] proctype leader() {
  byte block = _pid - HONEST + 1;
end:
  do
  ON(GENESIS)
  EACH_BLOCK(ON)
  od
}

CLOCK
