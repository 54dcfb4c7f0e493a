//! The checker: engines against brute force, against stateright's tester, and by example.

mod agreement;
mod engines;
mod general;
mod limits;
mod monitor;
mod values;
mod witness;
mod zones;
