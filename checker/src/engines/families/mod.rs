//! Made-up histories, for tests, benches and fuzzing. Everything random takes its generator from the caller.

pub mod small;
pub mod small_values;
pub mod stress;
pub mod values;
