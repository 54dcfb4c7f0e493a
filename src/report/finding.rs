//! A finding of any specification, as text and for the page.

use oversell_checker::{
    counterexample::{
        Finding, Tell, Words,
        effects::{Place, Units},
    },
    examine::KeyFinding,
    history::{History, KeyHistory},
    with_finding,
};

#[cfg(feature = "cli")]
use super::page::{Case, Code};
use super::{explanation::Explanation, terminal::Style};

/// What an explanation says besides the finding.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// Whose violation it is: `naive (GET → DECR)`.
    pub title: &'a str,
    /// What to write instead.
    pub fix: Option<&'a str>,
    /// Where the history is.
    pub saved: Option<&'a str>,
}

/// The violation as a person reads it. Empty when it is of another history.
#[must_use]
pub fn explanation(found: &KeyFinding, history: &History, about: &About<'_>, style: &Style) -> String {
    with_finding!(found, history, |finding, key, words| explain(
        finding, key, words, about
    )
    .render(style))
    .unwrap_or_default()
}

/// The violation in one line. Empty when it is of another history.
#[must_use]
pub fn line(found: &KeyFinding, history: &History, about: &About<'_>, style: &Style) -> String {
    with_finding!(found, history, |finding, key, words| explain(
        finding, key, words, about
    )
    .line(style))
    .unwrap_or_default()
}

/// The violation as a page shows it, with the code of a purchase where it is known. `None` when it is of another history.
#[cfg(feature = "cli")]
#[must_use]
pub fn case(found: &KeyFinding, history: &History, about: &About<'_>, code: Option<&Code>) -> Option<Case> {
    with_finding!(found, history, |finding, key, words| {
        explain(finding, key, words, about).case(found.index, &key.key, code)
    })
}

fn explain<'a, State, Op: Tell<Ret = Ret>, Ret, Initial: Units>(
    finding: &'a Finding<State, Op, Ret>,
    key: &'a KeyHistory<Op, Ret, Initial>,
    words: Words<'a>,
    about: &About<'a>,
) -> Explanation<'a, State, Op, Ret> {
    Explanation {
        title: about.title,
        finding,
        stock: Place::of(key),
        operations: key.operations.len(),
        commands: &key.commands,
        words,
        // What the strategy says of itself, or else what the counterexample tells.
        fix: about.fix.or(finding.remedy.as_deref()),
        saved: about.saved,
    }
}
