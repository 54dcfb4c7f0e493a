//! The search for specifications some of whose operations reset the state: registers that are written, keys that are put.
//!
//! An order is cut into *stretches*: each but the first begins with a reset, and nobody after a stretch sees where it ended. The
//! search walks from response to response with all pasts at once. A past is: the state of the present stretch, the ends
//! of those before it, and which open operations have taken effect.
//!
//! Ten rules keep the number of pasts small. Each is an exchange in an order that explains the history: it
//! can be brought into a form in which the rule holds.
//! 1. *Just in time.* Operations take effect only so that the one that returns now can. Others are moved later.
//! 2. *Afterwards.* Before the operation that returns now, let w be the last reset among those that come into the order now.
//!    What comes in before w is left out for the present: none of it has returned, all of it has been invoked before w, so
//!    that it can come in later, as it is needed: what lengthens a stretch at the end of that stretch, and each new stretch,
//!    which does not depend on the state before, as an *inserted* stretch right before w. So a past keeps the ends of its
//!    stretches, and when they ended: only what had been invoked by then can be added to them. What comes in now is one
//!    chain: a stretch that is there, or a new one, and the steps which lead to the answer.
//! 3. *Hidden.* What is accepted in every state can stand right before the present stretch, if it had been invoked when that
//!    began, after all that may still be inserted there.
//! 4. *Interchangeable operations*: only the one that returns first, among those that fit; and one that returns later, when it was
//!    invoked too late for a stretch that is over (or to be hidden) and the other was not: the other may be needed there. Of
//!    the indeterminate ones, which never return, the one invoked last (`taken.rs`).
//! 5. *What only observes* takes effect as soon as it can, wherever its answer fits, for nothing depends on it.
//! 6. *States that make no difference* to any answer of the history are all the same state ([`Lookout`](super::Lookout)). To go
//!    there is to be hidden, and when an operation can be hidden, it need not begin a stretch to get there: whatever is
//!    then inserted before it can instead begin, one after the other, the present stretch.
//! 7. *Covered* pasts are dropped (`Past::covers`).
//! 8. *In vain.* A past is dropped in which an open answer can no longer be given: the present state and the ends that it fits refuse
//!    it, and all that could bring it about, of what is invoked before it returns, has taken effect (`prospects.rs`).
//! 9. *Loops afterwards.* A chain comes to no state twice. Where it would, what lies between is a loop, and left out for the present:
//!    it can come in later, at a place where its state was left. So a past remembers the last of these places for each state,
//!    and when it was left: only what had been invoked by then fits in. (None of a loop has returned, and what stands behind the
//!    place returns later than that. So it may as well stand at a later place of the same state, and the last is enough.) What comes in
//!    there is a chain to the operation that returns now and a chain back; more loops can then come into both.
//!    Chains to where this operation cannot be reached are not begun. All this only where nothing is blind: for texts
//!    that grow there are no loops.
//! 10. *Out of balance*, for registers. Who leaves a value needs a visit of it for itself (`balance.rs`).
//!
//! First only the most promising pasts are kept, and short chains. When none survives, the search goes back a little and tries again
//! with more of them, and longer ones, at last from the start; it is a violation only when none had been dropped for that reason.

mod attempts;
mod automaton;
mod balance;
mod grow;
mod level;
mod past;
mod prospects;
mod run;
mod search;
mod taken;
#[cfg(test)]
mod tests;
mod trail;

pub(super) use run::search;
