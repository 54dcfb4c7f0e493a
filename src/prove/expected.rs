//! What the catalogue says of each strategy under each fault.

use oversell_models::explorer::Fault;

use crate::strategy::{Expected, Info};

/// The faults that break a strategy which is proved without them. Every other one is expected to change nothing.
///
/// A failover that loses writes breaks them all: what was sold is on sale again. Eviction takes the key of the stock, of
/// a lock, the list of tokens, or the set of buyers: those break for whom a missing key means something.
const BROKEN_BY: &[(&str, &[Fault])] = &[
    ("lpop", &[Fault::Eviction]),
    ("watch", &[Fault::Reconnect]),
    ("increx", &[Fault::Eviction]),
    ("lock", &[Fault::Expiry, Fault::Eviction]),
    ("lock-del", &[Fault::Expiry, Fault::Eviction]),
    ("retry-on-timeout", &[Fault::LostReply]),
    ("one-each", &[Fault::Eviction]),
];

/// What a proof must find about a strategy of the catalogue under this fault (or none).
///
/// `Broken` means that some promise does not hold. It need not be what a stress run finds: `lock-del` is provoked there
/// with stalls beyond its lease, which is the fault `expiry` here.
#[must_use]
pub fn expected(info: &Info, fault: Option<Fault>) -> Expected {
    let broken = match (info.expected, fault) {
        (_, Some(Fault::Failover)) => true,
        (Expected::Broken, _) if info.name != "lock-del" => true,
        (_, None) => false,
        (_, Some(fault)) => BROKEN_BY
            .iter()
            .any(|(name, faults)| *name == info.name && faults.contains(&fault)),
    };
    if broken { Expected::Broken } else { Expected::Safe }
}
