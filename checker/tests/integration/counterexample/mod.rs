//! Counterexamples hold: sound, confirmed, minimal, and told by facts that are in them.

mod explained;
mod failed;
mod random;
mod simulated;
mod speed;

use explained::*;
