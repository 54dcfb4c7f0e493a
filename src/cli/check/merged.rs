//! `oversell check --clock-skew`: the files of several recorders as one history.

use std::{collections::HashSet, time::Duration};

use humantime::format_duration;
use oversell_checker::{
    engines::Limits,
    examine::{Conclusion, Inspection, examine, inspect},
    history::{self, Answer, History, Vanishes, smallest_skew},
};
use serde_json::json;

use super::{CheckOptions, Exit, Failure, Source, json, print, read_as_far_as_it_goes, sources};
use crate::cli::{output::println, places::Identity};
use crate::report::terminal::Style;

/// Merges all files, widens every interval by `skew`, and checks what comes out. For a violation it says how wrong the
/// clocks would have to be to explain it.
pub(super) fn check(options: &CheckOptions, skew: Duration, limits: &Limits, style: &Style) -> Result<Exit, Failure> {
    let mut files = Vec::new();
    let sources = sources(&options.paths)?;
    refuse_twice(&sources)?;
    let mut cut_short = None;
    for source in sources {
        let (history, why) = read_as_far_as_it_goes(&source).map_err(Failure::bad_input)?;
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
    let inspection = inspect(&wider, limits);
    let conclusion = inspection.examination.conclusion;
    let vanishes = (conclusion == Conclusion::Violation).then(|| smallest(&history, nanoseconds, limits));
    if options.json {
        let mut line = json::check(&name, &wider, &inspection, cut_short);
        line["clock_skew_ns"] = json!(nanoseconds);
        line["vanishes_at_skew_ns"] = json!(match vanishes {
            Some(Vanishes::At(at)) => Some(at),
            _ => None,
        });
        println!("{line}");
    } else {
        tell(options, &name, &wider, &inspection, style, skew, vanishes);
    }
    Ok(conclusion.into())
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

fn tell(
    options: &CheckOptions,
    name: &str,
    history: &History,
    inspection: &Inspection,
    style: &Style,
    skew: Duration,
    vanishes: Option<Vanishes>,
) {
    print(options, name, history, inspection, style);
    let nanoseconds = |skew: u64| format_duration(Duration::from_nanos(skew));
    let skew = format_duration(skew);
    match vanishes {
        None if inspection.examination.conclusion == Conclusion::Linearizable => println!(
            "  Every interval was widened by {skew} at both ends: this pass says less than one of a single clock."
        ),
        None => {}
        Some(Vanishes::At(at)) => println!(
            "  clocks  wrong by up to {skew} do not explain it; it vanishes when each may be wrong by {}",
            nanoseconds(at)
        ),
        Some(Vanishes::Never) => println!("  clocks  however wrong, they do not explain it"),
        Some(Vanishes::Between { above, .. }) => println!(
            "  clocks  wrong by up to {} do not explain it; beyond that, it was not decided within the limits",
            above.map_or_else(|| skew.to_string(), |above| nanoseconds(above).to_string())
        ),
    }
}
