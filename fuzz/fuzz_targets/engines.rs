//! Counters: engines, general search, monitor and certificates against brute force. Each operation is drafted by eight bytes.

#![no_main]

#[path = "../../xtask/src/bin/agreement/certified.rs"]
mod certified;
#[path = "../../xtask/src/bin/agreement/counters.rs"]
mod counters;

use libfuzzer_sys::fuzz_target;
use oversell_checker::engines::families::{
    small::{Draft, Twist, history},
    truth,
};
use oversell_spec::stock::StockOp;

/// More would keep brute force busy for too long.
const MOST_OPERATIONS: usize = 10;

fn draft(bytes: &[u8; 8]) -> Draft {
    let quantity = u64::from(bytes[4] % 4) + 1;
    Draft {
        instant: bytes[0] % 64,
        before: bytes[1] % 32,
        after: bytes[2] % 32,
        op: match bytes[3] % 8 {
            0..5 => StockOp::Buy { quantity },
            5 => StockOp::Read,
            _ => StockOp::Restock { quantity },
        },
        told: bytes[5] & 1 == 1,
        named: bytes[5] & 6 == 6,
        lost: (bytes[5] >> 5 == 0).then_some(bytes[5] & 16 != 0),
        twist: match bytes[6] {
            0..200 => Twist::None,
            200..210 => Twist::Higher,
            210..220 => Twist::Lower,
            220..230 => Twist::Opposite,
            230..240 => Twist::Oversell,
            240..250 => Twist::Later(bytes[7] % 64),
            _ => Twist::SameUnit,
        },
    }
}

/// What is done by chance is the same whenever the input is.
fn seed(bytes: &[u8]) -> u64 {
    (bytes.iter()).fold(0, |seed, &byte| seed.wrapping_mul(257).wrapping_add(u64::from(byte)))
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    let initial = u64::from(first % 12);
    let drafts: Vec<Draft> = rest.as_chunks().0.iter().take(MOST_OPERATIONS).map(draft).collect();
    let mut operations = history(initial, &drafts);
    if first < 128 {
        operations.sort_by_key(|operation| operation.invoked);
    }
    if let Err(what) = counters::compare(initial, &operations, seed(bytes)) {
        panic!("{what}\n{initial} units\n{}", truth::told(&operations));
    }
});
