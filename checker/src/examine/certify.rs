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
        let examination = &self.inspection.examination;
        let findings = by_key(&self.inspection);
        let mut claims = self.claims.iter().peekable();
        let mut undecided = examination.undecided.iter().peekable();
        let mut proofs = Vec::with_capacity(self.orders.len());
        for (index, order) in self.orders.iter().enumerate() {
            let claim = claims.next_if(|(key, _)| *key == index);
            proofs.push(match (order, claim) {
                (Some(order), _) => Proof::Order(&order.0),
                (None, Some((_, claim))) => {
                    let found = findings.get(&index).map(|found| &found.finding);
                    Proof::Violation {
                        kind: found.map_or_else(String::new, |found| found.kind().to_string()),
                        explanation: found.map_or_else(String::new, |found| found.sentence().to_string()),
                        claim: *claim,
                    }
                }
                (None, None) => {
                    let limit = undecided.next_if(|key| key.index == index);
                    Proof::Undecided(limit.map_or_else(String::new, |key| key.what.to_string()))
                }
            });
        }
        proofs
    }
}
