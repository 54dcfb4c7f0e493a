//! Writes certificates.

use std::io::{self, Write};

use super::{
    claim::Claim,
    digest::digest,
    format::{FORMAT, Header, Key, KeyKind, Named, VERSION, What},
    places::Places,
};
use crate::each;
use crate::history::History;

/// What is known of one key.
#[derive(Clone, Debug)]
pub enum Proof<'a> {
    /// An order that explains every answer: indices of its operations.
    Order(&'a [usize]),
    /// There is none.
    Violation {
        /// What sort of wrong it is.
        kind: String,
        /// In words.
        explanation: String,
        /// What [`verify()`](super::verify()) is to recompute, see [`find()`](super::find()); `None`: nothing that it could.
        claim: Option<Claim<usize>>,
    },
    /// Not known; the limit that was reached.
    Undecided(String),
}

/// Writes the certificate of the history called `name`: a proof for each key, in their order.
///
/// # Errors
/// When `to` cannot be written, when there is not one proof for each key, or when one names an operation that is not there.
pub fn write(to: &mut dyn Write, name: &str, history: &History, proofs: &[Proof<'_>]) -> io::Result<()> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what.to_string());
    if proofs.len() != history.keys() {
        return Err(invalid("a proof for each key is needed"));
    }
    let kinds = proofs.iter().map(|proof| match proof {
        Proof::Order(_) => KeyKind::Linearizable,
        Proof::Violation { .. } => KeyKind::Violation,
        Proof::Undecided(_) => KeyKind::Undecided,
    });
    line(
        to,
        &Header {
            format: FORMAT.to_string(),
            version: VERSION,
            history: name.to_string(),
            spec: history.header.spec.name().to_string(),
            digest: digest(history),
            operations: history.operations() as u64,
            keys: history.keys() as u64,
            verdict: total(kinds),
            made_by: concat!("oversell ", env!("CARGO_PKG_VERSION")).to_string(),
        },
    )?;
    for (index, proof) in proofs.iter().enumerate() {
        let places = each!(&history.body, keys => Places::of(&keys[index].operations));
        let find = |operation: usize| {
            let place = places.place(operation);
            let named = each!(&history.body, keys => {
                keys[index].operations.get(operation).map(|operation| Named::of(place, operation))
            });
            named.ok_or_else(|| invalid("a proof names an operation that is not there"))
        };
        let what = match proof {
            Proof::Order(order) => What::Linearizable {
                order: order.len() as u64,
            },
            Proof::Violation {
                kind,
                explanation,
                claim,
            } => What::Violation {
                kind: kind.clone(),
                explanation: explanation.clone(),
                claim: claim.map(|claim| claim.rename(find)).transpose()?,
            },
            Proof::Undecided(limit) => What::Undecided { limit: limit.clone() },
        };
        let key = history.key(index).to_string();
        line(to, &Key { key, what })?;
        if let Proof::Order(order) = proof {
            for &operation in *order {
                line(to, &find(operation)?)?;
            }
        }
    }
    to.flush()
}

fn line(to: &mut dyn Write, value: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *to, value)?;
    to.write_all(b"\n")
}

/// The verdict on a history whose keys have these.
pub(super) fn total(kinds: impl Iterator<Item = KeyKind>) -> KeyKind {
    kinds.max().unwrap_or(KeyKind::Linearizable)
}
