//! What a nemesis did, as stretches of time.

use serde_json::{Value, json};

/// What begins a fault, and what ends it, in the words that Jepsen's nemeses use.
const PAIRS: [(&str, &str); 3] = [("start", "stop"), ("pause", "resume"), ("kill", "start")];

/// Puts the events of a nemesis together: `{"what":"partition","from":ns,"to":ns}`. A nemesis notes each thing it does
/// twice, when it begins and when it is done.
pub(super) fn stretches(events: &[(Option<u64>, String)]) -> Vec<Value> {
    let mut done: Vec<(u64, u64, &str)> = Vec::new();
    let mut begun: Option<(u64, &str)> = None;
    for (time, f) in events {
        let Some(time) = *time else { continue };
        match begun.take() {
            Some((from, name)) if name == f => done.push((from, time, name)),
            Some((from, name)) => {
                done.push((from, from, name));
                begun = Some((time, f));
            }
            None => begun = Some((time, f)),
        }
    }
    done.extend(begun.map(|(from, name)| (from, from, name)));

    let mut stretches: Vec<Value> = Vec::new();
    let mut open: Vec<(u64, &str)> = Vec::new();
    for (from, to, name) in done {
        let ends = |begin: &str| {
            PAIRS
                .iter()
                .any(|(first, last)| rest(begin, first).is_some() && rest(begin, first) == rest(name, last))
        };
        if let Some(place) = open.iter().rposition(|(_, begin)| ends(begin)) {
            let (from, begin) = open.remove(place);
            let what = rest(begin, "start").filter(|rest| !rest.is_empty()).unwrap_or(begin);
            stretches.push(json!({"what": what, "from": from, "to": to}));
        } else if PAIRS.iter().any(|(first, _)| rest(name, first).is_some()) {
            open.push((from, name));
        } else {
            stretches.push(json!({"what": name, "from": from, "to": to}));
        }
    }
    stretches.extend(
        open.into_iter()
            .map(|(from, name)| json!({"what": name, "from": from, "to": null})),
    );
    stretches
}

/// `partition` of `start-partition`, and nothing of `start`.
fn rest<'a>(name: &'a str, word: &str) -> Option<&'a str> {
    let rest = name.strip_prefix(word)?;
    if rest.is_empty() {
        Some(rest)
    } else {
        rest.strip_prefix('-')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretches_of(events: &[(u64, &str)]) -> Value {
        let events: Vec<_> = events.iter().map(|&(time, f)| (Some(time), f.to_owned())).collect();
        Value::Array(stretches(&events))
    }

    #[test]
    fn a_start_and_its_stop_are_one_stretch() {
        assert_eq!(
            stretches_of(&[
                (1, "start-partition"),
                (2, "start-partition"),
                (8, "stop-partition"),
                (9, "stop-partition")
            ]),
            json!([{"what": "partition", "from": 1, "to": 9}])
        );
        assert_eq!(
            stretches_of(&[(1, "kill"), (2, "kill"), (5, "start"), (6, "start")]),
            json!([{"what": "kill", "from": 1, "to": 6}])
        );
    }

    #[test]
    fn what_is_never_ended_stays_open_and_the_rest_stands_alone() {
        assert_eq!(
            stretches_of(&[(3, "bump-clock"), (4, "bump-clock"), (5, "pause"), (6, "pause")]),
            json!([{"what": "bump-clock", "from": 3, "to": 4}, {"what": "pause", "from": 5, "to": null}])
        );
    }
}
