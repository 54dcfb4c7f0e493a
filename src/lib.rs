//! Finds out whether a stock counter in Redis can sell more than it has, and shows how.
//!
//! One buy function, written once as ordinary redis-rs code, is put under stress: many concurrent clients run it against
//! a real server, everything they are told is recorded, and the record is checked. A counter that oversells is caught
//! with the few operations that prove it.
//!
//! # Testing your own code
//!
//! Pass your purchase as an asynchronous closure over a plain counter (or implement [`strategy::Strategy`] for anything
//! else) and call [`assert_linearizable`](trial::Stress::assert_linearizable) in a test. A private server is found or
//! fetched, started and stopped.
//!
//! ```
//! use oversell::strategy::{self, AnyConnection, Context, Purchase};
//! use redis::AsyncCommands;
//!
//! // In your tests: #[tokio::test] async fn my_shop_never_oversells() {
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let mine = strategy::from_fn("mine", async |con: &mut AnyConnection<'_>, cx: &Context<'_>, quantity: u64| {
//!     let script = redis::Script::new(
//!         "if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[1]) then return -1 end
//!          return redis.call('DECRBY', KEYS[1], ARGV[1])",
//!     );
//!     let left: i64 = script.key(cx.key()).arg(quantity).invoke_async(con).await?;
//!     Ok(if left < 0 { Purchase::SoldOut } else { Purchase::bought_leaving(left) })
//! });
//! oversell::stress(mine).clients(16).stock(50).rounds(5).assert_linearizable().await;
//! # }
//! ```
//!
//! A purchase that looks first and takes afterwards does not get through:
//!
//! ```
//! use oversell::{strategy::Naive, trial::Conclusion};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), oversell::trial::TrialError> {
//! # let folder = tempfile::tempdir().unwrap();
//! let report = oversell::stress(Naive).clients(16).stock(20).rounds(20).save_to(folder.path()).run().await?;
//! assert_eq!(report.conclusion(), Conclusion::Violation);
//! assert!(report.outcome.totals.oversold > 0);
//! # Ok(())
//! # }
//! ```
//!
//! # Checking histories of your own
//!
//! Anything that can write down what its clients asked and were told can be checked, see `docs/format.md` and
//! [`history::read`], [`checker::check_stock`], [`checker::general`].
//!
//! # What a pass does not prove
//!
//! A pass speaks of one recorded history. Other interleavings, other loads, failover, restarts and evictions are not in
//! it.

pub mod certificate;
pub mod checker;
pub mod cli;
pub mod counterexample;
pub mod history;
pub mod interchange;
pub mod prove;
pub mod recorder;
pub mod replay;
pub mod report;
pub mod server;
pub mod strategy;
pub mod stress;
pub mod trial;

pub use prove::prove;
pub use replay::saved as replay;
pub use trial::stress;
