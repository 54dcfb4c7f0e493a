//! `oversell replay`.

use std::{io::Write as _, path::PathBuf};

use anstream::println;
use clap::Args;
use oversell_models::{explorer::Action, redis_model::Reply};
use serde_json::json;

use super::{
    exit::{Exit, Failure},
    explain,
};
use crate::{
    prove::{Schedule, replayed},
    replay::{ReplayError, Replayed, replay},
    server::{Server, Target},
};

/// What `replay` takes.
#[derive(Args, Debug)]
pub(super) struct ReplayOptions {
    /// A schedule that `oversell prove` saved.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replay it so many times.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    times: u32,
    /// A running server instead of a private one. Keys get a prefix of their own and are removed afterwards.
    #[arg(long, value_name = "URL", env = "OVERSELL_REDIS_URL", hide_env_values = true)]
    redis: Option<String>,
    /// With --redis: `SCRIPT FLUSH` may be sent to that server, which some schedules need.
    #[arg(long)]
    flush_scripts: bool,
    /// Draw with plain ASCII.
    #[arg(long)]
    ascii: bool,
    /// One JSON object a replay on standard output, and nothing else there.
    #[arg(long)]
    json: bool,
}

/// Replays a schedule on a real server.
pub(super) fn replay_file(options: &ReplayOptions) -> Result<Exit, Failure> {
    let schedule = Schedule::read(&options.file, super::prove::strategy_named).map_err(Failure::bad_input)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::bad_input(format!("failed to start: {error}")))?;
    runtime.block_on(all(options, &schedule))
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
    let flushes = needs_empty_cache(schedule);
    if flushes && options.redis.is_some() && !options.flush_scripts {
        return Err(Failure::bad_input(
            "this schedule begins with a server that knows no scripts; with --redis that takes --flush-scripts, which sends \
             SCRIPT FLUSH to the server you named",
        ));
    }
    let key = match options.redis {
        Some(_) => format!("oversell:replay:{:08x}", rand::random::<u32>()),
        None => "stock".to_string(),
    };
    let (mut broke, mut agreed) = (0, 0);
    let mut last = None;
    for _ in 0..options.times {
        if flushes {
            flush(&target).await?;
        }
        let outcome = replay(schedule, &target, &key).await.map_err(failure)?;
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
            println!(
                "  step {} went otherwise than in the model: {} instead of {}",
                difference.step, difference.found, difference.expected
            );
        }
        println!(
            "\n{broke} of {} replays broke `{}`; {agreed} went exactly as in the model",
            options.times, schedule.property
        );
    }
    let _ = std::io::stdout().flush();
    Ok(if broke > 0 { Exit::Violation } else { Exit::AsExpected })
}

/// Does it matter that the server knows no scripts at the beginning?
fn needs_empty_cache(schedule: &Schedule) -> bool {
    schedule.steps.iter().any(|step| {
        matches!(step.action, Action::FlushScripts | Action::Failover(_))
            || matches!(&step.reply, Some(Reply::Error(text)) if text.starts_with("NOSCRIPT"))
    })
}

async fn flush(target: &Target) -> Result<(), Failure> {
    let mut link = target.connect().await.map_err(|error| failure(error.into()))?;
    let flushed = redis::cmd("SCRIPT").arg("FLUSH").exec_async(&mut link).await;
    flushed.map_err(|error| failure(error.into()))
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
