//! Faults that a history tells of in its header: when something went wrong, and what.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Header;

/// Something that went wrong for a while, or at one time. It means nothing to the checker.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Fault {
    /// When it began, on the clock of the events.
    pub from: u64,
    /// When it was over; the same for what took no time.
    pub to: u64,
    /// What it was, in a few words.
    pub what: String,
    /// Whom it concerned; `None`: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<i64>,
}

/// The field of the header.
pub const FAULTS: &str = "faults";

impl Header {
    /// The faults in its field `faults`. What does not look like one is left out: other programs may mean something else
    /// by that name.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let list = self.metadata.get(FAULTS).and_then(Value::as_array);
        let fault = |value: &Value| Fault::deserialize(value).ok().filter(|fault| fault.from <= fault.to);
        list.into_iter().flatten().filter_map(fault).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::history::Spec;

    fn faults(value: Value) -> Vec<Fault> {
        let mut header = Header::new(Spec::Stock, 1);
        header.metadata.insert(FAULTS.to_string(), value);
        header.faults()
    }

    #[test]
    fn reads_what_looks_like_faults_and_nothing_else() {
        let good = json!({ "from": 5, "to": 9, "what": "a stall", "process": 3 });
        let instant = json!({ "from": 7, "to": 7, "what": "failover" });
        let backwards = json!({ "from": 9, "to": 5, "what": "a stall" });
        let found = faults(json!([good, backwards, "crash", 7, instant]));
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].from, found[0].to, found[0].process), (5, 9, Some(3)));
        assert_eq!((found[1].what.as_str(), found[1].process), ("failover", None));
        assert_eq!(faults(json!("none")), []);
        assert_eq!(faults(json!(["expiry"])), []);
    }
}
