//! Is a history linearizable? A checker for what concurrent clients asked and were told.
//!
//! A history is a list of operations, each with the times at which it was invoked and answered. It is *linearizable* when every
//! operation can be given one instant between the two, so that one client who did them in the order of these instants would have got
//! the same answers. An operation without an answer may have taken effect or not.
//!
//! # A specification of one's own
//!
//! Say how one client alone would see the object, and hand over what was recorded:
//!
//! ```
//! use oversell_checker::{Limits, Operation, Response, SequentialSpec, Verdict, check};
//!
//! #[derive(Clone, PartialEq, Hash)]
//! struct Lock(bool);
//!
//! impl SequentialSpec for Lock {
//!     type Op = bool; // acquire, or release
//!     type Ret = bool; // was it done?
//!
//!     fn invoke(&mut self, acquire: &bool) -> bool {
//!         std::mem::replace(&mut self.0, *acquire) != *acquire
//!     }
//! }
//!
//! let acquired = |process, invoked, at| Operation { process, invoked, op: true, response: Some(Response { at, ret: true }) };
//! let history = [acquired(1, 10, 30), acquired(2, 20, 40)]; // both have it
//! assert!(matches!(check(&Lock(false), &history, &Limits::default()), Verdict::Violation(_)));
//! ```
//!
//! [`counterexample::general`] explains such a violation with the fewest operations that show it.
//!
//! # Histories in files
//!
//! [`history::read`] reads histories of stock counters, registers and key-value stores as JSON lines (`docs/format.md` in the
//! repository says how they look), `interchange` those of Jepsen and Porcupine. [`inspect`] checks every key and explains what is
//! wrong:
//!
//! ```
//! use oversell_checker::{Conclusion, Limits, history, inspect};
//!
//! # fn main() -> Result<(), history::ReadError> {
//! let file = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":1}
//! {"time":1,"process":1,"type":"invoke","f":"buy"}
//! {"time":2,"process":2,"type":"invoke","f":"buy"}
//! {"time":3,"process":1,"type":"ok","f":"buy","value":{"outcome":"bought"}}
//! {"time":4,"process":2,"type":"ok","f":"buy","value":{"outcome":"bought"}}
//! "#;
//! let (history, _) = history::read("sale.jsonl", file.as_bytes())?;
//! let inspection = inspect(&history, &Limits::default());
//! assert_eq!(inspection.examination.conclusion, Conclusion::Violation);
//! assert_eq!(inspection.findings[0].finding.kind().to_string(), "oversold");
//! # Ok(())
//! # }
//! ```
//!
//! # Three verdicts
//!
//! Linearizable comes with an order that explains every answer. A violation says with which answer it was
//! certain; of a history file it comes with a counterexample of which every order has been tried ([`inspect`]). What is not decided within the [`Limits`] of time, configurations and memory is [`Verdict::Undecided`], with the limit that
//! was reached: never a pass. [`certificate`]s write verdicts down so that other code can confirm them. A pass speaks of this history
//! only.
//!
//! # Features
//!
//! None is on by default. `interchange` reads and writes the histories of Jepsen and Porcupine. `zstd` reads and writes `.jsonl.zst`; its code is C. `stateright` brings
//! [stateright](https://docs.rs/stateright)'s specifications and a stand-in for its tester. `families` makes random histories.

pub mod certificate;
pub mod counterexample;
pub mod engines;
pub mod examine;
pub mod history;
#[cfg(feature = "interchange")]
pub mod interchange;

pub use engines::{Limit, Limits, Verdict, Violation, Witness, general::check};
pub use examine::{Conclusion, inspect};
pub use history::{Operation, Response};
pub use oversell_spec::{self as spec, SequentialSpec};
