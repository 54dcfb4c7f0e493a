//! Checks whole histories, key by key: as they are read, or while they arrive.

mod certify;
mod checkable;
mod ends;
mod finding;
mod keys;
mod watch;
mod watcher;

pub use certify::{Certified, certify};
pub use ends::{Ends, Seen};
pub use finding::{AnyFinding, Inspection, KeyFinding, MOST_EXPLAINED, explain_all, inspect};
pub use keys::{Conclusion, Examination, KeyVerdict, examine, examine_with_orders};
pub use watch::Watch;
pub use watcher::{Followable, Watchable, Watcher};
