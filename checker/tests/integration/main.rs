//! Integration tests: one binary, one module a room.
#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests, too")]

mod certificate;
mod counterexample;
mod engines;
mod history;
mod history_bad;
mod history_buyers;
mod history_corpus;
mod history_loose;
mod history_merge;
mod history_round_trip;
mod interchange;
