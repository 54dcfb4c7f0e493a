//! `oversell check --clock-skew`: the files of several recorders as one history.

use std::{collections::HashSet, time::Duration};

use humantime::format_duration;
use oversell_checker::{
    engines::Limits,
    examine::{Conclusion, examine, inspect},
    history::{self, Answer, History, Vanishes, smallest_skew},
};
use serde_json::json;

use super::{
    checked::{Checked, Shown},
    options::CheckOptions,
    reading::read_as_far_as_it_goes,
    sources::{Source, sources},
};
use crate::cli::{
    exit::{Exit, Failure},
    files::Identity,
};

/// Merges all files, widens every interval by `skew`, and checks what comes out. For a violation it says how wrong the
/// clocks would have to be to explain it.
pub(super) fn check(options: &CheckOptions, skew: Duration) -> Result<Exit, Failure> {
    let mut files = Vec::new();
    let sources = sources(&options.paths)?;
    refuse_twice(&sources)?;
    let mut cut_short = None;
    for source in sources {
        let (history, why) = read_as_far_as_it_goes(&source, options.memory)?;
        cut_short = cut_short.or(why);
        files.push((source.name(), history));
    }
    let name = files
        .iter()
        .map(|(name, _)| name.as_str())
        .collect::<Vec<_>>()
        .join(" + ");
    let history = history::merge(files).map_err(|error| Failure::bad_input(format!("failed to merge: {error}")))?;
    let nanoseconds = u64::try_from(skew.as_nanos()).unwrap_or(u64::MAX);
    let mut wider = history.clone();
    wider.widen(nanoseconds);
    let limits = &options.limits();
    let inspection = inspect(&wider, limits);
    let conclusion = inspection.examination.conclusion;
    let vanishes = (conclusion == Conclusion::Violation).then(|| smallest(&history, nanoseconds, limits));
    let mut checked = Checked::whole(name, Shown::whole(wider, inspection), cut_short);
    checked.notes.extend(said(conclusion, skew, vanishes));
    let at = match vanishes {
        Some(Vanishes::At(at)) => Some(at),
        _ => None,
    };
    checked.fields.insert("clock_skew_ns".to_string(), json!(nanoseconds));
    checked.fields.insert("vanishes_at_skew_ns".to_string(), json!(at));
    Ok(checked.print(options))
}

/// What one file says must not count twice: every purchase in it would be sold again.
fn refuse_twice(sources: &[Source]) -> Result<(), Failure> {
    let mut places = HashSet::new();
    for source in sources {
        // What is not there is told when it is read.
        let Ok(place) = Identity::of_input(source.path()) else {
            continue;
        };
        if !places.insert(place) {
            return Err(Failure::bad_input(format!(
                "found {} twice among the files to merge, expected each recorder's file once: what it recorded would count twice",
                source.name()
            )));
        }
    }
    Ok(())
}

/// The skew at which the violation is gone: at most the longest there can be, the whole run.
fn smallest(history: &History, known: u64, limits: &Limits) -> Vanishes {
    let mut shift = history.clone();
    shift.widen(known);
    let found = smallest_skew(&shift, u64::MAX / 4, |history| {
        match examine(history, limits).conclusion {
            Conclusion::Linearizable => Answer::Linearizable,
            Conclusion::Violation => Answer::Violation,
            Conclusion::Undecided => Answer::Undecided,
        }
    });
    match found {
        Vanishes::At(at) => Vanishes::At(at.saturating_add(known)),
        Vanishes::Never => Vanishes::Never,
        Vanishes::Between { above, up_to } => Vanishes::Between {
            above: above.map(|skew| skew.saturating_add(known)),
            up_to: up_to.map(|skew| skew.saturating_add(known)),
        },
    }
}

/// What the clocks have to do with it.
fn said(conclusion: Conclusion, skew: Duration, vanishes: Option<Vanishes>) -> Option<String> {
    let nanoseconds = |skew: u64| format_duration(Duration::from_nanos(skew));
    let skew = format_duration(skew);
    Some(match vanishes {
        None if conclusion == Conclusion::Linearizable => {
            format!(
                "Every interval was widened by {skew} at both ends: this pass says less than one of a single clock."
            )
        }
        None => return None,
        Some(Vanishes::At(at)) => format!(
            "clocks  wrong by up to {skew} do not explain it; it vanishes when each may be wrong by {}",
            nanoseconds(at)
        ),
        Some(Vanishes::Never) => "clocks  however wrong, they do not explain it".to_string(),
        Some(Vanishes::Between { above, .. }) => format!(
            "clocks  wrong by up to {} do not explain it; beyond that, it was not decided within the limits",
            above.map_or_else(|| skew.to_string(), |above| nanoseconds(above).to_string())
        ),
    })
}
