//! Jepsen's EDN.

use expect_test::expect;
use oversell_checker::{
    examine::Conclusion,
    history::{Body, Clock, Spec},
    interchange::{Format, Reading},
};
use serde_json::json;

use super::{concluded, edn, read, written};

fn conclusion(text: &str) -> Conclusion {
    concluded(&edn(text))
}

/// The register in Knossos' own documentation: a list, comments between, no times, reads that miss their value when asked.
const STALE: &str = "
; 0 is written, and then read although 1 was acknowledged.
({:process 0, :type :invoke, :f :write, :value 0}
 {:process 0, :type :ok,     :f :write, :value 0}
 {:process 1, :type :invoke, :f :cas,   :value [0 1]}
 {:process 1, :type :ok,     :f :cas,   :value [0 1]}
 #_{:process 2, :type :invoke, :f :read, :value nil}
 {:process 2, :type :invoke, :f :read,  :value nil}
 {:process 2, :type :ok,     :f :read,  :value 0})
";

#[test]
fn rejects_a_stale_read_of_a_register() {
    assert_eq!(conclusion(STALE), Conclusion::Violation);
    assert_eq!(
        conclusion(&STALE.replace(":f :read,  :value 0", ":f :read,  :value 1")),
        Conclusion::Linearizable
    );
}

#[test]
fn a_register_begins_with_nil_and_has_the_order_of_the_lines() {
    let history = edn("[{:process 0 :type :invoke :f :read :value nil} {:process 0 :type :ok :f :read :value nil}]");
    assert_eq!((history.header.spec, history.clock), (Spec::Register, Clock::Lines));
    assert_eq!(concluded(&history), Conclusion::Linearizable);
}

/// As newer versions of Jepsen print operations: records, one a line, with indices, times, and a nemesis.
#[test]
fn a_timeout_may_have_had_its_effect_and_a_nemesis_is_no_client() {
    let text = r#"
#jepsen.history.Op{:index 0, :time 10, :type :invoke, :process 0, :f :write, :value 3}
#jepsen.history.Op{:index 1, :time 15, :type :info, :process :nemesis, :f :start-partition, :value nil}
#jepsen.history.Op{:index 2, :time 20, :type :info, :process :nemesis, :f :start-partition, :value [:isolated {"n1" #{"n2" "n3"}}]}
#jepsen.history.Op{:index 3, :time 90, :type :info, :process 0, :f :write, :value 3, :error [:timeout "n1"]}
#jepsen.history.Op{:index 4, :time 91, :type :invoke, :process 5, :f :read, :value nil}
#jepsen.history.Op{:index 5, :time 95, :type :ok, :process 5, :f :read, :value 3}
#jepsen.history.Op{:index 6, :time 99, :type :info, :process :nemesis, :f :stop-partition, :value nil}
"#;
    let converted = read(text, Format::Edn, &Reading::default()).unwrap();
    assert_eq!(converted.faults, 3);
    let history = converted.history;
    assert_eq!(
        history.header.metadata["faults"],
        json!([{"what": "partition", "from": 15, "to": 99}])
    );
    let Body::Register(keys) = &history.body else {
        panic!("{:?}", history.body)
    };
    assert_eq!(keys[0].operations.len(), 2);
    assert_eq!(&*keys[0].why_unknown(0).unwrap().why, "[:timeout \"n1\"]");
    assert_eq!(conclusion(text), Conclusion::Linearizable);
}

#[test]
fn failed_operations_had_no_effect() {
    let text = "
{:process 0, :type :invoke, :f :write, :value 1}
{:process 0, :type :ok,     :f :write, :value 1}
{:process 0, :type :invoke, :f :cas,   :value [7 2]}
{:process 0, :type :fail,   :f :cas,   :value [7 2]}
{:process 0, :type :invoke, :f :read,  :value nil}
{:process 0, :type :ok,     :f :read,  :value 1}";
    assert_eq!(conclusion(text), Conclusion::Linearizable);
}

#[test]
fn a_key_in_the_value_separates_registers() {
    let text = "
{:process 0, :type :invoke, :f :write, :value [x 1]}
{:process 0, :type :ok,     :f :write, :value [x 1]}
{:process 0, :type :invoke, :f :read,  :value [0 nil]}
{:process 0, :type :ok,     :f :read,  :value [0 nil]}";
    let reading = Reading {
        independent: Some(true),
        ..Reading::default()
    };
    let history = read(text, Format::Edn, &reading).unwrap().history;
    assert_eq!((history.key(0), history.key(1), history.keys()), ("x", "0", 2));
    assert_eq!(concluded(&history), Conclusion::Linearizable);
}

/// By their times the read came first; Knossos goes by the order alone.
#[test]
fn the_order_counts_when_times_are_left_out() {
    let text = "
{:process 0, :time 50, :type :invoke, :f :write, :value 1}
{:process 0, :time 60, :type :ok,     :f :write, :value 1}
{:process 1, :time 10, :type :invoke, :f :read,  :value nil}
{:process 1, :time 20, :type :ok,     :f :read,  :value nil}";
    assert_eq!(conclusion(text), Conclusion::Linearizable);
    let reading = Reading {
        by_lines: true,
        ..Reading::default()
    };
    let history = read(text, Format::Edn, &reading).unwrap().history;
    assert_eq!(concluded(&history), Conclusion::Violation);
}

#[test]
fn stock_by_hand_needs_its_start_and_few_words() {
    let text = "
{:process 0, :type :invoke, :f :buy, :value 1}
{:process 1, :type :invoke, :f :buy, :value 1}
{:process 0, :type :ok,     :f :buy, :value :bought}
{:process 1, :type :ok,     :f :buy, :value {:outcome :bought, :remaining 0}}
{:process 0, :type :invoke, :f :restock, :value 2}
{:process 0, :type :ok,     :f :restock, :value nil}";
    let inspected = |initial: u64| {
        let reading = Reading {
            initial: Some(initial.into()),
            ..Reading::default()
        };
        concluded(&read(text, Format::Edn, &reading).unwrap().history)
    };
    assert_eq!(
        (inspected(1), inspected(2)),
        (Conclusion::Violation, Conclusion::Linearizable)
    );
}

/// What Knossos sees of a completed invocation is the value of its completion: nothing that was asked is lost.
#[test]
fn answers_repeat_what_was_asked() {
    let text = r#"{"format":"oversell-history","version":1,"spec":"stock","initial":3,"strategy":"naive"}
{"time":1,"process":3,"type":"invoke","f":"buy","key":"sku-1","value":2}
{"time":2,"process":4,"type":"invoke","f":"buy","key":"sku-1","value":3}
{"time":3,"process":5,"type":"invoke","f":"restock","key":"sku-1","value":1}
{"time":4,"process":3,"type":"ok","f":"buy","key":"sku-1","value":{"outcome":"bought","remaining":1},"commands":[{"sent":1,"received":2,"command":"GET \"k\"","reply":"3"}]}
{"time":5,"process":4,"type":"info","f":"buy","key":"sku-1","value":"timed out"}
{"time":6,"process":5,"type":"ok","f":"restock","key":"sku-1","value":2}
"#;
    let history = read(text, Format::History, &Reading::default()).unwrap().history;
    expect![[r#"
        ;; oversell {"format":"oversell-history","version":1,"spec":"stock","initial":3,"strategy":"naive"}
        {:index 0, :time 1, :process 3, :type :invoke, :f :buy, :key "sku-1", :value 2}
        {:index 1, :time 2, :process 4, :type :invoke, :f :buy, :key "sku-1", :value 3}
        {:index 2, :time 3, :process 5, :type :invoke, :f :restock, :key "sku-1", :value 1}
        {:index 3, :time 4, :process 3, :type :ok, :f :buy, :key "sku-1", :value {:quantity 2, :outcome :bought, :remaining 1}, :commands [{:sent 1, :received 2, :command "GET \"k\"", :reply "3"}]}
        {:index 4, :time 5, :process 4, :type :info, :f :buy, :key "sku-1", :value 3, :error "timed out"}
        {:index 5, :time 6, :process 5, :type :ok, :f :restock, :key "sku-1", :value {:quantity 1, :stock 2}}
    "#]]
    .assert_eq(&written(&history, Format::Edn));
}
