//! Registers, or keys of a store: the searches, the monitor and the certificates against brute force. Each operation is drafted by
//! eight bytes.

#![no_main]

#[path = "../../xtask/src/bin/agreement/certified.rs"]
mod certified;
#[path = "../../xtask/src/bin/agreement/values.rs"]
mod values;

use libfuzzer_sys::fuzz_target;
use oversell_checker::{
    engines::families::{
        small_values::{Ask, Draft, Twist, kv, register},
        truth,
    },
    history::Operation,
};

/// More would keep brute force busy for too long.
const MOST_OPERATIONS: usize = 10;

/// `values`: how many values there are; none: as many as there are operations, one each.
fn draft(bytes: &[u8; 8], number: usize, values: Option<u8>) -> Draft {
    let value = |byte: u8| values.map_or(number as u8 + 1, |values| byte % values);
    Draft {
        instant: bytes[0] % 64,
        before: bytes[1] % 32,
        after: bytes[2] % 32,
        ask: match bytes[3] % 8 {
            0..3 => Ask::Look,
            3..5 => Ask::Change,
            _ => Ask::Set,
        },
        value: value(bytes[4]),
        expected: bytes[5] % values.unwrap_or(MOST_OPERATIONS as u8 + 1),
        lost: (bytes[5] >> 5 == 0).then_some(bytes[5] & 16 != 0),
        twist: match bytes[6] {
            0..190 => Twist::None,
            190..215 => Twist::Other(bytes[7] % 16),
            215..230 => Twist::Stale,
            230..240 => Twist::Void,
            _ => Twist::Later(bytes[7] % 64),
        },
    }
}

fn sorted<Op, Ret>(mut operations: Vec<Operation<Op, Ret>>, sort: bool) -> Vec<Operation<Op, Ret>> {
    if sort {
        operations.sort_by_key(|operation| operation.invoked);
    }
    operations
}

/// What is done by chance is the same whenever the input is.
fn seed(bytes: &[u8]) -> u64 {
    (bytes.iter()).fold(0, |seed, &byte| seed.wrapping_mul(257).wrapping_add(u64::from(byte)))
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    let values = [None, Some(2), Some(3), Some(5)][usize::from(first % 4)];
    let chunks = rest.as_chunks().0.iter().take(MOST_OPERATIONS).enumerate();
    let drafts: Vec<Draft> = chunks.map(|(number, bytes)| draft(bytes, number, values)).collect();
    let (sort, seed) = (first & 64 == 0, seed(bytes));
    let compared = if first < 128 {
        let operations = sorted(register(&drafts), sort);
        values::compare_register(&operations, seed).map_err(|what| (what, truth::told(&operations)))
    } else {
        let operations = sorted(kv(&drafts), sort);
        values::compare_kv(&operations, seed).map_err(|what| (what, truth::told(&operations)))
    };
    if let Err((what, history)) = compared {
        panic!("{what}\n{history}");
    }
});
