//! What is written in another format and read again is the same history.

use oversell_checker::{
    history::{self, History},
    interchange::{self, Format, Reading},
};
use proptest::prelude::*;

use super::{ALL, read, written};
use crate::history_round_trip::{registers, sales, same_file, same_stock, stocks, stores};

fn there_and_back(history: &History, format: Format) -> History {
    read(&written(history, format), format, &Reading::default())
        .unwrap()
        .history
}

/// As `[key value]`, which only EDN knows.
fn independent(history: &History) -> History {
    let mut file = Vec::new();
    interchange::write(history, &mut file, Format::Edn, true).unwrap();
    read(&String::from_utf8(file).unwrap(), Format::Edn, &Reading::default())
        .unwrap()
        .history
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn stock(history in stocks()) {
        for back in ALL.map(|format| there_and_back(&history, format)).into_iter().chain([independent(&history)]) {
            same_stock(&history, &back)?;
        }
    }

    #[test]
    fn with_a_limit(history in sales()) {
        for back in ALL.map(|format| there_and_back(&history, format)).into_iter().chain([independent(&history)]) {
            same_file(&history, &back)?;
        }
    }

    #[test]
    fn register(history in registers()) {
        for format in ALL {
            prop_assert_eq!(&there_and_back(&history, format), &history);
        }
        prop_assert_eq!(&independent(&history), &history);
    }

    #[test]
    fn kv(history in stores()) {
        for format in ALL {
            prop_assert_eq!(&there_and_back(&history, format), &history);
        }
    }
}

/// Also those without times, and with operations that failed (which no format but ours keeps).
#[test]
fn every_history_of_the_corpus_comes_back() {
    let mut files = 0;
    for folder in ["../histories/ok", "../histories/bad"] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let (history, _) = history::read("h", std::fs::read(&path).unwrap().as_slice()).unwrap();
            let before = written(&history, Format::History);
            for format in ALL {
                let after = written(&there_and_back(&history, format), Format::History);
                assert_eq!(after, before, "{} {format:?}", path.display());
            }
            files += 1;
        }
    }
    assert!(files > 50, "{files}");
}

/// What is read can be written in each format so that it is read again, however deep a value is nested.
#[test]
fn values_that_are_nested_deep() {
    let deepest = |depth: usize| {
        let value = "[".repeat(depth) + &"]".repeat(depth);
        format!(
            "{{\"format\":\"oversell-history\",\"version\":1,\"spec\":\"register\",\"initial\":null}}\n\
             {{\"time\":1,\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"key\":\"k\",\"value\":{value}}}\n"
        )
    };
    let readable = |depth: &usize| history::read("h", deepest(*depth).as_bytes()).ok();
    let (depth, (history, _)) = (100..140)
        .rev()
        .find_map(|depth| Some((depth, readable(&depth)?)))
        .unwrap();
    assert_eq!(depth, 100);
    let error = history::read("h", deepest(123).as_bytes()).unwrap_err().to_string();
    assert!(
        error.contains("expected a JSON value that is nested no more than 100 deep"),
        "{error}"
    );
    for format in ALL {
        let again = there_and_back(&history, format);
        assert_eq!(again.body, history.body, "{format:?}");
    }
    assert_eq!(independent(&history).body, history.body);
}
