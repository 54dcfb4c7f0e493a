//! `oversell report`.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use oversell_checker::{
    engines::Limits,
    examine::{Inspection, inspect},
    history::{History, Spec, shown, visible},
};

use super::{
    check::{Source, read, sources},
    exit::{Exit, Failure},
    explain,
    files::{ensure_output, is_standard_output, not_written, replace},
    memory::MemoryLimit,
    named::strategy_named,
    output::{eprintln, print_error},
    script::{OwnOptions, listing},
    values::{time, whole},
};
use crate::{
    prove::{self, Schedule, ScheduleError},
    report::page::{self, Code, Extent, Play, Scenario, Subject},
    trial,
};

/// What `report` takes.
#[derive(Args, Debug)]
pub(super) struct ReportOptions {
    /// History files, folders (every *.jsonl below), `-` for standard input, or schedules (*.schedule.json) of `oversell prove`.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The page, or `-` for standard output. A file that is there is replaced.
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    out: PathBuf,
    /// Leave the timeline out: the counterexamples and the run at a glance only.
    #[arg(long)]
    counterexample_only: bool,
    /// Operations in the timeline, at most; the keys that violate come first.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 150_000, value_parser = whole::<usize>(0..=u64::MAX))]
    operations: usize,
    /// How long one key may take before it is left undecided.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "1m", value_parser = time)]
    limit_time: Duration,
    #[command(flatten)]
    memory: MemoryLimit,
    #[command(flatten)]
    own: OwnOptions,
}

/// Checks files and writes one page about them. What cannot be read is reported and does not keep the others from the page.
pub(super) fn report(options: &ReportOptions) -> Result<Exit, Failure> {
    let (schedules, paths): (Vec<PathBuf>, Vec<PathBuf>) =
        options.paths.iter().cloned().partition(|path| is_schedule(path));
    let sources = if paths.is_empty() { Vec::new() } else { sources(&paths)? };
    let inputs = sources.iter().map(Source::path);
    let inputs = inputs.chain(schedules.iter().map(PathBuf::as_path));
    ensure_output(&options.out, inputs.chain(options.own.file()), not_written)?;
    let limits = Limits {
        time: options.limit_time,
        memory: options.memory.bytes(),
        ..Limits::default()
    };
    let mut exit = Exit::AsExpected;
    let mut shown = Vec::new();
    for path in &schedules {
        match scheduled(path, &options.own) {
            Err(failure) => {
                print_error(&failure);
                exit = Exit::BadInput;
            }
            Ok(scenario) => shown.push(scenario),
        }
    }
    let mut read_files: Vec<(Source, History, Inspection)> = Vec::new();
    for source in sources {
        match read(&source, options.memory) {
            Err(failure) => {
                print_error(&failure);
                exit = exit.max(failure.exit());
            }
            Ok(history) => {
                let inspection = inspect(&history, &limits);
                read_files.push((source, history, inspection));
            }
        }
    }
    // A page about nothing would look like a pass.
    if read_files.is_empty() && shown.is_empty() {
        return Ok(exit);
    }
    let subjects: Vec<Subject<'_>> = read_files
        .iter()
        .map(|(source, history, inspection)| {
            explain::with_about(&source.name(), history, |about| {
                trial::subject(&source.name(), history, inspection, about)
            })
        })
        .collect();
    let (scenarios, of_schedules): (Vec<Scenario>, Vec<Vec<Play>>) = shown.into_iter().unzip();
    let of_histories = plays(&subjects);
    let extent = Extent {
        timeline: !options.counterexample_only,
        operations: options.operations,
        memory: options.memory.bytes(),
        plays: of_schedules
            .into_iter()
            .find(|plays| !plays.is_empty())
            .unwrap_or(of_histories),
    };
    let written = write(&options.out, &subjects, &scenarios, &extent);
    let conclusions = read_files
        .iter()
        .map(|(_, _, inspection)| inspection.examination.conclusion);
    if !scenarios.is_empty() {
        exit = exit.max(Exit::Violation);
    }
    let exit = conclusions.fold(exit, |exit, conclusion| exit.max(conclusion.into()));
    let Err(failure) = written else { return Ok(exit) };
    // A page that cannot be written must not hide what would be on it.
    for subject in &subjects {
        print_error(&format!(
            "{}: {}, which the page would show",
            visible(&subject.name),
            subject.verdict
        ));
    }
    Err(failure)
}

/// Histories are JSON lines, schedules one JSON object.
fn is_schedule(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

/// A schedule, and what can be tried out beside it. Of code that is not here only what its file tells is shown.
fn scheduled(path: &Path, options: &OwnOptions) -> Result<(Scenario, Vec<Play>), Failure> {
    let own = options.strategy()?;
    let listing = options.shop()?.as_ref().map(listing);
    let read = match &own {
        Some((code, _)) => Schedule::read_as(path, code),
        None => Schedule::read(path, strategy_named),
    };
    let (schedule, here) = match read {
        Ok(schedule) => (schedule, true),
        Err(ScheduleError::Unknown { .. }) => (Schedule::recorded(path).map_err(Failure::bad_input)?, false),
        Err(error) => return Err(Failure::bad_input(error)),
    };
    let name = schedule.setup.strategy.info().name;
    let code = match listing {
        Some(listing) => Some(Code::new(&listing)),
        None => prove::code(&name).filter(|_| here),
    };
    let plays = if here {
        prove::plays_of(&schedule.setup, code.as_ref())
    } else {
        prove::plays(None)
    };
    let arguments = options.arguments();
    let scenario = prove::scenario(path, &schedule, code.as_ref(), arguments.as_deref());
    Ok((scenario, plays))
}

/// What can be tried out beside violations: the strategy of the first that violates, and safe ones to compare it with.
pub(super) fn plays(subjects: &[Subject<'_>]) -> Vec<Play> {
    let about_stock = |subject: &&Subject<'_>| matches!(subject.history.header.spec, Spec::Stock | Spec::Sales);
    let mut violating = subjects
        .iter()
        .filter(about_stock)
        .filter(|subject| !subject.violations.is_empty());
    let Some(first) = violating.next() else {
        return Vec::new();
    };
    let named = |subject: &Subject<'_>| trial::of_catalogue(&subject.history.header).map(str::to_string);
    let name = named(first).or_else(|| violating.find_map(named));
    prove::plays(name.as_deref())
}

/// Writes a page and says where it is.
pub(super) fn write(
    path: &Path,
    subjects: &[Subject<'_>],
    scenarios: &[Scenario],
    extent: &Extent,
) -> Result<(), Failure> {
    let html = page::render(subjects, scenarios, extent).map_err(Failure::bad_input)?;
    if is_standard_output(path) {
        let mut output = std::io::stdout().lock();
        let written = output.write_all(html.as_bytes()).and_then(|()| output.flush());
        return written.map_err(|error| not_written(Path::new("-"), &error));
    }
    replace(path, |mut file| file.write_all(html.as_bytes())).map_err(|error| not_written(path, &error))?;
    eprintln!(
        "{}: {} kB, open it in a browser",
        shown(path),
        html.len().div_ceil(1000)
    );
    Ok(())
}
