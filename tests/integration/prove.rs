//! Proofs: what is found is pinned, and held against stateright's checkers, the linearizability tester, and our checker.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
    sync::Arc,
};

use expect_test::expect;
use oversell::{
    prove::{Conclusion, Fault, Proof, Property, Verdict, expected, verdict_on},
    strategy::{self, AnyConnection, AnyStrategy, Context, Purchase, catalogue},
};
use oversell_checker::examine::Conclusion as Judged;
use oversell_models::explorer::{Action, Answer, Interleavings, Limits, Setup, State, Step, explore, narrate};
use oversell_spec::{
    Sales,
    sales::{Buyer, SalesOp},
    stock::{StockOp, Unit},
};
use redis::{AsyncCommands as _, RedisResult};
use stateright::{
    Checker as _, Model as _,
    semantics::{ConsistencyTester as _, LinearizabilityTester},
};

pub(crate) fn strategy_named(name: &str) -> AnyStrategy {
    strategy::find(name).unwrap().strategy
}

const BUY: StockOp = StockOp::Buy { quantity: 1 };

/// What `oversell prove` explores by default.
pub(crate) fn cell(name: &str, fault: Option<Fault>) -> Proof {
    let entry = strategy::find(name).unwrap();
    let quantities: Vec<u64> = entry.provocation.quantity.clone().rev().collect();
    let mut proof = Proof::of(Arc::clone(&entry.strategy)).stock(2);
    for client in 0..3 {
        let quantity = quantities[client % quantities.len()];
        proof = proof.client([StockOp::Buy { quantity }]);
    }
    match fault {
        Some(fault) => proof.fault(fault),
        None => proof,
    }
}

#[test]
fn every_strategy_is_proved_or_broken_as_the_catalogue_says_and_the_figures_are_pinned() {
    let mut table = String::new();
    for entry in catalogue() {
        let info = entry.strategy.info();
        let columns = std::iter::once(None).chain(Fault::ALL.into_iter().map(Some));
        let cells: Vec<String> = columns
            .map(|fault| {
                let proven = cell(&info.name, fault).run().unwrap();
                assert!(
                    proven.as_expected(expected(&info, fault)),
                    "{} under {fault:?}: {}",
                    info.name,
                    proven.conclusion()
                );
                let states = proven.exploration.progress.unique_states;
                match &proven.schedule {
                    Some(schedule) => format!("{}:{}", schedule.property, schedule.len()),
                    None => states.to_string(),
                }
            })
            .collect();
        table += &format!("{:17}{}\n", info.name, cells.join(" "));
    }
    expect![[r#"
        lpop             4 13 10 4 4 8 sold-out-is-true:2 never-oversold:3
        watch            47 122 125 never-oversold:7 47 94 177 never-oversold:7
        lua              20 56 53 20 20 78 54 never-oversold:5
        function         4 12 9 4 4 8 13 never-oversold:3
        ifeq             25 69 66 25 25 50 95 never-oversold:5
        increx           4 12 9 4 4 8 sold-out-is-true:2 never-oversold:3
        lock             164 815 637 164 never-oversold:9 665 never-oversold:9 never-oversold:11
        idempotent       78 267 477 78 78 323 272 never-oversold:5
        retry-on-timeout 20 56 sold-out-is-true:2 20 20 78 54 never-oversold:5
        one-each         134 483 446 134 134 570 limit-per-buyer:3 never-oversold:5
        naive            never-oversold:4 never-oversold:4 never-oversold:4 never-oversold:4 never-oversold:4 never-oversold:4 never-oversold:4 never-oversold:4
        get-set          never-oversold:4 never-oversold:4 never-oversold:4 never-oversold:4 never-oversold:4 never-oversold:4 never-oversold:4 never-oversold:4
        multi-no-watch   never-oversold:4 never-oversold:4 never-oversold:4 never-oversold:4 never-oversold:4 never-oversold:4 never-oversold:4 never-oversold:4
        get-before-watch never-oversold:6 never-oversold:6 never-oversold:6 never-oversold:6 never-oversold:6 never-oversold:6 never-oversold:6 never-oversold:6
        watch-shared     never-oversold:6 never-oversold:6 never-oversold:6 never-oversold:6 never-oversold:6 never-oversold:6 never-oversold:6 never-oversold:6
        decr-compensate  sold-out-is-true:3 sold-out-is-true:3 sold-out-is-true:3 sold-out-is-true:3 sold-out-is-true:3 sold-out-is-true:3 never-oversold:4 never-oversold:4
        lock-del         140 575 421 140 never-oversold:9 280 never-oversold:9 never-oversold:9
        sismember-sadd   limit-per-buyer:6 limit-per-buyer:6 limit-per-buyer:6 limit-per-buyer:6 limit-per-buyer:6 limit-per-buyer:6 limit-per-buyer:6 never-oversold:7
    "#]].assert_eq(&table);
}

#[test]
fn naive_falls_in_four_steps() {
    let proven = Proof::of(strategy_named("naive")).clients(2).stock(1).run().unwrap();
    assert_eq!(proven.conclusion(), Conclusion::Violation);
    let schedule = proven.schedule.unwrap();
    assert_eq!(schedule.property, Property::NeverOversold);
    assert_eq!(
        schedule.actions,
        [Action::Step(0), Action::Step(1), Action::Step(0), Action::Step(1)]
    );
}

#[test]
fn larger_proofs_have_the_states_that_they_had() {
    let states = |name: &str, clients, stock| {
        let proven = Proof::of(strategy_named(name))
            .clients(clients)
            .stock(stock)
            .run()
            .unwrap();
        assert_eq!(proven.conclusion(), Conclusion::Proved, "{name}");
        proven.exploration.progress.unique_states
    };
    let found: Vec<u64> = ["lpop", "watch", "lua", "function", "ifeq", "lock"]
        .iter()
        .map(|name| states(name, 4, 3))
        .collect();
    expect!["[5, 145, 35, 5, 76, 674]"].assert_eq(&format!("{found:?}"));
}

fn setups() -> Vec<Setup> {
    let mut setups = Vec::new();
    for name in [
        "naive",
        "watch",
        "ifeq",
        "lpop",
        "lock",
        "decr-compensate",
        "get-set",
        "idempotent",
    ] {
        let setup = Setup::new(strategy_named(name), 2, 1);
        setups.push(setup.clone());
        setups.push(Setup::new(strategy_named(name), 3, 2));
        setups.extend(Fault::ALL.map(|fault| setup.clone().with(fault)));
    }
    setups.push(Setup {
        clients: vec![vec![BUY, StockOp::Read], vec![StockOp::Restock { quantity: 1 }, BUY]],
        ..Setup::new(strategy_named("watch"), 0, 1)
    });
    setups
}

#[test]
fn the_search_sees_what_the_checkers_of_stateright_see() {
    for setup in setups() {
        for symmetric in [false, true] {
            let setup = Setup {
                symmetric,
                ..setup.clone()
            };
            let unlimited = Limits {
                after_violation: usize::MAX,
                ..Limits::default()
            };
            let model = Interleavings::new(setup.clone()).unwrap();
            let found = explore(&model, &unlimited, |_| ControlFlow::Continue(())).unwrap();
            if model.was_wrongly_symmetric() {
                continue;
            }
            assert!(found.stopped.is_none());
            let checker = Interleavings::new(setup.clone()).unwrap().checker().spawn_bfs().join();
            for (property, verdict) in &found.verdicts {
                if *property == Property::EveryoneFinishes {
                    continue;
                }
                let theirs = checker.discovery(property.name()).map(|path| path.into_actions().len());
                let ours = match verdict {
                    Verdict::Violated(schedule) => Some(schedule.len()),
                    _ => None,
                };
                assert_eq!(ours.is_some(), theirs.is_some(), "{setup:?}: {property}");
                // Of several discoveries at different depths theirs keeps the last one, ours the first.
                assert!(
                    ours <= theirs,
                    "{setup:?}: {property} after {ours:?} and {theirs:?} steps"
                );
            }
            let depth_first = Interleavings::new(setup.clone())
                .unwrap()
                .checker()
                .threads(2)
                .spawn_dfs()
                .join();
            for unique in [checker.unique_state_count(), depth_first.unique_state_count()] {
                assert_eq!(unique as u64, found.progress.unique_states, "{setup:?}");
            }
        }
    }
}

#[test]
fn exchanging_clients_changes_no_verdict() {
    for setup in setups() {
        let outcome = |symmetric| {
            let setup = Setup {
                symmetric,
                ..setup.clone()
            };
            let model = Interleavings::new(setup).unwrap();
            let found = explore(&model, &Limits::default(), |_| ControlFlow::Continue(())).unwrap();
            let lengths: Vec<(Property, Option<usize>)> = found
                .verdicts
                .iter()
                .map(|(property, verdict)| match verdict {
                    Verdict::Violated(schedule) => (*property, Some(schedule.len())),
                    _ => (*property, None),
                })
                .collect();
            (!model.was_wrongly_symmetric()).then_some((lengths, found.stopped.is_none()))
        };
        if let Some(with) = outcome(true) {
            assert_eq!(outcome(false), Some(with), "{setup:?}");
        }
    }
}

/// Every path to an end, with the last state.
fn paths(
    model: &Interleavings,
    state: &State,
    path: &mut Vec<Action>,
    found: &mut Vec<(Vec<Action>, State)>,
    most: usize,
) {
    if found.len() >= most {
        return;
    }
    if state.is_over() {
        found.push((path.clone(), state.clone()));
        return;
    }
    for action in model.possible(state) {
        // Attempts in vain can go on for ever.
        if path.len() < 14
            && let Some(next) = model.after(state, action)
            && next != *state
        {
            path.push(action);
            paths(model, &next, path, found, most);
            path.pop();
        }
    }
}

/// Does stateright's tester find an order for what was told in these steps?
fn tester_agrees(setup: &Setup, steps: &[Step]) -> bool {
    let sales = Sales::new(setup.stock, setup.limit.unwrap_or(u64::MAX));
    let mut tester = LinearizabilityTester::new(oversell_spec::Adapted(sales));
    // A thread that never heard of its operation says nothing more: its client goes on as another.
    let mut thread: Vec<usize> = (0..8).collect();
    let mut units: Vec<String> = Vec::new();
    let mut failed: BTreeSet<usize> = BTreeSet::new();
    let mut operation = [None; 8];
    for (place, step) in steps.iter().enumerate() {
        if let (Some(client), Some(_)) = (step.client, step.begins) {
            operation[client] = Some(place);
        }
        if let (Some(client), true) = (step.client, step.without_effect)
            && let Some(begun) = operation[client]
        {
            failed.insert(begun);
        }
    }
    let mut skipping = [false; 8];
    for (place, step) in steps.iter().enumerate() {
        let Some(client) = step.client else { continue };
        if let Some(op) = step.begins {
            skipping[client] = failed.contains(&place);
            if !skipping[client] {
                let buyer = step.buyer.as_ref().map(|_| Buyer(setup.buyer(client).into()));
                tester.on_invoke(thread[client], SalesOp { op, buyer }).unwrap();
            }
        }
        if let Some(answer) = step.answer.as_ref().filter(|_| !skipping[client]) {
            let ret = answer.told(|unit| {
                units.push(unit.to_string());
                let place = units.iter().position(|known| known == unit).unwrap();
                Unit(place as u32)
            });
            match ret {
                Some(ret) => drop(tester.on_return(thread[client], ret).unwrap()),
                None => thread[client] += 100,
            }
        }
    }
    tester.is_consistent()
}

#[test]
fn monitor_tester_and_checker_agree_on_every_history() {
    let mut histories = 0;
    let mut wrong = 0;
    let mut all = setups();
    for name in ["one-each", "sismember-sadd"] {
        all.extend([0, 1, 3].map(|stock| Setup::new(strategy_named(name), 3, stock)));
        let twice = Setup {
            clients: vec![vec![BUY, BUY], vec![BUY, StockOp::Read]],
            ..Setup::new(strategy_named(name), 0, 2)
        };
        all.extend([Fault::LostReply, Fault::Eviction].map(|fault| twice.clone().with(fault)));
        all.push(twice);
    }
    for name in ["naive", "get-set", "lpop", "watch", "decr-compensate"] {
        let restock = StockOp::Restock { quantity: 1 };
        for clients in [
            vec![vec![BUY], vec![BUY], vec![StockOp::Read]],
            vec![vec![BUY, BUY], vec![restock, BUY]],
            vec![vec![BUY, StockOp::Read], vec![restock], vec![BUY]],
        ] {
            all.push(Setup {
                clients,
                ..Setup::new(strategy_named(name), 0, 1)
            });
        }
    }
    for setup in all {
        let setup = Setup {
            symmetric: false,
            ..setup
        };
        let model = Interleavings::new(setup.clone()).unwrap();
        let mut found = Vec::new();
        paths(&model, model.first(), &mut Vec::new(), &mut found, 150);
        for (path, last) in found {
            let steps = narrate(&setup, &path).unwrap();
            let monitor = last.wrong().is_none();
            let checker = match verdict_on(&setup, &steps) {
                Judged::Linearizable => true,
                Judged::Violation => false,
                Judged::Undecided => panic!("undecided"),
            };
            assert_eq!(monitor, checker, "{setup:?} {steps:#?}");
            assert_eq!(monitor, tester_agrees(&setup, &steps), "{setup:?} {steps:#?}");
            histories += 1;
            wrong += u32::from(!monitor);
        }
    }
    assert!(histories > 4_000 && wrong > 500, "{wrong} of {histories}");
}

#[test]
fn an_undecided_proof_is_no_proof() {
    let proven = Proof::of(strategy_named("watch"))
        .clients(4)
        .limit_states(50)
        .run()
        .unwrap();
    assert_eq!(proven.conclusion(), Conclusion::Undecided);
    assert!(proven.undecided().unwrap().ends_with("different states were looked at"));
    let crowd = Proof::of(strategy_named("watch")).clients(12).stock(6).run().unwrap();
    assert_eq!(crowd.conclusion(), Conclusion::Undecided);
    assert!(crowd.undecided().unwrap().starts_with("too many operations"));
}

/// Which promises a run breaks, found by counting and with the checker of histories.
fn broken_in(setup: &Setup, steps: &[Step], last: &State) -> BTreeSet<Property> {
    let stock = setup.stock;
    let mut broken = BTreeSet::new();
    let violates = |steps: &[Step]| verdict_on(setup, steps) == Judged::Violation;
    let (mut told, mut unknown) = (0, 0);
    let mut open = BTreeMap::new();
    let mut each = BTreeMap::new();
    for (place, step) in steps.iter().enumerate() {
        let Some(client) = step.client else { continue };
        if let Some(StockOp::Buy { quantity }) = step.begins {
            open.insert(client, quantity);
        }
        let crashed = matches!(step.action, Action::Crash(_) | Action::CrashAfter(_));
        let asked = if crashed || step.answer.is_some() {
            open.remove(&client)
        } else {
            None
        };
        let Some(asked) = asked else { continue };
        match &step.answer {
            Some(Answer::Purchase(Purchase::Bought { .. })) => {
                told += asked;
                let has = each.entry(setup.buyer(client)).or_insert(0);
                *has += asked;
                if setup.limit.is_some_and(|limit| *has > limit) {
                    broken.insert(Property::LimitPerBuyer);
                }
            }
            Some(Answer::Purchase(Purchase::SoldOut)) => {
                let gone = told + unknown + open.values().sum::<u64>();
                let first = violates(&steps[..=place]) && !violates(&steps[..place]);
                if first || gone + asked <= stock {
                    broken.insert(Property::SoldOutIsTrue);
                }
            }
            _ if step.without_effect => {}
            _ => unknown += asked,
        }
        if told > stock {
            broken.insert(Property::NeverOversold);
        }
    }
    let senseless = violates(steps);
    if senseless {
        broken.insert(Property::Linearizable);
    }
    let left = steps.last().and_then(|step| step.stock).filter(|_| last.is_over());
    if let (Some(left), Some(step)) = (left, steps.last()) {
        // Somebody who looks when all is over.
        let reader = Step {
            action: Action::Step(7),
            client: Some(7),
            begins: Some(StockOp::Read),
            answer: Some(Answer::Stock(left)),
            ..step.clone()
        };
        let missing = stock as i64 - left - told as i64 - unknown as i64 > 0;
        if if senseless {
            missing
        } else {
            violates(&[steps, &[reader]].concat())
        } {
            broken.insert(Property::NoUnitLeaked);
        }
    }
    broken
}

#[test]
fn each_promise_is_broken_if_some_run_breaks_it() {
    let two = |name: &str| Setup::new(strategy_named(name), 2, 1);
    let buy = |quantity| vec![StockOp::Buy { quantity }];
    let liar = |sells: u64| {
        let liar = strategy::from_fn(
            "liar",
            async move |con: &mut AnyConnection<'_>, cx: &Context<'_>, _: u64| -> RedisResult<Purchase> {
                let left: u64 = con.get(cx.key()).await?;
                if left < 2 {
                    return Ok(Purchase::SoldOut);
                }
                let _: i64 = con.decr(cx.key(), sells).await?;
                Ok(Purchase::bought_leaving(99))
            },
        );
        Setup::new(Arc::new(liar), 2, 3)
    };
    let mut setups = vec![
        two("naive"),
        two("get-set"),
        Setup::new(strategy_named("naive"), 3, 2),
        Setup {
            clients: vec![buy(2), buy(1), buy(1)],
            ..Setup::new(strategy_named("decr-compensate"), 0, 2)
        },
        two("decr-compensate").with(Fault::Crash),
        two("decr-compensate").with(Fault::Eviction),
        two("retry-on-timeout").with(Fault::LostReply),
        two("lpop").with(Fault::Eviction),
        two("lpop").with(Fault::Failover),
        two("lua").with(Fault::Failover),
        two("one-each").with(Fault::Failover),
    ];
    setups.extend((1..=3).map(liar));
    setups.extend((0..3).map(|stock| Setup::new(strategy_named("sismember-sadd"), 3, stock)));
    let mut seen = BTreeSet::new();
    for setup in setups {
        let setup = Setup {
            symmetric: false,
            ..setup
        };
        let model = Interleavings::new(setup.clone()).unwrap();
        let unlimited = Limits {
            after_violation: usize::MAX,
            ..Limits::default()
        };
        let found = explore(&model, &unlimited, |_| ControlFlow::Continue(())).unwrap();
        let ours: BTreeSet<Property> = found
            .verdicts
            .iter()
            .filter(|(_, verdict)| matches!(verdict, Verdict::Violated(_)))
            .map(|(property, _)| *property)
            .collect();
        let mut all = Vec::new();
        paths(&model, model.first(), &mut Vec::new(), &mut all, 100_000);
        let mut theirs = BTreeSet::new();
        for (path, last) in all {
            theirs.extend(broken_in(&setup, &narrate(&setup, &path).unwrap(), &last));
        }
        assert_eq!(ours, theirs, "{setup:?}");
        seen.extend(ours);
    }
    assert_eq!(
        seen.len(),
        Property::ALL.len() - 1,
        "all but `everyone-finishes`: {seen:?}"
    );
}
