//! A history of whichever specification, checked as it comes.

use oversell_checker::{
    engines::Limits,
    examine::{Ends, Followable, ValueWatch, Watch},
    history::{Clock, Event, Header, Spec, Vocabulary, in_order},
};
use oversell_spec::{Kv, Register, Stock};

use super::feed::{Ended, Further, Gathered, Group};

/// See the module.
pub(super) struct Watching {
    spec: Spec,
    what: What,
}

enum What {
    Stock(Box<Followed<Watch>>),
    Register(Box<Followed<ValueWatch<Register<String>>>>),
    Kv(Box<Followed<ValueWatch<Kv>>>),
}

/// Does the same with a history of any kind.
macro_rules! each {
    ($watching:expr, $name:ident => $do:expr) => {
        match $watching {
            What::Stock($name) => $do,
            What::Register($name) => $do,
            What::Kv($name) => $do,
        }
    };
}

/// What there is to tell before the end.
pub(super) enum News<'a> {
    /// A key is a violation.
    Violation {
        /// Which.
        key: &'a str,
        /// The last line that was looked at.
        line: u64,
    },
    /// One that was told is none: the line has come late, of the same time as what had been looked at.
    TakenBack {
        /// Which.
        key: &'a str,
        /// The last line that was looked at when it was told.
        line: u64,
    },
}

impl Watching {
    pub(super) fn new(header: Header, limits: Limits) -> Self {
        Self {
            spec: header.spec,
            what: match header.spec {
                Spec::Stock => What::Stock(Box::new(Followed::new(Watch::new(header, limits)))),
                Spec::Register => What::Register(Box::new(Followed::new(ValueWatch::new(header, limits)))),
                Spec::Kv => What::Kv(Box::new(Followed::new(ValueWatch::new(header, limits)))),
            },
        }
    }

    pub(super) const fn spec(&self) -> Spec {
        self.spec
    }

    /// The line of the last event that was checked.
    pub(super) const fn line(&self) -> u64 {
        each!(&self.what, followed => followed.line)
    }

    /// How many were checked.
    pub(super) fn operations(&self) -> u64 {
        each!(&self.what, followed => followed.watch.operations())
    }

    pub(super) fn keys(&self) -> usize {
        each!(&self.what, followed => followed.watch.keys())
    }

    pub(super) fn ends(self) -> Ends {
        each!(self.what, followed => followed.watch.ends())
    }

    /// Checks what has come, but for the last instant of it. `found` hears of each key that is found to be a violation.
    pub(super) fn add(&mut self, group: Group, found: &mut impl FnMut(News<'_>) -> Further) -> Further {
        match (&mut self.what, group) {
            (What::Stock(followed), Group::Stock(gathered)) => followed.add(gathered, found),
            (What::Register(followed), Group::Register(gathered)) => followed.add(gathered, found),
            (What::Kv(followed), Group::Kv(gathered)) => followed.add(gathered, found),
            // The header says what all of it is.
            _ => Further::Yes,
        }
    }

    /// Nothing has come for a while: is a key a violation whatever the answers still to come? `found` hears of the first. It may
    /// be one because of the last instant, of which no more was there: then that is taken back when more comes that changes it.
    pub(super) fn glance(&mut self, found: &mut impl FnMut(News<'_>) -> Further) -> Further {
        each!(&mut self.what, followed => followed.glance(found))
    }

    /// More comes: is a key a violation whatever the answers still to come? `found` hears of the first. The last instant does not count
    /// yet.
    pub(super) fn look(&mut self, found: &mut impl FnMut(News<'_>) -> Further) -> Further {
        each!(&mut self.what, followed => followed.look(found))
    }

    /// A key that is a violation whatever comes after this, and the last line that was checked. The last instant does not count yet.
    pub(super) fn violating(&mut self) -> Option<(String, u64)> {
        let mut violating = None;
        self.look(&mut |news| {
            if let News::Violation { key, line } = news {
                violating = Some((key.to_string(), line));
            }
            Further::Enough
        });
        violating
    }

    /// What the last glance found is enough, and stays, though it may be because of the last instant.
    pub(super) fn settle(&mut self) -> Ended {
        each!(&mut self.what, followed => followed.settle())
    }

    /// No more comes of the last instant: checks it.
    pub(super) fn close(&mut self, found: &mut impl FnMut(News<'_>) -> Further) -> Further {
        each!(&mut self.what, followed => followed.close(found))
    }
}

/// Checks a history of one specification.
trait Checks {
    type Spec: Vocabulary;

    /// Takes the keys, the units and what is known of the clock.
    fn prepare(&mut self, gathered: &mut Gathered<Self::Spec>);
    fn key(&self, key: u32) -> &str;
    fn event(&mut self, event: Event<Self::Spec>) -> Option<u32>;
    fn glance(&mut self) -> Option<u32>;
    fn glance_at(&mut self, key: u32) -> bool;
    fn with(&self, events: &[Event<Self::Spec>]) -> Option<u32>;
}

/// What is the same for all.
macro_rules! checks {
    () => {
        fn key(&self, key: u32) -> &str {
            self.key(key)
        }

        fn event(&mut self, event: Event<Self::Spec>) -> Option<u32> {
            self.event(event)
        }

        fn glance(&mut self) -> Option<u32> {
            self.glance()
        }

        fn glance_at(&mut self, key: u32) -> bool {
            self.glance_at(key)
        }

        fn with(&self, events: &[Event<Self::Spec>]) -> Option<u32> {
            self.with(events)
        }
    };
}

impl Checks for Watch {
    type Spec = Stock;

    fn prepare(&mut self, gathered: &mut Gathered<Stock>) {
        for (key, initial) in gathered.keys.drain(..) {
            self.start_key(key, initial);
        }
        for unit in gathered.units.drain(..) {
            self.name_unit(&unit);
        }
        if let Some(clock) = gathered.clock {
            self.set_clock(clock);
        }
    }

    checks!();
}

impl<V: Followable> Checks for ValueWatch<V> {
    type Spec = V;

    fn prepare(&mut self, gathered: &mut Gathered<V>) {
        for (key, initial) in gathered.keys.drain(..) {
            self.start_key(key, initial);
        }
    }

    checks!();
}

struct Followed<W: Checks> {
    watch: W,
    /// The line of the last event that was checked.
    line: u64,
    /// Events of the last instant: of its invocations, which come before its completions, more may follow. None where the lines
    /// have no times.
    instant: Vec<Event<W::Spec>>,
    /// Events have come since the last glance.
    changed: bool,
    /// A key that was told to be a violation if no more comes of the last instant, and the line that was the last then.
    doubtful: Option<(u32, u64)>,
}

impl<W: Checks> Followed<W> {
    const fn new(watch: W) -> Self {
        Self {
            watch,
            line: 0,
            instant: Vec::new(),
            changed: false,
            doubtful: None,
        }
    }

    fn add(&mut self, mut gathered: Gathered<W::Spec>, found: &mut impl FnMut(News<'_>) -> Further) -> Further {
        self.watch.prepare(&mut gathered);
        let mut events = gathered.events;
        if gathered.clock == Some(Clock::Lines) && !events.is_empty() {
            // Each line is an instant of its own: no more comes of the last one.
            self.changed = true;
            return self.check(events, found);
        }
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return Further::Yes;
        };
        self.changed = true;
        let (first, last) = (first.time, last.time);
        if self.instant.last().is_some_and(|event| event.time < first) && self.close(found) == Further::Enough {
            return Further::Enough;
        }
        let Some(before) = events.iter().rposition(|event| event.time < last) else {
            self.instant.append(&mut events);
            return Further::Yes;
        };
        let instant = events.split_off(before + 1);
        if !self.instant.is_empty() {
            self.instant.append(&mut events);
            std::mem::swap(&mut self.instant, &mut events);
        }
        self.instant = instant;
        self.check(events, found)
    }

    fn close(&mut self, found: &mut impl FnMut(News<'_>) -> Further) -> Further {
        let events = std::mem::take(&mut self.instant);
        self.check(events, found)
    }

    fn settle(&mut self) -> Ended {
        if self.doubtful.is_none() {
            return Ended::Enough;
        }
        // What was found on the side is found again.
        self.close(&mut |_| Further::Yes);
        Ended::EnoughForNow
    }

    /// Checks events of instants that are over.
    fn check(&mut self, mut events: Vec<Event<W::Spec>>, found: &mut impl FnMut(News<'_>) -> Further) -> Further {
        in_order(&mut events);
        for event in events {
            self.line = self.line.max(event.line);
            if let Some(key) = self.watch.event(event) {
                let news = News::Violation {
                    key: self.watch.key(key),
                    line: self.line,
                };
                if found(news) == Further::Enough {
                    return Further::Enough;
                }
            }
        }
        match self.doubtful.take() {
            Some((key, line)) if !self.watch.glance_at(key) => found(News::TakenBack {
                key: self.watch.key(key),
                line,
            }),
            _ => Further::Yes,
        }
    }

    fn look(&mut self, found: &mut impl FnMut(News<'_>) -> Further) -> Further {
        let news = self.watch.glance().map(|key| News::Violation {
            key: self.watch.key(key),
            line: self.line,
        });
        news.map_or(Further::Yes, found)
    }

    fn glance(&mut self, found: &mut impl FnMut(News<'_>) -> Further) -> Further {
        if !std::mem::take(&mut self.changed) {
            return Further::Yes;
        }
        let mut instant = self.instant.clone();
        in_order(&mut instant);
        if let Some((key, line)) = self.doubtful {
            let about: Vec<_> = instant.iter().filter(|event| event.key == key).cloned().collect();
            if self.watch.with(&about).is_none() {
                self.doubtful = None;
                let news = News::TakenBack {
                    key: self.watch.key(key),
                    line,
                };
                if found(news) == Further::Enough {
                    return Further::Enough;
                }
            }
        }
        let mut line = self.line;
        let mut key = self.watch.glance();
        if key.is_none() && self.doubtful.is_none() {
            key = self.watch.with(&instant);
            line = instant.iter().map(|event| event.line).max().unwrap_or(line);
            self.doubtful = key.map(|key| (key, line));
        }
        let news = key.map(|key| News::Violation {
            key: self.watch.key(key),
            line,
        });
        news.map_or(Further::Yes, found)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use oversell_checker::{
        examine::{Conclusion, inspect},
        history::{Events, read},
    };

    use super::*;
    use crate::cli::check::feed::Gathered;

    /// What a process does next, if it can, after so much time.
    type Step = (u8, u8, u8, u8, bool);

    /// The lines of a history of two keys by three processes, of which many have the same time.
    fn lines(spec: Spec, steps: &[Step]) -> Vec<String> {
        let initial = if spec == Spec::Kv { r#""0""# } else { "1" };
        let mut lines = vec![format!(
            r#"{{"format":"oversell-history","version":1,"spec":"{spec}","initial":{initial}}}"#
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
                        (Spec::Stock, 0) => ("buy", "1".to_string()),
                        (Spec::Stock, 1) => ("restock", "1".to_string()),
                        (Spec::Stock, _) => ("read", "null".to_string()),
                        (Spec::Register, 0 | 1) => ("write", value),
                        (Spec::Register, _) => ("read", "null".to_string()),
                        (Spec::Kv, 0) => ("put", value),
                        (Spec::Kv, 1) => ("append", value),
                        (Spec::Kv, _) => ("get", "null".to_string()),
                    };
                    open[usize::from(process)] = Some((f, key));
                    ("invoke", f, key, asked)
                }
                (Some((f, key)), Spec::Stock) => {
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

    /// Follows the lines in groups, with a glance behind each.
    fn follow<W: Checks<Spec: Vocabulary<Initial: Clone>>>(
        watch: W,
        mut events: oversell_checker::history::EventReader<W::Spec, &[u8]>,
        lines: &[String],
        groups: &[usize],
    ) {
        let mut followed = Followed::new(watch);
        let mut told: Vec<String> = Vec::new();
        let (mut keys, mut units, mut read) = (0, 0, 1);
        let mut groups = groups.iter().cycle();
        while read < lines.len() {
            let mut gathered = Gathered::default();
            for _ in 0..*groups.next().unwrap() {
                let Some(event) = events.next_as_written().unwrap() else {
                    break;
                };
                while let Some((key, initial)) = events.key(keys).filter(|_| keys <= event.key) {
                    gathered.keys.push((key.to_string(), initial.clone()));
                    keys += 1;
                }
                while let Some(unit) = events.units().get(units) {
                    gathered.units.push(unit.to_string());
                    units += 1;
                }
                gathered.events.push(event);
                read += 1;
            }
            let mut found = |news: News<'_>| {
                match news {
                    News::Violation { key, .. } => told.push(key.to_string()),
                    News::TakenBack { key, .. } => told.retain(|told| told != key),
                }
                Further::Yes
            };
            followed.add(gathered, &mut found);
            followed.glance(&mut found);
            let whole = is_violation(&lines[..read]);
            assert_eq!(!told.is_empty(), whole, "after line {read} of\n{}", lines.join("\n"));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn after_a_silence_it_is_known_what_is_known_of_a_file(
            spec in prop_oneof![Just(Spec::Stock), Just(Spec::Register), Just(Spec::Kv)],
            steps in prop::collection::vec((0..3_u8, any::<u8>(), 0..2_u8, any::<u8>(), prop::bool::weighted(0.4)), 1..24),
            groups in prop::collection::vec(1..4_usize, 1..8),
        ) {
            let lines = lines(spec, &steps);
            let text = lines.join("\n");
            match Events::open("h", text.as_bytes()).unwrap() {
                Events::Stock(events) => {
                    let watch = Watch::new(events.header().clone(), Limits::default());
                    follow(watch, events, &lines, &groups);
                }
                Events::Register(events) => {
                    let watch = ValueWatch::new(events.header().clone(), Limits::default());
                    follow(watch, events, &lines, &groups);
                }
                Events::Kv(events) => {
                    let watch = ValueWatch::new(events.header().clone(), Limits::default());
                    follow(watch, events, &lines, &groups);
                }
            }
        }
    }
}
