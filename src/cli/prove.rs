//! `oversell prove`.

use std::{
    ops::ControlFlow,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use oversell_checker::{
    counterexample::units,
    engines::memory::{self, Bytes},
};
use oversell_models::explorer::{ROW, Step};
use oversell_spec::stock::StockOp;
use serde_json::{Value, json};

use super::{
    chosen::{Chosen, chosen, is_all},
    exit::{Exit, Failure},
    explain,
    output::{eprintln, print_json, print_warning, println, wrapped},
    progress::Spinner,
    prove_table::{BROKEN, Cell, Row, promises, table},
    rehearse::tell_faults,
    script::ScriptOptions,
    shop::{Named, Own, Tested, introduce_own, named, on_model, say_what_it_means},
    values::whole,
};
use crate::{
    prove::{Conclusion, Fault, Misuse, Proof, Property, Proven, Saved, Verdict, expected, explanation},
    report::counted,
    strategy::{Expected, Info},
};

/// What `prove` takes.
#[derive(Args, Debug)]
pub(super) struct ProveOptions {
    /// Clients at once [default: 3; for code of your own see below].
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u8>(1..=64))]
    clients: Option<u8>,
    /// Units on sale [default: 2; for code of your own see below].
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>(0..=1_000_000))]
    stock: Option<u64>,
    /// Purchases of each client, one after the other [default: 1; for code of your own see below].
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u8>(1..=64))]
    operations: Option<u8>,
    /// Units in one purchase [default: 1, or what shows the strategy's fault].
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>(1..=1_000_000))]
    quantity: Option<u64>,
    /// One more client that restocks so many units.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>(1..=1_000_000))]
    restock: Option<u64>,
    /// One more client that reads the stock.
    #[arg(long)]
    reader: bool,
    /// Faults that may happen, one column each: crash, lost-reply, reconnect, expiry, script-flush, eviction, failover; `all`,
    /// `none`. Joined with `+` they may happen in one run [default: all, or none for strategies that are named].
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    faults: Vec<String>,
    /// How often a fault may happen in one run.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 1, value_parser = whole::<u8>(1..=100))]
    times: u8,
    /// Different states of one cell before it is left undecided.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 20_000_000, value_parser = whole::<usize>(0..=u64::MAX))]
    limit_states: usize,
    /// How much memory the program may hold before a cell is left undecided [default: a quarter of what is available].
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true, default_value_t = Bytes(memory::share()), hide_default_value = true)]
    limit_memory: Bytes,
    #[command(flatten)]
    script: ScriptOptions,
    /// The folder in which schedules are saved.
    #[arg(long, value_name = "DIR", default_value = "histories/failed")]
    out: PathBuf,
    /// Draw with plain ASCII.
    #[arg(long)]
    ascii: bool,
    /// One JSON object a strategy and fault on standard output, and nothing else there.
    #[arg(long)]
    json: bool,
    /// Names from `oversell strategies`, or shop files (*.toml). For these, and for --script, without any of --clients, --stock,
    /// --operations, --quantity, --restock and --reader, 1 to 3 clients and several stocks are gone through.
    #[arg(value_name = "STRATEGY", conflicts_with = "script", value_parser = named())]
    strategies: Vec<Named>,
}

/// The faults of one column.
type Column = Vec<Fault>;

/// Explores every interleaving of strategies, all of them when none is named.
pub(super) fn prove(options: &ProveOptions) -> Result<Exit, Failure> {
    let all = is_all(&options.strategies, &options.script);
    let subjects = subjects(options)?;
    let columns = columns(options, all)?;
    let begin = Instant::now();
    let right = subjects.iter().filter(|subject| !subject.is_wrong());
    let (own, ours): (Vec<&Tested>, Vec<&Tested>) = right.partition(|subject| subject.own.is_some());
    if !options.json {
        introduce(options, &own, !ours.is_empty());
    }
    let mut exit = Exit::AsExpected;
    let mut rows = Vec::new();
    for subject in &subjects {
        if let Some(Own { rehearsal, .. }) = &subject.own
            && !rehearsal.faults.is_empty()
        {
            exit = exit.max(Exit::Violation);
            tell_faults(rehearsal, options.ascii, options.json);
            continue;
        }
        let info = subject.entry.strategy.info();
        let mut cells = Vec::new();
        for column in &columns {
            let cell = one(options, subject, &info, column, all)?;
            exit = exit.max(verdict(&cell, all));
            if options.json
                && let Cell::Done { proven, expected } = &cell
            {
                print_json(&to_json(proven, *expected));
            }
            let skipped = matches!(cell, Cell::Skipped(_));
            cells.push(cell);
            if skipped {
                break;
            }
        }
        rows.push(Row {
            info,
            cells,
            named_by: subject.own.as_ref().map(|own| own.arguments.clone()),
        });
    }
    if !options.json && !rows.is_empty() {
        print(options, &rows, &columns, all, begin.elapsed());
    }
    Ok(exit)
}

/// What is going to be proved, and what the answers of shops were taken to mean.
fn introduce(options: &ProveOptions, own: &[&Tested], has_ours: bool) {
    if has_ours || !options.goes_through_bounds() && !own.is_empty() {
        println!(
            "{} with {} each, from {}: every order in which their\ncommands can reach Redis",
            counted(options.clients().into(), "client"),
            match options.operations() {
                1 => "one purchase".to_string(),
                operations => format!("{operations} purchases"),
            },
            units(options.stock()),
        );
    }
    if options.goes_through_bounds() && !own.is_empty() {
        wrapped(
            "1 to 3 clients with one or two purchases each, from 0, 1, 2, 3 or 10 units: every order in which their commands can reach Redis",
            "",
        );
    }
    introduce_own(own);
}

impl ProveOptions {
    fn clients(&self) -> u8 {
        self.clients.unwrap_or(3)
    }

    fn stock(&self) -> u64 {
        self.stock.unwrap_or(2)
    }

    fn operations(&self) -> u8 {
        self.operations.unwrap_or(1)
    }

    /// Has nobody said anything about the bounds?
    fn goes_through_bounds(&self) -> bool {
        let sizes = self.clients.is_some() || self.stock.is_some() || self.operations.is_some();
        !sizes && self.quantity.is_none() && self.restock.is_none() && !self.reader
    }
}

fn subjects(options: &ProveOptions) -> Result<Vec<Tested>, Failure> {
    let each = chosen(&options.strategies, &options.script)?.into_iter();
    let subject = |chosen| match chosen {
        Chosen::Entry(entry) => Ok(entry.into()),
        Chosen::Own(shop, arguments) => Ok(Tested::own(on_model(&shop)?, arguments)),
    };
    each.map(subject).collect()
}

fn columns(options: &ProveOptions, all: bool) -> Result<Vec<Column>, Failure> {
    let every = || std::iter::once(Vec::new()).chain(Fault::ALL.into_iter().map(|fault| vec![fault]));
    if options.faults.is_empty() {
        return Ok(if all { every().collect() } else { vec![Vec::new()] });
    }
    let mut columns = Vec::new();
    for name in &options.faults {
        match name.as_str() {
            "all" => columns.extend(every()),
            "none" => columns.push(Vec::new()),
            joined => {
                if let Some(alone) = joined.split('+').find(|name| ["all", "none"].contains(name)) {
                    return Err(Failure::bad_input(format!(
                        "found `{alone}` joined with others in `{joined}`, expected it alone; a comma separates what is proved one by \
                         one: --faults {}",
                        joined.replace('+', ",")
                    )));
                }
                let faults: Result<Column, _> = joined.split('+').map(str::parse).collect();
                columns.push(faults.map_err(Failure::bad_input)?);
            }
        }
    }
    Ok(columns)
}

/// The proof of one cell.
fn proof(options: &ProveOptions, subject: &Tested, column: &Column) -> Proof {
    let Tested { entry, own } = subject;
    let mut proof = Proof::of(Arc::clone(&entry.strategy))
        .limit_states(options.limit_states)
        .limit_memory(options.limit_memory.0);
    for &fault in column {
        proof = proof.fault_times(fault, options.times);
    }
    if own.is_some() && options.goes_through_bounds() {
        return proof;
    }
    let quantities = match options.quantity {
        Some(quantity) => quantity..=quantity,
        None => entry.provocation.quantity.clone(),
    };
    // The largest first: whoever asks for much is in the way of the others.
    let quantities: Vec<u64> = quantities.rev().collect();
    proof = proof.stock(options.stock());
    for client in 0..usize::from(options.clients()) {
        let buy = StockOp::Buy {
            quantity: quantities[client % quantities.len()],
        };
        proof = proof.client(vec![buy; usize::from(options.operations())]);
    }
    if let Some(quantity) = options.restock {
        proof = proof.client([StockOp::Restock { quantity }]);
    }
    if options.reader {
        proof = proof.client([StockOp::Read]);
    }
    proof
}

fn one(options: &ProveOptions, subject: &Tested, info: &Info, column: &Column, all: bool) -> Result<Cell, Failure> {
    let proof = proof(options, subject, column);
    let faults: Vec<&str> = column.iter().map(|fault| fault.name()).collect();
    let with = if faults.is_empty() { "" } else { " with " };
    let spinner = Spinner::new(
        format!("{}{with}{}", info.name, faults.join(", ")),
        "{human_pos} different states",
    );
    let outcome = proof.run_with(|progress| {
        spinner.show(progress.unique_states);
        ControlFlow::Continue(())
    });
    drop(spinner);
    match outcome {
        Ok(mut proven) => {
            if let (Some(schedule), Some(own)) = (&mut proven.schedule, &subject.own) {
                schedule.shop.clone_from(&own.rehearsal.shop.text);
            }
            Ok(Cell::Done {
                expected: if column.len() > 1 || subject.own.is_some() {
                    Expected::Safe
                } else {
                    expected(info, column.first().copied())
                },
                proven: Box::new(proven),
            })
        }
        Err(misuse @ (Misuse::Lacking(_) | Misuse::Unsupported(_) | Misuse::NotOffered(_))) if all => {
            if options.json {
                eprintln!("{} is skipped: {misuse}", info.name);
            }
            Ok(Cell::Skipped(misuse.to_string()))
        }
        Err(misuse) => Err(Failure::bad_input(format!("`{}`: {misuse}", info.name))),
    }
}

fn verdict(cell: &Cell, all: bool) -> Exit {
    let Cell::Done { proven, expected } = cell else {
        return Exit::AsExpected;
    };
    match proven.conclusion() {
        // Foreseen by the catalogue, and found.
        Conclusion::Violation if all && *expected == Expected::Broken => Exit::AsExpected,
        Conclusion::Violation => Exit::Violation,
        Conclusion::Undecided => Exit::Undecided,
        // The catalogue says that it is broken: these bounds are too small to see it.
        Conclusion::Proved if all && *expected == Expected::Broken => Exit::Undecided,
        Conclusion::Proved => Exit::AsExpected,
    }
}

fn to_json(proven: &Proven, expected: Expected) -> Value {
    let exploration = &proven.exploration;
    let verdict = |verdict: &Verdict| match verdict {
        Verdict::Proved => "proved",
        Verdict::Violated(_) => "violation",
        Verdict::Undecided => "undecided",
    };
    let properties: serde_json::Map<String, Value> = Property::ALL
        .into_iter()
        .filter_map(|property| Some((property.to_string(), json!(verdict(&proven.verdict(property)?)))))
        .collect();
    json!({
        "strategy": proven.info.name,
        "fault": proven.fault(),
        "property": proven.broken().map_or("all", Property::name),
        "verdict": proven.conclusion().to_string(),
        "expected": expected.to_string(),
        "as_expected": proven.as_expected(expected),
        "clients": proven.setup.clients.len(),
        "stock": proven.setup.stock,
        "states": exploration.progress.states,
        "unique_states": exploration.progress.unique_states,
        "depth": exploration.progress.depth,
        "seconds": proven.elapsed.as_secs_f64(),
        "covered": covered(proven),
        "properties": properties,
        "untold": exploration.untold,
        "retries": exploration.retries,
        "failed": exploration.failed,
        "undecided": proven.undecided(),
        "schedule": proven.schedule.as_ref().map(|schedule| schedule.steps_to_json()),
        "schedule_clients": proven.schedule.as_ref().map(|schedule| schedule.setup.clients.len()),
        "schedule_stock": proven.schedule.as_ref().map(|schedule| schedule.setup.stock),
    })
}

/// All bounds that were gone through.
fn covered(proven: &Proven) -> Value {
    let each = proven
        .covered
        .iter()
        .map(|covered| json!({"clients": covered.clients, "stock": covered.stock, "operations": covered.operations}));
    let all: Vec<Value> = each.collect();
    if all.is_empty() { Value::Null } else { all.into() }
}

fn print(options: &ProveOptions, rows: &[Row], columns: &[Column], all: bool, elapsed: Duration) {
    let names: Vec<String> = columns
        .iter()
        .map(|column| match column.as_slice() {
            [] => "none".to_string(),
            faults => faults.iter().map(|fault| fault.name()).collect::<Vec<_>>().join("+"),
        })
        .collect();
    if all {
        println!("\n{}", table(rows, &names, options.ascii));
    } else {
        for row in rows {
            println!("\n{}", promises(row, &names, options.ascii));
        }
    }
    for row in rows {
        if let Some(Cell::Skipped(why)) = row.cells.first() {
            wrapped(&format!("{} was skipped: {why}", row.info.name), "  ");
        }
    }
    let done = || {
        let cells = rows
            .iter()
            .flat_map(|row| row.cells.iter().map(move |cell| (row, cell)));
        cells.filter_map(|(row, cell)| match cell {
            Cell::Done { proven, expected } => Some((row, proven.as_ref(), *expected)),
            Cell::Skipped(_) => None,
        })
    };
    let states: u64 = done()
        .map(|(_, proven, _)| proven.exploration.progress.unique_states)
        .sum();
    let generated: u64 = done().map(|(_, proven, _)| proven.exploration.progress.states).sum();
    println!(
        "{} different states, {} steps between them, {:.1} s",
        oversell_checker::counterexample::number(states),
        oversell_checker::counterexample::number(generated),
        elapsed.as_secs_f64()
    );
    legend(&done().map(|(_, proven, _)| proven).collect::<Vec<_>>(), all);
    let style = explain::style(options.ascii);
    let mut shown: Vec<(&str, &[Step])> = Vec::new();
    for (row, proven, expected) in done() {
        let in_full = if all {
            // A safe strategy that is caught is news.
            (proven.info.name == "naive" && proven.setup.faults.is_empty()) || expected == Expected::Safe
        } else {
            true
        };
        let Some(schedule) = proven.schedule.as_ref().filter(|_| in_full) else {
            continue;
        };
        // A fault that is not needed changes nothing.
        let named = row.named_by.as_deref().unwrap_or(&row.info.name);
        let this = (named, schedule.steps.as_slice());
        if shown.contains(&this) {
            continue;
        }
        shown.push(this);
        let saved = match schedule.save(&options.out) {
            Ok(path) => Saved::new(&path, schedule, row.named_by.as_deref()),
            Err(error) => {
                print_warning(&error);
                Saved::default()
            }
        };
        println!("\n{}", explanation(proven, &saved, &style).trim_end());
    }
    if all {
        println!();
        wrapped(
            "A proof speaks of these clients, this stock and at most one fault of its column, and of the model of Redis; see \
             docs/proving.md.",
            "",
        );
        println!("Next:");
        for (command, what) in [
            ("oversell prove get-set", "another one breaks"),
            ("oversell prove watch --clients 5 --stock 3", "a larger proof"),
            ("oversell prove lock --faults all", "one under every fault"),
        ] {
            println!("  {command:<45}{what}");
        }
    }
}

/// What the cells mean, as far as they occur.
fn legend(done: &[&Proven], all: bool) {
    let mut parts = vec!["`ok` proved".to_string()];
    for property in Property::ALL {
        if done.iter().any(|proven| proven.broken() == Some(property)) {
            let (word, meaning) = super::prove_table::word(property);
            parts.push(format!("`{word} k` {meaning} after k steps"));
        }
    }
    let beside = |proven: &&Proven| {
        let broken = |(_, verdict): &&(Property, Verdict)| matches!(verdict, Verdict::Violated(_));
        proven.exploration.verdicts.iter().filter(broken).count() > 1
    };
    if !all && done.iter().any(beside) {
        parts.push(format!("`{BROKEN}` does not hold either"));
    }
    let undecided = |proven: &&&Proven| proven.conclusion() == Conclusion::Undecided;
    if let Some(proven) = done.iter().find(undecided)
        && let Some(why) = proven.undecided()
    {
        let exploration = &proven.exploration;
        let advice = match (exploration.stopped, &exploration.failed) {
            (Some(_), _) => "; raise --limit-states or --limit-memory",
            (None, Some(_)) => say_what_it_means(&proven.info),
            (None, None) => "",
        };
        parts.push(format!("`?` not decided: {why}{advice}"));
    }
    if done
        .iter()
        .any(|proven| proven.conclusion() == Conclusion::Proved && proven.exploration.untold > 0)
    {
        parts.push("`ok*` proved, but a unit can be gone with a buyer who never heard of it".to_string());
    }
    wrapped(&parts.join("; "), "");
    let retries = |proven: &&Proven| proven.exploration.retries && proven.conclusion() == Conclusion::Proved;
    if !all && done.iter().any(retries) {
        wrapped(
            &format!(
                "Attempts in vain are taken to be forgotten. That was tried: {} of them in a row, and all that occurred, two by \
                 two. Code that remembers more than that is not proved by this.",
                oversell_checker::counterexample::number(ROW as u64)
            ),
            "",
        );
    }
}
