//! A history as a picture: a bar for each operation, and a point on it where the checker lets it take effect.

use std::fmt::Write as _;

use oversell_checker::{
    counterexample::{Tell as _, Words},
    engines::{Limits, Verdict, check_stock},
    history::{self, Body, StockOperation},
};

const WIDTH: f64 = 760.0;
const LEFT: f64 = 96.0;
const LANE: f64 = 62.0;
const TOP: f64 = 40.0;

/// The picture of the first key of a history file.
pub(crate) fn svg(file: &str) -> String {
    let from = std::io::BufReader::new(std::fs::File::open(file).unwrap_or_else(|error| panic!("{file}: {error}")));
    let (history, _) = history::read(file, from).unwrap_or_else(|error| panic!("{error}"));
    let clock = history.clock;
    let Body::Stock(keys) = &history.body else {
        panic!("{file} is not about stock");
    };
    let key = &keys[0];
    let order = match check_stock(key.initial, &key.operations, &Limits::default()) {
        Verdict::Linearizable(witness) => Some(witness.0),
        _ => None,
    };
    let words = Words {
        clock,
        units: &history.units,
    };
    draw(key.initial, &key.operations, order.as_deref(), &words)
}

fn draw(initial: u64, operations: &[StockOperation], order: Option<&[usize]>, words: &Words<'_>) -> String {
    let end = operations.iter().map(last).max().unwrap_or(1);
    let x = |time: u64| LEFT + (WIDTH - LEFT - 120.0) * time as f64 / end as f64;
    let mut lanes: Vec<i64> = operations.iter().map(|operation| operation.process).collect();
    lanes.sort_unstable();
    lanes.dedup();
    let y = |process: i64| TOP + LANE * lanes.iter().position(|lane| *lane == process).unwrap_or(0) as f64 + 20.0;
    let bottom = TOP + LANE * lanes.len() as f64;
    let height = bottom + if order.is_some() { 62.0 } else { 34.0 };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"13\" fill=\"#1b1f24\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" rx=\"6\" fill=\"#ffffff\"/>\n\
         <text x=\"14\" y=\"24\" fill=\"#57606a\">{initial} in stock; time runs to the right</text>\n"
    );
    for operation in operations {
        bar(operation, &x, y(operation.process), words, &mut svg);
    }
    match order {
        Some(order) => points(initial, operations, order, &x, &y, bottom, &mut svg),
        None => {
            let _ = writeln!(
                svg,
                "<text x=\"14\" y=\"{}\" fill=\"#b3261e\">no choice of points explains these answers</text>",
                bottom + 16.0
            );
        }
    }
    svg + "</svg>\n"
}

/// From question to answer; open at the right when there was none.
fn bar(operation: &StockOperation, x: &dyn Fn(u64) -> f64, y: f64, words: &Words<'_>, svg: &mut String) {
    let (from, to) = (x(operation.invoked), operation.response.map(|response| x(response.at)));
    let asked = operation.op.asked();
    let said = match operation.response {
        Some(response) => format!("{asked}: {}", operation.op.answered(&response.ret, words)),
        None => format!("{asked}: no answer"),
    };
    let _ = writeln!(
        svg,
        "<text x=\"14\" y=\"{:.0}\">{}</text>\n<text x=\"{from:.0}\" y=\"{:.0}\" font-size=\"12\">{said}</text>",
        y + 4.0,
        words.actor(operation),
        y - 10.0
    );
    let dashes = if to.is_none() { " stroke-dasharray=\"5 4\"" } else { "" };
    let _ = writeln!(
        svg,
        "<path d=\"M{from:.0} {:.0}v10m0 -5H{:.0}{}\" fill=\"none\" stroke=\"#57606a\" stroke-width=\"2\"{dashes}/>",
        y - 5.0,
        to.unwrap_or(WIDTH - 14.0),
        if to.is_some() { "m0 -5v10" } else { "" }
    );
}

/// A point on each bar, from left to right, and the stock after each.
fn points(
    initial: u64,
    operations: &[StockOperation],
    order: &[usize],
    x: &dyn Fn(u64) -> f64,
    y: &dyn Fn(i64) -> f64,
    bottom: f64,
    svg: &mut String,
) {
    let width = x(operations.iter().map(last).max().unwrap_or(1)) - LEFT;
    let mut level = initial as i64;
    let mut path = String::new();
    let mut now = LEFT;
    let mut marks = String::new();
    for (place, &index) in order.iter().enumerate() {
        let operation = &operations[index];
        let end = operation.response.map_or(WIDTH, |response| x(response.at));
        // As early as the order allows, but so far apart that they can be told apart.
        now = (now + width / 12.0).max(x(operation.invoked) + 6.0).min(end - 2.0);
        if let Some(response) = operation.response {
            level -= operation.op.taken(&response.ret) as i64;
        } else if matches!(operation.op, oversell_spec::stock::StockOp::Buy { .. }) {
            level -= 1;
        }
        let height = y(operation.process);
        let _ = write!(path, "{}{now:.0} {height:.0}", if place == 0 { "M" } else { "L" });
        let _ = writeln!(
            marks,
            "<path d=\"M{now:.0} {height:.0}V{:.0}\" stroke=\"#0969da\" stroke-dasharray=\"2 4\"/>\
             <circle cx=\"{now:.0}\" cy=\"{height:.0}\" r=\"5\" fill=\"#0969da\"/>\
             <text x=\"{now:.0}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"#0969da\">{level}</text>",
            bottom + 8.0,
            bottom + 24.0
        );
    }
    let _ = writeln!(
        svg,
        "<path d=\"{path}\" fill=\"none\" stroke=\"#0969da\" stroke-width=\"1.5\"/>\n{marks}\
         <text x=\"14\" y=\"{:.0}\" fill=\"#57606a\">stock</text>\n\
         <text x=\"14\" y=\"{:.0}\" fill=\"#57606a\">the points, joined in order: what a correct counter could have done</text>",
        bottom + 24.0,
        bottom + 48.0
    );
}

fn last(operation: &StockOperation) -> u64 {
    operation.response.map_or(operation.invoked, |response| response.at)
}
