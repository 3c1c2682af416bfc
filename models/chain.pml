/* What the models of the two chained rules share: blocks, votes, certificates and the property.
   models/README.md says what is left out and why that is sound.

   Three honest validators, one Byzantine; a quorum is 3 of 4. The Byzantine validator leads every
   view and signs everything, so it needs no state: a block is certified as soon as two honest
   validators voted for it, and any certified block may be built on. */

#ifndef VIEWS
#define VIEWS 4
#endif
/* Blocks that the leader of one view may show, to whom it likes. */
#ifndef RIVALS
#define RIVALS 2
#endif
#define HONEST 3
#define BLOCKS (VIEWS * RIVALS)

/* Blocks are numbered 1 .. BLOCKS by view; 0 is the genesis block, certified from the start. */
#define GENESIS 0
#define VIEW(b) (((b) + RIVALS - 1) / RIVALS)
#define UP_TO_VIEW_OF(b) ((1 << (VIEW(b) * RIVALS + 1)) - 1)

#ifdef SMALL_QUORUM
#define HONEST_NEEDED 1
#else
#define HONEST_NEEDED 2
#endif

byte parent[BLOCKS + 1];
int ancestors[BLOCKS + 1]; /* bit per block, itself too; 0 for a block nobody proposed */
byte votes[BLOCKS + 1];    /* bit per honest validator */
int certified = 1;         /* bit per block */
int committed = 1;         /* bit per block that the rule itself makes final for someone */
byte last_vote[HONEST];    /* a view */
#ifdef LAYERED
byte now = 1; /* the view everyone is in */
#endif

#define HAS(set, b) (((set) >> (b)) & 1)
#define PROPOSED(b) (ancestors[b] != 0)
#define EXTENDS(b, a) HAS(ancestors[b], a)
#define COUNT(m) (((m) & 1) + (((m) >> 1) & 1) + (((m) >> 2) & 1))
#define HIGHER(a, b) (VIEW(a) > VIEW(b) -> (a) : (b))

#ifdef LAYERED
#define OPEN(v) ((v) == now)
#else
#define OPEN(v) true
#endif

/* The property. Two blocks that are final must lie on one branch (ONLY_COMMITS). The stronger form
   makes that inductive and needs fewer views to be violated: whatever is certified in the view of
   a final block or later extends it. `committed` leaves out what is final as the ancestor of
   another block only: between the views of the two something else may well have been certified. */
byte check = 1;
inline check_property() {
  check = 1;
  do
  :: check <= BLOCKS && HAS(certified, check) ->
#ifdef ONLY_COMMITS
     if
     :: HAS(committed, check) ->
        assert((committed & UP_TO_VIEW_OF(check) & ~ancestors[check]) == 0)
     :: else
     fi;
#else
     assert((committed & UP_TO_VIEW_OF(check) & ~ancestors[check]) == 0);
#endif
     check++
  :: check <= BLOCKS && !HAS(certified, check) -> check++
  :: else -> break
  od;
  check = 1
}

/* Some honest validator may learn any certificate at once, so what may be final is final. */
inline commit(b) {
  if
  :: !HAS(committed, b) ->
     committed = committed | (1 << b);
     printf("block %d of view %d is final\n", b, VIEW(b))
  :: else
  fi
}

/* A vote of validator i; with it the block may become certified. */
inline cast(i, b) {
  votes[b] = votes[b] | (1 << i);
  last_vote[i] = VIEW(b);
  printf("validator %d votes for block %d of view %d\n", i, b, VIEW(b));
  if
  :: !HAS(certified, b) && COUNT(votes[b]) >= HONEST_NEEDED ->
     certified = certified | (1 << b);
     /* Who made the certificate is of no consequence: this joins states that differ in it. */
     votes[b] = 7;
     printf("block %d of view %d is certified\n", b, VIEW(b));
     learn_final(b);
     check_property()
  :: else
  fi
}

inline propose(b, p) {
  parent[b] = p;
  ancestors[b] = ancestors[p] | (1 << b) | 1;
  printf("block %d of view %d extends block %d of view %d\n", b, VIEW(b), p, VIEW(p))
}

/* The leader of a view shows its blocks in the order of their numbers. */
#define NEXT_IN_VIEW(b) (VIEW(b) != VIEW((b) - 1) || PROPOSED((b) - 1))
#define CAN_PROPOSE(b, p) \
  (!PROPOSED(b) && OPEN(VIEW(b)) && NEXT_IN_VIEW(b) && HAS(certified, p) && VIEW(p) < VIEW(b))

/* With LAYERED, everyone leaves a view before anyone acts in the next; what then no longer matters is
   set to one value. A model ends with this, after its other processes. */
#ifdef LAYERED
inline forget_votes() {
  check = 1;
  do
  :: check <= BLOCKS ->
     if
     :: VIEW(check) == now && !HAS(certified, check) -> votes[check] = 0
     :: else
     fi;
     check++
  :: else -> break
  od;
  check = 1;
  last_vote[0] = 0;
  last_vote[1] = 0;
  last_vote[2] = 0
}

#define CLOCK \
  active proctype clock() { \
end: \
    do \
    :: d_step { now < VIEWS -> forget_votes(); now++; printf("view %d begins\n", now) } \
    od \
  }
#else
#define CLOCK
#endif

/* EACH_BLOCK(X) is X(1) X(2) .. X(BLOCKS). */
#if VIEWS * RIVALS == 3
#define EACH_BLOCK(X) X(1) X(2) X(3)
#elif VIEWS * RIVALS == 4
#define EACH_BLOCK(X) X(1) X(2) X(3) X(4)
#elif VIEWS * RIVALS == 5
#define EACH_BLOCK(X) X(1) X(2) X(3) X(4) X(5)
#elif VIEWS * RIVALS == 6
#define EACH_BLOCK(X) X(1) X(2) X(3) X(4) X(5) X(6)
#elif VIEWS * RIVALS == 7
#define EACH_BLOCK(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#elif VIEWS * RIVALS == 8
#define EACH_BLOCK(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#elif VIEWS * RIVALS == 9
#define EACH_BLOCK(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)
#else
#error "add a line for this many blocks"
#endif
