//! What is noticed on the way, whichever state it was in.

use std::sync::PoisonError;

use super::{Misuse, interleavings::Interleavings, state::State};

impl Interleavings {
    /// What the code did that it must not, if anything. To be asked after exploring: states behind it were left out.
    pub fn misuse(&self) -> Option<Misuse> {
        self.misuse.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What an operation ended with that ended with an error although no fault had happened, where there was one.
    pub(super) fn error(&self) -> Option<String> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An operation ends with an error in this state: after faults, which may have brought it about, that is noted only if it is
    /// one `anyhow`.
    pub(super) fn note_error(&self, state: &State, why: &str, anyhow: bool) {
        if state.budget != self.initial.budget && !anyhow {
            return;
        }
        let mut known = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_deref().is_none_or(|known| why < known) {
            *known = Some(why.to_string());
        }
    }

    pub(super) fn note(&self, misuse: Misuse) {
        let mut known = self.misuse.lock().unwrap_or_else(PoisonError::into_inner);
        known.get_or_insert(misuse);
    }
}
