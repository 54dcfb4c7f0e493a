//! 64 bits for a value, the same in every run.

use std::{hash::Hash, sync::LazyLock};

static KEYS: LazyLock<ahash::RandomState> =
    LazyLock::new(|| ahash::RandomState::with_seeds(0x0be5_e11e_d001, 0x5eed_0001, 0x5eed_0002, 0x5eed_0003));

pub(super) fn fingerprint(value: &impl Hash) -> u64 {
    KEYS.hash_one(value)
}
