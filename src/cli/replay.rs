//! `oversell replay`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::Args;
use oversell_checker::history::{Compression, quoted, shown};
use serde_json::json;

use super::{
    exit::{Exit, Failure},
    explain,
    host::{Host, block_on},
    interrupt::Interrupt,
    named::strategy_named,
    output::{print_json, print_warning, println, to_output},
    script::OwnOptions,
    values::{patience, whole},
};
use crate::{
    prove::{Schedule, replayed},
    replay::{Place, ReplayError, Replayed},
    stress::Progress,
};

/// What `replay` takes.
#[derive(Args, Debug)]
pub(super) struct ReplayOptions {
    /// A schedule that `oversell prove` saved.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replay it so many times.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 1, value_parser = whole::<u32>(1..=1_000_000))]
    times: u32,
    /// A running server instead of a private one. Keys get a prefix of their own and are removed afterwards.
    #[arg(long, value_name = "URL", env = "OVERSELL_REDIS_URL", hide_env_values = true)]
    redis: Option<String>,
    /// How long the server may take to answer anything.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "5s", value_parser = patience)]
    timeout: Duration,
    /// With --redis: `SCRIPT FLUSH` may be sent to that server, which some schedules need.
    #[arg(long)]
    flush_scripts: bool,
    #[command(flatten)]
    own: OwnOptions,
    /// Draw with plain ASCII.
    #[arg(long)]
    ascii: bool,
    /// One JSON object a replay on standard output, and nothing else there.
    #[arg(long)]
    json: bool,
}

/// Replays a schedule on a real server.
pub(super) fn replay_file(options: &ReplayOptions) -> Result<Exit, Failure> {
    let own = options.own.strategy()?;
    let schedule = match &own {
        Some((code, _)) => Schedule::read_as(&options.file, code),
        None => Schedule::read(&options.file, strategy_named),
    }
    .map_err(|error| Failure::bad_input(format!("{error}{}", elsewhere(&options.file))))?;
    if let (Some(then), Some((_, now))) = (&schedule.shop, &own)
        && now.as_ref() != Some(then)
    {
        print_warning(&format!(
            "{} was found with another text of the shop file; it is in there, under `shop`",
            shown(&options.file)
        ));
    }
    block_on(all(options, &schedule))
}

/// What to do with a file whose name says that it is a history.
fn elsewhere(file: &Path) -> String {
    match Compression::of(file) {
        Some(_) => format!("\n  If this is a history: oversell check {}", quoted(file)),
        None => String::new(),
    }
}

async fn all(options: &ReplayOptions, schedule: &Schedule) -> Result<Exit, Failure> {
    let progress = Arc::new(Progress::default());
    let host = Host::open(options.redis.as_deref(), options.timeout).await?;
    let _interrupt = Interrupt::stops(&progress, "stopping")?;
    let place =
        Place::new(schedule, &host.target, options.redis.is_some(), options.flush_scripts).map_err(|error| {
            Failure::bad_input(match error {
                ReplayError::NeedsFlush => format!("{error}; allow it with --flush-scripts"),
                error => error.to_string(),
            })
        })?;
    let (mut made, mut broke, mut agreed) = (0, 0, 0);
    let mut last = None;
    while made < options.times && !progress.stopped() {
        let Some(outcome) = progress.unless_stopped(place.replay(schedule)).await else {
            print_warning(&format!("the server did not answer; {}", place.left_behind()));
            break;
        };
        let outcome = outcome.map_err(Failure::no_server)?;
        made += 1;
        broke += u32::from(outcome.breaks(schedule));
        agreed += u32::from(outcome.agrees());
        if options.json {
            print_json(&to_json(schedule, &outcome));
        }
        last = Some(outcome);
    }
    if let Some(outcome) = last.filter(|_| !options.json) {
        let style = explain::style(options.ascii);
        println!("On a real server ({}), command by command:\n", host.version);
        println!("{}", replayed(schedule, &outcome.steps, &style).trim_end());
        for difference in &outcome.differences {
            to_output(format_args!("{difference}"));
        }
        println!(
            "\n{broke} of {made} replays broke `{}`; {agreed} went exactly as in the model",
            schedule.property
        );
    }
    if made < options.times {
        print_warning(&format!("stopped: {made} of {} replays were made", options.times));
    }
    Ok(match (broke, made < options.times) {
        (0, false) => Exit::AsExpected,
        (0, true) => Exit::Undecided,
        _ => Exit::Violation,
    })
}

fn to_json(schedule: &Schedule, outcome: &Replayed) -> serde_json::Value {
    json!({
        "strategy": schedule.setup.strategy.info().name,
        "property": schedule.property.to_string(),
        "broken": outcome.breaks(schedule),
        "agrees": outcome.agrees(),
        "told": outcome.steps.last().map_or(0, |step| step.told),
        "stock": outcome.steps.last().and_then(|step| step.stock),
        "differences": outcome.differences.iter().map(|difference| json!({
            "step": difference.step,
            "expected": difference.expected,
            "found": difference.found,
        })).collect::<Vec<_>>(),
    })
}
