//! Integration tests: one binary, one module a room.
#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests, too")]

mod cli;
mod cli_output;
mod cli_prove;
mod clock_skew;
mod conformance;
mod convert;
mod counterexample;
mod displays;
mod endless;
mod folders;
mod follow;
mod lesson;
mod limits;
mod long_runs;
mod outputs;
mod own_code;
mod own_errors;
mod page;
mod prove;
mod prove_builder;
mod prove_limit;
mod replay;
mod same_file;
mod samples;
mod server;
mod shops;
mod shops_alone;
mod shops_random;
mod signals;
mod stress;
mod terminal;
mod tidy;
mod verify;
mod wrong_server;
