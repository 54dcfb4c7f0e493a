//! Standard output and standard error, which may fail, and may be a terminal.

use std::{
    fmt,
    io::{self, IsTerminal as _, Write},
};

use anstyle::{AnsiColor, Style};
use oversell_checker::history::visible;
use serde_json::Value;

use super::exit::Exit;

/// Prints a line to standard output.
macro_rules! print_line {
    () => { $crate::cli::output::to_output(format_args!("\n")) };
    ($($text:tt)*) => { $crate::cli::output::to_output(format_args!("{}\n", format_args!($($text)*))) };
}

/// Prints a line to standard error.
macro_rules! print_aside {
    ($($text:tt)*) => { $crate::cli::output::to_error(format_args!("{}\n", format_args!($($text)*))) };
}

pub(super) use {print_aside as eprintln, print_line as println};

/// Prints what was asked for. Where that cannot be written (a full disk, say) the program ends with an error: it must not look
/// as if it had been told. Nobody reads a closed pipe any more, and the exit code still says the verdict.
pub(super) fn to_output(text: fmt::Arguments<'_>) {
    let mut output = anstream::stdout().lock();
    ensure_written(output.write_fmt(text).and_then(|()| output.flush()));
}

/// Prints a line of JSON, whole: nothing in it is taken for an escape code and left out.
pub(super) fn print_json(line: &Value) {
    let mut output = Escaped::new(io::stdout().lock());
    ensure_written(writeln!(output, "{line}").and_then(|()| output.flush()));
}

fn ensure_written(written: io::Result<()>) {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => output_failed(&error),
        _ => {}
    }
}

/// Standard output cannot be written.
pub(super) fn output_failed(error: &io::Error) -> ! {
    print_error(&format!("failed to write standard output: {error}"));
    std::process::exit(i32::from(Exit::BadInput.code()))
}

/// Prints what is told beside it. A standard error that cannot be written keeps nothing from being done: the exit code says
/// what came of it.
pub(super) fn to_error(text: fmt::Arguments<'_>) {
    let _ = anstream::stderr().lock().write_fmt(text);
}

/// Writes JSON or EDN so that a terminal heeds nothing in it. Controls can stand in strings only, where they become `\u001b` and
/// the like: to whoever reads it, the text is the same.
pub(super) struct Escaped<W> {
    to: W,
    /// The first byte of a character that may be a control is held back until its second is there.
    held: bool,
}

/// The first byte of U+0080 to U+00BF, of which the first half are controls.
const LATIN: u8 = 0xc2;

impl<W: Write> Escaped<W> {
    pub(super) const fn new(to: W) -> Self {
        Self { to, held: false }
    }
}

impl<W: Write> Write for Escaped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut plain = 0;
        for (place, &byte) in bytes.iter().enumerate() {
            let is_second = std::mem::take(&mut self.held);
            let is_control = match byte {
                b'\n' | b'\t' => false,
                0x80..0xa0 => is_second,
                _ => byte.is_ascii_control(),
            };
            if is_second && !is_control {
                self.to.write_all(&[LATIN])?;
            }
            self.held = byte == LATIN;
            if is_control || self.held {
                self.to.write_all(&bytes[plain..place])?;
                plain = place + 1;
            }
            if is_control {
                write!(self.to, "\\u{byte:04x}")?;
            }
        }
        self.to.write_all(&bytes[plain..])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Prints one error to standard error.
pub(super) fn print_error(message: &dyn fmt::Display) {
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    print_labelled("error: ", &format!("{red}error{red:#}: "), message);
}

/// Prints one warning to standard error.
pub(super) fn print_warning(message: &dyn fmt::Display) {
    let yellow = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
    print_labelled("warning: ", &format!("{yellow}warning{yellow:#}: "), message);
}

/// Wraps for a terminal; what another program reads keeps its lines. No word is broken: it may be a path.
fn print_labelled(label: &str, shown: &str, message: &dyn fmt::Display) {
    // The lines are ours; what else a terminal would heed is not.
    let message = message.to_string();
    let message = message.split('\n').map(visible).collect::<Vec<_>>().join("\n");
    if !io::stderr().is_terminal() {
        eprintln!("{shown}{message}");
        return;
    }
    for (number, line) in filled(&format!("{label}{message}"), "  ").lines().enumerate() {
        match line.strip_prefix(label.trim_end()) {
            Some(rest) if number == 0 => eprintln!("{}{rest}", shown.trim_end()),
            _ => eprintln!("{line}"),
        }
    }
}

/// Columns of the terminal, or 80.
pub(super) fn console_width() -> usize {
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0).min(100))
}

/// Prints to standard output, as wide as the terminal is.
pub(super) fn wrapped(text: &str, indent: &str) {
    println!("{}", filled(text, indent));
}

/// The text in lines as wide as the terminal is, of which all but the first are indented. No word is broken: it may be a path.
pub(super) fn filled(text: &str, indent: &str) -> String {
    let options = textwrap::Options::new(console_width())
        .subsequent_indent(indent)
        .break_words(false);
    textwrap::fill(text, options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_escaped_wherever_a_text_is_cut() {
        let text = "größe \u{a0}© \u{7f}\u{1b}[2J\u{80}\u{9b}\u{9f}\t\u{7ff}–\u{10ffff}\n";
        let escaped = "größe \u{a0}© \\u007f\\u001b[2J\\u0080\\u009b\\u009f\t\u{7ff}–\u{10ffff}\n";
        for cut in 0..=text.len() {
            let mut to = Escaped::new(Vec::new());
            to.write_all(&text.as_bytes()[..cut]).unwrap();
            to.write_all(&text.as_bytes()[cut..]).unwrap();
            assert_eq!(String::from_utf8(to.to).unwrap(), escaped, "{cut}");
        }
    }
}
