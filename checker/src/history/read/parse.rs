//! One line, in the fast way where that is enough.

use super::{fast, line::Line};
use crate::history::Command;

/// Parses an event. Its commands are put behind those that are in `commands` already, so that a file's need no list each.
///
/// `text` is the line where it is UTF-8: who parses many has found that out for all of them at once.
pub(super) fn parse<'a>(
    line: &'a [u8],
    text: Option<&'a str>,
    commands: &mut Vec<Command<'a>>,
) -> Result<Line<'a>, serde_json::Error> {
    let before = commands.len();
    if let Some(line) = text.and_then(|text| fast::line(text, commands)) {
        return Ok(line);
    }
    commands.truncate(before);
    let mut line: Line<'_> = serde_json::from_slice(line)?;
    commands.extend(line.commands.take().into_iter().flatten());
    Ok(line)
}
