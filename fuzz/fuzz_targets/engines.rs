//! Engines, general search and verifier against brute force. Each operation is drafted by eight bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oversell::checker::{
    Limits, Verdict, brute_force, check_stock_with_engine,
    families::small::{Draft, Twist, history},
    general, witness,
};
use oversell_models::spec::{Stock, stock::StockOp};

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

fuzz_target!(|bytes: &[u8]| {
    let Some((&initial, rest)) = bytes.split_first() else {
        return;
    };
    let initial = u64::from(initial % 12);
    let drafts: Vec<Draft> = rest.as_chunks().0.iter().take(MOST_OPERATIONS).map(draft).collect();
    let operations = history(initial, &drafts);
    let stock = Stock::new(initial);
    let truth = brute_force(&stock, &operations);
    let (engine, name) = check_stock_with_engine(initial, &operations, &Limits::default());
    let general = general::check(&stock, &operations, &Limits::default());
    for (who, verdict) in [("brute force", &truth), ("engine", &engine), ("general", &general)] {
        match (&truth, verdict) {
            (Verdict::Linearizable(_), Verdict::Linearizable(order)) => {
                let confirmed = witness::verify(stock.clone(), &operations, order);
                assert_eq!(confirmed, Ok(()), "{who} {name}: {order:?} of {operations:#?}");
            }
            (Verdict::Violation(_), Verdict::Violation(_)) => {}
            _ => panic!("{who} {name}: {verdict:?}, brute force {truth:?}, {initial} units: {operations:#?}"),
        }
    }
    if let (Verdict::Violation(one), Verdict::Violation(other)) = (&engine, &general) {
        assert_eq!(one, other, "{name}, {initial} units: {operations:#?}");
    }
});
