//! The overview as charts: shapes for SVG elements, and the words beside them.
//!
//! A chart is drawn in a square of [`WIDE`] by [`HIGH`] that the page stretches, so there are no letters in it.

use std::fmt::Write as _;

use oversell_checker::{
    counterexample::{number, signed},
    history::Fault,
};

use super::overview::Overview;

/// Units across a chart.
pub(super) const WIDE: usize = 800;
/// Units down a chart.
pub(super) const HIGH: usize = 100;
/// Rows of the table that says the same as the charts.
const ROWS: usize = 10;

/// One chart.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) id: &'static str,
    pub(super) title: String,
    /// What it shows, for those who do not see it.
    pub(super) summary: String,
    /// The values at the top and at the bottom.
    pub(super) top: String,
    pub(super) bottom: String,
    pub(super) shapes: Vec<Shape>,
    /// Where zero is, when it is not at the bottom.
    pub(super) zero: Option<f64>,
}

/// A line or an area of a chart.
#[derive(Debug)]
pub(super) struct Shape {
    /// The class of its colour: `c-bought`, `line-left`.
    pub(super) class: String,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) area: bool,
}

impl Shape {
    fn line(class: &str, name: &str, path: String) -> Self {
        Self {
            class: class.to_string(),
            name: name.to_string(),
            path,
            area: false,
        }
    }

    fn area(class: &str, name: &str, path: String) -> Self {
        Self {
            area: true,
            ..Self::line(class, name, path)
        }
    }
}

/// A row of the table.
#[derive(Debug)]
pub(super) struct TableRow {
    pub(super) until: String,
    pub(super) cells: Vec<String>,
}

/// Faults as one path of rectangles: over the whole height those that concerned everybody, along the top those of single
/// clients, of which there may be many.
pub(super) fn bands(faults: &[Fault], overview: &Overview) -> String {
    let all = rectangles(faults.iter().filter(|fault| fault.process.is_none()), overview, HIGH);
    all + &rectangles(
        faults.iter().filter(|fault| fault.process.is_some()),
        overview,
        HIGH / 12,
    )
}

/// Those that would touch become one.
fn rectangles<'a>(faults: impl Iterator<Item = &'a Fault>, overview: &Overview, high: usize) -> String {
    let mut spans: Vec<(usize, usize)> = faults
        .filter(|fault| fault.to >= overview.from && fault.from <= overview.to)
        .map(|fault| (x(overview, fault.from), x(overview, fault.to) + 2))
        .collect();
    spans.sort_unstable();
    let mut joined: Vec<(usize, usize)> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => joined.push((from, to)),
        }
    }
    let band = |(from, to): (usize, usize)| format!("M{from} 0H{to}V{high}H{from}z");
    joined.into_iter().map(band).collect()
}

/// Where a time stands; one outside the run at its edge.
pub(super) fn x(overview: &Overview, at: u64) -> usize {
    let at = at.clamp(overview.from, overview.to);
    let share = (at - overview.from) as f64 / (overview.to - overview.from).max(1) as f64;
    (share * WIDE as f64) as usize
}

/// Units across a stretch.
fn wide(overview: &Overview) -> f64 {
    WIDE as f64 / overview.stretches.len().max(1) as f64
}

/// The charts that make sense for this run. `clock`: times are nanoseconds.
pub(super) fn charts(overview: &Overview, clock: bool) -> Vec<Chart> {
    let mut charts = Vec::new();
    if let Some(stock) = overview.stock {
        charts.push(stock_chart(overview, stock));
    }
    charts.push(answers(overview, clock));
    if clock {
        charts.push(throughput(overview));
        charts.push(latency(overview));
    }
    charts
}

fn stock_chart(overview: &Overview, stock: i64) -> Chart {
    let left: Vec<i64> = overview.stretches.iter().map(|stretch| stretch.left).collect();
    let told = || overview.stretches.iter().filter_map(|stretch| stretch.told);
    let least = left.iter().copied().chain(told()).min().unwrap_or(0).min(0);
    let most = left.iter().copied().max().unwrap_or(0).max(stock).max(least + 1);
    let height = |level: i64| HIGH as f64 * (most as f64 - level as f64) / (most as f64 - least as f64);
    let wide = wide(overview);
    let mut path = format!("M0 {:.1}", height(stock));
    for (place, level) in left.iter().enumerate() {
        let _ = write!(path, "H{:.1}V{:.1}", place as f64 * wide + wide / 2.0, height(*level));
    }
    let _ = write!(path, "H{WIDE}");
    let mut lowest = String::new();
    for (place, stretch) in overview.stretches.iter().enumerate() {
        if let Some(told) = stretch.told {
            let _ = write!(
                lowest,
                "M{:.1} {:.1}h{:.1}",
                place as f64 * wide,
                height(told),
                wide - 1.0
            );
        }
    }
    let last = left.last().copied().unwrap_or(stock);
    let mut shapes = vec![Shape::line("line-left", "left, by what was sold", path)];
    if !lowest.is_empty() {
        shapes.push(Shape::line("line-told", "lowest that anybody was told", lowest));
    }
    let told = told().min().map_or_else(String::new, |told| {
        format!("; the lowest that anybody was told is {}", signed(told))
    });
    Chart {
        id: "stock",
        title: "Stock".to_string(),
        summary: format!(
            "from {} to {}, counting what buyers were told{told}",
            signed(stock),
            signed(last)
        ),
        top: signed(most),
        bottom: signed(least),
        shapes,
        zero: (least < 0).then(|| height(0)),
    }
}

fn answers(overview: &Overview, clock: bool) -> Chart {
    let totals = |stretch: &super::overview::Stretch| stretch.answers.iter().sum::<u64>();
    let most = overview.stretches.iter().map(totals).max().unwrap_or(0).max(1);
    let wide = wide(overview);
    let mut base = vec![0u64; overview.stretches.len()];
    let mut shapes = Vec::new();
    let mut parts = Vec::new();
    for (class, name) in overview.classes.iter().enumerate() {
        let mut path = String::new();
        for ((place, stretch), base) in overview.stretches.iter().enumerate().zip(&mut base) {
            let count = stretch.answers.get(class).copied().unwrap_or(0);
            if count > 0 {
                let scale = HIGH as f64 / most as f64;
                let (high, low) = (HIGH as f64 - (*base + count) as f64 * scale, count as f64 * scale);
                let _ = write!(
                    path,
                    "M{:.1} {high:.1}h{wide:.1}v{low:.1}h-{wide:.1}z",
                    place as f64 * wide
                );
            }
            *base += count;
        }
        parts.push(format!("{name} {}", number(overview.count(class))));
        shapes.push(Shape::area(&format!("c-{}", name.replace(' ', "-")), name, path));
    }
    Chart {
        id: "answers",
        title: "Answers".to_string(),
        summary: parts.join(", "),
        top: if clock {
            let stretch = (overview.to - overview.from) / overview.stretches.len().max(1) as u64;
            format!("{} in {}", number(most), duration(stretch))
        } else {
            number(most)
        },
        bottom: "0".to_string(),
        shapes,
        zero: None,
    }
}

fn throughput(overview: &Overview) -> Chart {
    let seconds = (overview.to - overview.from).max(1) as f64 / 1e9 / overview.stretches.len().max(1) as f64;
    let rates: Vec<f64> = overview
        .stretches
        .iter()
        .map(|stretch| stretch.latency.count as f64 / seconds)
        .collect();
    let most = rates.iter().copied().fold(1.0, f64::max);
    let wide = wide(overview);
    let mut path = format!("M0 {HIGH}");
    for (place, rate) in rates.iter().enumerate() {
        let _ = write!(
            path,
            "L{:.1} {:.1}",
            place as f64 * wide + wide / 2.0,
            HIGH as f64 * (1.0 - rate / most)
        );
    }
    let _ = write!(path, "L{WIDE} {HIGH}z");
    let average = overview.whole.count as f64 / (seconds * overview.stretches.len().max(1) as f64);
    Chart {
        id: "throughput",
        title: "Throughput".to_string(),
        summary: format!("{} answers a second on average", number(average as u64)),
        top: format!("{}/s", number(most as u64)),
        bottom: "0".to_string(),
        shapes: vec![Shape::area("area-rate", "answers a second", path)],
        zero: None,
    }
}

fn latency(overview: &Overview) -> Chart {
    let most = overview.whole.max.max(1) as f64;
    let low = 1_000f64.min(most / 10.0);
    // From a microsecond on, by powers of ten: the slow ones are few and far away.
    let height = |took: u64| {
        let share = ((took as f64).max(low) / low).ln() / (most / low).ln();
        HIGH as f64 * (1.0 - share)
    };
    let wide = wide(overview);
    let mut shapes = Vec::new();
    type Pick = fn(&super::overview::Latency) -> u64;
    let lines: [(&str, &str, Pick); 3] = [
        ("line-max", "slowest", |latency| latency.max),
        ("line-p99", "99 % within", |latency| latency.p99),
        ("line-p50", "half within", |latency| latency.p50),
    ];
    for (class, name, pick) in lines {
        let mut path = String::new();
        let mut pen = 'M';
        for (place, stretch) in overview.stretches.iter().enumerate() {
            if stretch.latency.count == 0 {
                continue;
            }
            let _ = write!(
                path,
                "{pen}{:.1} {:.1}h{:.1}",
                (place as f64 + 0.25) * wide,
                height(pick(&stretch.latency)),
                wide / 2.0
            );
            pen = 'L';
        }
        shapes.push(Shape::line(class, name, path));
    }
    Chart {
        id: "latency",
        title: "Latency".to_string(),
        summary: format!(
            "half within {}, 99 % within {}, slowest {} (scale by powers of ten)",
            duration(overview.whole.p50),
            duration(overview.whole.p99),
            duration(overview.whole.max)
        ),
        top: duration(most as u64),
        bottom: duration(low as u64),
        shapes,
        zero: None,
    }
}

/// A duration in a unit that suits it.
pub(super) fn duration(nanoseconds: u64) -> String {
    match nanoseconds {
        0..1_000 => format!("{nanoseconds} ns"),
        1_000..1_000_000 => format!("{:.1} µs", nanoseconds as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.2} ms", nanoseconds as f64 / 1e6),
        _ => format!("{:.2} s", nanoseconds as f64 / 1e9),
    }
}

/// A time of the run, or the number of a line.
pub(super) fn time(at: u64, clock: bool) -> String {
    if clock { duration(at) } else { format!("event {at}") }
}

/// The same as numbers: a heading for each column, and ten rows.
pub(super) fn table(overview: &Overview, clock: bool) -> (Vec<String>, Vec<TableRow>) {
    let mut heads: Vec<String> = overview.classes.iter().map(|name| (*name).to_string()).collect();
    if overview.stock.is_some() {
        heads.push("left".to_string());
    }
    if clock {
        heads.push("slowest".to_string());
    }
    let a_row = overview.stretches.len().div_ceil(ROWS).max(1);
    let row = |(number_of, stretches): (usize, &[super::overview::Stretch])| {
        let mut cells = Vec::new();
        for class in 0..overview.classes.len() {
            let count: u64 = stretches.iter().filter_map(|stretch| stretch.answers.get(class)).sum();
            cells.push(number(count));
        }
        if overview.stock.is_some() {
            cells.push(
                stretches
                    .last()
                    .map_or_else(String::new, |stretch| signed(stretch.left)),
            );
        }
        if clock {
            let slowest = stretches.iter().map(|stretch| stretch.latency.max).max();
            cells.push(duration(slowest.unwrap_or(0)));
        }
        let share = ((number_of + 1) * a_row) as f64 / overview.stretches.len().max(1) as f64;
        let share = share.min(1.0);
        let until = overview.from + ((overview.to - overview.from) as f64 * share) as u64;
        TableRow {
            until: time(until, clock),
            cells,
        }
    };
    (heads, overview.stretches.chunks(a_row).enumerate().map(row).collect())
}
