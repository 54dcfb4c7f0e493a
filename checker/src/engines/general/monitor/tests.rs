//! What is decided without all pasts, against brute force. Under test so few pasts are kept, and the windows are so short, that
//! small histories are enough for it.

use std::fmt::Debug;

use oversell_spec::{Kv, Register};
use rand::{RngExt, SeedableRng, rngs::SmallRng};

use super::{Followed, Monitor, Way};
use crate::{
    engines::{
        Limits, Watched,
        families::{
            small_values,
            streamed::{Streamed, feed},
            truth::{Truth, told},
        },
    },
    history::Operation,
};

/// How a history was decided.
#[derive(Debug, Default)]
struct Count {
    /// Without all pasts: these passed, these were violations, these were not decided.
    passed: u32,
    violations: u32,
    undecided: u32,
    /// These were violations with the very answer that makes them one.
    at_once: u32,
}

/// Feeds it event by event and holds what is known after each answer, and in the end, against brute force.
fn compare<S: Followed + Debug + Eq>(
    initial: &S,
    operations: &[Operation<S::Op, S::Ret>],
    random: &mut SmallRng,
    count: &mut Count,
) where
    S::Op: Debug,
    S::Ret: Debug,
{
    let glances = random.random_bool(0.7);
    let mut without_all = false;
    let knows = |monitor: &mut Monitor<S>| {
        without_all |= matches!(monitor.way, Way::Windows(_));
        let violates = matches!(monitor.watched(), Watched::Violation(_));
        violates || (glances && monitor.is_violation())
    };
    let (found, watched) = feed(Monitor::new(initial, Limits::default()), operations, knows, random);
    let truth = Truth::of(initial, operations);
    let confirmed = truth.confirm_not_before("the monitor", found);
    assert_eq!(confirmed, Ok(()), "from {initial:?} on:\n{}", told(operations));
    match (&watched, truth.is_linearizable()) {
        (Watched::Linearizable, true) => count.passed += u32::from(without_all),
        (Watched::Violation(_), false) => {
            count.violations += u32::from(without_all);
            count.at_once += u32::from(without_all && glances && found == truth.certain_at);
        }
        (Watched::Undecided(_), _) => count.undecided += 1,
        _ => panic!("{watched:?}, from {initial:?} on:\n{}", told(operations)),
    }
}

#[test]
fn what_is_decided_without_all_pasts_agrees_with_brute_force() {
    let mut random = SmallRng::seed_from_u64(43);
    let mut counts = [Count::default(), Count::default()];
    for _ in 0..4_000 {
        let drafts = small_values::random(&mut random, 12);
        let register = Register("0".to_string());
        compare(&register, &small_values::register(&drafts), &mut random, &mut counts[0]);
        compare(&Kv::default(), &small_values::kv(&drafts), &mut random, &mut counts[1]);
    }
    for count in &counts {
        let decided = count.passed + count.violations;
        assert!(count.passed > 200 && count.violations > 50, "{counts:?}");
        assert!(count.undecided * 10 < decided, "{counts:?}");
        assert!(count.at_once * 4 > count.violations, "{counts:?}");
    }
}
