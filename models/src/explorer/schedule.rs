//! A schedule told step by step: who sent what, what came back, and the stock after it.

use oversell_spec::stock::StockOp;

use super::{
    Misuse, Setup,
    action::Action,
    carry_out::carry_out,
    interleavings::Interleavings,
    learn::{Answer, Entry, Next, Request},
    property::Property,
    state::{Phase, State},
};
use crate::redis_model::Reply;

/// One step of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What happened.
    pub action: Action,
    /// Whose step it is; `None` where it happens to the server.
    pub client: Option<usize>,
    /// The operation that begins with it.
    pub begins: Option<StockOp>,
    /// Whom that is for, where one buyer may have only so many units.
    pub buyer: Option<String>,
    /// What the client sent.
    pub request: Option<Request>,
    /// What the server answered, whether or not it arrived.
    pub reply: Option<Reply>,
    /// What the client's operation came to with it.
    pub answer: Option<Answer>,
    /// Its operation ended with an error, and certainly did nothing.
    pub without_effect: bool,
    /// The attempt was in vain, and the client starts again from nothing.
    pub retries: bool,
    /// The key that it happens to.
    pub key: Option<Vec<u8>>,
    /// The stock after it, as the strategy would read it alone.
    pub stock: Option<i64>,
    /// Units told to be bought after it.
    pub told: u64,
}

impl Step {
    /// Did the reply arrive?
    #[must_use]
    pub const fn arrived(&self) -> bool {
        matches!(self.action, Action::Step(_))
    }

    /// Did the server not know the script that was called?
    #[must_use]
    pub fn lacks_script(&self) -> bool {
        matches!(&self.reply, Some(Reply::Error(text)) if text.starts_with("NOSCRIPT"))
    }

    /// Units put back by the operation that begins with it.
    #[must_use]
    pub const fn restocks(&self) -> u64 {
        match self.begins {
            Some(StockOp::Restock { quantity }) => quantity,
            _ => 0,
        }
    }
}

/// Tells what happens when `actions` are taken one after the other, clients numbered as in `setup`.
///
/// # Errors
/// When the strategy cannot be explored, or an action is not possible where it stands (with its place).
pub fn narrate(setup: &Setup, actions: &[Action]) -> Result<Vec<Step>, Misuse> {
    Ok(walk(setup, actions)?.0)
}

/// Does this property not hold after these actions? Of [`Property::EveryoneFinishes`] a schedule alone does not tell: there
/// the answer is always yes.
///
/// # Errors
/// As [`narrate`].
pub fn breaks(setup: &Setup, actions: &[Action], property: Property) -> Result<bool, Misuse> {
    let (_, model, last) = walk(setup, actions)?;
    Ok(property == Property::EveryoneFinishes || !property.holds(&model, &last))
}

fn walk(setup: &Setup, actions: &[Action]) -> Result<(Vec<Step>, Interleavings, State), Misuse> {
    let setup = Setup {
        symmetric: false,
        ..setup.clone()
    };
    let model = Interleavings::new(setup)?;
    let mut state = model.initial.clone();
    let mut steps = Vec::with_capacity(actions.len());
    for (place, &action) in actions.iter().enumerate() {
        let is_possible = model.possible(&state).contains(&action);
        let Some(next) = is_possible.then(|| model.apply(&state, action)).flatten() else {
            return Err(model.misuse().unwrap_or(Misuse::NotPossible { place: place + 1 }));
        };
        steps.push(model.tell(&state, action, &next)?);
        state = next;
    }
    Ok((steps, model, state))
}

impl Interleavings {
    /// What `action` does in `state`, from which it leads to `next`.
    ///
    /// # Errors
    /// When the strategy cannot be explored.
    pub fn tell(&self, state: &State, action: Action, next: &State) -> Result<Step, Misuse> {
        let client = action.client();
        let mut step = Step {
            action,
            client,
            begins: None,
            buyer: None,
            request: None,
            reply: None,
            answer: None,
            without_effect: false,
            retries: false,
            key: key(action, state),
            stock: self.final_stock(next),
            told: next.told,
        };
        let sends = matches!(action, Action::Step(_) | Action::LoseReply(_) | Action::CrashAfter(_));
        let Some(number) = client.filter(|_| sends) else {
            return Ok(step);
        };
        let it = &state.clients[number];
        if it.phase == Phase::Idle {
            step.begins = self.operation(it);
            let buys = matches!(step.begins, Some(StockOp::Buy { .. })) && self.setup.limit.is_some();
            step.buyer = buys.then(|| self.setup.buyer_name(number));
        }
        match self.next_of(it) {
            Next::Ask(request) => {
                let mut server = state.server.clone();
                let reply = carry_out(&mut server, self.connection(number), request)?;
                let entry = match action {
                    Action::Step(_) => Some(Entry::Reply(reply.clone())),
                    Action::LoseReply(_) => Some(Entry::Lost),
                    _ => None,
                };
                step.request = Some(request.clone());
                step.reply = Some(reply);
                if let Some(entry) = entry {
                    let node = self.nodes.child(it.node, &entry)?;
                    match &self.nodes.get(node).next {
                        Next::Done(answer) => {
                            step.answer = Some(answer.clone());
                            step.without_effect =
                                matches!(answer, Answer::Failed(_)) && !it.effect && !self.nodes.get(node).effect;
                        }
                        Next::Retry => step.retries = true,
                        Next::Ask(_) => {}
                    }
                }
            }
            Next::Done(answer) => step.answer = Some(answer.clone()),
            Next::Retry => {}
        }
        Ok(step)
    }
}

/// The key that an action happens to.
fn key(action: Action, state: &State) -> Option<Vec<u8>> {
    match action {
        Action::Lapse(key) | Action::Expire(key) => state.server.volatile_keys().get(usize::from(key)).cloned(),
        Action::Evict(key) => state.server.keys().get(usize::from(key)).cloned(),
        _ => None,
    }
}
