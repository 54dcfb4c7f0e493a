//! Small histories of registers and of keys of a store, about half of them linearizable, as [`small`](super::small) has them of
//! counters: the specification answers drafts in the order of their instants, then a twist spoils some answers.

use oversell_spec::SequentialSpec;
use oversell_spec::{
    Kv, Register,
    kv::{KvOp, KvRet},
    register::{RegisterOp, RegisterRet},
};
use rand::{Rng, RngExt};

use crate::history::{KvOperation, Operation, RegisterOperation, Response};

/// What happens to the answer of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twist {
    /// Nothing.
    None,
    /// What it reads is the value with this number; a compare-and-set is told the opposite.
    Other(u8),
    /// It is told what was true before the last operation that changed something.
    Stale,
    /// It is told that it was done, and was not.
    Void,
    /// Its interval lies later than its instant, by this much.
    Later(u8),
}

/// What is asked: of a register, and in brackets of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Read (get).
    Look,
    /// Write (put).
    Set,
    /// Compare and set (append).
    Change,
}

/// One operation to be.
#[derive(Clone, Copy, Debug)]
pub struct Draft {
    /// When it takes effect.
    pub instant: u8,
    /// How long before it was invoked.
    pub before: u8,
    /// How long after it returned.
    pub after: u8,
    /// What is asked.
    pub ask: Ask,
    /// The number of the value that is written, put, appended, or set.
    pub value: u8,
    /// The number of the value that is compared with.
    pub expected: u8,
    /// Is the answer lost? And if so, did it take effect?
    pub lost: Option<bool>,
    /// What is spoilt.
    pub twist: Twist,
}

/// The texts that are put and appended, by number. What two of the first make, another one is.
const TEXTS: [&str; 16] = [
    "a", "b", "ab", "", "ba", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m",
];

fn text(number: u8) -> String {
    TEXTS[usize::from(number) % TEXTS.len()].to_string()
}

/// The history of `drafts` on a register that holds `"0"` at first.
#[must_use]
pub fn register(drafts: &[Draft]) -> Vec<RegisterOperation> {
    let value = |number: u8| number.to_string();
    let op = |draft: &Draft| match draft.ask {
        Ask::Look => RegisterOp::Read,
        Ask::Set => RegisterOp::Write(value(draft.value)),
        Ask::Change => RegisterOp::Cas(value(draft.expected), value(draft.value)),
    };
    history(Register(value(0)), drafts, op, |op, ret, other| match (op, ret) {
        (RegisterOp::Cas(..), RegisterRet::Done) => RegisterRet::Mismatch,
        (RegisterOp::Cas(..), _) => RegisterRet::Done,
        (_, RegisterRet::Value(_)) => RegisterRet::Value(value(other)),
        (_, ret) => ret,
    })
}

/// The history of `drafts` on a key that is empty at first.
#[must_use]
pub fn kv(drafts: &[Draft]) -> Vec<KvOperation> {
    let op = |draft: &Draft| match draft.ask {
        Ask::Look => KvOp::Get,
        Ask::Set => KvOp::Put(text(draft.value)),
        Ask::Change => KvOp::Append(text(draft.value)),
    };
    history(Kv::default(), drafts, op, |_, ret, other| match ret {
        KvRet::Value(got) if other % 2 == 0 => KvRet::Value(got + &text(other / 2)),
        KvRet::Value(_) => KvRet::Value(text(other / 2)),
        KvRet::Done => KvRet::Done,
    })
}

fn history<S>(
    mut state: S,
    drafts: &[Draft],
    op: impl Fn(&Draft) -> S::Op,
    other: impl Fn(&S::Op, S::Ret, u8) -> S::Ret,
) -> Vec<Operation<S::Op, S::Ret>>
where
    S: SequentialSpec + Clone + PartialEq,
{
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_by_key(|&index| drafts[index].instant);
    let mut before = state.clone();
    let mut operations: Vec<_> = order
        .into_iter()
        .map(|index| {
            let draft = &drafts[index];
            let op = op(draft);
            let mut next = state.clone();
            let ret = next.invoke(&op);
            let ret = match draft.twist {
                Twist::Other(number) => other(&op, ret, number),
                Twist::Stale => before.clone().invoke(&op),
                Twist::None | Twist::Void | Twist::Later(_) => ret,
            };
            if draft.lost != Some(false) && draft.twist != Twist::Void && next != state {
                before = std::mem::replace(&mut state, next);
            }
            let moved = u64::from(draft.instant)
                + if let Twist::Later(by) = draft.twist {
                    u64::from(by)
                } else {
                    0
                };
            let operation = Operation {
                process: index as i64,
                invoked: moved.saturating_sub(u64::from(draft.before)),
                op,
                response: draft.lost.is_none().then(|| Response {
                    at: moved + u64::from(draft.after),
                    ret,
                }),
            };
            (index, operation)
        })
        .collect();
    operations.sort_by_key(|(index, _)| *index);
    operations.into_iter().map(|(_, operation)| operation).collect()
}

/// Random drafts, at most `most`.
pub fn random(random: &mut impl Rng, most: usize) -> Vec<Draft> {
    let mut pick = |choices: &[u8]| choices[random.random_range(0..choices.len())];
    let (looks, changes) = (pick(&[20, 40, 60]), pick(&[0, 0, 15, 40]));
    // 0: each has a value of its own.
    let values = pick(&[0, 0, 2, 3, 5]);
    let (lost, twists) = (pick(&[0, 0, 10, 40]), pick(&[0, 10, 25, 50]));
    let (span, reach) = (pick(&[8, 20, 60]), pick(&[1, 4, 12]));
    let count = random.random_range(1..=most);
    let mut draft = |number: u8| {
        let mut below = |most: u8| random.random_range(0..most);
        let value = |below: u8| if values == 0 { number + 1 } else { below % values };
        Draft {
            instant: below(span),
            before: below(reach + 1),
            after: below(reach + 1),
            ask: match below(100) {
                share if share < looks => Ask::Look,
                share if share < looks + changes => Ask::Change,
                _ => Ask::Set,
            },
            value: value(below(60)),
            expected: below(if values == 0 { most.min(250) as u8 + 1 } else { values }),
            lost: (below(100) < lost).then_some(below(2) == 0),
            twist: match below(4) {
                _ if below(100) >= twists => Twist::None,
                0 => Twist::Other(below(12)),
                1 => Twist::Stale,
                2 => Twist::Void,
                _ => Twist::Later(below(span) + 1),
            },
        }
    };
    (0..count).map(|number| draft((number % 250) as u8)).collect()
}
