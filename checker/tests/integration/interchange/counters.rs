//! Counters that are added to and read.

use oversell_checker::{
    examine::Conclusion,
    history::{Initial, Spec},
    interchange::{Converted, Format, Reading},
};
use serde_json::json;

use super::{concluded, read};

fn counter(text: &str, initial: Option<i64>) -> Converted {
    let reading = Reading {
        initial: initial.map(|initial| json!(initial)),
        ..Reading::default()
    };
    read(text, Format::Edn, &reading).unwrap()
}

fn conclusion(text: &str) -> Conclusion {
    concluded(&counter(text, None).history)
}

const UP: &str = "
{:process 0, :type :invoke, :f :add, :value 1}
{:process 1, :type :invoke, :f :read}
{:process 0, :type :ok, :f :add, :value 1}
{:process 1, :type :ok, :f :read, :value 0}
{:process 0, :type :invoke, :f :add, :value 2}
{:process 0, :type :info, :f :add, :value 2, :error :timeout}
{:process 1, :type :invoke, :f :add, :value 4}
{:process 1, :type :fail, :f :add, :value 4}
{:process 1, :type :invoke, :f :add, :value 0}
{:process 1, :type :ok, :f :add, :value 0}
{:process 1, :type :invoke, :f :read, :value nil}
{:process 1, :type :ok, :f :read, :value LAST}";

#[test]
fn what_is_added_is_read() {
    for (last, conclusion_) in [
        ("0", Conclusion::Violation),
        ("1", Conclusion::Linearizable),
        ("2", Conclusion::Violation),
        ("3", Conclusion::Linearizable),
        ("5", Conclusion::Violation),
    ] {
        assert_eq!(conclusion(&UP.replace("LAST", last)), conclusion_, "{last}");
    }
    let converted = counter(&UP.replace("LAST", "1"), None);
    assert_eq!((converted.history.header.spec, converted.raised), (Spec::Stock, 0));
}

const DOWN: &str = "
[{:process 0, :type :invoke, :f :add, :value -2}
 {:process 0, :type :ok, :f :add, :value -2}
 {:process 0, :type :invoke, :f :read, :value nil}
 {:process 0, :type :ok, :f :read, :value -2}
 {:process 0, :type :invoke, :f :add, :value -1}
 {:process 0, :type :info, :f :add, :value -1}
 {:process 1, :type :invoke, :f :read, :value nil}
 {:process 1, :type :ok, :f :read, :value LAST}]";

#[test]
fn a_counter_may_go_below_zero() {
    for (last, expected) in [
        ("-1", Conclusion::Violation),
        ("-2", Conclusion::Linearizable),
        ("-3", Conclusion::Linearizable),
        ("-4", Conclusion::Violation),
        ("0", Conclusion::Violation),
        ("1", Conclusion::Violation),
    ] {
        assert_eq!(conclusion(&DOWN.replace("LAST", last)), expected, "{last}");
    }
    let text = DOWN.replace("LAST", "-2");
    let converted = counter(&text, None);
    assert_eq!(converted.history.header.initial, Initial::Every(json!(3)));
    assert_eq!(converted.raised, 3);
    for (initial, raised) in [(10, 0), (1, 2), (-4, 7)] {
        let text = text.replace(":read, :value -2", &format!(":read, :value {}", initial - 2));
        let converted = counter(&text, Some(initial));
        assert_eq!(converted.raised, raised, "{initial}");
        assert_eq!(concluded(&converted.history), Conclusion::Linearizable, "{initial}");
    }
}

#[test]
fn keys_are_counters_of_their_own() {
    let text = "
{:process 0, :type :invoke, :f :add, :value [:a 1]}
{:process 0, :type :ok, :f :add, :value [:a 1]}
{:process 0, :type :invoke, :f :read, :value [:b nil]}
{:process 0, :type :ok, :f :read, :value [:b 0]}";
    let history = counter(text, None).history;
    assert_eq!((history.keys(), concluded(&history)), (2, Conclusion::Linearizable));
}

#[test]
fn what_is_no_counter_is_an_error() {
    let error = |text: &str| read(text, Format::Edn, &Reading::default()).unwrap_err().to_string();
    for (text, said) in [
        (
            UP.replace("LAST", "nil"),
            "h:13: found `:value` null, expected the value of the counter",
        ),
        (
            UP.replace("LAST", "1").replacen(":value 1", ":value 1.5", 1),
            "h:2: found `:value` 1.5, expected the amount",
        ),
        (
            UP.replace("LAST", "1")
                .replace(":ok, :f :add, :value 1", ":ok, :f :add, :value 7"),
            "h:4: found `:value` 7, expected the amount",
        ),
        (
            "{:process 0, :type :invoke, :f :txn, :value [[:r 1 nil] [:append 2 3]]}".to_owned(),
            "h:1: found a transaction (`:txn`), which acts on several keys",
        ),
        (
            "{:process 0, :type :invoke, :f :acquire}".to_owned(),
            "h: found operations `acquire`, which",
        ),
    ] {
        let error = error(&text);
        assert!(error.starts_with(said), "{error}");
    }
}
