//! Confirms certificates.

use std::{collections::HashMap, io::BufRead};

use super::{
    claim::Claim,
    digest::digest,
    error::{CertificateError, Wrong},
    format::{FORMAT, Header, Key, KeyKind, Named, Sort, VERSION, What},
    lines::Lines,
    places::Places,
    rules::{Outcome, Provable, confirm},
    write::total,
};
use crate::each;
use crate::history::{Excerpt, History, Operation, the_key, visible};

/// What came of verifying a certificate in which nothing is wrong.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was confirmed of each key, in the order of the history's.
    pub keys: Vec<KeyOutcome>,
}

/// What was confirmed of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyOutcome {
    /// The order explains every answer.
    Linearizable,
    /// There is no such order.
    Violation {
        /// The rule that shows it.
        rule: &'static str,
        /// What sort of wrong it is, as the certificate says. Not confirmed, as nothing depends on it.
        kind: String,
        /// The same in words, as the certificate says.
        explanation: String,
    },
    /// Nothing: the certificate speaks of a violation, but has no claim that could be confirmed.
    NotCertified,
    /// Nothing: it takes more configurations than are allowed.
    TooLarge {
        /// The rule.
        rule: &'static str,
    },
    /// Nothing: the checker did not decide it, because of this limit.
    Undecided(String),
}

impl Report {
    /// Is every key confirmed to be linearizable?
    #[must_use]
    pub fn is_linearizable(&self) -> bool {
        self.keys.iter().all(|key| *key == KeyOutcome::Linearizable)
    }

    /// Is some key confirmed not to be linearizable? Then the history is not.
    #[must_use]
    pub fn is_violation(&self) -> bool {
        self.keys.iter().any(|key| matches!(key, KeyOutcome::Violation { .. }))
    }
}

/// Holds the certificate called `file` against `history`.
///
/// Linear in both for witnesses; for a claim, up to a fixed number of configurations.
///
/// # Errors
/// When the certificate cannot be read, is about another history, or says something that is not so.
pub fn verify(history: &History, file: &str, certificate: impl BufRead) -> Result<Report, CertificateError> {
    let mut lines = Lines::new(file, certificate);
    let verdict = header(history, &mut lines)?;
    let mut outcomes = vec![None; history.keys()];
    let mut kinds = Vec::new();
    let mut left: HashMap<&str, usize> = (0..history.keys()).map(|index| (history.key(index), index)).collect();
    for number in 0..history.keys() {
        let expected = || {
            let next = (number..history.keys())
                .chain(0..number)
                .map(|index| history.key(index));
            let next = next.clone().find(|name| left.contains_key(name));
            let next = next.map_or_else(String::new, the_key);
            format!("the verdict on {next}: {{\"key\":…,\"verdict\":…}}")
        };
        let key: Key = lines.read(expected)?;
        let Some(&index) = left.get(key.key.as_str()) else {
            return Err(lines.error(Wrong::Line {
                found: the_key(&key.key),
                expected: expected(),
            }));
        };
        left.remove(key.key.as_str());
        kinds.push(key.what.kind());
        outcomes[index] = Some(match key.what {
            What::Linearizable { order } => {
                each!(&history.body, S: keys => {
                    follow(&mut lines, S::start(&keys[index].initial), &keys[index].operations, order)
                })?;
                KeyOutcome::Linearizable
            }
            What::Violation { claim: None, .. } => KeyOutcome::NotCertified,
            What::Violation {
                kind,
                explanation,
                claim: Some(claim),
            } => {
                let rule = claim.rule();
                let claim = identify(history, index, claim).map_err(|wrong| lines.error(wrong))?;
                match confirm(history, index, &claim) {
                    Outcome::Confirmed => KeyOutcome::Violation {
                        rule,
                        kind,
                        explanation,
                    },
                    Outcome::TooLarge => KeyOutcome::TooLarge { rule },
                    Outcome::Refuted => return Err(lines.error(Wrong::Claim { rule })),
                }
            }
            What::Undecided { limit } => KeyOutcome::Undecided(limit),
        });
    }
    lines.end()?;
    let expected = total(kinds.into_iter());
    if verdict != expected {
        let (found, expected) = (verdict.name(), expected.name());
        return Err(lines.error(Wrong::Verdict { found, expected }));
    }
    Ok(Report {
        keys: outcomes.into_iter().flatten().collect(),
    })
}

/// Reads the header; it must be about this history. Returns the verdict.
fn header(history: &History, lines: &mut Lines<impl BufRead>) -> Result<KeyKind, CertificateError> {
    let header = || format!("the header of a certificate: {{\"format\":\"{FORMAT}\",\"version\":{VERSION},…}}");
    let sort: Sort = lines.read(header)?;
    if sort.format.as_str() != Some(FORMAT) {
        let found = lines.excerpt();
        return Err(lines.error(Wrong::NotACertificate(format!("`{found}`"))));
    }
    if let Some(version) = sort.version.as_u64().filter(|&version| version != VERSION) {
        return Err(lines.error(Wrong::Version(version)));
    }
    let found: Header = lines.again().map_err(|error| {
        lines.error(Wrong::Line {
            found: visible(&error.to_string()).into_owned(),
            expected: header(),
        })
    })?;
    let same = |what, found: String, expected: String| {
        if found == expected {
            Ok(())
        } else {
            let found = Excerpt::new(&found).to_string();
            Err(lines.error(Wrong::OtherHistory { what, found, expected }))
        }
    };
    same("the specification", found.spec, history.header.spec.name().to_string())?;
    same("the number of keys", found.keys.to_string(), history.keys().to_string())?;
    same(
        "the number of operations",
        found.operations.to_string(),
        history.operations().to_string(),
    )?;
    same("the digest", found.digest, digest(history))?;
    Ok(found.verdict)
}

/// The operations that a claim names, found in the history.
fn identify(history: &History, key: usize, claim: Claim<Named>) -> Result<Claim<usize>, Wrong> {
    each!(&history.body, keys => {
        let operations = &keys[key].operations;
        let places = Places::of(operations);
        claim.rename(|found| find(&places, operations, found))
    })
}

/// The operation that is named so.
fn find<Op, Ret>(places: &Places, operations: &[Operation<Op, Ret>], found: Named) -> Result<usize, Wrong> {
    let place = usize::try_from(found.operation).unwrap_or(usize::MAX);
    let index = places.index(place);
    let expected = index.and_then(|index| Some(Named::of(place, operations.get(index)?)));
    match index.filter(|_| expected == Some(found)) {
        Some(index) => Ok(index),
        None => Err(Wrong::OtherOperation {
            place: found.operation,
            found,
            expected,
        }),
    }
}

/// Follows an order line by line: each completed operation must stand in it once, an indeterminate one at most once; real
/// time must be kept, and the specification must accept every answer. Linear time, and a bit of memory an operation.
fn follow<S: Provable>(
    lines: &mut Lines<impl BufRead>,
    mut state: S,
    operations: &[Operation<S::Op, S::Ret>],
    order: u64,
) -> Result<(), CertificateError> {
    let places = Places::of(operations);
    let name = |index: usize| Named::of(places.place(index), &operations[index]);
    let mut done = vec![false; operations.len()];
    // Of all that came before, the one invoked last: if any of them was invoked too late, it was.
    let mut latest: Option<usize> = None;
    for _ in 0..order {
        let found: Named =
            lines.read(|| "an operation of the order: {\"operation\":…,\"process\":…,\"invoked\":…}".to_string())?;
        let place = find(&places, operations, found).map_err(|wrong| lines.error(wrong))?;
        let operation = &operations[place];
        if std::mem::replace(&mut done[place], true) {
            return Err(lines.error(Wrong::Twice(found)));
        }
        match latest {
            Some(earlier) if operations[earlier].invoked > operation.returned() => {
                return Err(lines.error(Wrong::Order {
                    earlier: name(earlier),
                    later: found,
                }));
            }
            Some(earlier) if operations[earlier].invoked >= operation.invoked => {}
            _ => latest = Some(place),
        }
        match &operation.response {
            Some(response) if !state.is_valid_step(&operation.op, &response.ret) => {
                return Err(lines.error(Wrong::Refused(found)));
            }
            Some(_) => {}
            None => {
                state.invoke(&operation.op);
            }
        }
    }
    match (0..operations.len()).find(|&place| operations[place].response.is_some() && !done[place]) {
        Some(missing) => Err(lines.error(Wrong::Missing(name(missing)))),
        None => Ok(()),
    }
}
