//! Histories on which a search holds ever more: everything is open at once. It ends when its memory is spent, or its time.

use std::time::{Duration, Instant};

use oversell_checker::{
    engines::{Limit, Limits, Verdict, check_stock, families::operation, general, memory},
    history::StockOperation,
};
use oversell_spec::{
    Stock,
    stock::{StockOp, StockRet},
};

/// So many purchases of different quantities, all at once, of which none is answered; then a look at the stock, and another, between
/// which some of them happened: which, is for a search to find out.
fn unanswered(count: u64) -> (u64, Vec<StockOperation>) {
    of_quantities(count, |number| 1 + (number * 7 + number * number) % 13)
}

/// The same where none of them can have: what each takes is a multiple of what is missing.
fn impossible(count: u64) -> (u64, Vec<StockOperation>) {
    of_quantities(count, |number| (1 + (number * 7 + number * number) % 13) * (count + 1))
}

fn of_quantities(count: u64, quantity: impl Fn(u64) -> u64) -> (u64, Vec<StockOperation>) {
    let initial = count * count * 9;
    let mut history: Vec<_> = (0..count)
        .map(|number| {
            let quantity = quantity(number);
            operation(number + 1, StockOp::Buy { quantity }, None)
        })
        .collect();
    for (place, level) in [initial, initial - count].into_iter().enumerate() {
        let at = count + 2 * place as u64 + 1;
        let answer = Some((at + 1, StockRet::Stock(level as i64)));
        history.push(operation(at, StockOp::Read, answer));
    }
    (initial, history)
}

/// Purchases and restocks at once, each with its own quantity, and looks at the stock meanwhile.
fn mixed(count: u64) -> (u64, Vec<StockOperation>) {
    let (initial, mut history) = unanswered(count);
    for operation in history.iter_mut().step_by(3) {
        if let StockOp::Buy { quantity } = operation.op {
            operation.op = StockOp::Restock { quantity: quantity + 3 };
        }
    }
    (initial, history)
}

/// As little as makes a search end soon: what it holds at first does not count.
fn little() -> Limits {
    Limits {
        memory: memory::held() + (100 << 20),
        ..Limits::default()
    }
}

fn is_out_of_memory(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Undecided(Limit::Memory(_)))
}

#[test]
fn a_search_over_counters_ends_with_its_memory() {
    for (initial, history) in [unanswered(300), unanswered(1_000), mixed(200)] {
        let limits = little();
        let verdict = check_stock(initial, &history, &limits);
        assert!(is_out_of_memory(&verdict), "{verdict:?}");
        let Verdict::Undecided(limit) = verdict else {
            unreachable!()
        };
        assert!(limit.to_string().starts_with("memory: "), "{limit}");
    }
}

#[test]
fn the_general_search_ends_with_its_memory() {
    let (initial, history) = impossible(300);
    let verdict = general::check(&Stock::new(initial), &history, &little());
    assert!(is_out_of_memory(&verdict), "{verdict:?}");
}

#[test]
fn keys_that_are_checked_side_by_side_share_the_memory() {
    let (initial, easy) = (5, [operation(1, StockOp::Read, Some((2, StockRet::Stock(5))))]);
    let (start, hard) = impossible(300);
    let mut history: Vec<StockOperation> = easy.to_vec();
    history.extend(hard.iter().map(|operation| StockOperation {
        process: 1,
        ..*operation
    }));
    let stock = |key: &i64| Stock::new(if *key == 0 { initial } else { start });
    let verdicts = general::check_each(&history, |operation| operation.process, stock, &little());
    assert!(matches!(verdicts[&0], Verdict::Linearizable(_)), "{verdicts:?}");
    assert!(is_out_of_memory(&verdicts[&1]), "{verdicts:?}");
}

/// The clock is looked at within long steps, too: with a hundred thousand purchases open, a single one takes a while.
#[test]
fn time_holds_however_much_is_open() {
    for count in [300, 1_000, 20_000] {
        let (initial, history) = mixed(count);
        let limits = Limits {
            time: Duration::from_millis(300),
            ..Limits::default()
        };
        let started = Instant::now();
        let verdict = check_stock(initial, &history, &limits);
        assert!(matches!(verdict, Verdict::Undecided(Limit::Time(_))), "{verdict:?}");
        // A fifth on a quiet machine.
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }
}
