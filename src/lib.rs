//! Finds out whether a stock counter in Redis can sell more than it has, and shows how.
//!
//! One buy function, written once as ordinary redis-rs code, is put under stress: many concurrent clients run it against
//! a real server, everything they are told is recorded, and the record is checked. A counter that oversells is caught
//! with the few operations that prove it.
//!
//! # Testing your own code
//!
//! Pass your purchase as it is, a function over a connection (or implement [`strategy::Strategy`] where the stock is no
//! counter), and call [`assert_linearizable`](trial::Stress::assert_linearizable) in a test. A private server is found or
//! fetched, started and stopped. [`prove()`] explores every order of the commands of the same code, without a server, and
//! [`replay`](replay()) executes the schedule that it finds.
//!
//! ```
//! use redis::{RedisResult, aio::ConnectionLike};
//!
//! async fn my_buy(mut con: impl ConnectionLike) -> RedisResult<bool> {
//!     let script = redis::Script::new(
//!         "if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end
//!          redis.call('DECR', KEYS[1])
//!          return 1",
//!     );
//!     script.key("stock:42").invoke_async(&mut con).await
//! }
//!
//! // In your tests: #[tokio::test] async fn my_shop_never_oversells() {
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! oversell::stress(my_buy).key("stock:42").clients(16).stock(50).rounds(5).assert_linearizable().await;
//! oversell::prove(my_buy).key("stock:42").clients(3).stock(2).assert_proved();
//! # }
//! ```
//!
//! A purchase that looks first and takes afterwards does not get through:
//!
//! ```
//! use oversell::strategy::Naive;
//! use oversell_checker::examine::Conclusion;
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
//! [`checker`].
//!
//! # What a pass does not prove
//!
//! A pass speaks of one recorded history. Other interleavings, other loads, failover, restarts and evictions are not in
//! it.

// They panic where it cannot be written: see `cli::output`.
#![warn(clippy::print_stdout, clippy::print_stderr)]

#[cfg(feature = "cli")]
pub mod cli;
pub mod prove;
pub mod recorder;
pub mod replay;
pub mod report;
pub mod server;
#[cfg(feature = "cli")]
pub(crate) mod shop;
pub mod strategy;
pub mod stress;
pub mod trial;

pub use oversell_checker as checker;
pub use prove::prove;
pub use replay::saved as replay;
pub use trial::stress;
