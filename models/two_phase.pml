/* The safety of two_phase: lib/consensus/src/two_phase.cpp, clause by clause in
   docs/protocol/consensus.md. Prepare and precommit votes of three honest validators; the Byzantine
   one leads every rank of every slot and signs everything. Compile-time switches take one clause out
   each; with any of them two different blocks must become final at one height. */

#ifndef HEIGHTS
#define HEIGHTS 1
#endif
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef RANKS
#define RANKS 2
#endif
/* Blocks per height. At height 2 each of them is one for either parent. */
#define BLOCKS 2

#ifdef THREE_VALIDATORS /* two honest ones of three, and the quorum of 2 of 3 */
#define HONEST 2
#define HONEST_NEEDED 1
#else
#define HONEST 3
#ifdef SMALL_QUORUM
#define HONEST_NEEDED 1
#else
#define HONEST_NEEDED 2
#endif
#endif

/* A round is a rank of a slot, counted from 1 in the order of time. Round 0: never. */
#define ROUNDS (SLOTS * RANKS)
#define SLOT(r) (((r) + RANKS - 1) / RANKS)
#define LAST_ROUND_OF(s) ((s) * RANKS)

/* A subject is (height, round, block), all counted from 1, 1, 0. */
#define SUBJECT(h, r, b) ((((h) - 1) * ROUNDS + (r) - 1) * WIDTH + (b))
#if HEIGHTS == 1
#define WIDTH BLOCKS
#else
#define WIDTH (BLOCKS * BLOCKS) /* number of the parent * BLOCKS + own number */
#endif

byte prepares[HEIGHTS * ROUNDS * WIDTH];   /* bit per honest validator */
byte precommits[HEIGHTS * ROUNDS * WIDTH];
byte final[HEIGHTS + 1];                   /* 1 + the block final at a height, from 1 */

byte height[HONEST] = 1;   /* the one to decide next */
byte parent[HONEST];       /* the block this validator holds final below it */
byte last_vote[HONEST];    /* 2 * round, and 1 more for a precommit: slot, rank and phase in one */
byte lock_round[HONEST];   /* 0 without a lock */
byte lock_block[HONEST];

#define COUNT(m) (((m) & 1) + (((m) >> 1) & 1) + (((m) >> 2) & 1))
#define PREPARED(h, r, b) (COUNT(prepares[SUBJECT(h, r, b)]) >= HONEST_NEEDED)
#define PRECOMMITTED(h, r, b) (COUNT(precommits[SUBJECT(h, r, b)]) >= HONEST_NEEDED)

/* The votes of one phase come in any order but never for something earlier. */
#ifdef VOTE_TWICE
#define FRESH_PREPARE(i, r) (last_vote[i] <= 2 * (r))
#else
#define FRESH_PREPARE(i, r) (last_vote[i] < 2 * (r))
#endif
#ifdef LATE_PRECOMMIT
#define FRESH_PRECOMMIT(i, h, r, b) (!(precommits[SUBJECT(h, r, b)] & (1 << i)))
#else
#define FRESH_PRECOMMIT(i, h, r, b) (last_vote[i] <= 2 * (r))
#endif

/* The proposal of round r carries a prepare certificate for its block from round c, c >= the lock's.
   Rounds below are those of one to four rounds; rounds above ROUNDS do not exist. */
#ifdef SLOTS_ONLY /* compares slots and forgets ranks */
#define NOT_BELOW(c, l) (SLOT(c) >= SLOT(l))
#else
#define NOT_BELOW(c, l) ((c) >= (l))
#endif
#define CARRIES_FROM(c, i, h, r, b) ((c) < (r) && NOT_BELOW(c, lock_round[i]) && PREPARED(h, c, b))
#if SLOTS * RANKS == 3
#define CARRIES(i, h, r, b) (CARRIES_FROM(1, i, h, r, b) || CARRIES_FROM(2, i, h, r, b))
#elif SLOTS * RANKS == 4
#define CARRIES(i, h, r, b) \
  (CARRIES_FROM(1, i, h, r, b) || CARRIES_FROM(2, i, h, r, b) || CARRIES_FROM(3, i, h, r, b))
#else
#error "write CARRIES for this many rounds"
#endif

#ifdef DROP_LOCK
#define UNLOCKED(i, r, b) true
#elif defined(LOCK_NOT_CARRIED) /* a new slot forgets the lock of the slot before */
#define UNLOCKED(i, r, b) \
  (lock_round[i] == 0 || SLOT(r) > SLOT(lock_round[i]) || lock_block[i] == (b))
#else
#define UNLOCKED(i, r, b) (lock_round[i] == 0 || lock_block[i] == (b))
#endif

/* A validator works at the height above its last final block, on that block. */
#if HEIGHTS == 1
#define RIGHT_PLACE(i, h, b) true
#else
#define RIGHT_PLACE(i, h, b) \
  (height[i] == (h) && ((h) == 1 -> (b) < BLOCKS : (b) / BLOCKS == parent[i]))
#endif

#define MAY_PREPARE(i, h, r, b) \
  (RIGHT_PLACE(i, h, b) && FRESH_PREPARE(i, r) && (UNLOCKED(i, r, b) || CARRIES(i, h, r, b)))
#define MAY_PRECOMMIT(i, h, r, b) \
  (RIGHT_PLACE(i, h, b) && FRESH_PRECOMMIT(i, h, r, b) && PREPARED(h, r, b))

/* What may be final is final: someone may have the certificate. */
inline finalise(h, r, b) {
  printf("block %d is final at height %d by round %d\n", b, h, r);
  assert(final[h] == 0 || final[h] == (b) + 1);
  final[h] = (b) + 1
}

inline prepare(i, h, r, b) {
  last_vote[i] = 2 * (r);
  prepares[SUBJECT(h, r, b)] = prepares[SUBJECT(h, r, b)] | (1 << i);
  printf("validator %d prepares block %d, height %d, slot %d, round %d\n", i, b, h, SLOT(r), r);
  if
  :: PREPARED(h, r, b) ->
     prepares[SUBJECT(h, r, b)] = 7;
#ifdef COMMIT_ON_PREPARE
     finalise(h, r, b)
#endif
  :: else
  fi
}

inline precommit(i, h, r, b) {
  if
  :: last_vote[i] < 2 * (r) + 1 -> last_vote[i] = 2 * (r) + 1
  :: else
  fi;
  lock(i, r, b);
  precommits[SUBJECT(h, r, b)] = precommits[SUBJECT(h, r, b)] | (1 << i);
  printf("validator %d precommits block %d, height %d, slot %d, round %d\n", i, b, h, SLOT(r), r);
  if
  :: PRECOMMITTED(h, r, b) -> precommits[SUBJECT(h, r, b)] = 7; finalise(h, r, b)
  :: else
  fi
}

inline lock(i, r, b) {
  if
  :: (r) > lock_round[i] -> lock_round[i] = r; lock_block[i] = b
  :: else
  fi
}

#define PREPARE(h, r, b) :: d_step { MAY_PREPARE(_pid, h, r, b) -> prepare(_pid, h, r, b) }
#define PRECOMMIT(h, r, b) :: d_step { MAY_PRECOMMIT(_pid, h, r, b) -> precommit(_pid, h, r, b) }
/* LEARN: a prepare certificate that comes too late for a precommit still locks. Whoever knows more may do
   less, so the large searches go without (README.md gives the argument). */
#ifdef LEARN
#define LOCK(h, r, b) \
  :: d_step { RIGHT_PLACE(_pid, h, b) && PREPARED(h, r, b) && (r) > lock_round[_pid] -> \
     lock(_pid, r, b); printf("validator %d locks block %d of round %d\n", _pid, b, r) }
#else
#define LOCK(h, r, b)
#endif
/* The certificate of a final block opens the next height. Its votes go on in the same slots. */
#define NEXT_HEIGHT(b) \
  :: d_step { HEIGHTS > 1 && height[_pid] == 1 && final[1] == (b) + 1 -> \
     height[_pid] = 2; parent[_pid] = b; lock_round[_pid] = 0; lock_block[_pid] = 0; \
     printf("validator %d goes on to height 2\n", _pid) }

#if SLOTS * RANKS == 3
#define EACH_ROUND(X, h, b) X(h, 1, b) X(h, 2, b) X(h, 3, b)
#else
#define EACH_ROUND(X, h, b) X(h, 1, b) X(h, 2, b) X(h, 3, b) X(h, 4, b)
#endif
#define EACH_STEP(h, b) EACH_ROUND(PREPARE, h, b) EACH_ROUND(PRECOMMIT, h, b) EACH_ROUND(LOCK, h, b)

active [HONEST] proctype validator() {
end:
  do
  EACH_STEP(1, 0)
  EACH_STEP(1, 1)
#if HEIGHTS == 2
  EACH_STEP(2, 0)
  EACH_STEP(2, 1)
  EACH_STEP(2, 2)
  EACH_STEP(2, 3)
  NEXT_HEIGHT(0)
  NEXT_HEIGHT(1)
#endif
  od
}
