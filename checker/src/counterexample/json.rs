//! Counterexamples as `--json` gives them.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    confirm::Confirmation,
    explain::Finding,
    parts::{Counterexample, Others, Shown, Span},
    tell::Tell,
    words::Words,
};
use crate::history::{CommandLog, Operation, process};

impl<State: Serialize, Op: Tell<Ret = Ret> + Clone + PartialEq, Ret: Clone + PartialEq> Finding<State, Op, Ret> {
    /// `{"key":…,"kind":…,"explanation":…,"counterexample":{"initial":…,"operations":[…]}}`, as in `check --json`.
    ///
    /// An operation has the fields of its events (`process`, `f`, `value`, `invoked`, `returned`, `result`, and
    /// `commands` where they were recorded). Of the `result` there is what the contradiction needs; where the client
    /// was told more, that is the `answer`; and `relaxed` says what else is not needed. `others` says what is known of
    /// the operations that are not shown, where that matters. `confirmed` says whether trying every order of the operations
    /// has shown that none explains the answers; otherwise there were too many. `beside` is an operation that is not needed for the
    /// contradiction, but shows how it came about.
    #[must_use]
    pub fn to_json(&self, key: &str, words: &Words<'_>, commands: &CommandLog) -> Value {
        let mut counts = Map::new();
        for (kind, count) in &self.counts {
            counts.insert(kind.name().to_string(), (*count).into());
        }
        let mut value = json!({
            "key": key,
            "kind": self.kind,
            "headline": self.headline,
            "explanation": self.explanation,
            "counts": counts,
            "counterexample": counterexample(&self.counterexample, words, commands),
            "confirmed": self.confirmation == Confirmation::Confirmed,
        });
        if let (Some(beside), Value::Object(fields)) = (&self.beside, &mut value) {
            let beside = json!({
                "operation": operation(&beside.shown, words, commands),
                "explanation": beside.sentence,
            });
            fields.insert("beside".to_string(), beside);
        }
        value
    }
}

fn counterexample<State: Serialize, Op: Tell<Ret = Ret>, Ret: PartialEq>(
    counterexample: &Counterexample<State, Op, Ret>,
    words: &Words<'_>,
    commands: &CommandLog,
) -> Value {
    let operations = counterexample.operations.iter();
    let mut fields = Map::new();
    fields.insert("initial".to_string(), json!(counterexample.initial));
    fields.insert(
        "operations".to_string(),
        operations.map(|shown| operation(shown, words, commands)).collect(),
    );
    if !counterexample.others.is_none() {
        fields.insert("others".to_string(), others(&counterexample.others));
    }
    Value::Object(fields)
}

fn operation<Op: Tell<Ret = Ret>, Ret: PartialEq>(
    shown: &Shown<Op, Ret>,
    words: &Words<'_>,
    commands: &CommandLog,
) -> Value {
    let (original, needed) = (&shown.original, &shown.relaxed);
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_string(), value);
    put("process", process::to_json(original.process, words.units));
    put("f", original.op.f().into());
    put("value", original.op.argument());
    if let Some(buyer) = original.op.buyer(words.units) {
        put("buyer", buyer.into());
    }
    put("invoked", original.invoked.into());
    put(
        "returned",
        original.response.as_ref().map(|response| response.at).into(),
    );
    put("result", result(needed, words));
    if result(original, words) != result(needed, words) {
        put("answer", result(original, words));
    }
    let mut relaxed = Vec::new();
    if needed.invoked != original.invoked {
        relaxed.push("invoked");
    }
    if needed.returned() != original.returned() {
        relaxed.push("returned");
    }
    if !relaxed.is_empty() {
        put("relaxed", relaxed.into());
    }
    if commands.has(shown.index) {
        put(
            "commands",
            commands.of(shown.index).map(|command| json!(command)).collect(),
        );
    }
    put("index", shown.index.into());
    Value::Object(fields)
}

fn result<Op: Tell<Ret = Ret>, Ret>(operation: &Operation<Op, Ret>, words: &Words<'_>) -> Value {
    operation
        .response
        .as_ref()
        .map_or(Value::Null, |response| operation.op.result(&response.ret, words.units))
}

fn others(others: &Others) -> Value {
    json!({ "sold": span(&others.sold), "restocked": span(&others.restocked) })
}

fn span(span: &Span) -> Value {
    json!({ "least": span.least, "most": span.most })
}
