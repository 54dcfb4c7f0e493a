//! What a trial found.

use std::path::PathBuf;

use oversell_checker::{
    counterexample::{Kind, Tell as _},
    each,
    examine::{Conclusion, Inspection, KeyFinding},
    history::{Header, History, KeyHistory, Spec, Texts, quoted, shown, the_key},
};

use super::{Beyond, error::TrialError};
use crate::{
    prove::{NO_RACE, never_asked},
    report::{self, About, terminal::Style},
    server::Version,
    strategy::{Expected, Info},
    stress::{Outcome, Workload},
};

/// What a trial found.
#[derive(Debug)]
pub struct Report {
    /// The strategy.
    pub info: Info,
    /// What the clients were to do.
    pub workload: Workload,
    /// The server they did it on.
    pub server: Version,
    /// Counts, times, and why it ended early if it did. Its histories have moved to [`history`](Self::history).
    pub outcome: Outcome,
    /// What they did: all of it in a run of up to about [`MOST_HELD`](super::MOST_HELD) operations; of a longer one the items
    /// that violate or were not decided, as far as there is room, and the last ones.
    pub history: History,
    /// The file that holds the history, if it was kept.
    pub saved: Option<PathBuf>,
    /// What checking found; `None` when nothing was recorded.
    pub inspection: Option<Inspection>,
    /// Items of which only the end is in [`history`](Self::history): their place there, and the operations before.
    pub cut: Vec<(usize, u64)>,
    /// What was found in items that are not in [`history`](Self::history).
    pub beyond: Beyond,
    /// Why the history of a violation could not be saved, if it could not.
    pub unsaved: Option<TrialError>,
    /// It is of one client alone, which found it wrong before there were others.
    pub alone: bool,
}

impl Report {
    /// Of a run that was not recorded.
    pub(super) fn without_record(info: Info, workload: Workload, server: Version, outcome: Outcome) -> Self {
        let initial = Header::new(Spec::Stock, workload.stock);
        Self {
            info,
            workload,
            server,
            outcome,
            history: History::stock(initial, Vec::new(), Texts::new()),
            saved: None,
            inspection: None,
            cut: Vec::new(),
            beyond: Beyond::default(),
            unsaved: None,
            alone: false,
        }
    }

    /// Items that were sold wrongly.
    #[must_use]
    pub fn violations(&self) -> u64 {
        let held = self
            .inspection
            .as_ref()
            .map_or(0, |inspection| inspection.examination.violations.len());
        held as u64 + self.beyond.violations
    }

    /// Operations on the item of a finding before those that show it, when only its end was kept.
    #[must_use]
    pub fn before(&self, finding: &KeyFinding) -> u64 {
        let cut = self.cut.iter().find(|(index, _)| *index == finding.index);
        cut.map_or(0, |(_, before)| *before)
    }

    /// The verdict on the whole history. Without a record nothing is decided, nor where operations ended with errors.
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        match &self.inspection {
            _ if self.doubts_limit() => Conclusion::Undecided,
            Some(found) if found.examination.conclusion != Conclusion::Linearizable => found.examination.conclusion,
            Some(_) if self.outcome.unanswered().is_none() => Conclusion::Linearizable,
            _ => Conclusion::Undecided,
        }
    }

    /// Is a limit for each buyer all that is broken, of which nobody has said that there is one?
    #[must_use]
    pub fn doubts_limit(&self) -> bool {
        let of_limit =
            |found: &KeyFinding| matches!(found.finding.kind(), Kind::TooManyForOneBuyer | Kind::AlreadyUntrue);
        let mut findings = self.inspection.iter().flat_map(|inspection| &inspection.findings);
        self.info.doubts_limit && self.finding().is_some() && findings.all(of_limit)
    }

    /// Did the strategy behave as its row of the catalogue says?
    #[must_use]
    pub fn as_expected(&self) -> bool {
        match self.info.expected {
            Expected::Safe => self.conclusion() == Conclusion::Linearizable,
            Expected::Broken => self.conclusion() == Conclusion::Violation,
        }
    }

    /// Operations a second, preparation not counted.
    #[must_use]
    pub fn operations_per_second(&self) -> f64 {
        let seconds = self.outcome.elapsed.as_secs_f64();
        if seconds > 0.0 {
            self.outcome.totals.operations as f64 / seconds
        } else {
            0.0
        }
    }

    /// Panics with the whole explanation unless the history is linearizable.
    ///
    /// # Panics
    /// When it is not, or was not decided.
    pub fn assert_linearizable(&self) {
        match self.conclusion() {
            Conclusion::Linearizable => {}
            Conclusion::Violation => {
                let unsaved = self.unsaved.as_ref().map(|error| format!("\n{error}\n"));
                panic!(
                    "\n{}{}",
                    self.explanation(&Style::default()),
                    unsaved.unwrap_or_default()
                )
            }
            Conclusion::Undecided => panic!("{}", self.undecided()),
        }
    }

    /// The most telling violation, explained.
    #[must_use]
    pub fn finding(&self) -> Option<&KeyFinding> {
        self.inspection.as_ref()?.findings.first()
    }

    /// The most telling violation as a person reads it. Empty when there is none.
    #[must_use]
    pub fn explanation(&self, style: &Style) -> String {
        match self.unexplained() {
            Some(why) => format!("{}: {why}\n", self.info.title()),
            None => self.with_about(|finding, about| report::explanation(finding, &self.history, about, style)),
        }
    }

    /// Why a violation cannot be explained, when none can.
    #[must_use]
    pub fn unexplained(&self) -> Option<String> {
        let key = self.beyond.spans.as_ref().filter(|_| self.finding().is_none())?;
        let file = self.saved.as_ref().map_or("its file".into(), quoted);
        Some(format!(
            "no order explains the answers about {}, but what shows it spans more than is kept of an item in a long \
             run: `oversell check {file}` reads the whole of it",
            the_key(key)
        ))
    }

    /// The most telling violation in one line. Empty when there is none.
    #[must_use]
    pub fn line(&self, style: &Style) -> String {
        if let Some(why) = self.unexplained() {
            return format!("{}: {why}", self.info.name);
        }
        self.with_about(|finding, about| {
            let about = About {
                title: &self.info.name,
                ..*about
            };
            report::line(finding, &self.history, &about, style)
        })
    }

    /// What was recorded and found as a subject of a page. `None` when nothing was recorded.
    #[cfg(feature = "cli")]
    #[must_use]
    pub fn subject(&self) -> Option<report::page::Subject<'_>> {
        let inspection = self.inspection.as_ref()?;
        let name = self
            .saved
            .as_ref()
            .map_or("not saved".to_string(), |path| path.display().to_string());
        Some(self.about(|about| super::subject(&name, &self.history, inspection, about)))
    }

    fn with_about(&self, show: impl FnOnce(&KeyFinding, &About<'_>) -> String) -> String {
        self.about(|about| self.finding().map_or_else(String::new, |finding| show(finding, about)))
    }

    fn about<T>(&self, show: impl FnOnce(&About<'_>) -> T) -> T {
        let saved = self.saved.as_ref().map(|path| shown(path));
        let forgotten = self.forgotten_key();
        let cure = Some(self.info.cure.as_str()).filter(|cure| !cure.is_empty());
        let about = About {
            title: &self.info.title(),
            fix: forgotten.as_deref().or(self.alone.then_some(NO_RACE)).or(cure),
            saved: saved.as_deref(),
        };
        show(&about)
    }

    /// What to say where what is shown is not about the key at which the stock is.
    fn forgotten_key(&self) -> Option<String> {
        self.info.key.as_ref()?;
        let found = self.finding()?;
        let (commands, purchases) = each!(&self.history.body, keys => {
            let KeyHistory { commands, operations, .. } = &keys[found.index];
            let purchases = (0..operations.len()).filter(|&index| operations[index].op.f() == "buy");
            (commands, purchases.collect::<Vec<_>>())
        });
        // Without a record of commands nothing is known of them.
        if !found
            .finding
            .shown()
            .into_iter()
            .any(|operation| commands.has(operation))
        {
            return None;
        }
        let asked = purchases
            .into_iter()
            .flat_map(|operation| commands.of(operation).map(|command| command.command.to_string()));
        never_asked(&self.info, asked)
    }

    fn undecided(&self) -> String {
        let why = match &self.inspection {
            None => "nothing was recorded".to_string(),
            Some(inspection) => inspection
                .examination
                .undecided
                .iter()
                .map(|key| format!("{}: {}", self.history.key(key.index), key.what))
                .chain((self.beyond.undecided > 0).then(|| format!("and {} keys more", self.beyond.undecided)))
                .chain(self.outcome.unanswered())
                .collect::<Vec<_>>()
                .join("; "),
        };
        format!("`{}` was not decided ({why}): this is not a pass", self.info.name)
    }
}
