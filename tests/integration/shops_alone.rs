//! What one buyer alone shows, which a proof of a few purchases does not reach; and shops that are not as they look.

use std::fs;

use predicates::prelude::*;
use tempfile::TempDir;

use crate::cli::{call, json_lines, oversell};

/// A folder with a shop of a counter at `stock:{item}`; `buy` is the rest of `[buy]`.
fn shop(code: &str, buy: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let text = format!(
        "[stock]\nput = [\"SET stock:{{item}} {{stock}}\", \"DEL u:{{item}}\"]\nleft = \"GET stock:{{item}}\"\n[buy]\nscript = \"mine.lua\"\n\
         keys = [\"stock:{{item}}\", \"u:{{item}}\"]\n{buy}\n"
    );
    fs::write(folder.path().join("shop.toml"), text).unwrap();
    fs::write(folder.path().join("mine.lua"), code).unwrap();
    folder
}

#[test]
fn one_buyer_alone_goes_beyond_a_proof() {
    // So many units may one buyer have, and two at once.
    let up_to = |most: u64| {
        format!(
            "local n = tonumber(ARGV[2]); local has = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or 0)
             if has + n > {most} then return 2 end
             if tonumber(redis.call('GET', KEYS[1])) < n then return 0 end
             redis.call('DECRBY', KEYS[1], n); redis.call('HINCRBY', KEYS[2], ARGV[1], n); return 1"
        )
    };
    let limit = |limit: u64| format!("args = [\"{{buyer}}\", \"{{quantity}}\"]\nlimit = {limit}");
    let counts_purchases = up_to(3)
        .replace("has + n > 3", "has >= 3")
        .replace("ARGV[1], n)", "ARGV[1], 1)");
    let one_unit = "args = [\"{quantity}\"]";
    for (name, code, buy, said) in [
        ("right", up_to(5), limit(5), None),
        ("fewer than the limit", up_to(4), limit(5), Some("MAY HAVE MORE")),
        ("no limit", up_to(1000), limit(20), Some("MORE THAN THE LIMIT")),
        (
            "counts purchases",
            counts_purchases,
            limit(3),
            Some("MORE THAN THE LIMIT"),
        ),
        (
            "looks before it adds",
            up_to(4).replace("has + n > 4", "has >= 4"),
            limit(4),
            Some("MORE THAN THE LIMIT"),
        ),
        (
            "two for nothing",
            "local n = tonumber(ARGV[1]); if tonumber(redis.call('GET', KEYS[1])) < n then return 0 end
             if n == 1 then redis.call('DECR', KEYS[1]) end return 1"
                .to_string(),
            one_unit.to_string(),
            Some("TAKES ANOTHER NUMBER"),
        ),
        (
            "three for one",
            "local n = tonumber(ARGV[1]); if tonumber(redis.call('GET', KEYS[1])) < n then return 0 end
             if n == 3 then n = 1 end redis.call('DECRBY', KEYS[1], n) return 1"
                .to_string(),
            format!("{one_unit}\nquantity = 4"),
            Some("TAKES ANOTHER NUMBER"),
        ),
        (
            "a seat sold twice",
            "local n = tonumber(redis.call('GET', KEYS[1])); if n < 1 then return {0} end
             redis.call('DECR', KEYS[1]) return {1, 'seat-' .. n % 7}"
                .to_string(),
            "[buy.answer]\nbought = {jq = '.[0] == 1'}\nsold-out = {jq = '.[0] == 0'}\nunit = {jq = '.[1]'}"
                .to_string(),
            Some("SELLS A UNIT TWICE"),
        ),
        (
            "says another number at five",
            "local n = tonumber(redis.call('GET', KEYS[1])); if n < 1 then return {0, 0} end
             redis.call('DECR', KEYS[1]) if n == 5 then return {1, 9} end return {1, n - 1}"
                .to_string(),
            "[buy.answer]\nbought = {jq = '.[0] == 1'}\nsold-out = {jq = '.[0] == 0'}\nremaining = {jq = '.[1]'}"
                .to_string(),
            Some("TELLS A WRONG NUMBER"),
        ),
        (
            "always bought",
            "redis.call('DECR', KEYS[1]) return 1".to_string(),
            String::new(),
            Some("SELLS MORE THAN IT HAS"),
        ),
        (
            "for nothing from seven on",
            "local n = tonumber(redis.call('GET', KEYS[1])); if n < 1 then return 0 end
             if n ~= 7 then redis.call('DECR', KEYS[1]) end return 1"
                .to_string(),
            String::new(),
            Some("SELLS MORE THAN IT HAS"),
        ),
        (
            "one more",
            "if redis.call('DECR', KEYS[1]) < -1 then return 0 end return 1".to_string(),
            String::new(),
            Some("SELLS MORE THAN IT HAS"),
        ),
    ] {
        let folder = shop(&code, &buy);
        let output = oversell(folder.path()).args(["prove", "shop.toml"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        let code = if said.is_some() { 1 } else { 0 };
        assert_eq!(output.status.code(), Some(code), "{name}: {text}");
        assert!(said.is_none_or(|said| text.contains(said)), "{name}: {text}");
    }
}

/// What a script runs into says nothing, also where nothing is left.
#[test]
fn an_error_that_is_run_into_does_not_say_sold_out() {
    for code in [
        "local n = tonumber(redis.call('GET', KEYS[1])); if n < 1 then return nil + 1 end redis.call('DECR', KEYS[1]) return 1",
        "if redis.call('GET', KEYS[1]) == '0' then redis.call('LPUSHH', KEYS[2], 1) end redis.call('DECR', KEYS[1]) return 1",
        "if redis.call('GET', KEYS[1]) == '0' then redis.call('LPUSH', KEYS[1], 1) end redis.call('DECR', KEYS[1]) return 1",
    ] {
        let folder = shop(code, "");
        call(folder.path(), "prove shop.toml")
            .code(2)
            .stderr(predicate::str::contains("runs into an error"));
    }
}

/// What cannot be read at the end is not proved to be there, and what nobody has put there yet is not lost.
#[test]
fn a_stock_that_cannot_be_read_is_neither_there_nor_lost() {
    let prove = |file: &str, code: &str, fault: &str| {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("shop.toml"), file).unwrap();
        fs::write(folder.path().join("mine.lua"), code).unwrap();
        let arguments = format!("prove shop.toml --faults {fault}");
        oversell(folder.path())
            .args(arguments.split(' '))
            .output()
            .unwrap()
            .status
            .code()
    };
    let json = r#"[stock]
put = """SET s:{item} '{{"stock":{stock}}}'"""
left = """EVAL "return cjson.decode(redis.call('GET',KEYS[1])).stock" 1 s:{item}"""
[buy]
script = "mine.lua"
keys = ["s:{item}"]
"#;
    let take =
        "local d = cjson.decode(redis.call('GET', KEYS[1])) if d.stock < 1 then return 0 end d.stock = d.stock - 1
        redis.call('SET', KEYS[1], cjson.encode(d)) return 1";
    assert_eq!(prove(json, take, "none"), Some(0));
    assert_eq!(prove(json, take, "eviction"), Some(3));
    let first_comes = "[stock]\nput = []\nleft = \"GET s:{item}\"\n[buy]\nscript = \"mine.lua\"\nkeys = [\"s:{item}\"]\n\
        args = [\"{stock}\"]\n[buy.answer]\nbought = 1\nsold-out = 0\n";
    let take = "redis.call('SETNX', KEYS[1], ARGV[1]) if redis.call('DECR', KEYS[1]) < 0 then redis.call('INCR', KEYS[1]) return 0 end
        return 1";
    assert_eq!(prove(first_comes, take, "none"), Some(0));
    assert_eq!(prove(first_comes, take, "crash"), Some(3));
    let raised = "[stock]\nput = [\"SET m:{item} {stock}\", \"DEL n:{item}\"]\nsold = \"GET n:{item}\"\n\
        restock = \"INCRBY m:{item} {quantity}\"\n[buy]\nscript = \"mine.lua\"\nkeys = [\"n:{item}\", \"m:{item}\"]\n";
    assert_eq!(prove(raised, take, "none"), Some(2), "refused by name");
}

/// `SOLDOUT` is no `SOLD`, though it begins so.
#[test]
fn errors_whose_codes_begin_alike_are_told_apart() {
    let code = "if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return redis.error_reply('SOLD to you') end
        if tonumber(redis.call('GET', KEYS[1])) < 1 then return redis.error_reply('SOLDOUT none') end
        redis.call('DECR', KEYS[1]); redis.call('SADD', KEYS[2], ARGV[1]) return 1";
    let folder = shop(code, "args = [\"{buyer}\"]\nlimit = 1");
    let rehearsed = call(folder.path(), "rehearse shop.toml").success();
    let said = String::from_utf8_lossy(&rehearsed.get_output().stdout).into_owned();
    assert!(!said.contains("refused"), "{said}");
    call(folder.path(), "prove shop.toml").success();
}

/// Each schedule is replayed with the file that it is about, also where two shops have one name.
#[test]
fn two_shops_of_one_name_are_two() {
    let folder = TempDir::new().unwrap();
    let racy = "[stock]\nput = \"SET stock:{item} {stock}\"\nleft = \"GET stock:{item}\"\n[buy]\nscript = \"mine.lua\"\n\
        keys = [\"stock:{item}\"]\n";
    for name in ["c", "d"] {
        let own = folder.path().join(name);
        fs::create_dir(&own).unwrap();
        fs::write(own.join("shop.toml"), racy).unwrap();
        let take = "if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1";
        fs::write(own.join("mine.lua"), take).unwrap();
    }
    call(folder.path(), "prove c/shop.toml d/shop.toml --faults eviction")
        .code(1)
        .stdout(predicate::str::contains("--shop c/shop.toml").and(predicate::str::contains("--shop d/shop.toml")));
}

/// Keys with a time to live that nobody waits for.
#[test]
fn buyers_that_are_forgotten_after_a_day_are_remembered_during_the_sale() {
    let code = "if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end
        if redis.call('SADD', KEYS[2], ARGV[1]) == 0 then return 2 end
        redis.call('EXPIRE', KEYS[2], 86400) redis.call('DECR', KEYS[1]) return 1";
    let folder = shop(code, "args = [\"{buyer-number}\"]\nlimit = 1");
    call(folder.path(), "prove shop.toml").code(0);
    call(folder.path(), "prove shop.toml --faults expiry").code(1);
}

#[test]
fn the_same_request_of_another_run_is_another_one() {
    let code = "local told = redis.call('GET', 'told:' .. ARGV[1]); if told then return tonumber(told) end
        local answer = 0; if tonumber(redis.call('GET', KEYS[1])) > 0 then redis.call('DECR', KEYS[1]); answer = 1 end
        redis.call('SET', 'told:' .. ARGV[1], answer) return answer";
    let folder = shop(code, "args = [\"{request}\"]");
    call(folder.path(), "run shop.toml --rounds 3").code(0);
}

/// One answer for "none left" and "had ten", which nobody has in a rehearsal of three units.
#[test]
fn a_large_limit_is_reached_by_one_buyer_alone() {
    let code = "local has = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or 0)
        if has >= 10 or tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end
        redis.call('HINCRBY', KEYS[2], ARGV[1], 1) redis.call('DECR', KEYS[1]) return 1";
    let folder = shop(code, "args = [\"{buyer}\"]\nlimit = 10");
    call(folder.path(), "run shop.toml --rounds 3 --clients 4").code(0);
    // Nobody looks at the limit: some buyers come often enough.
    let code = "if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1";
    let folder = shop(
        code,
        "args = [\"{buyer}\"]\nlimit = 20\n[buy.answer]\nbought = 1\nsold-out = 0",
    );
    call(folder.path(), "run shop.toml --rounds 3").code(1);
}

#[test]
fn what_would_touch_others_is_refused_and_what_is_left_is_removed() {
    let server = oversell::server::Server::start().unwrap();
    let url = server.target().url();
    let code = "local told = redis.call('SET', 'mark:' .. KEYS[1] .. ':' .. ARGV[1], 1)
        if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1";
    let folder = shop(code, "args = [\"{buyer}\"]");
    call(folder.path(), &format!("rehearse shop.toml --redis {url}")).code(0);
    call(folder.path(), &format!("run shop.toml --rounds 2 --redis {url}")).code(0);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let keys: Vec<String> = runtime.block_on(async {
        let mut con = server.target().connect().await.unwrap();
        redis::cmd("KEYS").arg("*").query_async(&mut con).await.unwrap()
    });
    assert!(keys.is_empty(), "{keys:?}");
    let text = fs::read_to_string(folder.path().join("shop.toml")).unwrap();
    let fixed = text.replace("\"u:{item}\"]", "\"vips\"]");
    fs::write(folder.path().join("shop.toml"), fixed).unwrap();
    let refused = call(folder.path(), &format!("rehearse shop.toml --redis {url}")).code(2);
    refused.stderr(predicate::str::contains("the key `vips` of the script"));
}

/// A shop in which `left` and `put` are at odds says nothing.
#[test]
fn units_that_are_put_on_sale_have_to_be_counted() {
    let code = "if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1";
    for (from, to, said) in [
        (
            "left = \"GET stock:{item}\"",
            "left = \"SCARD u:{item}\"",
            "is it `sold` that it tells",
        ),
        (
            "left = \"GET stock:{item}\"",
            "sold = \"GET stock:{item}\"",
            "is it `left` that it tells",
        ),
        ("SET stock:{item} {stock}", "SET stock:{item} 5", "expected 3"),
        (
            "left = \"GET stock:{item}\"",
            "left = \"GET stok:{item}\"",
            "replies nothing",
        ),
    ] {
        let folder = shop(code, "");
        let path = folder.path().join("shop.toml");
        fs::write(&path, fs::read_to_string(&path).unwrap().replace(from, to)).unwrap();
        let said_what = call(folder.path(), "prove shop.toml").code(2);
        said_what.stderr(predicate::str::contains(said));
    }
}

/// A purchase that its own code cannot answer for under load is no pass, and no fault of the server.
#[test]
fn answers_that_were_never_seen_are_no_pass() {
    let code = "local n = tonumber(redis.call('GET', KEYS[1])); if n < 1 then return 0 end
        redis.call('DECR', KEYS[1]); if n > 20 then return 'many' end return 1";
    // Whoever comes again runs into a mistake of the script.
    let crash = format!("if redis.call('SADD', KEYS[2], ARGV[1]) == 0 then return nil + 1 end {code}");
    let crashes = shop(&crash, "args = [\"{buyer}\"]");
    call(crashes.path(), "prove shop.toml").code(2);
    let folder = shop(code, "");
    let output = oversell(folder.path())
        .args(["run", "shop.toml", "--rounds", "2", "--json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let lines = json_lines(&output.stdout);
    assert!(lines.is_empty() || lines[0]["verdict"] == "undecided", "{lines:?}");
}

/// The purchase that is told is the one that was judged: enough was left for it.
#[test]
fn a_purchase_that_is_too_large_and_sold_for_nothing_is_shown() {
    let code = "local n, left = tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[1]))
        if n > 1 then return left == 3 and 0 or 1 end
        if left < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1";
    let folder = shop(code, "args = [\"{quantity}\"]");
    let output = oversell(folder.path())
        .args(["prove", "shop.toml", "--json"])
        .output()
        .unwrap();
    let verdict = &json_lines(&output.stdout)[0];
    assert_eq!(verdict["property"], "no-unit-leaked", "{verdict}");
    assert_eq!(verdict["schedule"][0]["begins"], "buy 2", "{verdict}");
    assert_eq!(verdict["stock"], 10, "{verdict}");
}

#[test]
fn a_key_may_say_how_many_are_asked_for() {
    let folder = shop("if redis.call('DECR', KEYS[1]) < 0 then return 0 end return 1", "");
    let prove = "prove --script mine.lua --key s:{item} --key {quantity} --arg x";
    let proved = call(folder.path(), prove).code(1);
    proved.stdout(predicate::str::contains("TAKES ANOTHER NUMBER"));
}

#[test]
fn a_shop_that_is_called_like_a_strategy_is_another_one() {
    let code = "if ARGV[1] == '2' then return redis.error_reply('TWO') end
        if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1";
    let folder = shop(code, "args = [\"{stock}\"]");
    fs::rename(folder.path().join("shop.toml"), folder.path().join("lua.toml")).unwrap();
    let proved = call(folder.path(), "prove lua.toml").code(3);
    proved.stdout(predicate::str::contains("[buy.answer]"));
    // The command that makes such a history again is said of strategies of the catalogue alone.
    let history = fs::read_to_string("histories/bad/naive.jsonl").unwrap();
    let title = oversell::strategy::find("naive").unwrap().strategy.info().title();
    for (text, is_known) in [(history.replace("\"command\"", "\"said\""), false), (history, true)] {
        fs::write(folder.path().join("naive.jsonl"), text).unwrap();
        let output = oversell(folder.path())
            .args(["check", "naive.jsonl", "--explain", "full"])
            .output()
            .unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        assert_eq!(told.contains(&title), is_known, "{told}");
    }
}
