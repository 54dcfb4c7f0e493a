//! Is a history linearizable?

pub mod certificate;
pub mod counterexample;
pub mod engines;
pub mod examine;
pub mod history;
pub mod interchange;

pub use oversell_spec as spec;
