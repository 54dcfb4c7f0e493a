//! `oversell replay`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use oversell_checker::history::{Compression, quoted};
use serde_json::json;

use super::{
    args::whole,
    exit::{Exit, Failure},
    explain,
    output::{println, to_output},
    prove::strategy_named,
    script::ScriptOptions,
};
use crate::{
    prove::{Schedule, replayed},
    replay::{Place, ReplayError, Replayed},
    server::{Server, Target},
    strategy::AnyStrategy,
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
    /// With --redis: `SCRIPT FLUSH` may be sent to that server, which some schedules need.
    #[arg(long)]
    flush_scripts: bool,
    #[command(flatten)]
    script: ScriptOptions,
    /// Draw with plain ASCII.
    #[arg(long)]
    ascii: bool,
    /// One JSON object a replay on standard output, and nothing else there.
    #[arg(long)]
    json: bool,
}

/// Replays a schedule on a real server.
pub(super) fn replay_file(options: &ReplayOptions) -> Result<Exit, Failure> {
    let script = options
        .script
        .strategy()?
        .map(|script| -> AnyStrategy { Arc::new(script) });
    let schedule = match &script {
        Some(script) => Schedule::read_as(&options.file, script),
        None => Schedule::read(&options.file, strategy_named),
    }
    .map_err(|error| Failure::bad_input(format!("{error}{}", elsewhere(&options.file))))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::cannot_start(&error))?;
    runtime.block_on(all(options, &schedule))
}

/// What to do with a file whose name says that it is a history.
fn elsewhere(file: &Path) -> String {
    match Compression::of(file) {
        Some(_) => format!("\n  If this is a history: oversell check {}", quoted(file)),
        None => String::new(),
    }
}

async fn all(options: &ReplayOptions, schedule: &Schedule) -> Result<Exit, Failure> {
    let (target, _server) = match &options.redis {
        Some(url) => (Target::from_url(url)?, None),
        None => {
            let server = Server::start()?;
            (server.target().clone(), Some(server))
        }
    };
    let version = target.version().await?;
    let place = Place::new(schedule, &target, options.redis.is_some(), options.flush_scripts).map_err(|error| {
        Failure::bad_input(match error {
            ReplayError::NeedsFlush => format!("{error}; allow it with --flush-scripts"),
            error => error.to_string(),
        })
    })?;
    let (mut broke, mut agreed) = (0, 0);
    let mut last = None;
    for _ in 0..options.times {
        let outcome = place.replay(schedule).await.map_err(failure)?;
        broke += u32::from(outcome.breaks(schedule));
        agreed += u32::from(outcome.agrees());
        if options.json {
            println!("{}", to_json(schedule, &outcome));
        }
        last = Some(outcome);
    }
    if let Some(outcome) = last.filter(|_| !options.json) {
        let style = explain::style(options.ascii);
        println!("On a real server ({version}), command by command:\n");
        println!("{}", replayed(schedule, &outcome.steps, &style).trim_end());
        for difference in &outcome.differences {
            to_output(format_args!("{difference}"));
        }
        println!(
            "\n{broke} of {} replays broke `{}`; {agreed} went exactly as in the model",
            options.times, schedule.property
        );
    }
    Ok(if broke > 0 { Exit::Violation } else { Exit::AsExpected })
}

fn failure(error: ReplayError) -> Failure {
    Failure::no_server(error)
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
