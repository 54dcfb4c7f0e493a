//! The histories.

use std::sync::OnceLock;

use oversell_checker::engines::families::{stress::{Lie, Stress, lie}, values::Values};
use oversell_spec::{Kv, Register, Stock};
use rand::{SeedableRng, rngs::SmallRng};

use crate::checkers::Checked;

/// Units at first; set once, before anything is checked.
pub static INITIAL: OnceLock<u64> = OnceLock::new();

impl Checked for Stock {
    fn start() -> Self {
        Self::new(*INITIAL.get().expect("set before"))
    }
}

impl Checked for Register<u32> {
    fn start() -> Self {
        Self(0)
    }
}

impl Checked for Kv {
    fn start() -> Self {
        Self::default()
    }
}

/// What a history is made of, but for its size.
#[derive(Clone, Copy, Debug)]
pub enum Family {
    Stock(Stress, Option<Lie>),
    Register(Values),
    Kv(Values),
}

/// Name and make. Shares of the stock families are those of the table of what to beat.
pub fn families(clients: usize, operations: usize) -> Vec<(&'static str, Family)> {
    let stress = Stress {
        clients,
        operations,
        initial: operations as u64 * 7 / 10,
        ..Stress::default()
    };
    let values = Values {
        clients,
        operations,
        ..Values::default()
    };
    let few = Values {
        values: Some(5),
        second: 0.2,
        ..values
    };
    let told = Stress { told: 1.0, ..stress };
    let reads = Stress { reads: 0.2, ..stress };
    let lost = Stress { lost: 0.02, ..reads };
    let mixed = Stress {
        restocks: 0.05,
        reads: 0.05,
        lost: 0.001,
        ..stress
    };
    let quantities = Stress {
        most_quantity: 3,
        reads: 0.1,
        initial: operations as u64,
        ..stress
    };
    let restocked = Stress {
        restocks: 0.3,
        initial: 100,
        ..stress
    };
    let puts = Values { second: 0.05, ..values };
    vec![
        ("stock: bought and sold-out", Family::Stock(stress, None)),
        ("stock: oversold by one", Family::Stock(stress, Some(Lie::Oversold))),
        (
            "stock: one false sold-out",
            Family::Stock(stress, Some(Lie::FalseSoldOut)),
        ),
        ("stock: every buy told", Family::Stock(told, None)),
        ("stock: 20% reads", Family::Stock(reads, None)),
        ("stock: 20% reads, 2% indeterminate", Family::Stock(lost, None)),
        ("stock: quantities 1 to 3, 10% reads", Family::Stock(quantities, None)),
        (
            "stock: 5% restocks, 5% reads, 0.1% indeterminate",
            Family::Stock(mixed, None),
        ),
        (
            "stock: 30% restocks, 10% reads",
            Family::Stock(
                Stress {
                    reads: 0.1,
                    ..restocked
                },
                None,
            ),
        ),
        (
            "stock: told, 30% restocks",
            Family::Stock(Stress { told: 1.0, ..restocked }, None),
        ),
        ("register: unique values", Family::Register(values)),
        (
            "register: unique, a stale read",
            Family::Register(Values { lie: true, ..values }),
        ),
        ("register: 5 values, 20% cas", Family::Register(few)),
        ("kv: appends and gets", Family::Kv(values)),
        ("kv: 5% puts", Family::Kv(puts)),
        ("kv: 5% puts, a lost append", Family::Kv(Values { lie: true, ..puts })),
    ]
}

pub fn seeded() -> SmallRng {
    SmallRng::seed_from_u64(1)
}

/// The stock history of a family.
pub fn stock(stress: &Stress, told: Option<Lie>) -> Vec<oversell_checker::history::StockOperation> {
    let history = stress.history(&mut seeded());
    match told {
        Some(one) => lie(history.clone(), one).unwrap_or(history),
        None => history,
    }
}
