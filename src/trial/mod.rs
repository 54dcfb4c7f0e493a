//! A whole trial: run a strategy against a server, save the history, check it, explain what is wrong.
//!
//! The command line and the tests of users go through here; the other rooms know nothing of each other.

mod builder;
mod certify;
mod examine;
mod finding;
mod guard;
mod header;
mod page;
mod record;
mod report;
mod values;
mod watch;
mod watched_keys;

pub use builder::{Stress, TrialError, stress};
pub use certify::{Certified, certify};
pub use examine::{Conclusion, Examination, KeyVerdict, examine, examine_with_orders};
pub use finding::{About, AnyFinding, Inspection, KeyFinding, inspect};
pub use page::subject;
pub use record::{Beyond, MOST_HELD};
pub use report::Report;
pub use values::{Followable, ValueWatch};
pub use watch::{Ends, Seen, Watch};
