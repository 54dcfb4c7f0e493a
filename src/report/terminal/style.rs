//! How it looks: width, characters, colour.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style as Ansi};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use oversell_checker::history::visible;

/// How a view is drawn. The default is what fits everywhere: 80 columns, no colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal; below 60, 60 are used.
    pub width: usize,
    /// Plain ASCII instead of lines and arrows.
    pub ascii: bool,
    /// Colour. It underlines what is said in words, too.
    pub colour: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            width: 80,
            ascii: false,
            colour: false,
        }
    }
}

/// What a piece of text is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Strong,
    Wrong,
    Faint,
    Label,
}

impl Style {
    /// Columns there are, at least 60.
    pub(super) fn columns(&self) -> usize {
        self.width.max(60)
    }

    /// The text in characters that may be used, and in one line.
    pub(super) fn text(&self, text: &str) -> String {
        let text = visible(text);
        if !self.ascii || text.is_ascii() {
            return text.into_owned();
        }
        let mut plain = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '│' => plain.push('|'),
                '┊' => plain.push(':'),
                '┌' => plain.push(','),
                '└' => plain.push('`'),
                '→' => plain.push_str("->"),
                '←' => plain.push_str("<-"),
                '−' | '–' | '─' => plain.push('-'),
                '…' => plain.push_str(".."),
                '✗' => plain.push('x'),
                '·' => plain.push('.'),
                '×' => plain.push('x'),
                other if other.is_ascii() => plain.push(other),
                other => plain.extend(other.escape_unicode()),
            }
        }
        plain
    }

    /// The text in its colour.
    pub(super) fn paint(&self, text: &str, ink: Ink) -> String {
        let ansi = match ink {
            _ if !self.colour || text.is_empty() => return text.to_string(),
            Ink::Plain => return text.to_string(),
            Ink::Strong => Ansi::new().bold(),
            Ink::Wrong => Ansi::new().bold().fg_color(Some(AnsiColor::Red.into())),
            Ink::Faint => Ansi::new().dimmed(),
            Ink::Label => Ansi::new().fg_color(Some(AnsiColor::Cyan.into())),
        };
        format!("{ansi}{text}{ansi:#}")
    }

    /// The text, cut to so many columns and filled up to them.
    pub(super) fn fit(&self, text: &str, columns: usize) -> String {
        let text = self.cut(text, columns);
        let missing = columns.saturating_sub(text.width());
        text + &" ".repeat(missing)
    }

    /// The same of a command with its reply: where it is long its end is left out, but not the reply.
    pub(super) fn fit_command(&self, text: &str, cell: usize) -> String {
        match text.rsplit_once(" → ") {
            Some((command, reply)) if columns(&self.text(text)) > cell && columns(reply) + 8 < cell => {
                let arrow = columns(&self.text(" → "));
                let room = cell - columns(&self.text(reply)) - arrow;
                self.fit(&format!("{} → {reply}", self.cut(command, room)), cell)
            }
            _ => self.fit(text, cell),
        }
    }

    /// The text, cut to so many columns.
    pub(super) fn cut(&self, text: &str, columns: usize) -> String {
        let text = self.text(text);
        if text.width() <= columns {
            return text;
        }
        let dots = self.text("…");
        let mut cut = String::new();
        for character in text.chars() {
            if cut.width() + character.width().unwrap_or(0) + dots.width() > columns {
                break;
            }
            cut.push(character);
        }
        cut + &dots
    }

    /// The words of the text in lines of so many columns. A word that is longer stays whole, and a number stays with the
    /// word before it and its unit: `buyer 7`, `at 3.943 ms`.
    pub(super) fn wrap(&self, text: &str, columns: usize) -> Vec<String> {
        let mut glued = String::with_capacity(text.len());
        for word in self.text(text).split(' ') {
            let number = word.starts_with(|first: char| first.is_ascii_digit());
            let unit = ["ms", "ns"].contains(&word.trim_end_matches(|last: char| last.is_ascii_punctuation()));
            if !glued.is_empty() {
                glued.push(if number || unit { '\u{a0}' } else { ' ' });
            }
            glued.push_str(word);
        }
        let whole_words = textwrap::Options::new(columns)
            .break_words(false)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        let lines = textwrap::wrap(&glued, whole_words);
        lines.iter().map(|line| line.replace('\u{a0}', " ")).collect()
    }

    /// The first lines of a view: whose it is, what is wrong, and how much is shown of it.
    pub(super) fn heading(&self, title: &str, headline: &str, part: &str) -> String {
        let (title, headline) = (self.text(title), self.text(headline));
        let fits = columns(&title) + 4 + columns(&headline) <= self.columns();
        let between = if fits { "    " } else { "\n  " };
        let mut text = self.paint(&title, Ink::Strong) + between;
        let _ = writeln!(text, "{}", self.paint(&headline, Ink::Wrong));
        for line in self.wrap(part, self.columns() - 2) {
            let _ = writeln!(text, "  {line}");
        }
        text
    }

    /// What is said about it, as a paragraph behind a word.
    pub(super) fn reason(&self, label: &str, part: &str) -> String {
        let lines = self.wrap(part, self.columns() - 10);
        let labels = std::iter::once(label).chain(std::iter::repeat(""));
        labels
            .zip(&lines)
            .map(|(label, line)| self.labelled(label, line))
            .collect()
    }

    /// A line behind a word. It is never broken: it may be there to be copied.
    pub(super) fn labelled(&self, label: &str, line: &str) -> String {
        format!("  {}{line}\n", self.paint(&format!("{label:<8}"), Ink::Label))
    }
}

/// Columns that the text takes.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}
