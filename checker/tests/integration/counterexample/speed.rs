//! Large histories.

use oversell_checker::{counterexample::count_stock, engines::Verdict};

use super::{
    check, explained,
    simulated::{Run, Sells},
    told,
};

#[test]
fn a_script_gives_nothing_to_explain() {
    let run = Run {
        sells: Sells::Script,
        clients: 8,
        stock: 500,
        most: 2_000,
        told: true,
        seed: 3,
    };
    let history = run.history();
    assert!(matches!(
        check(history.initial, &history.operations),
        Verdict::Linearizable(_)
    ));
    assert_eq!(count_stock(&history), []);
}

#[test]
fn a_hundred_thousand_operations_are_explained_with_a_few() {
    for sells in [Sells::GetThenDecr, Sells::GetThenSet] {
        for told_left in [true, false] {
            for clients in [4, 64] {
                let run = Run {
                    sells,
                    clients,
                    stock: 99_990,
                    most: 100_000,
                    told: told_left,
                    seed: 1,
                };
                let history = run.history();
                let finding = explained(&history);
                println!(
                    "{sells:?}, {clients} clients, {} operations\n{}",
                    history.operations.len(),
                    told(&finding)
                );
                assert!(finding.counterexample.operations.len() <= 4);
            }
        }
    }
}
