//! What rules confirm is so: held against brute force, for every claim there can be.

use std::collections::BTreeMap;

use oversell_checker::{
    certificate::{Claim, End, Hints, Outcome, Shown, confirm, find},
    engines::{Verdict, brute_force, families::small},
    history::{
        Body, Header, History, KeyHistory, KvHistory, KvOperation, Operation, RegisterHistory, RegisterOperation,
        Response, Spec,
    },
};
use oversell_spec::SequentialSpec;
use oversell_spec::{
    Kv, Register, Stock,
    kv::KvOp,
    register::{RegisterOp, RegisterRet},
};
use rand::{RngExt, SeedableRng, rngs::SmallRng};

use super::{operations, stock, verify, written};
use crate::history::without_units;

/// Every claim about these operations.
fn every_claim<Op, Ret>(operations: &[Operation<Op, Ret>]) -> Vec<Claim<usize>> {
    let count = operations.len();
    // One more than there are: an operation that is not there.
    let places: Vec<Option<usize>> = (0..=count).map(Some).chain([None]).collect();
    let times = (0..70).map(End::Time);
    let mut claims = Vec::new();
    for &from in &places {
        claims.extend(places.iter().map(|&to| Claim::Window { from, to }));
        let ends = times.clone().chain((0..=count).map(End::At));
        claims.extend(ends.map(|to| Claim::Stretch { from, to }));
        let pairs = from
            .into_iter()
            .flat_map(|first| (0..=count).map(move |second| (first, second)));
        claims.extend(pairs.clone().map(|(first, second)| Claim::SameUnit { first, second }));
        claims.extend(pairs.map(|(append, get)| Claim::MissingAppend { append, get }));
        claims.extend((0..=count).map(|second| Claim::Forked { first: from, second }));
        claims.extend((0..=count).map(|needy| Claim::Absent { needy, since: from }));
    }
    let shown = || {
        let places = places
            .iter()
            .flat_map(|&first| (0..=count).map(move |last| (first, last)));
        places.map(|(first, last)| Shown { first, last })
    };
    claims.extend(shown().flat_map(|one| shown().map(move |other| Claim::Interleaved { one, other })));
    claims
}

fn is_violation<S>(initial: &S, operations: &[Operation<S::Op, S::Ret>]) -> bool
where
    S: SequentialSpec + Clone + Eq + std::hash::Hash,
{
    match brute_force(initial, operations) {
        Verdict::Linearizable(_) => false,
        Verdict::Violation(_) => true,
        Verdict::Undecided(_) => panic!("small enough for brute force"),
    }
}

const WHOLE: Claim<usize> = Claim::Window { from: None, to: None };

#[test]
fn no_claim_on_a_linearizable_counter_is_confirmed_and_the_whole_window_decides() {
    let mut random = SmallRng::seed_from_u64(1);
    let mut seen = [0; 2];
    let mut confirmed: BTreeMap<&str, u64> = BTreeMap::new();
    for _ in 0..6_000 {
        let (initial, drafted) = small::random(&mut random, 8);
        let history = stock(initial, &drafted);
        let wrong = is_violation(&Stock::new(initial), operations(&history));
        seen[usize::from(wrong)] += 1;
        for claim in every_claim(operations(&history)) {
            if confirm(&history, 0, &claim) == Outcome::Confirmed {
                assert!(
                    wrong,
                    "{claim:?} of a linearizable history: {initial} units, {:#?}",
                    operations(&history)
                );
                *confirmed.entry(claim.rule()).or_default() += 1;
            }
        }
        // Units are left out of windows; there is a rule of their own for them.
        let found = find(&history, 0, &Hints::default());
        assert_eq!(found.is_some(), wrong, "{initial} units, {:#?}", operations(&history));
    }
    println!("{seen:?} linearizable and violating; claims confirmed by rule: {confirmed:?}");
    assert!(seen.iter().all(|&seen| seen > 500), "{seen:?}");
    assert_eq!(confirmed.len(), 3, "{confirmed:?}");
}

#[test]
fn certificates_of_random_histories_are_confirmed_with_the_verdict_of_brute_force() {
    let mut random = SmallRng::seed_from_u64(2);
    let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
    for _ in 0..1_500 {
        let (initial, drafted) = small::random(&mut random, 12);
        let history = stock(initial, &drafted);
        let wrong = is_violation(&Stock::new(initial), operations(&history));
        let report = verify(&history, &written(&history)).unwrap();
        assert_eq!(
            (report.is_linearizable(), report.is_violation()),
            (!wrong, wrong),
            "{report:?}: {initial} units, {:#?}",
            operations(&history)
        );
        if let oversell_checker::certificate::KeyOutcome::Violation { rule, .. } = &report.keys[0] {
            *rules.entry(rule).or_default() += 1;
        }
    }
    println!("violations confirmed, by rule: {rules:?}");
    assert!(
        rules.contains_key("stretch") && rules.contains_key("window"),
        "{rules:?}"
    );
}

/// Clients that do one thing after the other, with the answers of random instants; some answers are spoilt or lost.
fn clients<S>(
    random: &mut SmallRng,
    mut state: S,
    ask: impl Fn(&mut SmallRng) -> S::Op,
    spoil: impl Fn(&mut SmallRng, S::Ret) -> S::Ret,
) -> Vec<Operation<S::Op, S::Ret>>
where
    S: SequentialSpec,
{
    let mut drafts: Vec<_> = (0..random.random_range(1..9))
        .map(|process| {
            let instant = random.random_range(0..20u64);
            let (before, after) = (random.random_range(0..5), random.random_range(0..5));
            (instant, process, instant.saturating_sub(before), instant + after)
        })
        .collect();
    drafts.sort_unstable();
    let mut operations: Vec<_> = drafts
        .into_iter()
        .map(|(_, process, invoked, at)| {
            let op = ask(random);
            let ret = state.invoke(&op);
            let ret = if random.random_range(0..8) == 0 {
                spoil(random, ret)
            } else {
                ret
            };
            let response = (random.random_range(0..10) > 0).then_some(Response { at, ret });
            Operation {
                process,
                invoked,
                op,
                response,
            }
        })
        .collect();
    operations.sort_by_key(|operation| operation.invoked);
    operations
}

fn agrees<S>(
    initial: &S,
    history: &History,
    operations: &[Operation<S::Op, S::Ret>],
    confirmed: &mut BTreeMap<&str, u64>,
) -> bool
where
    S: SequentialSpec<Op: std::fmt::Debug, Ret: std::fmt::Debug> + Clone + Eq + std::hash::Hash,
{
    let wrong = is_violation(initial, operations);
    for claim in every_claim(operations) {
        let outcome = confirm(history, 0, &claim);
        assert!(wrong || outcome != Outcome::Confirmed, "{claim:?}: {operations:#?}");
        *confirmed.entry(claim.rule()).or_default() += u64::from(outcome == Outcome::Confirmed);
        if claim == WHOLE {
            assert_eq!(outcome == Outcome::Confirmed, wrong, "{operations:#?}");
        }
    }
    let report = verify(history, &written(history)).unwrap();
    assert_eq!(
        (report.is_linearizable(), report.is_violation()),
        (!wrong, wrong),
        "{operations:#?}"
    );
    wrong
}

fn body<Op, Ret>(operations: &[Operation<Op, Ret>], initial: &str) -> KeyHistory<Op, Ret, String>
where
    Operation<Op, Ret>: Clone,
{
    let mut key = KeyHistory::new("k", initial.to_string());
    key.operations = operations.to_vec();
    key
}

#[test]
fn no_claim_on_a_linearizable_register_is_confirmed_and_the_whole_window_decides() {
    let mut random = SmallRng::seed_from_u64(3);
    let mut seen = [0; 2];
    let mut confirmed = BTreeMap::new();
    for round in 0..1_500 {
        // With few values, each is written more than once.
        let value = |random: &mut SmallRng| random.random_range(0..3 + round % 9u16).to_string();
        let operations: Vec<RegisterOperation> = clients(
            &mut random,
            Register("0".to_string()),
            |random| match random.random_range(0..3) {
                0 => RegisterOp::Read,
                1 => RegisterOp::Write(value(random)),
                _ => RegisterOp::Cas(value(random), value(random)),
            },
            |random, ret| match ret {
                RegisterRet::Value(_) => RegisterRet::Value(value(random)),
                ret => ret,
            },
        );
        let key: RegisterHistory = body(&operations, "0");
        let history = without_units(Header::new(Spec::Register, "0"), Body::Register(vec![key]));
        let wrong = agrees(&Register("0".to_string()), &history, &operations, &mut confirmed);
        seen[usize::from(wrong)] += 1;
    }
    assert!(seen.iter().all(|&seen| seen > 50), "{seen:?}");
    println!("claims confirmed by rule: {confirmed:?}");
    for rule in ["window", "absent", "interleaved"] {
        assert!(confirmed[rule] > 20, "{confirmed:?}");
    }
}

#[test]
fn no_claim_on_a_linearizable_key_value_store_is_confirmed_and_the_whole_window_decides() {
    let mut random = SmallRng::seed_from_u64(4);
    let mut seen = [0; 2];
    let mut confirmed = BTreeMap::new();
    for _ in 0..1_500 {
        let operations: Vec<KvOperation> = clients(
            &mut random,
            Kv::default(),
            |random| match random.random_range(0..5) {
                0 | 1 => KvOp::Get,
                2 => KvOp::Put(random.random_range(0..2u8).to_string()),
                _ => KvOp::Append(random.random_range(0..6u8).to_string()),
            },
            |_, ret| match ret {
                oversell_spec::kv::KvRet::Value(value) => {
                    oversell_spec::kv::KvRet::Value(value.chars().skip(1).collect())
                }
                ret => ret,
            },
        );
        let key: KvHistory = body(&operations, "");
        let history = without_units(Header::new(Spec::Kv, ""), Body::Kv(vec![key]));
        seen[usize::from(agrees(&Kv::default(), &history, &operations, &mut confirmed))] += 1;
    }
    assert!(seen.iter().all(|&seen| seen > 50), "{seen:?}");
    println!("claims confirmed by rule: {confirmed:?}");
    for rule in ["window", "absent", "missing-append", "forked"] {
        assert!(confirmed[rule] > 20, "{confirmed:?}");
    }
}
