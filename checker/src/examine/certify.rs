//! Everything a certificate of a history says.

use std::collections::HashMap;

use super::{Inspection, KeyFinding, KeyVerdict, finding::explain_all, keys::examine_with_orders};
use crate::{
    certificate::{Claim, Hints, Proof, find},
    engines::{Limits, Witness},
    history::History,
};

/// What came of checking a history, with a proof for each key.
#[derive(Debug)]
pub struct Certified {
    /// The verdicts and explanations.
    pub inspection: Inspection,
    orders: Vec<Option<Witness>>,
    claims: Vec<(usize, Option<Claim<usize>>)>,
}

/// Checks every key of `history` within `limits` a key, explains every violation, and looks for a claim that shows it.
#[must_use]
pub fn certify(history: &History, limits: &Limits) -> Certified {
    let (examination, orders) = examine_with_orders(history, limits);
    let inspection = explain_all(history, examination, limits);
    let findings = by_key(&inspection);
    let claims = inspection
        .examination
        .violations
        .iter()
        .map(|KeyVerdict { index, what }| {
            let hints = Hints {
                certain_at: what.certain_at,
                operations: findings.get(index).map_or_else(Vec::new, |found| found.finding.shown()),
            };
            (*index, find(history, *index, &hints))
        });
    let claims = claims.collect();
    Certified {
        inspection,
        orders,
        claims,
    }
}

fn by_key(inspection: &Inspection) -> HashMap<usize, &KeyFinding> {
    let findings = inspection.findings.iter();
    findings.map(|found| (found.index, found)).collect()
}

impl Certified {
    /// The keys of which it is known that they are not linearizable, but not in a way that the rules of certificates could
    /// confirm.
    pub fn not_certified(&self) -> impl Iterator<Item = usize> {
        self.claims
            .iter()
            .filter(|(_, claim)| claim.is_none())
            .map(|(index, _)| *index)
    }

    /// The claims that show the violations, by key.
    pub fn claims(&self) -> impl Iterator<Item = (usize, Claim<usize>)> {
        self.claims.iter().filter_map(|&(index, claim)| Some((index, claim?)))
    }

    /// A proof for each key.
    #[must_use]
    pub fn proofs(&self) -> Vec<Proof<'_>> {
        let findings = by_key(&self.inspection);
        let orders = self.orders.iter().map(|order| match order {
            Some(order) => Proof::Order(&order.0),
            None => Proof::Undecided(String::new()),
        });
        let mut proofs: Vec<_> = orders.collect();
        for key in &self.inspection.examination.undecided {
            proofs[key.index] = Proof::Undecided(key.what.to_string());
        }
        for &(index, claim) in &self.claims {
            let found = findings.get(&index).map(|found| &found.finding);
            proofs[index] = Proof::Violation {
                kind: found.map_or_else(String::new, |found| found.kind().to_string()),
                explanation: found.map_or_else(String::new, |found| found.sentence().to_string()),
                claim,
            };
        }
        proofs
    }
}
