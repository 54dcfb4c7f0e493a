//! `oversell` and `oversell run`.

use std::{path::Path, sync::Arc, time::Duration};

use oversell_checker::{
    counterexample::{number, units},
    examine::{Conclusion, KeyFinding},
    history::{quoted, shown},
};

use super::{
    chosen::{Chosen, chosen, is_all},
    exit::{Exit, Failure},
    explain::{self, Explain},
    files::{ensure_writable, ensure_writable_folder, is_standard_output, not_written},
    host::{Host, block_on},
    interrupt::Interrupt,
    json,
    output::{eprintln, print_error, print_json, print_warning, println, wrapped},
    progress::Spinner,
    rehearse::tell_faults,
    report,
    run_options::{Record, RunCommand, RunOptions, Save},
    script::ScriptOptions,
    shop::{Tested, introduce_own, on_server, say_what_it_means},
    table::{Done, table},
};
use crate::{
    prove::NO_LIMIT,
    report::page::{Extent, Subject},
    server::{Source, out_of_files},
    strategy::{Entry, Expected, Info},
    stress::{Progress, StressError, Workload},
    trial::{Report, Stress, TrialError},
};

/// Of the strategies that ran.
fn ran(done: &[Done]) -> impl Iterator<Item = &Report> {
    done.iter().filter_map(|done| match done {
        Done::Ran(report) => Some(report.as_ref()),
        Done::Skipped(..) => None,
    })
}

/// Runs strategies, all of them when none is named.
pub(super) fn run(options: &RunOptions, command: Option<&RunCommand>) -> Result<Exit, Failure> {
    if options.read_ratio + options.restock_ratio > 1.0 {
        return Err(Failure::bad_input(format!(
            "--read-ratio {} and --restock-ratio {} leave no room for purchases; together they may be at most 1",
            options.read_ratio, options.restock_ratio
        )));
    }
    block_on(run_all(options, command))
}

/// What is to be run, code of users rehearsed on the server.
async fn subjects(command: Option<&RunCommand>, host: &Host) -> Result<Vec<Tested>, Failure> {
    let none = ScriptOptions::default();
    let (named, script, overwrite) = match command {
        Some(command) => (&command.strategies[..], &command.script, command.overwrite),
        None => (&[][..], &none, false),
    };
    let mut subjects = Vec::new();
    for chosen in chosen(named, script)? {
        subjects.push(match chosen {
            Chosen::Entry(entry) => entry.into(),
            Chosen::Own(shop, arguments) => Tested::own(on_server(&shop, host, overwrite).await?, arguments),
        });
    }
    Ok(subjects)
}

async fn run_all(options: &RunOptions, command: Option<&RunCommand>) -> Result<Exit, Failure> {
    let all = command.is_none_or(|command| is_all(&command.strategies, &command.script));
    // Better now than when all has been done.
    if options.record != Record::Off {
        ensure_writable_folder(&options.out)?;
    }
    if let Some(page) = &options.report {
        if is_standard_output(page) {
            return Err(Failure::bad_input(format!(
                "--report={} would mix the page with what is printed: give it the name of a file",
                shown(page)
            )));
        }
        ensure_writable(page).map_err(|error| not_written(page, &error))?;
    }
    let seed = options.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let progress = Arc::new(Progress::default());
    let host = Host::open(options.redis.as_deref(), options.timeout).await?;
    let subjects = subjects(command, &host).await?;
    let _interrupt = Interrupt::stops(&progress, "stopping; what was recorded until now is checked")?;
    if !options.json {
        introduce(options, &host, seed);
    }
    let mut done = Vec::new();
    let mut failed = None;
    let mut alone = Exit::AsExpected;
    let (wrong, subjects): (Vec<&Tested>, Vec<&Tested>) = subjects.iter().partition(|subject| subject.is_wrong());
    if !options.json {
        introduce_own(&subjects);
    }
    for own in wrong.iter().filter_map(|subject| subject.own.as_ref()) {
        alone = Exit::Violation;
        tell_faults(&own.rehearsal, options.ascii, options.json);
    }
    for subject in &subjects {
        if progress.stopped() {
            break;
        }
        let outcome = match one(options, subject, &host, seed, &progress).await {
            Ok(outcome) => outcome,
            Err(error) => {
                // What was found before comes first.
                failed = Some(error);
                break;
            }
        };
        let unsaved = matches!(&outcome, Done::Ran(report) if report.unsaved.is_some());
        if options.json
            && let Done::Ran(report) = &outcome
        {
            print_json(&json::run(report));
            tell_cut_short(report);
        }
        if let Done::Skipped(info, why) = &outcome
            && options.json
        {
            eprintln!("{} is skipped: {why}", info.name);
        }
        done.push(outcome);
        if unsaved {
            break;
        }
    }
    let finished = done.len() == subjects.len();
    if !options.json && !done.is_empty() {
        print_table(options, &done, all);
        if all && finished {
            next_steps(options, &done);
        }
    }
    let mut exit = exit(&done, all, finished).max(alone);
    for error in ran(&done).filter_map(|report| report.unsaved.as_ref()) {
        print_error(error);
        exit = exit.max(Exit::BadInput);
    }
    if let Some(failure) = &failed {
        print_error(&failure);
        exit = exit.max(failure.exit());
    }
    if let Some(path) = options.report.as_ref().filter(|_| !done.is_empty())
        && let Err(failure) = write_page(path, &done)
    {
        print_error(&failure);
        exit = exit.max(failure.exit());
    }
    let nothing_to_tell = failed.is_some() && done.is_empty();
    if !(finished || nothing_to_tell) {
        print_warning(&format!(
            "stopped: {} of {} strategies were run; left out: {}",
            done.len(),
            subjects.len(),
            left_out(&subjects[done.len()..])
        ));
    }
    Ok(exit)
}

fn left_out(subjects: &[&Tested]) -> String {
    let names: Vec<String> = subjects
        .iter()
        .map(|subject| subject.entry.strategy.info().name)
        .collect();
    names.join(", ")
}

fn introduce(options: &RunOptions, host: &Host, seed: u64) {
    let found = match host.source {
        Some(Source::Fetched) => format!("a private {} (fetched)", host.version),
        Some(source) => format!("a private {} (from {source})", host.version),
        None => format!("{} at {}", host.version, host.target.url()),
    };
    println!(
        "{} from items of {}, seed {seed}, on\n{found}",
        match options.clients {
            1 => "1 client buys".to_string(),
            clients => format!("{} clients buy", number(clients.into())),
        },
        units(options.stock)
    );
}

async fn one(
    options: &RunOptions,
    subject: &Tested,
    host: &Host,
    seed: u64,
    progress: &Arc<Progress>,
) -> Result<Done, Failure> {
    let Tested { entry, own } = subject;
    let info = entry.strategy.info();
    if own.is_some() {
        fits(options, &info)?;
    }
    let spinner = Spinner::of(info.name.clone(), progress);
    let trial = Stress::of(Arc::clone(&entry.strategy))
        .workload(workload(options, entry, seed))
        .on(&host.target, host.source)
        .save_to(&options.out)
        .keep_passing(options.save == Save::All)
        .compressed(options.compress.into())
        .stop_on_violation(options.stop_on_violation)
        .shop(own.as_ref().and_then(|own| own.rehearsal.shop.text.clone()))
        .progress(progress);
    let outcome = trial.run().await;
    drop(spinner);
    progress.rearm();
    match outcome {
        Ok(report) => Ok(Done::Ran(Box::new(report))),
        Err(TrialError::Stress(error @ StressError::Unsupported(_))) => Ok(Done::Skipped(info, error.to_string())),
        Err(TrialError::Stress(StressError::Setup { error, .. }))
            // Where we are out of files, that it cannot be asked says nothing about it.
            if host.is_ours()
                && out_of_files(&error.to_string()).is_empty()
                && host.target.version().await.is_err() =>
        {
            Err(Failure::no_server(format!(
                "{}: the private server was lost: {error}; run it again, and if it happens again, look whether something ends it \
                 (for want of memory, say)",
                info.name
            )))
        }
        // One buyer alone was answered.
        Err(TrialError::Stress(error @ StressError::NothingWorked { .. })) if own.is_some() => {
            Err(Failure::undecided(format!("`{}`: {error}{}", info.name, say_what_it_means(&info))))
        }
        Err(TrialError::Stress(error)) => Err(error.into()),
        Err(TrialError::Server(error)) => Err(error.into()),
        Err(error @ (TrialError::Save { .. } | TrialError::OwnKey(_) | TrialError::NoClients)) => {
            Err(Failure::bad_input(error))
        }
    }
}

/// Can the code of a shop do what is asked for?
fn fits(options: &RunOptions, info: &Info) -> Result<(), Failure> {
    let most = options.quantity.as_ref().map_or(1, |quantity| *quantity.end());
    let why = if most > info.max_quantity {
        format!(
            "--quantity asks for {most}, and it sells at most {} in one purchase",
            info.max_quantity
        )
    } else if options.restock_ratio > 0.0 && !info.restocks {
        "--restock-ratio asks for restocks, and it has no `restock`".to_string()
    } else {
        return Ok(());
    };
    Err(Failure::bad_input(format!("`{}`: {why}", info.name)))
}

fn workload(options: &RunOptions, entry: &Entry, seed: u64) -> Workload {
    let provoking = Workload::provoking(&entry.provocation);
    Workload {
        clients: usize::from(options.clients),
        stock: options.stock,
        quantity: options.quantity.clone().unwrap_or_else(|| provoking.quantity.clone()),
        read_ratio: options.read_ratio,
        restock_ratio: options.restock_ratio,
        seed,
        rounds: options.rounds,
        operations: options.operations,
        duration: options.duration,
        timeout: options.timeout,
        stall: options.stall.or(provoking.stall),
        recording: options.record.into(),
        ..provoking
    }
}

/// The verdict is about less than was asked for.
fn tell_cut_short(report: &Report) {
    if let Some(why) = &report.outcome.cut_short {
        print_warning(&format!(
            "{}: {why}; the verdict is about what was recorded until then",
            report.info.name
        ));
    }
    if !report.outcome.left_behind.is_empty() {
        print_warning(&format!("{}: {}", report.info.name, report.outcome.left_behind));
    }
}

/// Which limit kept a key from being decided, and what can be done.
fn tell_undecided(report: &Report) {
    if report.doubts_limit() {
        print_warning(&format!("{}: {NO_LIMIT}", report.info.name));
    } else if report.conclusion() == Conclusion::Undecided
        && let Some(why) = report.outcome.unanswered()
    {
        print_warning(&format!(
            "{}: {why}{}",
            report.info.name,
            say_what_it_means(&report.info)
        ));
    }
    let undecided = report.inspection.iter().flat_map(|found| &found.examination.undecided);
    for key in undecided.take(MOST_TOLD) {
        let file = report.saved.as_ref().map_or_else(String::new, |path| {
            format!(
                "; the file can be looked at with other limits: oversell check {}",
                quoted(path)
            )
        });
        print_warning(&format!(
            "{}: item `{}` was not decided: {}{file}",
            report.info.name,
            report.history.key(key.index),
            key.what
        ));
    }
}

/// Undecided items that are named, at most.
const MOST_TOLD: usize = 3;
/// Pauses of the clients that are worth a warning.
const NOTABLE: Duration = Duration::from_millis(100);

fn print_table(options: &RunOptions, done: &[Done], all: bool) {
    println!("\n{}", table(done, options.ascii));
    for done in done {
        match done {
            Done::Skipped(info, why) => wrapped(&format!("{} was skipped: {why}", info.name), ""),
            Done::Ran(report) => {
                tell_cut_short(report);
                tell_undecided(report);
                // Of what is explained, that says it.
                if let Some(file) = report
                    .saved
                    .as_ref()
                    .filter(|_| report.conclusion() == Conclusion::Linearizable)
                {
                    println!("{}: saved as {}", report.info.name, shown(file));
                }
                if report.outcome.paused >= NOTABLE {
                    print_warning(&format!(
                        "{}: the clients paused for {:.1} s in all, until what they had done was written and checked",
                        report.info.name,
                        report.outcome.paused.as_secs_f64()
                    ));
                }
            }
        }
    }
    explain_all(options, done, all);
}

/// Explains what was caught: strategies that were named in full, in the main job `naive` in full and the others in short.
fn explain_all(options: &RunOptions, done: &[Done], all: bool) {
    let style = explain::style(options.ascii);
    let violating = ran(done).filter(|report| report.conclusion() == Conclusion::Violation);
    let (full, short): (Vec<&Report>, Vec<&Report>) = violating.partition(|report| match options.explain {
        Some(how) => how == Explain::Full,
        // A safe strategy that is caught is news.
        None => !all || report.info.name == "naive" || report.info.expected == Expected::Safe,
    });
    for report in full {
        println!("\n{}", report.explanation(&style).trim_end());
        if let Some(file) = &report.saved {
            println!("  again   oversell check {}", quoted(file));
        }
        if let Some(found) = report.finding() {
            tell_item(report, found);
        }
    }
    if !short.is_empty() {
        println!();
    }
    for report in &short {
        wrapped(&report.line(&style), "  ");
    }
}

/// Which of the items it is.
fn tell_item(report: &Report, found: &KeyFinding) {
    let (wrong, rounds) = (report.violations(), report.outcome.rounds);
    println!(
        "  This is item `{}`; {} of {} items were sold wrongly.",
        report.history.key(found.index),
        number(wrong),
        number(rounds)
    );
    match report.before(found) {
        0 => {}
        before => println!(
            "  Shown by what followed the first {} on it.",
            explain::operations(before)
        ),
    }
    if report.beyond.violations > 0 {
        println!(
            "  {} of them were let go unexplained; the file has them all.",
            report.beyond.violations
        );
    }
}

/// A page about everything that was recorded and is still in memory.
fn write_page(path: &Path, done: &[Done]) -> Result<(), Failure> {
    for report in ran(done).filter(|report| report.beyond.keys > 0) {
        print_warning(&format!(
            "{}: the page shows {} of {} items, the others were let go; `oversell report` makes a page of a whole file",
            report.info.name,
            report.history.keys(),
            report.outcome.rounds
        ));
    }
    let subjects: Vec<Subject<'_>> = ran(done).filter_map(Report::subject).collect();
    let extent = Extent {
        plays: report::plays(&subjects),
        ..Extent::default()
    };
    report::write(path, &subjects, &[], &extent)
}

/// What one can do next.
fn next_steps(options: &RunOptions, done: &[Done]) {
    let undecided = ran(done).any(|report| report.conclusion() == Conclusion::Undecided);
    println!();
    if undecided {
        println!("Undecided is not a pass: run again with fewer clients, reads or restocks.");
    }
    println!("A pass speaks of the operations that were recorded, not of every interleaving.");
    println!("Next:");
    for (command, what) in [
        (
            "oversell run get-set".to_string(),
            "see another one break, step by step",
        ),
        (
            format!("oversell check {}", quoted(&options.out)),
            "check the saved histories again",
        ),
        (
            "oversell strategies".to_string(),
            "what each does, and what to write instead",
        ),
    ] {
        println!("  {command:<33}{what}");
    }
    println!("To test your own: a Lua script with `oversell init`; code in Rust with one call");
    println!("in a #[tokio::test], see the README.");
}

fn exit(done: &[Done], all: bool, finished: bool) -> Exit {
    let mut exit = if finished { Exit::AsExpected } else { Exit::Undecided };
    for report in ran(done) {
        let conclusion = report.conclusion();
        exit = exit.max(match (conclusion, report.info.expected, all) {
            // The catalogue says that it is broken: caught as it should be.
            (Conclusion::Violation, Expected::Broken, true) => Exit::AsExpected,
            (Conclusion::Violation, ..) => Exit::Violation,
            (Conclusion::Undecided, ..) => Exit::Undecided,
            // What was answered until then was right, and that is not what was asked for.
            (Conclusion::Linearizable, ..) if report.outcome.server_lost() => Exit::NoServer,
            (Conclusion::Linearizable, Expected::Broken, true) => Exit::Undecided,
            (Conclusion::Linearizable, ..) => Exit::AsExpected,
        });
    }
    let skipped = done.iter().any(|done| matches!(done, Done::Skipped(..)));
    if skipped && !all && exit == Exit::AsExpected {
        // Who names a strategy wants to see it run.
        return Exit::NoServer;
    }
    exit
}
