//! The purchases of the catalogue as short listings: what a page shows beside the commands.
//!
//! A language for people: assignments, `if`, `repeat`, `return`, blocks by indentation. What stands between backticks is
//! sent to Redis: words in capitals are sent as they are, the others stand for values. The lines of a script that the
//! server runs in one step follow the line that sends it, each with a bar in front. Tests hold every listing against all
//! that its strategy does (`prove::play`).

const BUY: &str = include_str!("../../lua/buy.lua");
const BUY_ONCE: &str = include_str!("../../lua/buy_once.lua");
const BUY_ONE_EACH: &str = include_str!("../../lua/buy_one_each.lua");
const BUY_FUNCTION: &str = include_str!("../../lua/buy_function.lua");
const UNLOCK: &str = include_str!("../../lua/unlock.lua");

const NAIVE: &str = "\
n = `GET stock`
if n < quantity: return sold out
left = `DECRBY stock quantity`
return bought, left";

const GET_SET: &str = "\
n = `GET stock`
if n < quantity: return sold out
`SET stock n-quantity`
return bought, n-quantity left";

const MULTI_NO_WATCH: &str = "\
n = `GET stock`
if n < quantity: return sold out
left = `MULTI; DECRBY stock quantity; EXEC`
return bought, left";

const WATCH: &str = "\
repeat:
  `WATCH stock`
  n = `GET stock`
  if n < quantity:
    `UNWATCH`
    return sold out
  left = `MULTI; DECRBY stock quantity; EXEC`
  if left is not nil: return bought, left";

const GET_BEFORE_WATCH: &str = "\
repeat:
  n = `GET stock`
  if n < quantity: return sold out
  `WATCH stock`
  left = `MULTI; DECRBY stock quantity; EXEC`
  if left is not nil: return bought, left";

const DECR_COMPENSATE: &str = "\
left = `DECRBY stock quantity`
if left >= 0: return bought, left
`INCRBY stock quantity`
return sold out";

const LOCK_DEL: &str = "\
repeat until taken:
  taken = `SET stock:lock me NX PX lease`
n = `GET stock`
if n < quantity:
  answer = sold out
else:
  `SET stock n-quantity`
  answer = bought, n-quantity left
`DEL stock:lock`
return answer";

const LPOP: &str = "\
unit = `LPOP stock:tokens`
if unit is nil: return sold out
return bought unit";

const IFEQ: &str = "\
repeat:
  n = `GET stock`
  if n < quantity: return sold out
  done = `SET stock n-quantity IFEQ n`
  if done is not nil: return bought, n-quantity left";

const INCREX: &str = "\
left, step = `INCREX stock BYINT -quantity LBOUND 0`
if step is 0: return sold out
return bought, left";

const SISMEMBER_SADD: &str = "\
had = `SISMEMBER stock:buyers buyer`
if had is 1: return already had
left = `DECRBY stock 1`
if left < 0:
  `INCRBY stock 1`
  return sold out
`SADD stock:buyers buyer`
return bought, left";

const ONE_EACH: &str = "left = `EVALSHA buy_one_each.lua 2 stock stock:buyers buyer`";

/// The listing of this strategy's purchase; `None` when it is not of the catalogue.
#[must_use]
pub fn listing(name: &str) -> Option<String> {
    Some(match name {
        "naive" => NAIVE.to_string(),
        "get-set" => GET_SET.to_string(),
        "multi-no-watch" => MULTI_NO_WATCH.to_string(),
        "watch" | "watch-shared" => WATCH.to_string(),
        "get-before-watch" => GET_BEFORE_WATCH.to_string(),
        "decr-compensate" => DECR_COMPENSATE.to_string(),
        "lock-del" => LOCK_DEL.to_string(),
        "lock" => LOCK_DEL.replace(
            "`DEL stock:lock`",
            &sends("`EVALSHA unlock.lua 1 stock:lock me`", "", UNLOCK),
        ),
        "sismember-sadd" => SISMEMBER_SADD.to_string(),
        "one-each" => {
            let sent = sends(ONE_EACH, "", BUY_ONE_EACH);
            let answer = "if left is -2: return already had\nif left is -1: return sold out\nreturn bought, left";
            format!("{sent}\n{answer}")
        }
        "lpop" => LPOP.to_string(),
        "ifeq" => IFEQ.to_string(),
        "increx" => INCREX.to_string(),
        "lua" => bought_if(&sends("left = `EVALSHA buy.lua 1 stock quantity`", "", BUY)),
        "function" => bought_if(&sends("left = `FCALL buy 1 stock quantity`", "", BUY_FUNCTION)),
        "retry-on-timeout" => again("left = `EVALSHA buy.lua 1 stock quantity`", BUY),
        "idempotent" => again(
            "left = `EVALSHA buy_once.lua 2 stock stock:requests quantity id`",
            BUY_ONCE,
        ),
        _ => return None,
    })
}

/// The listing of a script of the user's own.
#[must_use]
pub fn of_script(code: &str, keys: usize, args: usize) -> String {
    let words = |word: &str, count| format!(" {word}").repeat(count);
    let line = format!(
        "left = `EVALSHA script {keys}{}{}`",
        words("key", keys),
        words("arg", args)
    );
    bought_if(&sends(&line, "", code))
}

fn bought_if(sent: &str) -> String {
    format!("{sent}\nif left < 0: return sold out\nreturn bought, left")
}

fn again(line: &str, script: &str) -> String {
    let sent = sends(&format!("  {line}"), "  ", script);
    bought_if(&format!("repeat until an answer comes, three times at most:\n{sent}"))
}

/// A line, and below it the lines of the script that it runs, without comments.
fn sends(line: &str, indent: &str, script: &str) -> String {
    let is_code = |line: &&str| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with("--") && !line.starts_with("#!")
    };
    let mut text = line.to_string();
    for code in script.lines().filter(is_code) {
        text += &format!("\n{indent}| {}", code.replace("@LIBRARY@_", ""));
    }
    text
}
