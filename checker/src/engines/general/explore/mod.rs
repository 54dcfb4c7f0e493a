//! The search: Wing and Gong's, with Lowe's memory and just-in-time rule, over the open window instead of the history.
//!
//! It walks from response to response. A configuration is: the response it stands at, the state, which of the open
//! operations have taken effect, and how many indeterminate ones of each class. Everything that returned before has
//! taken effect, everything invoked later has not, so this is all there is to know, and its size is that of the open
//! window, not that of the history. Configurations that failed are remembered.
//!
//! Four rules keep their number small; each is an exchange in an order that explains the history.
//! 1. *Just in time.* Operations take effect only so that the one that returns now can. Instants can be moved later, up to
//!    the next response that needs them.
//! 2. *Interchangeable operations* (same argument, same answer): only the one that returns first. Let x and y be open,
//!    x return first, and y be in front. Swapped, x stands where everything that must precede it is done, for it is open.
//!    Nothing between them waits for y to be over: it would wait for x, too, which returns earlier and stood behind it.
//! 3. *What changes nothing is done at once* where its answer fits: it is open, so nothing must precede it, and no state
//!    depends on it. A specification need not say which answers (of a read, of a comparison that failed) are harmless in this
//!    sense, so each counts as harmless until an operation with it changes a state that the search has reached and that accepts
//!    it (`states.rs`); if one was done early by then, the search starts again. In the end nothing was done early that changes
//!    any state reached. That suffices: follow an order that explains the history. Its states are reached one after the other,
//!    so what was done early changes none of those that it finds at its place in the order. What lost its harmlessness without
//!    having been done early played no part in any configuration, and what failed before has failed for good.
//! 4. An indeterminate operation that changes nothing never takes effect; among interchangeable ones the first invoked
//!    goes first (rule 2 with responses that never come).
//!
//! With foresight ([`Foresee`](super::Foresee)) there are two more:
//!
//! 5. *In vain*: when an answer, open or soon to be, is refused here and can only be brought about by operations that have all
//!    taken effect, the search turns back at once (`outlook.rs`).
//! 6. *Hidden*: an operation that is accepted in every state, open when a reset w takes effect, may have its instant right
//!    before w, where nobody sees what it did. So, when it returns, it is simply passed. Then it need not be taken before w on
//!    purpose: no reset is tried right after an operation that was taken early and that nothing has seen, for the reset alone
//!    leads to a past in which that operation may be hidden, or still be taken later. Nor is one taken early that
//!    leads to a state which no answer will see before a reset: left alone it can be hidden before that reset, or be taken when it
//!    returns; for what is refused after fewer such operations is refused after more.

mod choices;
mod explorer;
mod run;

pub(super) use explorer::{Explorer, Stuck};
