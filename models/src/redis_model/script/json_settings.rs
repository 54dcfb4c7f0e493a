//! What a script has asked of `cjson`.

/// Nesting that the model follows, whatever a script allows.
pub(super) const DEEPEST: i32 = 1_000;

/// What a script has asked for. A server keeps it for the scripts that follow; here each begins with what is usual.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) sparse_as_object: bool,
    pub(super) sparse_ratio: i32,
    pub(super) sparse_safe: i32,
    pub(super) encode_depth: i32,
    pub(super) decode_depth: i32,
    pub(super) precision: i32,
    pub(super) keep_buffer: bool,
    pub(super) invalid: Invalid,
    pub(super) decode_invalid: bool,
}

/// What is written for numbers that JSON has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Invalid {
    Refused,
    AsIs,
    Null,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sparse_as_object: false,
            sparse_ratio: 2,
            sparse_safe: 10,
            encode_depth: DEEPEST,
            decode_depth: DEEPEST,
            precision: 14,
            keep_buffer: true,
            invalid: Invalid::Refused,
            decode_invalid: true,
        }
    }
}
