//! A purchase as a short listing, and which of its lines a client is at.
//!
//! The listing is read as a program whose conditions nobody knows: after a line, every line can come that could come if
//! they held or did not. Which one it was is told by the command that was sent next.

use std::ops::ControlFlow;

use serde::Serialize;

/// A listing: assignments, `if`, `else`, `repeat`, `return`, blocks by indentation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Code {
    lines: Vec<Line>,
}

/// A line of a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Line {
    text: String,
    /// It stands in a script that the server runs as one with the line that sends it.
    inside: bool,
    #[serde(skip)]
    depth: usize,
    /// What it sends, in words: those in capitals as they are, others for values.
    #[serde(skip)]
    sends: Option<Vec<String>>,
}

impl Code {
    /// What stands between backticks is sent; a line with a bar in front is part of the script that the line above runs.
    #[must_use]
    pub fn new(listing: &str) -> Self {
        let line = |line: &str| {
            let text = line.trim_start();
            let inside = text.strip_prefix("| ");
            let depth = (line.len() - text.len()) / 2;
            let indent = "  ".repeat(depth);
            match inside {
                Some(code) => Line {
                    text: format!("{indent}  {code}"),
                    inside: true,
                    depth,
                    sends: None,
                },
                None => Line {
                    text: line.replace('`', ""),
                    inside: false,
                    depth,
                    sends: text.split('`').nth(1).map(words),
                },
            }
        };
        Self {
            lines: listing.lines().map(line).collect(),
        }
    }

    /// The line that sends this command, after the one at which the client was (`None`: at the beginning). `None` when no
    /// line that can come next does.
    #[must_use]
    pub fn next(&self, at: Option<usize>, command: &str) -> Option<usize> {
        let sent = words(command);
        let loads = sent.first().is_some_and(|name| name == "SCRIPT" || name == "EVALSHA");
        // A script that the server does not know is loaded and called once more.
        if loads && let Some(at) = at.filter(|&at| self.calls_script(at)) {
            return Some(at);
        }
        self.walk(at, |place, line| match &line.sends {
            Some(template) if fits(template, &sent) || loads && self.calls_script(place) => ControlFlow::Break(place),
            Some(_) => ControlFlow::Continue(false),
            None => ControlFlow::Continue(true),
        })
    }

    /// The line at which an operation ends with this answer, after the one that sent its last command.
    #[must_use]
    pub fn end(&self, at: Option<usize>, answer: &str) -> Option<usize> {
        let kinds = ["bought", "sold out", "already had"];
        let kind = kinds.into_iter().find(|kind| answer.starts_with(kind))?;
        self.walk(at, |place, line| {
            if let Some((_, returned)) = line.text.split_once("return ")
                && (returned.starts_with(kind) || returned == "answer")
            {
                return ControlFlow::Break(place);
            }
            ControlFlow::Continue(line.sends.is_none())
        })
    }

    fn calls_script(&self, place: usize) -> bool {
        let sends = self.lines.get(place).and_then(|line| line.sends.as_ref());
        sends.is_some_and(|words| words.first().is_some_and(|name| name == "EVALSHA"))
    }

    /// Looks at the lines that can come next, one after the other, each once; goes on behind those where `look` says so.
    fn walk<T>(&self, at: Option<usize>, mut look: impl FnMut(usize, &Line) -> ControlFlow<T, bool>) -> Option<T> {
        let mut seen = vec![false; self.lines.len()];
        let mut waiting: Vec<usize> = match at {
            None => vec![0],
            Some(at) => self.successors(at),
        };
        while let Some(place) = waiting.pop() {
            let Some(line) = self.lines.get(place).filter(|_| !seen[place]) else {
                continue;
            };
            seen[place] = true;
            match look(place, line) {
                ControlFlow::Break(found) => return Some(found),
                // The nearest first.
                ControlFlow::Continue(true) => waiting.extend(self.successors(place).into_iter().rev()),
                ControlFlow::Continue(false) => {}
            }
        }
        None
    }

    /// The lines that can come right after this one.
    fn successors(&self, place: usize) -> Vec<usize> {
        let Some(line) = self.lines.get(place) else {
            return Vec::new();
        };
        let text = line.text.trim_start();
        if text.starts_with("return") {
            return Vec::new();
        }
        let body = self.body(place);
        if text.starts_with("repeat") {
            return body.into_iter().collect();
        }
        if text.starts_with("if ") {
            let end = self.end_of_block(place);
            let otherwise = self.is_else(end, line.depth).then(|| self.body(end)).flatten();
            return match otherwise {
                Some(otherwise) => body.into_iter().chain([otherwise]).collect(),
                None => body.into_iter().chain(self.after(place)).collect(),
            };
        }
        self.after(place)
    }

    /// The first line of the block that this line opens.
    fn body(&self, place: usize) -> Option<usize> {
        let depth = self.lines[place].depth;
        let opens = |&next: &usize| self.lines.get(next).is_some_and(|line| line.depth > depth);
        Some(place + 1).filter(opens)
    }

    fn is_else(&self, place: usize, depth: usize) -> bool {
        let line = self.lines.get(place);
        line.is_some_and(|line| line.depth == depth && line.text.trim_start().starts_with("else"))
    }

    /// The first line behind the block that this line opens, or behind the line.
    fn end_of_block(&self, place: usize) -> usize {
        let depth = self.lines[place].depth;
        let behind = |line: &Line| !line.inside && line.depth <= depth;
        let length = self.lines[place + 1..].iter().position(behind);
        length.map_or(self.lines.len(), |length| place + 1 + length)
    }

    /// Where it goes on when this line and its block are done.
    fn after(&self, place: usize) -> Vec<usize> {
        let depth = self.lines[place].depth;
        let mut next = self.end_of_block(place);
        if self.is_else(next, depth) {
            next = self.end_of_block(next);
        }
        if self.lines.get(next).is_some_and(|line| line.depth == depth) {
            return vec![next];
        }
        let opens = |line: &Line| !line.inside && line.depth < depth;
        let Some(owner) = self.lines[..place].iter().rposition(opens) else {
            return Vec::new();
        };
        let text = self.lines[owner].text.trim_start();
        let again = text.starts_with("repeat").then_some(owner);
        // A loop that ends by itself says until when, and only at the end of its body.
        let leaves = again.is_none() || text.starts_with("repeat until");
        let on = if leaves { self.after(owner) } else { Vec::new() };
        again.into_iter().chain(on).collect()
    }
}

fn words(command: &str) -> Vec<String> {
    let word = |word: &str| word.trim_end_matches(';').to_string();
    command.split_whitespace().map(word).collect()
}

fn fits(template: &[String], sent: &[String]) -> bool {
    let literal = |word: &str| word.chars().any(|c| c.is_ascii_uppercase()) && word == word.to_ascii_uppercase();
    let pairs = template.iter().zip(sent);
    template.len() == sent.len()
        && pairs
            .into_iter()
            .all(|(wanted, word)| !literal(wanted) || wanted == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCKED: &str = "\
repeat until taken:
  taken = `SET lock me NX`
n = `GET stock`
if n < 1:
  answer = sold out
else:
  `SET stock n`
  answer = bought
`EVALSHA unlock`
| return redis.call('DEL')
return answer";

    #[test]
    fn follows_loops_and_both_branches() {
        let code = Code::new(LOCKED);
        let follow = |commands: &[&str]| {
            commands
                .iter()
                .try_fold(None, |at, command| code.next(at, command).map(Some))
        };
        let bought = [
            "SET a 1 NX",
            "SET a 1 NX",
            "GET a",
            "SET a 0",
            "EVALSHA x",
            "SCRIPT LOAD y",
            "EVALSHA x",
        ];
        assert_eq!(follow(&bought), Some(Some(8)));
        assert_eq!(
            follow(&["SET a 1 NX", "GET a", "EVALSHA x"]),
            Some(Some(8)),
            "nothing was left"
        );
        assert_eq!(code.end(Some(8), "bought, 0 left"), Some(10));
        for wrong in [
            &["GET a"][..],
            &["SET a 1 NX", "SET a 0"],
            &["SET a 1 NX", "GET a", "GET a"],
        ] {
            assert_eq!(follow(wrong), None, "{wrong:?}");
        }
        assert_eq!(code.end(Some(2), "bought"), None, "the lock is released first");
    }

    #[test]
    fn a_return_in_a_line_is_an_end_and_not_the_only_way() {
        let code = Code::new(
            "repeat:\n  n = `GET stock`\n  if n < 1: return sold out\n  n = `SET stock n IFEQ n`\n  if n: return bought",
        );
        assert_eq!(code.next(None, "GET s"), Some(1));
        assert_eq!(code.end(Some(1), "sold out"), Some(2));
        assert_eq!(code.next(Some(1), "SET s 0 IFEQ 1"), Some(3));
        assert_eq!(code.next(Some(3), "GET s"), Some(1), "again");
        assert_eq!(code.end(Some(3), "bought, 0 left"), Some(4));
        assert_eq!(code.end(Some(1), "bought"), None);
        assert_eq!(code.end(Some(1), "failed: timed out"), None, "no line says so");
    }
}
