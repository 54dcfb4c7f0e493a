//! Which commands can have changed something.

/// Commands that change nothing that another client could see.
const HARMLESS: [&[u8]; 15] = [
    b"GET",
    b"WATCH",
    b"UNWATCH",
    b"LLEN",
    b"EXISTS",
    b"MGET",
    b"TTL",
    b"PTTL",
    b"PING",
    b"SCARD",
    b"HGET",
    b"SCRIPT",
    b"TYPE",
    b"HGETALL",
    b"SISMEMBER",
];

/// Commands that may have changed something although they answered with an error: whatever runs other commands.
const HALF_WAY: [&[u8]; 4] = [b"EVAL", b"EVALSHA", b"FCALL", b"EXEC"];

fn among(names: &[&[u8]], name: &[u8]) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Does a command of this name leave everything as it was?
#[must_use]
pub fn is_harmless(name: &[u8]) -> bool {
    among(&HARMLESS, name)
}

/// Does an error reply with this code to a command of this name say that nothing was done? A script may have failed
/// half-way.
#[must_use]
pub fn was_refused(name: &[u8], code: &str) -> bool {
    matches!(code, "NOSCRIPT" | "EXECABORT") || !among(&HALF_WAY, name)
}
