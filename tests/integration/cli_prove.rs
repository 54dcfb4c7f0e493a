//! `prove`, `replay` and `explore` on the command line.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Command as Process, Stdio},
    thread,
    time::{Duration, Instant},
};

use predicates::prelude::*;
use serde_json::Value;

use crate::cli::{call, json_lines, kill, oversell, spawn};

#[test]
fn prove_of_everything_is_as_the_catalogue_says() {
    let folder = tempfile::tempdir().unwrap();
    let assert = call(folder.path(), "prove --json").code(0);
    let lines = json_lines(&assert.get_output().stdout);
    assert!(lines.len() >= 100, "{}", lines.len());
    for line in &lines {
        assert_eq!(line["as_expected"], true, "{line}");
        for field in "strategy fault property verdict clients stock states unique_states seconds".split(' ') {
            assert!(!line[field].is_null(), "{field} is missing in {line}");
        }
        assert_eq!(line["schedule"].is_null(), line["verdict"] == "proved", "{line}");
    }
    let text = call(folder.path(), "prove").code(0);
    let text = String::from_utf8(text.get_output().stdout.clone()).unwrap();
    let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 80, "{widest} columns:\n{text}");
}

#[test]
fn what_is_cut_by_the_limit_is_undecided_even_where_nobody_was_answered_yet() {
    let folder = tempfile::tempdir().unwrap();
    call(folder.path(), "prove lock --faults lost-reply --limit-states 5").code(3);
}

#[test]
fn a_broken_strategy_is_shown_saved_and_replayed() {
    let folder = tempfile::tempdir().unwrap();
    call(folder.path(), "prove naive --clients 2 --stock 1")
        .code(1)
        .stdout(predicate::str::contains("SELLS MORE THAN IT HAS, in 4 steps"))
        .stdout(predicate::str::contains(
            "oversell replay histories/failed/naive-none.schedule.json",
        ));
    call(
        folder.path(),
        "replay histories/failed/naive-none.schedule.json --times 20",
    )
    .code(1)
    .stdout(predicate::str::contains("20 of 20 replays broke `never-oversold`"))
    .stdout(predicate::str::contains("20 went exactly as in the model"));
    let assert = call(folder.path(), "replay histories/failed/naive-none.schedule.json --json").code(1);
    let line = &json_lines(&assert.get_output().stdout)[0];
    assert_eq!(
        (&line["broken"], &line["agrees"], &line["stock"]),
        (&true.into(), &true.into(), &(-1).into())
    );
}

#[test]
fn each_promise_has_its_own_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let text = call(folder.path(), "prove lock lua --faults none,expiry,crash").code(1);
    let text = String::from_utf8(text.get_output().stdout.clone()).unwrap();
    for line in [
        "lock              none expiry crash",
        "never-oversold      ok over 9    ok",
        "sold-out-is-true    ok     ok    ok",
        "linearizable        ok broken    ok",
        "no-unit-leaked      ok     ok   ok*",
        "everyone-finishes   ok     ok    ok",
        "lua               none expiry crash",
        "Attempts in vain are taken to be forgotten.",
    ] {
        assert!(text.contains(line), "`{line}` is missing in\n{text}");
    }
    let json = call(folder.path(), "prove lock --faults expiry --json").code(1);
    let line = &json_lines(&json.get_output().stdout)[0];
    assert_eq!(line["property"], "never-oversold");
    let each: Vec<&str> = line["properties"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(each, ["violation", "proved", "violation", "proved", "proved"]);
    assert_eq!(line["retries"], true);
}

#[test]
fn the_exit_code_tells_proved_violated_undecided_and_misused_apart() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, code) in [
        ("lua watch", 0),
        ("watch --faults reconnect", 1),
        ("lock --clients 4 --limit-states 100", 3),
        ("nonsense", 2),
        ("lua --faults nonsense", 2),
        ("lpop --quantity 2", 2),
        // Too small to show what the catalogue says: not a pass.
        ("--clients 1 --faults none", 3),
    ] {
        call(folder.path(), &format!("prove {arguments}")).code(code);
    }
}

#[test]
fn proves_a_script_and_catches_a_broken_one() {
    let folder = tempfile::tempdir().unwrap();
    let safe = "local left = tonumber(redis.call('GET', KEYS[1])) - ARGV[1]\n\
                if left < 0 then return 0 end\n\
                redis.call('SET', KEYS[1], left)\nreturn 1";
    std::fs::write(folder.path().join("safe.lua"), safe).unwrap();
    // Sells the last unit for ever.
    let broken = safe.replace("left < 0", "left < -1");
    std::fs::write(folder.path().join("broken.lua"), broken).unwrap();
    for (script, code) in [("safe.lua", 0), ("broken.lua", 1), ("missing.lua", 2)] {
        let line = format!("prove --script {script} --key stock:{{item}} --arg 1");
        call(folder.path(), &line).code(code);
    }
}

#[test]
fn a_script_that_only_fails_is_not_proved() {
    let folder = tempfile::tempdir().unwrap();
    for (code, reason) in [
        ("this is no lua", "nothing is ever sold"),
        ("return redis.call('HINCRBY', KEYS[1], 'left', -1)", "WRONGTYPE"),
        ("return {1, 2}", "nothing is ever sold"),
        ("return cjson.encode({1})", "nothing is ever sold"),
        ("return redis.call('GEOPOS', KEYS[1])", "GEOPOS"),
    ] {
        std::fs::write(folder.path().join("mine.lua"), code).unwrap();
        call(folder.path(), "prove --script mine.lua")
            .code(2)
            .stderr(predicate::str::contains(reason));
    }
    // An error where nothing is left is an answer like others.
    let greedy = "local left = redis.call('DECR', KEYS[1])\nif left < 0 then redis.call('INCR', KEYS[1]) error('none left') end\n\
                  return left";
    std::fs::write(folder.path().join("mine.lua"), greedy).unwrap();
    call(folder.path(), "prove --script mine.lua")
        .code(0)
        .stdout(predicate::str::contains("sold-out = an error"))
        .stdout(predicate::str::contains("none left"));
}

#[test]
fn a_script_that_catches_what_only_the_model_refuses_is_not_proved() {
    let folder = tempfile::tempdir().unwrap();
    let sell = "local left = tonumber(redis.call('GET', KEYS[1]) or 0) - ARGV[1]\n\
                if left < 0 then return -1 end\nredis.call('SET', KEYS[1], left)\nreturn left";
    for (before, reason) in [
        (
            "local t = redis.pcall('PFADD', 'h', 'a')",
            "does not know the command 'PFADD'",
        ),
        (
            "while true do pcall(function() while true do end end) end",
            "after 10,000,000 instructions",
        ),
    ] {
        std::fs::write(folder.path().join("mine.lua"), format!("{before}\n{sell}")).unwrap();
        oversell(folder.path())
            .args(["prove", "--script", "mine.lua"])
            .timeout(Duration::from_secs(60))
            .assert()
            .code(2)
            .stderr(predicate::str::contains(reason));
    }
}

#[test]
fn a_proof_that_needs_more_memory_than_it_may_is_undecided_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let prove = |more: &str| {
        let large = format!("prove lock --clients 6 --stock 3 --faults crash --limit-memory=40MB{more}");
        let assert = call(folder.path(), &large).code(3);
        String::from_utf8(assert.get_output().stdout.clone()).unwrap()
    };
    assert!(prove("").contains("not decided: memory: "));
    let line: Value = serde_json::from_str(&prove(" --json")).unwrap();
    assert_eq!(line["verdict"], "undecided");
    assert!(line["undecided"].as_str().unwrap().starts_with("memory: "), "{line}");
}

#[cfg(unix)]
#[test]
fn one_signal_ends_a_long_proof() {
    use std::os::unix::process::ExitStatusExt as _;
    let folder = tempfile::tempdir().unwrap();
    let mut proof = spawn(
        folder.path(),
        &["prove", "lock", "--clients", "8", "--stock", "5", "--faults", "all"],
    );
    thread::sleep(Duration::from_millis(500));
    assert!(proof.try_wait().unwrap().is_none(), "it takes long");
    let told = Instant::now();
    // An interrupt is ignored where whoever runs this ignores it, as a job in the background of a script does.
    kill(&proof, "TERM");
    assert_eq!(proof.wait().unwrap().signal(), Some(15));
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
}

#[test]
fn replay_refuses_a_schedule_that_was_cut_or_changed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("naive-none.schedule.json");
    call(folder.path(), "prove naive --out .").code(1);
    let whole = std::fs::read_to_string(&file).unwrap();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_str(&whole).unwrap();
        change(&mut value);
        serde_json::to_string_pretty(&value).unwrap()
    };
    let shorter =
        |steps: usize| changed(&move |value: &mut Value| value["steps"].as_array_mut().unwrap().truncate(steps));
    for (text, reason) in [
        (whole[..whole.len() / 2].to_string(), "is no schedule"),
        (shorter(3), "its 3 steps do not break `never-oversold`"),
        (shorter(0), "its 0 steps do not break `never-oversold`"),
        (
            changed(&|value| value["property"] = "no-unit-leaked".into()),
            "do not break `no-unit-leaked`",
        ),
        (
            changed(&|value| value["stock"] = 2.into()),
            "step 1: `reply` is `1` in the file, and now it is `2`",
        ),
        (
            changed(&|value| value["steps"][1]["client"] = 9.into()),
            "step 2 of the schedule is not possible",
        ),
        (
            changed(&|value| value["clients"][0][0]["buy"] = 0.into()),
            "`clients`: a quantity is 0",
        ),
        (
            changed(&|value| value["steps"][2]["told"] = "sold out".into()),
            "step 3: `told` is `sold out` in the file, and now it is",
        ),
        (
            changed(&|value| value["steps"][1]["do"] = "sleep".into()),
            "step 2: `do` is `sleep`; expected command",
        ),
        (
            changed(&|value| value["steps"][1]["client"] = Value::Null),
            "step 2: `client` is missing or 0",
        ),
        (
            changed(&|value| value["faults"] = serde_json::json!([{"fault": "fire", "times": 1}])),
            "`faults`: there is no fault `fire`",
        ),
        (
            changed(&|value| value["strategy"] = "lua".into()),
            "another one than when it was found",
        ),
        (
            changed(&|value| value["key"] = "stock:42".into()),
            "not in the catalogue",
        ),
    ] {
        std::fs::write(&file, text).unwrap();
        call(folder.path(), "replay naive-none.schedule.json")
            .code(2)
            .stderr(predicate::str::contains(reason));
    }
}

#[test]
fn replay_refuses_what_is_no_schedule() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.json"), "{}").unwrap();
    call(folder.path(), "replay x.json")
        .code(2)
        .stderr(predicate::str::contains("is no schedule"));
    call(folder.path(), "replay none.json").code(2);
}

#[test]
fn explore_serves_states_for_people_on_loopback() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut child = Process::new(env!("CARGO_BIN_EXE_oversell"))
        .args(["explore", "naive", "--port", &port.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut said)
        .unwrap();
    let answer = (0..100).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        let ask = format!("GET /.states HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        stream.write_all(ask.as_bytes()).ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        Some(text)
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(said.contains(&format!("http://127.0.0.1:{port}")), "{said}");
    let answer = answer.unwrap();
    assert!(answer.contains("200 OK"), "{answer}");
    assert!(answer.contains("GET stock"), "a state names the next command: {answer}");
}

#[test]
fn what_helps_against_a_fault_is_said_where_the_code_is_right_without_it() {
    let folder = tempfile::tempdir().unwrap();
    for (fault, fix) in [
        ("expiry", "a lease that runs out stops nobody"),
        ("eviction", "noeviction"),
        ("failover", "min-replicas-to-write"),
    ] {
        call(folder.path(), &format!("prove lock --faults {fault}"))
            .code(1)
            .stdout(predicate::str::contains("  fix     ").and(predicate::str::contains(fix)));
    }
}

#[test]
fn levels_of_a_schedule_have_the_minus_that_levels_have_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let told = call(folder.path(), "prove naive --stock 1 --clients 2")
        .code(1)
        .stdout(predicate::str::contains("from 1 unit:"));
    let text = String::from_utf8_lossy(&told.get_output().stdout).into_owned();
    assert!(text.contains("→ -1"), "as Redis replied: {text}");
    let levels: Vec<&str> = text.lines().filter(|line| line.ends_with("−1")).collect();
    assert!(!levels.is_empty(), "{text}");
    assert!(text.contains("bought, −1 left"), "{text}");
}
