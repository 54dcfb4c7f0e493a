//! Certificates of one key: a true one is confirmed, a false one is not.

use oversell_checker::{
    certificate::{self, Claim, End, Hints, Proof, Shown},
    engines::{Verdict, families::truth::Disagreement},
    history::{Body, Clock, Header, History, KeyHistory, Operation, Spec, Texts},
};
use rand::{RngExt, rngs::SmallRng};

/// A history of one key, whose operations stand in the order of their invocations.
pub(crate) fn history<Op: Clone, Ret: Clone, Initial>(
    spec: Spec,
    initial: Initial,
    operations: &[Operation<Op, Ret>],
    body: impl FnOnce(Vec<KeyHistory<Op, Ret, Initial>>) -> Body,
) -> History
where
    Initial: Clone + Into<serde_json::Value>,
{
    let mut key = KeyHistory::new("key", initial.clone());
    key.operations = operations.to_vec();
    History {
        header: Header::new(spec, initial),
        clock: Clock::Nanoseconds,
        body: body(vec![key]),
        units: Texts::new(),
    }
}

/// Is the certificate that is made from a true verdict confirmed, and one that says the opposite not?
pub(crate) fn confirm(history: &History, verdict: &Verdict, random: &mut SmallRng) -> Result<(), Disagreement> {
    let claims = |claim| Proof::Violation {
        kind: "not-linearizable".to_string(),
        explanation: "no order explains the answers".to_string(),
        claim,
    };
    match verdict {
        Verdict::Linearizable(order) => {
            let report = verified(history, Proof::Order(&order.0))?;
            let report = report.map_err(|error| format!("the witness's certificate is refused: {error}"))?;
            if !report.is_linearizable() {
                return Err(format!("the witness's certificate: {report:?}"));
            }
            if history.operations() == 0 {
                return Ok(());
            }
            let claim = any(history.operations(), random);
            match verified(history, claims(Some(claim)))? {
                Ok(report) if report.is_violation() => Err(format!("a false claim is confirmed: {claim:?}")),
                _ => Ok(()),
            }
        }
        Verdict::Violation(violation) => {
            let hints = Hints {
                certain_at: violation.certain_at,
                operations: Vec::new(),
            };
            let claim = certificate::find(history, 0, &hints);
            let report = verified(history, claims(claim))?;
            let report = report.map_err(|error| format!("the claim {claim:?} is refused: {error}"))?;
            if !report.is_violation() {
                return Err(format!("the claim {claim:?} is not confirmed: {report:?}"));
            }
            let mut order: Vec<usize> = (0..history.operations()).collect();
            for place in 1..order.len() {
                order.swap(place, random.random_range(0..=place));
            }
            match verified(history, Proof::Order(&order))? {
                Ok(report) => Err(format!("a false order is confirmed: {order:?}: {report:?}")),
                Err(_) => Ok(()),
            }
        }
        Verdict::Undecided(_) => Ok(()),
    }
}

type Verified = Result<certificate::Report, certificate::CertificateError>;

fn verified(history: &History, proof: Proof<'_>) -> Result<Verified, Disagreement> {
    let mut text = Vec::new();
    certificate::write(&mut text, "h.jsonl", history, &[proof]).map_err(|error| error.to_string())?;
    Ok(certificate::verify(history, "c.jsonl", text.as_slice()))
}

/// Some claim about so many operations.
fn any(operations: usize, random: &mut SmallRng) -> Claim<usize> {
    let kind = random.random_range(0..7);
    let mut place = || random.random_range(0..operations);
    let (first, second) = (place(), place());
    let mut maybe = || Some(place()).filter(|place| place % 3 != 0);
    match kind {
        0 => Claim::SameUnit { first, second },
        1 => Claim::Stretch {
            from: maybe(),
            to: End::At(second),
        },
        2 => Claim::Window {
            from: maybe(),
            to: maybe(),
        },
        3 => Claim::Absent {
            needy: first,
            since: maybe(),
        },
        4 => Claim::Interleaved {
            one: Shown {
                first: maybe(),
                last: first,
            },
            other: Shown {
                first: maybe(),
                last: second,
            },
        },
        5 => Claim::MissingAppend {
            append: first,
            get: second,
        },
        _ => Claim::Forked { first: maybe(), second },
    }
}
