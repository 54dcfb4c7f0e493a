//! What is wrong is said with its line, what was found, and what was expected.

use std::fmt::Write as _;

use expect_test::expect;
use oversell_checker::interchange::{Format, Reading};

use super::read;

fn errors(format: Format, files: &[&str]) -> String {
    let mut said = String::new();
    for file in files {
        let error = read(file, format, &Reading::default()).unwrap_err();
        writeln!(said, "{error}").unwrap();
    }
    said
}

#[test]
fn of_edn() {
    let found = errors(
        Format::Edn,
        &[
            "",
            "; nothing\n[]",
            "[{:process 0",
            "\n[{:process 0}",
            "\n\n{:process 0, :type \"a\\q\"}",
            "{:process 0, :process 1}",
            "[1 2]",
            "\n[{:process 1, :type :invoke, :f :read}\n",
            "{:type :invoke, :f :read}",
            "{:process 1.5, :type :invoke, :f :read}",
            "{:process 1, :type :invoke}",
            "{:process 1, :type :began, :f :read}",
            "{:process 1, :type :invoke, :f :read, :time -1}",
            "{:process 1, :type :invoke, :f :acquire}",
            "{:process 1, :type :invoke, :f :buy}",
            "{:process 1, :type :invoke, :f :write, :value #{1 2}}",
            "{:process 1, :type :invoke, :f :write, :value 1/3}",
            "{:process 1, :type :invoke, :f :write, :value 99999999999999999999999}",
            "\n{:process 1, :type :invoke, :f :cas, :value 1}",
            "\n\n{:process 1, :type :invoke, :f :read}\n\n\n{:process 1, :type :invoke, :f :read}",
            "\n\n{:process 1, :type :ok, :f :read, :value 1}",
            "\n[{:process 1, :type :invoke, :f :read} {:process 1, :type :info, :f :read}\n\n{:process 1, :type :invoke, :f :read}]",
            ";; oversell {\"format\":\"oversell-history\",\"version\":9,\"spec\":\"stock\",\"initial\":1}\n",
            ";; oversell {\n",
            "{:process 1, :type :invoke, :f :write, :value 2}\n{:process 1, :type :ok, :f :write, :value 3}",
            "{:process 1, :type :invoke, :f :buy, :value 2}\n\n{:process 1, :type :ok, :f :buy, :value {:quantity 3, :outcome :bought}}",
            "{:process 1, :type :invoke, :f :buy}\n{:process 1, :type :ok, :f :buy, :value {:quantity 2, :outcome :bought}}",
            "{:process 1, :type :invoke, :f :restock, :value 2}\n{:process 1, :type :ok, :f :restock, :value {:quantity 3}}",
        ],
    );
    expect![[r#"
        h:1: found no operation, expected maps such as {:process 0, :type :invoke, :f :read, :value nil}
        h:1: found no operation, expected maps such as {:process 0, :type :invoke, :f :read, :value nil}
        h:1: found {:process 0, which is not EDN (the file ends within it, column 12)
        h:2: the operation has no `:type`, expected :invoke, :ok, :fail or :info
        h:3: found {:process 0, :type "a\q"}, which is not EDN (a string with an escape other than \t, \r, \n, \b, \f, \uNNNN, \\ and \", column 23)
        h:1: found {:process 0, :process 1}, which is not EDN (a map with the same field twice, column 24)
        h:1: found 1, expected an operation: a map such as {:process 0, :type :invoke, :f :read, :value nil}
        h:3: found the end of the file, which is not EDN (the list of operations is not closed, column 1)
        h:1: the operation has no `:process`, expected an integer, or a keyword such as :nemesis
        h:1: found `:process` 1.5, expected an integer, or a keyword such as :nemesis
        h:1: the operation has no `:f`, expected a keyword such as :read
        h:1: found `type` "began", expected "invoke", "ok", "fail" or "info"
        h:1: found `:time` -1, expected nanoseconds: an integer from 0 to 18446744073709551615
        h: found operations `acquire`, which no specification has together; expected `buy`, `read`, `restock` (a stock), `add`, `read` (a counter), `read`, `write`, `cas` (a register) or `get`, `put`, `append` (a key-value store)
        h: nothing says how many units there were at the start; say it with --initial N
        h:1: found #{1 2} in a value, expected numbers, strings, keywords, vectors and maps; such a value has no counterpart in JSON
        h:1: found 1/3 in a value, expected numbers, strings, keywords, vectors and maps; such a value has no counterpart in JSON
        h:1: found 99999999999999999999999N in a value, expected an integer of 64 bits; such a value has no counterpart in JSON
        h:2: found `value` 1, expected a list of two values, [old, new]
        h:6: found an invocation of process 1, whose operation of line 3 is still open; expected its completion first: a process does one operation at a time
        h:3: found a completion of process 1, which has no operation open; expected an `invoke` of it before this line
        h:4: found process 1 again after its `info` in line 2; expected it never to act again: what it did may still be going on, so go on under a new process number
        h:1: found version 9 of the format, but only version 1 is read; use a newer version of oversell
        h:1: this is not JSON of the form expected: EOF while parsing an object at line 1 column 1; expected a list of events or operations of Porcupine's
        h:2: found the completion of `write` with the value 3, but process 1 asked for 2 in line 1; expected that, or null
        h:3: found `:quantity` 3 in an answer, but process 1 asked for 2 in line 1; expected that, or no `:quantity`
        h:2: found `:quantity` 2 in an answer, but process 1 asked for 1 in line 1; expected that, or no `:quantity`
        h:2: found `:quantity` 3 in an answer, but process 1 asked for 2 in line 1; expected that, or no `:quantity`
    "#]].assert_eq(&found);
}

/// The reader of forms calls itself for each bracket and each tag: it must not be asked to without end.
#[test]
fn of_edn_nested_without_end() {
    let brackets = format!("\n{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let within = format!(
        "{{:process 0, :type :invoke, :f :write, :value {}}}",
        "{:a ".repeat(1_000)
    );
    let found = errors(
        Format::Edn,
        &[&brackets, &within, &"#a ".repeat(200_000), &"#_".repeat(200_000)],
    );
    expect![[r#"
        h:2: found [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…, which is not EDN (nested more than 104 deep: histories need about five levels, column 105)
        h:1: found {:process 0, :type :invoke, :f :write, :value {:a {:a {:a {:a {:a {:a {:…, which is not EDN (nested more than 104 deep: histories need about five levels, column 459)
        h:1: found #a #a #a #a #a #a #a #a #a #a #a #a #a #a #a #a #a #a #a #a #a #a #a #a …, which is not EDN (nested more than 104 deep: histories need about five levels, column 313)
        h:1: found #_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_#_…, which is not EDN (nested more than 104 deep: histories need about five levels, column 209)
    "#]].assert_eq(&found);
}

#[test]
fn of_porcupine() {
    let found = errors(
        Format::PorcupineEvents,
        &[
            "",
            "{}",
            "[\n{\"Kind\":1}]",
            "[{\"ClientId\":0,\"Kind\":true,\"Value\":{},\"Id\":4}]",
            "[\n{\"ClientId\":0,\"Kind\":false,\"Value\":{\"f\":\"get\"},\"Id\":4},\n\n{\"ClientId\":0,\"Kind\":false,\"Value\":{\"f\":\"get\"},\"Id\":5}]",
            "[{\"Input\":{\"op\":\"get\"},\"Call\":1,\"Output\":{},\"Return\":2}]",
            "[\n{\"Input\":{\"f\":\"get\"},\"Call\":3,\n\"Output\":{\"value\":\"a\"},\"Return\":2}]",
        ],
    );
    expect![[r#"
        h:1: this is not JSON of the form expected: EOF while parsing a value at line 1 column 0; expected a list of events or operations of Porcupine's
        h:1: this is not JSON of the form expected: there is neither a list `events` nor a list `operations`, or both; expected a list of events or operations of Porcupine's
        h:2: found {"Kind":1}, expected an event such as {"ClientId":0,"Kind":false,"Value":{"f":"read","value":null},"Id":0}
        h:1: found a return with Id 4, which no call before it has
        h:4: found an invocation of process 0, whose operation of line 2 is still open; expected its completion first: a process does one operation at a time
        h:1: the event has no `value`, expected a string
        h:2: found a completion at 2 ns, before its invocation at 3 ns in line 2; expected time not to run backwards: is the clock monotonic?
    "#]].assert_eq(&found);
}
