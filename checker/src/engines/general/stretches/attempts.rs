//! How much is tried, one attempt after the other.

/// The search can go back to places that are so many responses apart.
pub(super) const APART: usize = if cfg!(any(test, fuzzing)) { 2 } else { 64 };

/// How one goes on where the last attempt ended in vain.
pub(super) struct Attempt {
    /// So many pasts are kept.
    pub(super) width: usize,
    /// So long are the chains tried at least.
    pub(super) longest: u32,
    /// So far back it begins, in multiples of [`APART`].
    pub(super) back: usize,
}

const fn attempt(width: usize, longest: u32, back: usize) -> Attempt {
    Attempt { width, longest, back }
}

/// One attempt after the other. What is wrong about a past shows while the operations are open that it was wrong about, so that it seldom
/// helps to go back further than that.
pub(super) const ATTEMPTS: [Attempt; 7] = if cfg!(any(test, fuzzing)) {
    [
        attempt(1, 0, 0),
        attempt(2, 0, 1),
        attempt(3, 1, 1),
        attempt(4, 2, 2),
        attempt(8, u32::MAX, 4),
        attempt(16, u32::MAX, 8),
        EVERYTHING,
    ]
} else {
    [
        attempt(4, 1, 0),
        attempt(16, 2, 1),
        attempt(64, 3, 1),
        attempt(256, u32::MAX, 2),
        attempt(1024, u32::MAX, 4),
        attempt(4096, u32::MAX, 64),
        EVERYTHING,
    ]
};

/// From the start, with all of them.
const EVERYTHING: Attempt = attempt(usize::MAX, u32::MAX, usize::MAX);

/// With so many attempts in vain at one response, what they got stuck for is looked at alone (`blurred.rs`): after the first where
/// more kinds of operations are indeterminate than operations open, for then chains are without number.
pub(super) const BLURRED: usize = if cfg!(any(test, fuzzing)) { 2 } else { 3 };

/// How long chains may be while none has been found.
pub(super) const LENGTHS: [u32; 4] = if cfg!(any(test, fuzzing)) {
    [0, 1, 2, u32::MAX]
} else {
    [1, 2, 3, u32::MAX]
};
