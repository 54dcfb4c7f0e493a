//! Where the model and a server may differ, all in one place.
//!
//! Everything else must be equal. The reasons are in `docs/model.md`.

use super::Reply;

/// Commands whose replies are arrays in no particular order.
const UNORDERED: &[&str] = &[
    "smembers",
    "sinter",
    "sunion",
    "sdiff",
    "hkeys",
    "hvals",
    "spop",
    "srandmember",
    "keys",
    "hrandfield",
    "zrandmember",
];

/// Texts of Valkey and of later Redis that mean what a text of Redis 7.0 means.
const LATER: &[(&str, &str)] = &[
    ("Unbalanced 'xread' list", "Unbalanced XREAD list"),
    ("an ID, '+', or '$' must", "an ID or '$' must"),
    (
        "This Valkey command is not allowed",
        "This Redis command is not allowed",
    ),
    (
        "Wrong number of args calling command",
        "Wrong number of args calling Redis command",
    ),
    (
        "Unknown command called from script",
        "Unknown Redis command called from script",
    ),
    (
        "at least one argument for this call",
        "at least one argument for this redis lib call",
    ),
    (
        "ERR Command arguments must be",
        "ERR Lua redis lib command arguments must be",
    ),
    ("server.register_function", "redis.register_function"),
];

/// How far behind the time to live a server may be, in seconds: it has a clock, the model has none.
const ELAPSED: i64 = 10;

/// Does the server's reply to `command` say the same as the model's?
///
/// `queued` are the commands of the transaction when `command` is `EXEC`. Tolerated are: the order of sets and hashes;
/// the time that has passed of a time to live; which one is picked at random; the wording of errors on Valkey and later
/// Redis.
///
/// ```
/// use oversell_models::redis_model::{Reply, agree};
///
/// let members = |names: [&str; 2]| Reply::Array(names.map(|name| Reply::Bulk(name.into())).to_vec());
/// assert!(agree(&[b"SMEMBERS".to_vec(), b"s".to_vec()], &[], &members(["a", "b"]), &members(["b", "a"])));
/// assert!(!agree(&[b"LRANGE".to_vec()], &[], &members(["a", "b"]), &members(["b", "a"])));
/// ```
#[must_use]
pub fn agree(command: &[Vec<u8>], queued: &[Vec<Vec<u8>>], model: &Reply, server: &Reply) -> bool {
    if model == server {
        return true;
    }
    let name = command
        .first()
        .map(|name| name.to_ascii_lowercase())
        .unwrap_or_default();
    let name = std::str::from_utf8(&name).unwrap_or_default();
    match (name, model, server) {
        (_, Reply::Error(ours), Reply::Error(theirs)) => same_error(ours, theirs),
        ("exec", Reply::Array(ours), Reply::Array(theirs)) => {
            let each = queued.iter().zip(ours.iter().zip(theirs));
            ours.len() == theirs.len()
                && ours.len() == queued.len()
                && each
                    .into_iter()
                    .all(|(command, (ours, theirs))| agree(command, &[], ours, theirs))
        }
        ("ttl", Reply::Int(ours), Reply::Int(theirs)) => behind(*ours, *theirs, ELAPSED),
        ("time", Reply::Array(ours), Reply::Array(theirs)) => {
            let seconds = |reply: &[Reply]| reply.first()?.to_string().parse().ok();
            let (ours, theirs) = (seconds(ours), seconds(theirs));
            ours.zip(theirs)
                .is_some_and(|(ours, theirs)| behind(theirs, ours, ELAPSED))
        }
        ("expiretime", Reply::Int(ours), Reply::Int(theirs)) => behind(*theirs, *ours, ELAPSED),
        ("pexpiretime", Reply::Int(ours), Reply::Int(theirs)) => behind(*theirs, *ours, ELAPSED * 1_000),
        ("pttl", Reply::Int(ours), Reply::Int(theirs)) => behind(*ours, *theirs, ELAPSED * 1_000),
        ("scan" | "sscan", Reply::Array(ours), Reply::Array(theirs)) => match (ours.as_slice(), theirs.as_slice()) {
            ([_, Reply::Array(ours)], [_, Reply::Array(theirs)]) => sorted(ours) == sorted(theirs),
            _ => false,
        },
        ("hscan" | "zscan", Reply::Array(ours), Reply::Array(theirs)) => match (ours.as_slice(), theirs.as_slice()) {
            ([_, Reply::Array(ours)], [_, Reply::Array(theirs)]) => {
                sorted(ours.as_chunks::<2>().0) == sorted(theirs.as_chunks::<2>().0)
            }
            _ => false,
        },
        ("randomkey" | "hrandfield" | "zrandmember", Reply::Bulk(_), Reply::Bulk(_)) => true,
        ("hgetall" | "hrandfield" | "zrandmember", Reply::Array(ours), Reply::Array(theirs))
            if name == "hgetall" || command.len() > 3 =>
        {
            sorted(ours.as_chunks::<2>().0) == sorted(theirs.as_chunks::<2>().0)
        }
        (name, Reply::Array(ours), Reply::Array(theirs)) if UNORDERED.contains(&name) => sorted(ours) == sorted(theirs),
        // Errors that a script caught or returned within a table.
        (_, Reply::Array(ours), Reply::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .zip(theirs)
                    .all(|(ours, theirs)| agree(&[], &[], ours, theirs))
        }
        (_, Reply::Bulk(ours), Reply::Bulk(theirs)) => {
            same_error(&String::from_utf8_lossy(ours), &String::from_utf8_lossy(theirs))
        }
        _ => false,
    }
}

fn behind(ours: i64, theirs: i64, elapsed: i64) -> bool {
    ours > 0 && theirs > 0 && theirs <= ours && theirs >= ours - elapsed
}

fn sorted<T: std::fmt::Debug>(items: &[T]) -> Vec<String> {
    let mut texts: Vec<String> = items.iter().map(|item| format!("{item:?}")).collect();
    texts.sort_unstable();
    texts
}

fn same_error(ours: &str, theirs: &str) -> bool {
    let ours = &without_command(ours);
    if theirs == "NOSCRIPT No matching script." {
        return ours.starts_with(theirs);
    }
    let mut theirs = theirs.to_string();
    for (later, text) in LATER {
        theirs = theirs.replace(later, text);
    }
    *ours == theirs || (theirs.contains("script: on @") && unnamed(ours) == theirs)
}

/// Without the name of a command that no server has.
fn without_command(text: &str) -> String {
    let unnamed = |text: &str| {
        let (before, named) = text.split_once(": '")?;
        let named = before
            .ends_with("Unknown Redis command called from script")
            .then_some(named)?;
        Some(format!("{before}{}", named.split_once('\'')?.1))
    };
    unnamed(text).unwrap_or_else(|| text.to_string())
}

/// Without the name of the script, which Valkey 9 leaves out: `… script: on @user_script:1.`
fn unnamed(text: &str) -> String {
    match text
        .rsplit_once(" script: ")
        .map(|(before, after)| (before, after.split_once(", on @")))
    {
        Some((before, Some((_, place)))) => format!("{before} script: on @{place}"),
        _ => text.to_string(),
    }
}
