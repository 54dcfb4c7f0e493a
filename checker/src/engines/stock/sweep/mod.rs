//! No restock, every buy of one unit: one past from response to response.

mod certain;
mod levels;
mod walk;
mod window;

pub(super) use certain::{Dead, run, run_from};
pub(super) use walk::Border;
