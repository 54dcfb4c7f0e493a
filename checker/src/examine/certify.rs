//! Everything a certificate of a history says.

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
    let claims = inspection
        .examination
        .violations
        .iter()
        .map(|KeyVerdict { index, what }| {
            let hints = Hints {
                certain_at: what.certain_at,
                operations: finding(&inspection, *index).map_or_else(Vec::new, |found| found.finding.shown()),
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

fn finding(inspection: &Inspection, index: usize) -> Option<&KeyFinding> {
    inspection.findings.iter().find(|found| found.index == index)
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
        let mut claims = self.claims.iter().peekable();
        let mut proofs = Vec::with_capacity(self.orders.len());
        for (index, order) in self.orders.iter().enumerate() {
            let claim = claims.next_if(|(key, _)| *key == index);
            proofs.push(match (order, claim) {
                (Some(order), _) => Proof::Order(&order.0),
                (None, Some((_, claim))) => {
                    let found = finding(&self.inspection, index).map(|found| &found.finding);
                    Proof::Violation {
                        kind: found.map_or_else(String::new, |found| found.kind().to_string()),
                        explanation: found.map_or_else(String::new, |found| found.sentence().to_string()),
                        claim: *claim,
                    }
                }
                (None, None) => {
                    let undecided = examination.undecided.iter().find(|key| key.index == index);
                    Proof::Undecided(undecided.map_or_else(String::new, |key| key.what.to_string()))
                }
            });
        }
        proofs
    }
}
