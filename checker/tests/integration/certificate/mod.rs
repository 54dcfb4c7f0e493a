//! Certificates: of true verdicts they are confirmed, false ones are refused.

mod claims;
mod orders;

use oversell_checker::{
    certificate::{self, CertificateError, Report},
    engines::Limits,
    examine::certify,
    history::{Header, History, Operation, Spec, StockHistory, StockOperation, Texts},
};
use oversell_spec::stock::{StockOp, StockRet};

/// A history of one counter. Units are named by their numbers.
fn stock(initial: u64, operations: &[StockOperation]) -> History {
    let mut sorted = operations.to_vec();
    sorted.sort_by_key(|operation| operation.invoked);
    let mut units = Texts::new();
    for unit in 0..100 {
        units.intern(&format!("unit-{unit}"));
    }
    let mut key = StockHistory::new("item", initial);
    key.operations = sorted;
    History::stock(Header::new(Spec::Stock, initial), vec![key], units)
}

/// The operations of the only key.
fn operations(history: &History) -> &[Operation<StockOp, StockRet>] {
    match &history.body {
        oversell_checker::history::Body::Stock(keys) => &keys[0].operations,
        _ => unreachable!("a stock history"),
    }
}

/// The certificate that `check` would write.
fn written(history: &History) -> String {
    let certified = certify(history, &Limits::default());
    let mut text = Vec::new();
    certificate::write(&mut text, "h.jsonl", history, &certified.proofs()).unwrap();
    String::from_utf8(text).unwrap()
}

fn verify(history: &History, certificate: &str) -> Result<Report, CertificateError> {
    certificate::verify(history, "c.jsonl", certificate.as_bytes())
}
