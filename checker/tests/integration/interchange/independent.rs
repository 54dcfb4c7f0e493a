//! Values that are `[key value]`, as jepsen.independent has them, are told from those of a register by what is asked.

use oversell_checker::{
    examine::Conclusion,
    interchange::{Format, Reading},
};

use super::{concluded, edn, read};

const TWO_KEYS: &str = "
{:type :invoke, :process 0, :f :write, :value [0 1], :time 10, :index 0}
{:type :ok, :process 0, :f :write, :value [0 1], :time 20, :index 1}
{:type :invoke, :process 1, :f :write, :value [1 5], :time 30, :index 2}
{:type :ok, :process 1, :f :write, :value [1 5], :time 40, :index 3}
{:type :invoke, :process 0, :f :read, :value [0 nil], :time 50, :index 4}
{:type :ok, :process 0, :f :read, :value [0 1], :time 60, :index 5}";

/// A read of 2, which nobody wrote: the exchange failed.
const STALE: &str = "
{:type :invoke, :process 0, :f :write, :value [4 1], :time 10}
{:type :invoke, :process 1, :f :read, :value [4 nil], :time 12}
{:type :ok, :process 0, :f :write, :value [4 1], :time 20}
{:type :ok, :process 1, :f :read, :value [4 1], :time 22}
{:type :invoke, :process 1, :f :cas, :value [4 [1 2]], :time 30}
{:type :fail, :process 1, :f :cas, :value [4 [1 2]], :time 40}
{:type :invoke, :process 1, :f :read, :value [4 nil], :time 50}
{:type :ok, :process 1, :f :read, :value [4 2], :time 60}";

#[test]
fn a_read_that_asks_of_a_key_tells() {
    let history = edn(TWO_KEYS);
    assert_eq!((history.key(0), history.key(1), history.keys()), ("0", "1", 2));
    assert_eq!(concluded(&history), Conclusion::Linearizable);
    assert_eq!(concluded(&edn(STALE)), Conclusion::Violation);
    assert_eq!(
        concluded(&edn(&STALE.replace("[4 2], :time 60", "[4 1], :time 60"))),
        Conclusion::Linearizable
    );
}

#[test]
fn tuples_tell_in_every_way_in_which_they_are_printed() {
    for tuple in [
        "#jepsen.independent.Tuple{:key 4, :value V}",
        "#jepsen.independent.Tuple [4 V]",
        "#jepsen.independent/tuple [4 V]",
        "#clojure.lang.MapEntry [4 V]",
    ] {
        let tagged = |text: &str| {
            ["nil", "1", "2", "[1 2]"].iter().fold(text.to_owned(), |text, value| {
                text.replace(&format!("[4 {value}]"), &tuple.replace('V', value))
            })
        };
        let history = edn(&tagged(STALE));
        assert_eq!((history.key(0), history.keys()), ("4", 1), "{tuple}");
        assert_eq!(concluded(&history), Conclusion::Violation, "{tuple}");
        let right = tagged(&STALE.replace("[4 2], :time 60", "[4 1], :time 60"));
        assert_eq!(concluded(&edn(&right)), Conclusion::Linearizable, "{tuple}");
    }
}

#[test]
fn a_register_of_lists_stays_one() {
    let text = "
{:type :invoke, :process 0, :f :write, :value [0 1]}
{:type :ok, :process 0, :f :write, :value [0 1]}
{:type :invoke, :process 0, :f :read, :value nil}
{:type :ok, :process 0, :f :read, :value [0 1]}";
    let history = edn(text);
    assert_eq!((history.key(0), history.keys()), ("", 1));
    assert_eq!(concluded(&history), Conclusion::Linearizable);
    let text = text.replace(
        "{:type :invoke, :process 0, :f :read",
        "{:key 7, :type :invoke, :process 0, :f :read",
    );
    assert!(read(&text, Format::Edn, &Reading::default()).is_err());
}

/// The exchange is right only of two keys; in a register of lists it is wrong.
#[test]
fn what_may_be_either_has_to_be_said() {
    let text = "
{:type :invoke, :process 0, :f :write, :value [0 1]}
{:type :ok, :process 0, :f :write, :value [0 1]}
{:type :invoke, :process 0, :f :write, :value [1 7]}
{:type :ok, :process 0, :f :write, :value [1 7]}
{:type :invoke, :process 0, :f :cas, :value [0 [1 2]]}
{:type :ok, :process 0, :f :cas, :value [0 [1 2]]}";
    let error = read(text, Format::Edn, &Reading::default()).unwrap_err().to_string();
    assert!(
        error.starts_with("h:2: found [0 1]") && error.contains("--independent"),
        "{error}"
    );
    let told = |independent| {
        let reading = Reading {
            independent: Some(independent),
            ..Reading::default()
        };
        concluded(&read(text, Format::Edn, &reading).unwrap().history)
    };
    assert_eq!(
        (told(true), told(false)),
        (Conclusion::Linearizable, Conclusion::Violation)
    );
}

#[test]
fn all_values_have_keys_or_none() {
    for text in [
        STALE.replacen("[4 1], :time 10", "1, :time 10", 1),
        STALE.replacen("[4 nil], :time 50", "nil, :time 50", 1),
    ] {
        let error = read(&text, Format::Edn, &Reading::default()).unwrap_err().to_string();
        assert!(error.contains("jepsen.independent"), "{error}");
    }
}
