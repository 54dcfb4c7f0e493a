//! Lua: the scripts and functions a server keeps, and the interpreter that runs them.
//!
//! What is kept is part of the state ([`Scripts`], [`Libraries`]) and named by digest. The interpreter is not: there is
//! one a thread, it remembers nothing between two runs but compiled code, and a run borrows the model it works on.

mod bits;
mod call;
mod convert;
mod host;
mod json;
mod json_decode;
mod json_settings;
mod library;
mod msgpack;
mod native;
mod numbers;
mod packing;
mod patterns;
mod random;
mod running;
mod scripts;
mod vm;

pub(super) use library::{Libraries, Library, Metadata};
pub(super) use scripts::{Digest, Scripts, digest, parse_digest};
pub(super) use vm::{compile, load, run_function, run_script};
