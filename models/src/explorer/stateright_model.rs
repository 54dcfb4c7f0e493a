//! The interleavings as a model that stateright's checkers and its Explorer understand.

use std::fmt::Write as _;

use stateright::{Model, Property as Promise};

use super::{
    action::Action,
    interleavings::Interleavings,
    property::Property,
    state::{Phase, State},
};

/// What shows interleavings and their states.
pub(super) trait Look: Model {
    fn look<'a>(&'a self, state: &'a Self::State) -> (&'a Interleavings, &'a State);
}

impl Look for Interleavings {
    fn look<'a>(&'a self, state: &'a State) -> (&'a Interleavings, &'a State) {
        (self, state)
    }
}

/// The promises that are a matter of single states. Conditions are plain functions, so each has its own.
pub(super) fn promises<M: Look>() -> Vec<Promise<M>> {
    fn holds<M: Look, const PLACE: usize>(model: &M, state: &M::State) -> bool {
        let (model, state) = model.look(state);
        Property::ALL[PLACE].holds(model, state)
    }
    let promise = |place: usize, holds| Promise::always(Property::ALL[place].name(), holds);
    vec![
        promise(0, holds::<M, 0>),
        promise(1, holds::<M, 1>),
        promise(2, holds::<M, 2>),
        promise(3, holds::<M, 3>),
        promise(4, holds::<M, 4>),
        Promise::sometimes("everyone finished", |model, state| model.look(state).1.is_over()),
    ]
}

impl Model for Interleavings {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![self.first().clone()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.extend(self.possible(state));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.after(state, action)
    }

    fn properties(&self) -> Vec<Promise<Self>> {
        promises()
    }

    fn format_action(&self, action: &Action) -> String {
        let who = |client: &u8| format!("client {}", client + 1);
        match action {
            Action::Step(client) => format!("{}: next command", who(client)),
            Action::LoseReply(client) => format!("{}: next command, its reply is lost", who(client)),
            Action::Crash(client) => format!("{} crashes", who(client)),
            Action::CrashAfter(client) => format!("{}: next command, then it crashes", who(client)),
            Action::Reconnect(client) => format!("{} reconnects", who(client)),
            Action::Lapse(key) | Action::Expire(key) => format!("lease {} runs out", key + 1),
            Action::FlushScripts => "the server forgets its scripts".to_string(),
            Action::Evict(key) => format!("key {} is evicted", key + 1),
            Action::Failover(writes) => format!("failover without the last {writes} writes"),
        }
    }

    fn format_step(&self, last_state: &State, action: Action) -> Option<String> {
        let next = self.apply(last_state, action)?;
        let step = self.tell(last_state, action, &next).ok()?;
        let mut text = self.format_action(&action);
        text.push('\n');
        if let (Some(request), Some(reply)) = (&step.request, &step.reply) {
            let _ = writeln!(text, "  {request} → {reply}");
        }
        if let Some(answer) = &step.answer {
            let _ = writeln!(text, "  told: {answer}");
        }
        if step.retries {
            text.push_str("  starts again\n");
        }
        if let Some(key) = &step.key {
            let _ = writeln!(text, "  key {}", String::from_utf8_lossy(key));
        }
        text.push('\n');
        text += &self.describe(&next);
        Some(text)
    }
}

impl Interleavings {
    /// A state for people: the stock, and where each client stands.
    #[must_use]
    pub fn describe(&self, state: &State) -> String {
        let mut text = String::new();
        if let Some(stock) = self.final_stock(state) {
            let _ = writeln!(text, "stock  {stock}");
        }
        let _ = writeln!(
            text,
            "told   {} bought of {}",
            state.told,
            self.setup.stock + state.restocked
        );
        match state.monitor.wrong() {
            Some(wrong) => {
                let _ = writeln!(
                    text,
                    "WRONG  {wrong:?}: no order of the operations explains the answers"
                );
            }
            None => {
                let levels: Vec<String> = state.monitor.levels().iter().map(ToString::to_string).collect();
                let _ = writeln!(text, "answers fit a counter at {}", levels.join(" or "));
            }
        }
        for (number, it) in state.clients.iter().enumerate() {
            let doing = match (it.phase, self.next_of(it)) {
                (Phase::Finished, _) => "done".to_string(),
                (Phase::Crashed, _) => "crashed".to_string(),
                (Phase::Idle, next) => format!("has not begun; next {next}"),
                (Phase::Busy, next) => format!("next {next}"),
            };
            let _ = writeln!(text, "client {}  {doing}", number + 1);
        }
        text
    }
}
