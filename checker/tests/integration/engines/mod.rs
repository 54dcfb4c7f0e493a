//! The checker: engines against brute force, against stateright's tester, and by example.

mod agreement;
mod counters;
mod general;
mod limits;
mod monitor;
mod sales;
mod values;
mod witness;
mod zones;
