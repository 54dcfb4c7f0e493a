//! A history that is checked as it comes, to its first violation.

use std::io::BufRead;

use oversell_checker::{
    examine::{Ends, Watch, Watchable},
    history::{Clock, Event, EventReader, in_order},
};

/// A history of whichever specification.
pub(super) trait Follow: Send {
    /// How many operations and keys have been checked, and the line of the last event of them.
    fn so_far(&self) -> SoFar;

    /// Nothing has come for a while: is a key a violation whatever the answers still to come? It may be one because of the last
    /// instant, of which no more was there.
    fn glance(&mut self) -> Option<Found>;

    /// More comes: is a key a violation whatever the answers still to come? The last instant does not count yet.
    fn look(&mut self) -> Option<Found>;

    /// No more comes of the last instant: checks it.
    fn close(&mut self);

    /// What is known of the keys that are not linearizable. Nothing is checked any more.
    fn ends(&mut self) -> Option<Ends>;
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SoFar {
    pub(super) operations: u64,
    pub(super) keys: usize,
    pub(super) line: u64,
}

/// A violation has been found, or nobody wants to hear more for another reason.
#[derive(Debug)]
pub(super) struct Enough;

/// A violation, found before the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) key: String,
    /// More that comes of the time of the last line may change it.
    pub(super) is_provisional: bool,
}

pub(super) struct Followed<S: Watchable> {
    /// `None`: nobody wants to hear more.
    watch: Option<Watch<S>>,
    so_far: SoFar,
    units: u32,
    /// Events of the last instant: of its invocations, which come before its completions, more may follow. None where the lines
    /// have no times.
    instant: Vec<Event<S>>,
    /// Events have come since the last glance.
    changed: bool,
}

impl<S: Watchable> Followed<S> {
    pub(super) fn new(watch: Watch<S>) -> Self {
        Self {
            watch: Some(watch),
            so_far: SoFar::default(),
            units: 0,
            instant: Vec::new(),
            changed: false,
        }
    }

    /// Checks what has come before the last instant.
    pub(super) fn add<R: BufRead>(&mut self, event: Event<S>, events: &EventReader<S, R>) -> Result<(), Enough> {
        self.changed = true;
        if self.instant.first().is_some_and(|first| first.time < event.time) {
            self.check_instant(true)?;
        }
        let watch = self.watch.as_mut().ok_or(Enough)?;
        watch.set_clock(events.clock());
        while let Some((key, initial)) = u32::try_from(watch.keys()).ok().and_then(|key| events.key(key)) {
            watch.start_key(key.to_string(), initial.clone());
        }
        while let Some(unit) = events.units().get(self.units) {
            watch.name_unit(unit);
            self.units += 1;
        }
        self.instant.push(event);
        match events.clock() {
            Clock::Nanoseconds => Ok(()),
            // Each line is an instant of its own: no more comes of the last one.
            Clock::Lines => self.check_instant(true),
        }
    }

    /// Checks the events of an instant that is over, up to the first violation or all of them.
    fn check_instant(&mut self, to_the_first: bool) -> Result<(), Enough> {
        in_order(&mut self.instant);
        let watch = self.watch.as_mut().ok_or(Enough)?;
        let mut is_violation = false;
        for event in self.instant.drain(..) {
            self.so_far.line = self.so_far.line.max(event.line);
            is_violation |= watch.event(event).is_some();
            if is_violation && to_the_first {
                break;
            }
        }
        if is_violation { Err(Enough) } else { Ok(()) }
    }

    fn found(&self, key: Option<u32>, is_provisional: bool) -> Option<Found> {
        Some(Found {
            key: self.watch.as_ref()?.key(key?).to_string(),
            is_provisional,
        })
    }
}

impl<S: Watchable> Follow for Followed<S>
where
    Watch<S>: Send,
{
    fn so_far(&self) -> SoFar {
        let watch = self.watch.as_ref();
        watch.map_or(self.so_far, |watch| SoFar {
            operations: watch.operations(),
            keys: watch.keys(),
            line: self.so_far.line,
        })
    }

    fn look(&mut self) -> Option<Found> {
        let key = self.watch.as_mut()?.glance();
        self.found(key, false)
    }

    fn glance(&mut self) -> Option<Found> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        if let Some(found) = self.look() {
            return Some(found);
        }
        let mut instant = self.instant.clone();
        in_order(&mut instant);
        let key = self.watch.as_ref()?.with(&instant);
        self.found(key, true)
    }

    fn close(&mut self) {
        // Of what is a violation, all is told now.
        let _ = self.check_instant(false);
    }

    fn ends(&mut self) -> Option<Ends> {
        self.so_far = self.so_far();
        self.watch.take().map(Watch::ends)
    }
}

#[cfg(test)]
mod tests {
    use oversell_checker::{
        each,
        engines::Limits,
        examine::{Conclusion, inspect},
        history::{Events, Spec, read},
    };
    use proptest::prelude::*;

    use super::*;

    /// What a process does next, if it can, after so much time.
    type Step = (u8, u8, u8, u8, bool);

    /// The lines of a history of two keys by three processes, of which many have the same time.
    fn lines(spec: Spec, steps: &[Step]) -> Vec<String> {
        let initial = if spec == Spec::Kv { r#""0""# } else { "1" };
        let limit = if spec == Spec::Sales { r#","limit":1"# } else { "" };
        let mut lines = vec![format!(
            r#"{{"format":"oversell-history","version":1,"spec":"{spec}","initial":{initial}{limit}}}"#
        )];
        let mut open: [Option<(&str, u8)>; 3] = [None; 3];
        let mut time = 0;
        for &(process, what, key, value, later) in steps {
            time += u64::from(later);
            let value = match spec {
                Spec::Kv => format!(r#""{}""#, value % 2),
                _ => format!("{}", value % 2),
            };
            let (kind, f, key, value) = match (open[usize::from(process)].take(), spec) {
                (None, _) => {
                    let (f, asked) = match (spec, what % 3) {
                        (Spec::Stock | Spec::Sales, 0) => ("buy", "1".to_string()),
                        (Spec::Stock | Spec::Sales, 1) => ("restock", "1".to_string()),
                        (Spec::Stock | Spec::Sales, _) => ("read", "null".to_string()),
                        (Spec::Register, 0 | 1) => ("write", value),
                        (Spec::Register, _) => ("read", "null".to_string()),
                        (Spec::Kv, 0) => ("put", value),
                        (Spec::Kv, 1) => ("append", value),
                        (Spec::Kv, _) => ("get", "null".to_string()),
                    };
                    open[usize::from(process)] = Some((f, key));
                    ("invoke", f, key, asked)
                }
                (Some((f, key)), Spec::Stock | Spec::Sales) => {
                    let told = match (f, what % 2) {
                        ("buy", 0) => r#"{"outcome":"bought"}"#.to_string(),
                        ("buy", _) => r#"{"outcome":"sold-out"}"#.to_string(),
                        ("restock", _) => "null".to_string(),
                        _ => value,
                    };
                    ("ok", f, key, told)
                }
                (Some((f @ ("read" | "get"), key)), _) => ("ok", f, key, value),
                (Some((f, key)), _) => ("ok", f, key, "null".to_string()),
            };
            lines.push(format!(
                r#"{{"time":{time},"process":{process},"type":"{kind}","f":"{f}","key":"{key}","value":{value}}}"#
            ));
        }
        lines
    }

    /// Is this a violation when it is read whole?
    fn is_violation(lines: &[String]) -> bool {
        let (history, _) = read("h", lines.join("\n").as_bytes()).unwrap();
        inspect(&history, &Limits::default()).examination.conclusion == Conclusion::Violation
    }

    /// Follows the lines in groups, with a glance behind each, to the first violation.
    fn follow<S: Watchable>(watch: Watch<S>, mut events: EventReader<S, &[u8]>, lines: &[String], groups: &[usize])
    where
        Watch<S>: Send,
    {
        let mut followed = Followed::new(watch);
        let mut read = 1;
        for group in groups.iter().cycle() {
            let mut enough = Ok(());
            for _ in 0..*group {
                let next = events.next_as_written().unwrap().filter(|_| enough.is_ok());
                let Some(event) = next else { break };
                read += 1;
                enough = followed.add(event, &events);
            }
            let is_told = enough.is_err() || followed.glance().is_some();
            assert_eq!(
                is_told,
                is_violation(&lines[..read]),
                "after line {read} of\n{}",
                lines.join("\n")
            );
            if is_told || read == lines.len() {
                break;
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn after_a_silence_it_is_known_what_is_known_of_a_file(
            spec in prop_oneof![Just(Spec::Stock), Just(Spec::Sales), Just(Spec::Register), Just(Spec::Kv)],
            steps in prop::collection::vec((0..3_u8, any::<u8>(), 0..2_u8, any::<u8>(), prop::bool::weighted(0.4)), 1..24),
            groups in prop::collection::vec(1..4_usize, 1..8),
        ) {
            let lines = lines(spec, &steps);
            let text = lines.join("\n");
            each!(Events::open("h", text.as_bytes()).unwrap(), events => {
                let watch = Watch::new(events.header().clone(), Limits::default());
                follow(watch, events, &lines, &groups);
            });
        }
    }
}
