//! Checks whole histories, key by key: as they are read, or while they arrive.

mod certify;
mod checkable;
mod finding;
mod keys;
mod values;
mod watch;
mod watched_keys;

pub use certify::{Certified, certify};
pub use finding::{AnyFinding, Inspection, KeyFinding, MOST_EXPLAINED, explain_all, inspect};
pub use keys::{Conclusion, Examination, KeyVerdict, examine, examine_with_orders};
pub use values::Followable;
pub use watch::{Ends, Seen, Watch};
pub use watched_keys::Watchable;
