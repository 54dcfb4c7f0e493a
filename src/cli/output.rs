//! Standard output and standard error, which may fail.

use std::{
    fmt,
    io::{self, Write as _},
};

use super::exit::{Exit, print_error};

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
    match output.write_fmt(text).and_then(|()| output.flush()) {
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
