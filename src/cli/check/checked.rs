//! What comes of one input, and how it is told: in one line of JSON, or in words.

use std::time::Duration;

use oversell_checker::{
    engines::Limit,
    examine::{Conclusion, Inspection},
    history::{Header, History, the_key, visible},
};
use serde_json::{Map, Value, json};

use super::options::CheckOptions;
use crate::cli::{
    exit::Exit,
    explain,
    json::limit,
    output::{eprintln, print_json, println},
};

/// What came of one input.
pub(super) struct Checked {
    pub(super) name: String,
    pub(super) header: Header,
    pub(super) conclusion: Conclusion,
    /// In all, whatever of it is shown.
    pub(super) operations: u64,
    pub(super) keys: usize,
    pub(super) took: Duration,
    /// What shows the violations.
    pub(super) shown: Vec<Shown>,
    /// The keys that were not decided, and the limit that was reached.
    pub(super) undecided: Vec<(String, Limit)>,
    /// Why there may be more of it than was looked at.
    pub(super) cut_short: Option<&'static str>,
    /// More that comes of the same time may change it.
    pub(super) provisional: bool,
    /// It was checked while it came.
    pub(super) is_followed: bool,
    /// What else is to be said in words.
    pub(super) notes: Vec<String>,
    /// What else is to be said in JSON.
    pub(super) fields: Map<String, Value>,
}

/// A history, or a part of one, and what is wrong with it.
pub(super) struct Shown {
    pub(super) history: History,
    pub(super) inspection: Inspection,
    /// Operations on its key before those in it.
    pub(super) before: u64,
    /// Operations to which nothing had come yet: no answer, and not that they are lost.
    pub(super) open: u64,
}

impl Shown {
    /// There is no more of it.
    pub(super) const fn whole(history: History, inspection: Inspection) -> Self {
        Self {
            history,
            inspection,
            before: 0,
            open: 0,
        }
    }
}

/// Keys that were not decided and are named in words, at most: JSON names all.
const MOST_NAMED: usize = 20;

impl Checked {
    /// Of a history that was read whole.
    pub(super) fn whole(name: String, shown: Shown, cut_short: Option<&'static str>) -> Self {
        let Shown {
            history, inspection, ..
        } = &shown;
        let examination = &inspection.examination;
        let undecided = examination.undecided.iter();
        Self {
            name,
            header: history.header.clone(),
            conclusion: examination.conclusion,
            operations: history.operations() as u64,
            keys: history.keys(),
            took: examination.elapsed,
            undecided: undecided
                .map(|key| (history.key(key.index).to_string(), key.what))
                .collect(),
            shown: vec![shown],
            cut_short,
            provisional: false,
            is_followed: false,
            notes: Vec::new(),
            fields: Map::new(),
        }
    }

    /// Prints it as asked.
    pub(super) fn print(&self, options: &CheckOptions) -> Exit {
        if options.json {
            print_json(&self.to_json());
        } else {
            self.tell(options);
        }
        self.conclusion.into()
    }

    /// The first line, on standard error.
    pub(super) fn print_aside(&self) -> Exit {
        eprintln!("{}", self.headline());
        self.conclusion.into()
    }

    fn headline(&self) -> String {
        format!(
            "{}: {}{}{} {} on {} in {:.3} s",
            visible(&self.name),
            explain::conclusion(self.conclusion),
            match self.header.metadata.get("strategy").and_then(|name| name.as_str()) {
                Some(strategy) => format!(" ({})", visible(strategy)),
                None => String::new(),
            },
            if self.is_followed { " after" } else { "," },
            explain::operations(self.operations),
            explain::keys(self.keys),
            self.took.as_secs_f64(),
        )
    }

    fn tell(&self, options: &CheckOptions) {
        println!("{}", self.headline());
        if self.operations == 0 && self.keys == 0 {
            println!("  It holds no operation, so this says nothing: was its run interrupted?");
        }
        for (key, limit) in self.undecided.iter().take(MOST_NAMED) {
            let more = match limit {
                Limit::Interrupted => "",
                _ => "; raise --limit-time, --limit-memory or --limit-configurations",
            };
            println!("  {}: not decided: {limit}{more}", the_key(key));
        }
        if self.undecided.len() > MOST_NAMED {
            println!(
                "  {} more were not decided (`--json` names them all)",
                explain::keys(self.undecided.len() - MOST_NAMED)
            );
        }
        let style = explain::style(options.ascii);
        for shown in &self.shown {
            let Shown {
                history, inspection, ..
            } = shown;
            if shown.before > 0 {
                println!(
                    "  Shown by what followed the first {} on {}.",
                    explain::operations(shown.before),
                    the_key(history.key(0))
                );
            }
            explain::file(options.explain, &self.name, history, inspection, &style);
            if shown.open > 0 {
                println!(
                    "  {} had no answer yet; no answer could have made this right.",
                    explain::operations(shown.open)
                );
            }
        }
        for note in &self.notes {
            println!("  {note}");
        }
    }

    /// One line of `check --json`.
    fn to_json(&self) -> Value {
        let mut violations = Vec::new();
        for Shown {
            history, inspection, ..
        } in &self.shown
        {
            let mut findings: Vec<_> = inspection.findings.iter().collect();
            findings.sort_by_key(|finding| finding.index);
            violations.extend(findings.into_iter().map(|finding| finding.to_json(history)));
        }
        let unexplained: usize = self
            .shown
            .iter()
            .map(|shown| shown.inspection.unexplained().len())
            .sum();
        let undecided = self.undecided.iter();
        let mut line = json!({
            "file": self.name,
            "spec": self.header.spec.name(),
            "verdict": self.conclusion.to_string(),
            "operations": self.operations,
            "keys": self.keys,
            "seconds": self.took.as_secs_f64(),
            "violations": violations,
            "undecided": undecided.clone().map(|(key, _)| key).collect::<Vec<_>>(),
            "limits": undecided.map(|(key, why)| limit(key, &why.to_string())).collect::<Vec<_>>(),
        });
        if let Some(why) = self.cut_short {
            line["cut_short"] = why.into();
        }
        if unexplained > 0 {
            line["further_violations"] = unexplained.into();
        }
        if self.provisional {
            line["provisional"] = true.into();
        }
        for (name, value) in &self.fields {
            line[name] = value.clone();
        }
        line
    }
}
