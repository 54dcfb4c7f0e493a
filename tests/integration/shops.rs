//! Shops of users: files, rehearsals and proofs, on scripts in the shapes that people publish (`tests/shops`).

use std::{fs, path::Path};

use oversell::server::Server;
use predicates::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

use crate::cli::{call, json_lines, oversell};

/// What is right to say of a script.
#[derive(Clone, Copy)]
enum Truth {
    Proved,
    /// One buyer alone shows a violation; this is in what is said of it.
    Alone(&'static str),
    /// Nothing can be said of it, and this is why.
    Unsaid(&'static str),
}
use Truth::{Alone, Proved, Unsaid};

/// A counter at `stock:{item}`, and a script that takes this key and these arguments.
fn counter(script: &str, args: &str) -> String {
    format!(
        r#"
[stock]
put  = "SET stock:{{item}} {{stock}}"
left = "GET stock:{{item}}"
[buy]
script = "{script}.lua"
keys = ["stock:{{item}}"]
args = {args}
"#
    )
}

fn voucher(script: &str) -> String {
    format!(
        r#"
[stock]
put  = ["SET sale:left:{{item}} {{stock}}", "DEL sale:buyers:{{item}}"]
left = "GET sale:left:{{item}}"
[buy]
script = "{script}.lua"
args = ["{{item}}", "{{buyer}}"]
limit = 1
"#
    )
}

/// A folder with this shop and the scripts.
fn shop(text: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("shop.toml"), text).unwrap();
    for script in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shops")).unwrap() {
        let script = script.unwrap();
        fs::copy(script.path(), folder.path().join(script.file_name())).unwrap();
    }
    folder
}

/// The same, with this script in `mine.lua`.
fn shop_of(text: &str, code: &str) -> TempDir {
    let folder = shop(text);
    fs::write(folder.path().join("mine.lua"), code).unwrap();
    folder
}

fn prove(text: &str) -> (Option<i32>, Vec<Value>, String) {
    let folder = shop(text);
    let output = oversell(folder.path())
        .args(["prove", "shop.toml", "--json"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), json_lines(&output.stdout), said)
}

#[test]
fn scripts_as_people_publish_them_are_judged_rightly() {
    let by_quantity = r#"["{quantity}"]"#;
    for (script, args, truth) in [
        ("before-and-zero", "[]", Proved),
        ("besthub", by_quantity, Proved),
        ("cjson-counter", r#"['{{"n":{quantity}}}']"#, Proved),
        ("bit-incrbyfloat", by_quantity, Proved),
        ("bit-publish", "[]", Proved),
        ("bit-replicate", "[]", Proved),
        ("bit-setresp", "[]", Proved),
        ("bit-xadd", "[]", Proved),
        ("err-result", by_quantity, Proved),
        ("error-when-sold-out", by_quantity, Proved),
        ("error-when-sold-out-lies", by_quantity, Alone("sold-out-is-true")),
        ("nothing-returned", "[]", Proved),
        ("off-by-one-contract", "[]", Alone("never-oversold")),
        ("one-and-minus-one", by_quantity, Proved),
        ("one-and-minus-one-bool", by_quantity, Proved),
        ("one-zero-codes", by_quantity, Proved),
        ("pcall", by_quantity, Proved),
        ("shebang", "[]", Proved),
        ("shebang-ro", "[]", Unsaid("nothing is ever sold")),
        ("string-compare", by_quantity, Alone("sold-out-is-true")),
        ("table-reply", by_quantity, Proved),
        ("table-reply-take-wrong", by_quantity, Alone("never-oversold")),
        ("time-take", by_quantity, Proved),
        ("time-take-int", by_quantity, Proved),
        ("unlimited", by_quantity, Proved),
    ] {
        holds(script, &counter(script, args), truth);
    }
}

#[test]
fn one_voucher_a_customer() {
    for (script, truth) in [
        ("voucher-once-right", Proved),
        ("voucher-once-off-by-one", Alone("never-oversold")),
        ("voucher-once-per-user-key", Alone("limit-per-buyer")),
        ("voucher-once-wrong-key", Alone("never-oversold")),
        ("voucher-once-typo", Unsaid("increby")),
        ("voucher-once-wrongtype", Unsaid("WRONGTYPE")),
    ] {
        holds(script, &voucher(script), truth);
    }
}

#[test]
fn stock_in_a_hash_and_buyers_in_a_set() {
    let hash = r#"
[stock]
put  = "HSET stock:{item} red {stock}"
left = "HGET stock:{item} red"
[buy]
script = "hash.lua"
keys = ["stock:{item}", "red"]
"#;
    holds("hash", hash, Proved);
    let once = r#"
[stock]
put  = ["SET stock:{item} {stock}", "DEL buyers:{item}"]
left = "GET stock:{item}"
[buy]
script = "once-contract.lua"
keys = ["stock:{item}", "buyers:{item}"]
args = ["{buyer}"]
"#;
    holds("once-contract", once, Proved);
}

#[test]
fn stock_in_json() {
    let json = r#"
[stock]
put  = """SET item:{item} '{{"left":{stock}}}'"""
left = """EVAL "return cjson.decode(redis.call('GET', KEYS[1])).left" 1 item:{item}"""
[buy]
script = "cjson-take.lua"
keys = ["item:{item}"]
args = ['{{"n":{quantity}}}']
"#;
    holds("cjson-take", json, Proved);
}

/// Two purchases in one microsecond are one to this code, which is no fault of it; or they take the same unit, which is.
#[test]
fn the_time_of_day_stands_still_or_goes_on() {
    let held = |code: &str| {
        let text = r#"
[stock]
put  = ["SET most:{item} {stock}", "DEL orders:{item}"]
sold = "ZCARD orders:{item}"
[buy]
script = "mine.lua"
keys = ["orders:{item}", "most:{item}"]
"#;
        let by_time = format!(
            "local t = redis.call('TIME'); local now = t[1] .. string.format('%06d', t[2])
             if redis.call('ZCARD', KEYS[1]) >= tonumber(redis.call('GET', KEYS[2])) then return 0 end
             {code}"
        );
        let folder = shop_of(text, &by_time);
        call(folder.path(), "prove shop.toml --json")
    };
    held("redis.call('ZADD', KEYS[1], now, now); return 1")
        .code(3)
        .stdout(predicate::str::contains(
            "only where two calls of TIME tell the same microsecond",
        ));
    held("redis.call('ZADD', KEYS[1], now, now .. ':' .. redis.call('INCR', 'ids')); return 1").code(0);
}

fn holds(script: &str, text: &str, truth: Truth) {
    let (code, verdicts, said) = prove(text);
    let what = || format!("{script}: {code:?} {verdicts:?} {said}");
    match truth {
        Proved => {
            assert_eq!(code, Some(0), "{}", what());
            assert_eq!(verdicts[0]["verdict"], "proved", "{}", what());
            assert!(
                verdicts[0]["covered"].as_array().is_some_and(|all| all.len() >= 5),
                "{}",
                what()
            );
        }
        Alone(property) => {
            assert_eq!(code, Some(1), "{}", what());
            assert_eq!(verdicts[0]["rehearsal"], true, "{}", what());
            assert_eq!(verdicts[0]["property"], property, "{}", what());
        }
        Unsaid(why) => {
            assert_eq!(code, Some(2), "{}", what());
            assert!(said.contains(why), "{}", what());
        }
    }
}

/// Right ones that somebody might take for wrong.
#[test]
fn what_looks_wrong_and_is_right() {
    let scripts = [
        // It goes on below zero when it refuses, and never gives back.
        "local n = redis.call('DECR', KEYS[1]); if n < 0 then return 0 end; return 1",
        // What is shown is read after the purchase.
        "if tonumber(redis.call('GET', KEYS[1])) < 1 then return {0, '0'} end
         redis.call('DECR', KEYS[1]); return {1, redis.call('GET', KEYS[1])}",
        // 1 for none left, 0 for bought.
        "if tonumber(redis.call('GET', KEYS[1])) < 1 then return 1 end; redis.call('DECR', KEYS[1]); return 0",
        // JSON.
        r#"local n = tonumber(redis.call('GET', KEYS[1])); if n < 1 then return '{"code":1,"left":0}' end
         redis.call('DECR', KEYS[1]); return '{"code":0,"left":' .. n - 1 .. '}'"#,
        // A list, or an empty one.
        "local n = tonumber(redis.call('GET', KEYS[1])); if n < 1 then return {} end
         redis.call('DECR', KEYS[1]); return {n, 'pen'}",
        // Who finds nothing waits in a list, and is told whether that is new.
        "if tonumber(redis.call('GET', KEYS[1])) > 0 then redis.call('DECR', KEYS[1]); return 1 end
         if redis.call('SADD', KEYS[1] .. ':waits', ARGV[1]) == 1 then return 2 end; return 3",
        // Old and new, or nothing.
        "local n = tonumber(redis.call('GET', KEYS[1])); if n < 1 then return ' ' end
         redis.call('DECR', KEYS[1]); return n .. ',' .. (n - 1)",
    ];
    for code in scripts {
        let folder = shop_of(&counter("mine", "['{buyer}']"), code);
        call(folder.path(), "prove shop.toml")
            .code(0)
            .stdout(predicate::str::contains("`ok` proved"));
    }
    // Counting up to a limit, and on beyond it.
    let text = r#"
[stock]
put  = ["SET most:{item} {stock}", "SET count:{item} 0"]
sold = "GET count:{item}"
[buy]
script = "mine.lua"
keys = ["count:{item}", "most:{item}"]
"#;
    let code = "local n = redis.call('INCR', KEYS[1]); if n > tonumber(redis.call('GET', KEYS[2])) then return 0 end; return 1";
    let folder = shop_of(text, code);
    call(folder.path(), "prove shop.toml").code(0);
    // 1 for "again"; for each customer one a minute; and one order, of up to two units.
    for (args, code) in [
        (
            "",
            "if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return 1 end
              if redis.call('GET', KEYS[1]) == '0' then return 2 end
              redis.call('DECR', KEYS[1]); redis.call('SADD', KEYS[2], ARGV[1]); return 0",
        ),
        (
            "",
            "if redis.call('EXISTS', KEYS[2] .. ARGV[1]) == 1 then return 2 end
              if redis.call('GET', KEYS[1]) == '0' then return 0 end
              redis.call('DECR', KEYS[1]); redis.call('SET', KEYS[2] .. ARGV[1], 1, 'EX', 60); return 1",
        ),
        (
            ", '{quantity}'",
            "if redis.call('GET', KEYS[1]) - ARGV[2] < 0 then return 0 end
              if redis.call('SADD', KEYS[2], ARGV[1]) == 0 then return -1 end
              redis.call('DECRBY', KEYS[1], ARGV[2]); return 1",
        ),
    ] {
        let text = format!(
            r#"
[stock]
put = "SET stock:{{item}} {{stock}}"
left = "GET stock:{{item}}"
[buy]
script = "mine.lua"
keys = ["stock:{{item}}", "had:{{item}}"]
args = ["{{buyer}}"{args}]
"#
        );
        let folder = shop_of(&text, code);
        call(folder.path(), "prove shop.toml").code(0);
    }
    // What is remembered of a request is that it has bought, and not that it was refused.
    let text = counter("mine", r#"["{request}"]"#);
    let code = "local done = KEYS[1] .. ':done'; if redis.call('HEXISTS', done, ARGV[1]) == 1 then return 1 end
        if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end
        redis.call('DECR', KEYS[1]); redis.call('HSET', done, ARGV[1], 1); return 1";
    let folder = shop_of(&text, code);
    call(folder.path(), "prove shop.toml").code(0);
    // One answer for "none left" and "had yours".
    let text = voucher("mine");
    let code = "local left, buyers = 'sale:left:' .. ARGV[1], 'sale:buyers:' .. ARGV[1]
        if tonumber(redis.call('GET', left)) < 1 or redis.call('SISMEMBER', buyers, ARGV[2]) == 1 then return false end
        redis.call('DECR', left); redis.call('SADD', buyers, ARGV[2]); return 1";
    let folder = shop_of(&text, code);
    call(folder.path(), "prove shop.toml")
        .code(0)
        .stdout(predicate::str::contains("refused = nil"));
}

/// Answers that do not say what they mean are no proof.
#[test]
fn what_cannot_be_known_is_not_guessed() {
    for code in [
        // The last unit is taken, and nobody is told so.
        "local n = redis.call('DECR', KEYS[1]); if n < 0 then redis.call('INCR', KEYS[1]); return 0 end
         if n == 0 then return redis.error_reply('ERR last one') end; return 1",
        // The code says no, and what stands beside it happens to say yes.
        "local n = tonumber(redis.call('GET', KEYS[1])); if n < 1 then return {0, n} end
         redis.call('DECR', KEYS[1]); if n == 1 then return {0, n} end; return {1, n - 1}",
        "local n = tonumber(redis.call('GET', KEYS[1])); if n < 1 then return 'code 0, ' .. n end
         redis.call('DECR', KEYS[1]); if n == 1 then return 'code 0, ' .. n end; return 'code 1, ' .. n - 1",
        // One unit too many, of a counter that goes on below zero.
        "local n = redis.call('DECR', KEYS[1]); if n < -1 then return ' ' end; return (n + 1) .. ',' .. n",
        // Taken once, said twice.
        "if redis.call('SADD', KEYS[1] .. ':had', ARGV[1]) == 0 then return 1 end
         if redis.call('GET', KEYS[1]) == '0' then return 0 end; redis.call('DECR', KEYS[1]); return 1",
    ] {
        let args = if code.contains("ARGV") { "['{buyer}']" } else { "[]" };
        let folder = shop_of(&counter("mine", args), code);
        call(folder.path(), "prove shop.toml").code(2);
    }
}

/// Buyers who come again are refused, and may come later: no limit, and nobody has said that there is one.
#[test]
fn a_pause_between_purchases_is_no_limit() {
    for (pause, proof) in [("KEYS[1] .. ':pause:' .. ARGV[1]", 3), ("'pause:' .. ARGV[1]", 2)] {
        let code = format!(
            "if not redis.call('SET', {pause}, 1, 'NX', 'EX', 5) then return 'too fast' end
             if redis.call('GET', KEYS[1]) == '0' then return 'none' end; redis.call('DECR', KEYS[1]); return 'ok'"
        );
        let folder = shop_of(&counter("mine", "['{buyer}']"), &code);
        let proved = call(folder.path(), "prove shop.toml").code(proof);
        if proof == 2 {
            proved.stderr(predicate::str::contains("limit = 1"));
        } else {
            proved.stdout(predicate::str::contains("`limit`"));
            let run = call(folder.path(), "run shop.toml --rounds 2").code(3);
            run.stderr(predicate::str::contains("`limit`"));
        }
    }
}

/// The most that may be asked for is more than there ever is: two are asked for, too.
#[test]
fn the_largest_quantity_is_not_the_only_one() {
    let code = "if redis.call('GET', KEYS[1]) - ARGV[1] < 0 then return 0 end; redis.call('DECR', KEYS[1]); return 1";
    let folder = shop_of(&format!("{}quantity = 50\n", counter("mine", "['{quantity}']")), code);
    let proved = call(folder.path(), "prove shop.toml").code(1);
    proved.stdout(predicate::str::contains("TAKES ANOTHER NUMBER"));
}

#[test]
fn a_file_that_is_wrong_is_told_with_line_and_column() {
    for (line, found) in [
        (
            "[stock]\nput = \"SET a {stok}\"\nleft = \"GET a\"\n[buy]\nscript = \"hash.lua\"",
            "2:7: found `{stok}`",
        ),
        (
            "[stock]\nput = \"SET a 1\"\n[buy]\nscript = \"hash.lua\"",
            "found neither `left` nor `sold`",
        ),
        (
            "[stock]\nput = \"SET a 1\"\nleft = \"GET a\"\n[buy]\nscript = \"none.lua\"",
            "5:10: failed to read",
        ),
        (
            "[stock]\nput = \"SET a 1\"\nleft = \"GET a\"\n[buy]\nprogram = \"x\"",
            "this version runs scripts alone",
        ),
        (
            "[stock]\nput = \"SET a 1\"\nleft = \"GET a\"\n[buy]\nscript = \"hash.lua\"\nunits = 1",
            "6:1: unknown field `units`",
        ),
        (
            "[stock]\nput = \"SET a 1\"\nleft = \"GET a\"\n[buy]\nscript = \"hash.lua\"\n[buy.answer]\nquantity = 1",
            "does not check a purchase that takes another number than it asks for",
        ),
        (
            "[stock]\nput = \"SET a 1\"\nleft = \"GET a\"\nresets = false\n[buy]\nscript = \"hash.lua\"",
            "does not know a stock that comes back by itself",
        ),
        ("[service]\nrun = \"x\"", "this version runs scripts alone"),
        ("[stock]\nputs = \"SET a 1\"", "2:1: unknown field `puts`"),
        (
            "[stock]\nput = \"SET a 1\"\nleft = \"GET a\"\n[buy]\nscript = \"hash.lua\"\n[buy.answer]\nbought = { jq = \".[\" }",
            "7:10: found `.[`, expected a jq filter",
        ),
    ] {
        let folder = shop(line);
        let said = call(folder.path(), "prove shop.toml").code(2);
        said.stderr(predicate::str::contains(found));
    }
}

#[test]
fn answers_that_somebody_gives_are_held_against_what_they_do() {
    let given = |answers: &str| {
        format!(
            "{}\n[buy.answer]\n{answers}",
            counter("one-zero-codes", r#"["{quantity}"]"#)
        )
    };
    let (code, ..) = prove(&given("bought = 1\nsold-out = 0"));
    assert_eq!(code, Some(0));
    let (code, verdicts, _) = prove(&given("bought = [0, 1]"));
    assert_eq!(
        (code, &verdicts[0]["property"]),
        (Some(1), &Value::from("never-oversold"))
    );
    let (code, _, said) = prove(&given("bought = 1"));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("no rule fits the answer 0"), "{said}");
}

#[test]
fn init_writes_what_works_and_replaces_nothing() {
    let folder = TempDir::new().unwrap();
    call(folder.path(), "init").code(0);
    call(folder.path(), "init")
        .code(2)
        .stderr(predicate::str::contains("is there already"));
    call(folder.path(), "rehearse shop.toml")
        .code(0)
        .stdout(predicate::str::contains("bought = 1; sold-out = 0"));
    call(folder.path(), "prove shop.toml").code(0);
    call(folder.path(), "run shop.toml --rounds 2")
        .code(0)
        .stdout(predicate::str::contains("linearizable"));
}

/// What an eviction does to a stock, on the model and then on a real server.
#[test]
fn a_schedule_of_a_shop_is_replayed() {
    let code = "local left = tonumber(redis.call('GET', KEYS[1]) or 0) - ARGV[1]; if left < 0 then return 0 end
        redis.call('SET', KEYS[1], left); return 1";
    let folder = shop_of(&counter("mine", r#"["{quantity}"]"#), code);
    let found = call(folder.path(), "prove shop.toml --faults eviction").code(1);
    let replay = "replay histories/failed/shop-eviction.schedule.json --shop shop.toml";
    found.stdout(predicate::str::contains(replay));
    call(folder.path(), replay)
        .code(1)
        .stdout(predicate::str::contains("1 of 1"));
}

#[test]
fn on_a_server_that_is_not_ours_nothing_shared_is_written_over() {
    let server = Server::start().unwrap();
    let text = counter("one-zero-codes", r#"["{quantity}"]"#).replace("{item}", "1");
    let folder = shop(&text);
    let url = server.target().url();
    let said = call(folder.path(), &format!("rehearse shop.toml --redis {url}"));
    said.code(2).stderr(predicate::str::contains("--overwrite"));
    call(folder.path(), &format!("rehearse shop.toml --overwrite --redis {url}")).code(0);
}
