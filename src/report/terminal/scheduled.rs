//! A schedule in the terminal: one column a client, one command a row, in the order in which the server had them.

use std::fmt::Write as _;

use oversell_checker::counterexample::{Tell as _, signed};
use oversell_models::{
    explorer::{Action, Answer, Step},
    redis_model::Reply,
};

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
    /// What it is the shortest of.
    pub bounds: &'a str,
    /// What happens.
    pub steps: &'a [Step],
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
        let mut text = style.heading(self.title, &loud_first(self.headline), self.bounds);
        text.push('\n');
        text += &self.draw(style);
        text.push('\n');
        text += &style.reason("why", self.why);
        text.extend(self.fix.map(|fix| style.reason("fix", fix)));
        text.extend(self.saved.iter().map(|(label, part)| style.labelled(label, part)));
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
                            line += &style.paint(&style.fit_command(&row.text, cell), row.ink);
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
            if let Some(asked) = asked(step) {
                rows.push(row(None, format!("┌ {asked}"), Ink::Plain));
            }
            let number = Some(place + 1);
            if let Some(request) = &step.request {
                let command = format!("│ {request} → {}", replied(step));
                rows.push(row(number, command, Ink::Plain));
                match step.action {
                    Action::Step(_) => {}
                    Action::LoseReply(_) => rows.push(row(None, format!("│ ✗ {}", fault(step)), Ink::Wrong)),
                    _ => rows.push(row(None, "✗ crashes".to_string(), Ink::Wrong)),
                }
            } else {
                rows.push(row(number, event(step), Ink::Wrong));
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
}

/// What is asked with this step, and for whom where that is said.
pub(in crate::report) fn asked(step: &Step) -> Option<String> {
    let asked = step.begins?.asked();
    Some(match &step.buyer {
        Some(buyer) => format!("{asked} for {buyer}"),
        None => asked,
    })
}

/// What stands in a row where no command does.
fn event(step: &Step) -> String {
    match step.action {
        Action::Step(_) | Action::LoseReply(_) | Action::CrashAfter(_) => "│ (no command)".to_string(),
        Action::Crash(_) => "✗ crashes".to_string(),
        Action::Reconnect(_) => "│ ✗ reconnects".to_string(),
        _ => format!("── {} ──", fault(step)),
    }
}

/// What happens besides the commands, in words.
pub(crate) fn fault(step: &Step) -> String {
    let key = step.key.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    match step.action {
        Action::Step(_) => String::new(),
        Action::LoseReply(_) => "the reply is lost".to_string(),
        Action::Crash(_) => "crashes".to_string(),
        Action::CrashAfter(_) => "crashes after it".to_string(),
        Action::Reconnect(_) => "loses its connection and opens another".to_string(),
        Action::Lapse(_) | Action::Expire(_) => format!("{key} expires"),
        Action::FlushScripts => "the server forgets its scripts".to_string(),
        Action::Evict(_) => format!("{key} is evicted"),
        Action::Failover(1) => "failover: the last write is gone".to_string(),
        Action::Failover(writes) => format!("failover: the last {writes} writes are gone"),
    }
}

/// What the server answered; of an error its code, which says enough.
pub(in crate::report) fn replied(step: &Step) -> String {
    match &step.reply {
        Some(Reply::Error(text)) => format!("error {}", text.split(' ').next().unwrap_or_default()),
        Some(reply) => reply.to_string(),
        None => String::new(),
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

/// In capitals up to the first comma.
fn loud_first(headline: &str) -> String {
    match headline.split_once(',') {
        Some((first, rest)) => format!("{},{rest}", loud(first)),
        None => loud(headline),
    }
}
