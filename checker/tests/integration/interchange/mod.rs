//! Histories in the formats of other checkers.

mod counters;
mod edn;
mod errors;
mod independent;
mod logs;
mod porcupine;
mod round_trip;
mod tables;

use oversell_checker::{
    engines::Limits,
    examine::{Conclusion, inspect},
    history::History,
    interchange::{self, Converted, Format, InterchangeError, Reading},
};

const ALL: [Format; 4] = [
    Format::History,
    Format::Edn,
    Format::PorcupineEvents,
    Format::PorcupineOperations,
];

fn read(text: &str, format: Format, reading: &Reading) -> Result<Converted, InterchangeError> {
    interchange::read("h", text.as_bytes(), format, reading)
}

fn edn(text: &str) -> History {
    read(text, Format::Edn, &Reading::default()).unwrap().history
}

fn concluded(history: &History) -> Conclusion {
    inspect(history, &Limits::default()).examination.conclusion
}

fn written(history: &History, format: Format) -> String {
    let mut file = Vec::new();
    interchange::write(history, &mut file, format, false).unwrap();
    String::from_utf8(file).unwrap()
}
