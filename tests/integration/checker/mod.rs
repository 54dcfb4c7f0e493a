//! The checker: engines against brute force, against stateright's tester, and by example.

mod agreement;
mod engines;
mod general;
mod monitor;
mod witness;
mod zones;
