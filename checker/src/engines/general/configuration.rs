//! Where the search stands.

use super::{foresight::Effect, states::StateId, timeline::Timeline, window::Window};

/// A place in the search.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Configuration {
    /// Responses passed; the operation that returns next has not taken effect.
    pub(super) at: u32,
    pub(super) state: StateId,
    /// What may be hidden: open blind operations that come before this place in [`Timeline::invocations`]. The least number
    /// that says so, so that equal sets are equal.
    pub(super) hidden: u32,
    /// Which open operations have taken effect.
    pub(super) done: Window,
    /// Which indeterminate operations have: see [`Timeline::taken`].
    pub(super) taken: Window,
}

impl Configuration {
    /// May this open operation, which has not taken effect, be hidden?
    pub(super) fn may_hide(&self, timeline: &Timeline, effects: &[Effect], rank: u32) -> bool {
        timeline.position[rank as usize] < self.hidden && effects[timeline.class[rank as usize] as usize] != Effect::Any
    }
}
