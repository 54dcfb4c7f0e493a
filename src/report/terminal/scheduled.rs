//! A schedule in the terminal: one column a client, one command a row, in the order in which the server had them.

use std::fmt::Write as _;

use oversell_checker::counterexample::{number, signed};
use oversell_models::{
    explorer::{Action, Answer, Step},
    redis_model::Reply,
};
use oversell_spec::stock::StockOp;

use super::{
    loud,
    style::{Ink, Style, columns},
};

const NUMBER: usize = 4;
/// The column of the stock is at least this wide.
const STOCK: usize = 7;
const GAP: usize = 2;
/// A column is at least this wide, or the clients stand one below the other.
const NARROWEST: usize = 15;
const WIDEST: usize = 38;

/// A schedule to be shown.
#[derive(Debug)]
pub struct Scheduled<'a> {
    /// Whose it is: `naive (GET → DECR)`.
    pub title: &'a str,
    /// What it breaks: `sells more than it has, in 4 steps`.
    pub headline: &'a str,
    /// How many clients there were.
    pub clients: usize,
    /// Units on sale at its start.
    pub stock: u64,
    /// What happens.
    pub steps: &'a [Step],
    /// All clients share one connection.
    pub shared: bool,
    /// Why it is wrong.
    pub why: &'a str,
    /// What to write instead.
    pub fix: Option<&'a str>,
    /// Where it was saved, and what can be done with it: lines with a word in front of each.
    pub saved: &'a [(&'static str, String)],
}

struct Row {
    number: Option<usize>,
    client: Option<usize>,
    text: String,
    stock: Option<i64>,
    ink: Ink,
    /// The client's operation is over with this row.
    ends: bool,
}

impl Scheduled<'_> {
    /// The whole view, ending in a line break.
    #[must_use]
    pub fn render(&self, style: &Style) -> String {
        let mut text = style.paint(&style.text(self.title), Ink::Strong);
        let headline = style.text(&loud_first(self.headline));
        if columns(self.title) + 4 + columns(&headline) <= style.columns() {
            text.push_str("    ");
        } else {
            text.push_str("\n  ");
        }
        let _ = writeln!(text, "{}", style.paint(&headline, Ink::Wrong));
        let sharing = if self.shared { " over one shared connection" } else { "" };
        let clients = if self.clients == 1 { "client" } else { "clients" };
        let bounds = format!(
            "the shortest of all schedules of {} {clients}{sharing}, from stock {}",
            self.clients,
            number(self.stock)
        );
        for line in style.wrap(&bounds, style.columns() - 2) {
            let _ = writeln!(text, "  {line}");
        }
        text.push('\n');
        text += &self.draw(style);
        text.push('\n');
        for (label, part) in [("why", Some(self.why)), ("fix", self.fix)] {
            let Some(part) = part else { continue };
            for (place, line) in style.wrap(part, style.columns() - 10).iter().enumerate() {
                let label = format!("{:<8}", if place == 0 { label } else { "" });
                let _ = writeln!(text, "  {}{line}", style.paint(&label, Ink::Label));
            }
        }
        for (label, part) in self.saved {
            let _ = writeln!(text, "  {}{part}", style.paint(&format!("{label:<8}"), Ink::Label));
        }
        text
    }

    fn draw(&self, style: &Style) -> String {
        let rows = self.rows();
        let mut clients: Vec<usize> = rows.iter().filter_map(|row| row.client).collect();
        clients.sort_unstable();
        clients.dedup();
        let wanted = rows.iter().filter(|row| row.client.is_some());
        let wanted = wanted.map(|row| columns(&style.text(&row.text))).max().unwrap_or(0);
        // What happens to the server stands across all columns.
        let across = rows.iter().filter(|row| row.client.is_none());
        let across = across.map(|row| columns(&style.text(&row.text))).max().unwrap_or(0);
        let wanted = if clients.len() == 1 { wanted.max(across) } else { wanted };
        let levels = rows.iter().filter_map(|row| row.stock);
        let longest = levels.map(|stock| columns(&style.text(&signed(stock)))).max();
        let stock_width = longest.map_or(STOCK, |longest| STOCK.max(longest + GAP));
        let room = style.columns().saturating_sub(2 + NUMBER + stock_width);
        let each = (room / clients.len().max(1)).saturating_sub(GAP);
        let narrow = each < NARROWEST;
        let cell = if narrow {
            wanted.clamp(NARROWEST, room - 12)
        } else {
            wanted.clamp(NARROWEST, WIDEST).min(each)
        };
        let lanes: &[usize] = if narrow { &clients[..1] } else { &clients };
        let width = lanes.len() * (GAP + cell);
        let mut text = String::new();
        let mut head = format!("{:>NUMBER$}", "step");
        for client in lanes {
            let name = if narrow {
                "client".to_string()
            } else {
                format!("client {}", client + 1)
            };
            head += &" ".repeat(GAP);
            head += &style.fit(&name, cell);
        }
        let _ = write!(head, "{:>stock_width$}", "stock");
        let _ = writeln!(text, "  {}", style.paint(&head, Ink::Strong));
        for (place, row) in rows.iter().enumerate() {
            let number = row.number.map_or_else(String::new, |number| number.to_string());
            let _ = write!(text, "  {}", style.paint(&format!("{number:>NUMBER$}"), Ink::Faint));
            let mut line = String::new();
            match row.client {
                None => {
                    let event = style.fit(&row.text, width.saturating_sub(GAP));
                    let _ = write!(line, "  {}", style.paint(&event, row.ink));
                }
                Some(client) if narrow => {
                    let said = style.fit(&format!("{:<3}{}", client + 1, row.text), cell);
                    let _ = write!(line, "  {}", style.paint(&said, row.ink));
                }
                Some(_) => {
                    for &lane in lanes {
                        line += &" ".repeat(GAP);
                        if row.client == Some(lane) {
                            line += &style.paint(&short(style, &row.text, cell), row.ink);
                        } else {
                            let open = rows[..place].iter().rfind(|other| other.client == Some(lane));
                            let bar = if open.is_some_and(|row| !row.ends) { "│" } else { "" };
                            line += &style.fit(bar, cell);
                        }
                    }
                }
            }
            if let Some(stock) = row.stock {
                let _ = write!(line, "{:>stock_width$}", style.text(&signed(stock)));
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let last = self.steps.len().saturating_sub(1);
        for (place, step) in self.steps.iter().enumerate() {
            let row = |number, text: String, ink| Row {
                number,
                client: step.client,
                text,
                stock: None,
                ink,
                ends: false,
            };
            let first = rows.len();
            if let Some(op) = step.begins {
                rows.push(row(None, format!("┌ {}", asked(op)), Ink::Plain));
            }
            let number = Some(place + 1);
            let reply = match &step.reply {
                // Its code says enough.
                Some(Reply::Error(text)) => format!("error {}", text.split(' ').next().unwrap_or_default()),
                Some(reply) => reply.to_string(),
                None => String::new(),
            };
            match (&step.request, step.action) {
                (Some(request), Action::Step(_)) => {
                    rows.push(row(number, format!("│ {request} → {reply}"), Ink::Plain))
                }
                (Some(request), Action::LoseReply(_)) => {
                    rows.push(row(number, format!("│ {request} → {reply}"), Ink::Plain));
                    rows.push(row(None, "│ ✗ the reply is lost".to_string(), Ink::Wrong));
                }
                (Some(request), _) => {
                    rows.push(row(number, format!("│ {request} → {reply}"), Ink::Plain));
                    rows.push(row(None, "✗ crashes".to_string(), Ink::Wrong));
                }
                (None, action) => rows.push(row(number, self.event(step, action), Ink::Wrong)),
            }
            if step.retries {
                rows.push(row(None, "│ … starts again".to_string(), Ink::Faint));
            }
            let crashes = matches!(step.action, Action::Crash(_) | Action::CrashAfter(_));
            if let Some(answer) = &step.answer {
                let ink = if place == last { Ink::Wrong } else { Ink::Plain };
                rows.push(row(None, format!("└ {}", answered(answer)), ink));
            }
            if let Some(end) = rows[first..].last_mut() {
                end.stock = step.stock;
                end.ends = step.answer.is_some() || crashes;
            }
        }
        rows
    }

    fn event(&self, step: &Step, action: Action) -> String {
        let key = step.key.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        match action {
            Action::Step(_) | Action::LoseReply(_) | Action::CrashAfter(_) => "│ (no command)".to_string(),
            Action::Crash(_) => "✗ crashes".to_string(),
            Action::Reconnect(_) => "│ ✗ reconnects".to_string(),
            Action::Lapse(_) | Action::Expire(_) => format!("── {key} runs out ──"),
            Action::FlushScripts => "── the server forgets its scripts ──".to_string(),
            Action::Evict(_) => format!("── {key} is evicted ──"),
            Action::Failover(1) => "── failover: the last write is gone ──".to_string(),
            Action::Failover(writes) => format!("── failover: the last {writes} writes are gone ──"),
        }
    }
}

/// Of a long command the end is left out, but not its reply.
fn short(style: &Style, text: &str, cell: usize) -> String {
    match text.rsplit_once(" → ") {
        Some((command, reply)) if columns(&style.text(text)) > cell && columns(reply) + 8 < cell => {
            let arrow = columns(&style.text(" → "));
            let room = cell - columns(&style.text(reply)) - arrow;
            style.fit(&format!("{} → {reply}", style.cut(command, room)), cell)
        }
        _ => style.fit(text, cell),
    }
}

/// With a true minus, as levels have. What Redis replied stands as it came.
pub(in crate::report) fn answered(answer: &Answer) -> String {
    let text = answer.to_string();
    if matches!(answer, Answer::Failed(_)) {
        return text;
    }
    match text.strip_prefix('-') {
        Some(rest) => format!("−{rest}"),
        None => text.replace(", -", ", −"),
    }
}

fn asked(op: StockOp) -> String {
    match op {
        StockOp::Buy { quantity: 1 } => "buy".to_string(),
        StockOp::Buy { quantity } => format!("buy {quantity}"),
        StockOp::Read => "read".to_string(),
        StockOp::Restock { quantity } => format!("restock {quantity}"),
    }
}

/// In capitals up to the first comma.
fn loud_first(headline: &str) -> String {
    match headline.split_once(',') {
        Some((first, rest)) => format!("{},{rest}", loud(first)),
        None => loud(headline),
    }
}
