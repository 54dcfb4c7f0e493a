//! Functions of libraries as scripts call them: their arguments, and their errors in the words of Lua's C interface.

use std::fmt::Display;

use mlua::{Function, IntoLuaMulti, Lua, LuaString, Value, Variadic};
use thiserror::Error;

use super::convert::truncated;

/// The chunk name of the sandbox, which no error message shall point to.
pub(super) const SANDBOX_NAME: &str = "=sandbox";

/// An error that a script sees as a text, with the place where it happened.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct Complaint(String);

/// A call on its way.
pub(super) struct Call<'a> {
    pub(super) lua: &'a Lua,
    arguments: Variadic<Value>,
}

/// Makes a function that scripts can call.
pub(super) fn function<R: IntoLuaMulti>(
    lua: &Lua,
    body: impl Fn(&Call<'_>) -> mlua::Result<R> + 'static,
) -> mlua::Result<Function> {
    lua.create_function(move |lua, arguments: Variadic<Value>| body(&Call { lua, arguments }))
}

/// As Lua names the type of a value.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) => "number",
        Value::LightUserData(_) => "userdata",
        other => other.type_name(),
    }
}

impl Call<'_> {
    /// The same with nil behind the last argument.
    pub(super) fn and_nil(&self) -> Self {
        let mut arguments = self.arguments.clone();
        arguments.push(Value::Nil);
        Self {
            lua: self.lua,
            arguments,
        }
    }

    pub(super) fn all(&self) -> &[Value] {
        &self.arguments
    }

    pub(super) fn count(&self) -> usize {
        self.arguments.len()
    }

    /// The arguments, which are counted from 1.
    pub(super) fn get(&self, number: usize) -> Option<&Value> {
        self.arguments.get(number - 1)
    }

    /// `luaL_error`: with the line of the script, if one called.
    pub(super) fn error(&self, text: impl Display) -> mlua::Error {
        let place = self.lua.inspect_stack(1, |frame| {
            let (source, line) = (frame.source(), frame.current_line());
            let name = source.short_src.as_deref().unwrap_or_default().to_string();
            line.map(|line| match format!("={name}") == SANDBOX_NAME {
                true => String::new(),
                false => format!("{name}:{line}: "),
            })
        });
        bare(format!("{}{text}", place.flatten().unwrap_or_default()))
    }

    /// `luaL_argerror`.
    pub(super) fn bad(&self, number: usize, what: impl Display) -> mlua::Error {
        let called = self.lua.inspect_stack(0, |frame| {
            let names = frame.names();
            (
                names.name.as_deref().map(str::to_string),
                names.name_what == Some("method"),
            )
        });
        let (name, method) = called.unwrap_or_default();
        let name = name.unwrap_or_else(|| "?".to_string());
        match (method, number) {
            (true, 1) => self.error(format!("calling '{name}' on bad self ({what})")),
            (true, number) => self.error(format!("bad argument #{} to '{name}' ({what})", number - 1)),
            (false, number) => self.error(format!("bad argument #{number} to '{name}' ({what})")),
        }
    }

    fn expected(&self, number: usize, wanted: &str) -> mlua::Error {
        let got = self.get(number).map_or("no value", type_name);
        self.bad(number, format!("{wanted} expected, got {got}"))
    }

    /// A text, or a number as one.
    pub(super) fn text(&self, number: usize) -> mlua::Result<LuaString> {
        match self.get(number) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(value @ (Value::Number(_) | Value::Integer(_))) => {
                let text = self.lua.coerce_string(value.clone())?;
                text.ok_or_else(|| self.expected(number, "string"))
            }
            _ => Err(self.expected(number, "string")),
        }
    }

    /// A number, or a text that is one.
    pub(super) fn number(&self, number: usize) -> mlua::Result<f64> {
        let value = self.get(number).cloned().unwrap_or(Value::Nil);
        self.lua
            .coerce_number(value)?
            .ok_or_else(|| self.expected(number, "number"))
    }

    /// A number without what is behind its point.
    pub(super) fn integer(&self, number: usize) -> mlua::Result<i64> {
        self.number(number).map(truncated)
    }

    /// The same, or this if there is none.
    pub(super) fn integer_or(&self, number: usize, otherwise: i64) -> mlua::Result<i64> {
        match self.get(number) {
            None | Some(Value::Nil) => Ok(otherwise),
            Some(_) => self.integer(number),
        }
    }
}

/// An error without a place.
pub(super) fn bare(text: impl Into<String>) -> mlua::Error {
    mlua::Error::external(Complaint(text.into()))
}

/// Is this an error that a script sees as a text?
pub(super) fn is_complaint(error: &mlua::Error) -> bool {
    match error {
        mlua::Error::CallbackError { cause, .. } => is_complaint(cause),
        other => other.downcast_ref::<Complaint>().is_some(),
    }
}
