//! A schedule of code that is not here: what its file says of each step is believed.

use std::path::Path;

use oversell_checker::examine::Conclusion;
use oversell_models::{
    explorer::{Action, Answer, Property, Request, Setup, Step},
    redis_model::Reply,
};
use oversell_spec::stock::StockOp;
use redis::{ErrorKind, RedisError};

use super::{
    Schedule, ScheduleError,
    explain::{restocked, verdict_on},
    file::{Document, Line},
};
use crate::strategy::{self, AnyConnection, AnyStrategy, Context, Purchase};

impl Schedule {
    /// Reads a schedule without the code that it is about. It can be shown, and neither explored nor replayed.
    ///
    /// # Errors
    /// When the file cannot be read, is no schedule, or its answers break no promise.
    pub fn recorded(path: &Path) -> Result<Self, ScheduleError> {
        let document = Document::read(path)?;
        let field = ScheduleError::field(path);
        let (setup, property, actions) = document.meant(absent(&document.strategy)).map_err(&field)?;
        let mut told = Told::new(&setup);
        let pairs = document.steps.iter().zip(&actions);
        let steps: Result<Vec<Step>, String> = pairs
            .enumerate()
            .map(|(place, (line, action))| {
                told.step(line, *action)
                    .map_err(|reason| format!("step {}: {reason}", place + 1))
            })
            .collect();
        let schedule = Self {
            steps: steps.map_err(&field)?,
            setup,
            property,
            actions,
            shop: document.shop.clone(),
        };
        if !schedule.may_break() {
            return Err(field(format!(
                "what its {} steps tell does not break `{property}`: some are missing, or they were changed",
                schedule.len()
            )));
        }
        Ok(schedule)
    }

    /// Can these steps break the promise, as far as their answers show it? What became of an operation that failed, what is lost
    /// and who waits for ever is not to be seen in answers: there it is believed.
    fn may_break(&self) -> bool {
        let Some(last) = self.steps.last() else { return false };
        let failed = |step: &Step| matches!(step.answer, Some(Answer::Failed(_)));
        match self.property {
            Property::NoUnitLeaked | Property::EveryoneFinishes => true,
            Property::NeverOversold => last.told > self.setup.stock + restocked(&self.steps),
            Property::LimitPerBuyer | Property::SoldOutIsTrue | Property::Linearizable => {
                self.steps.iter().any(failed) || verdict_on(&self.setup, &self.steps) == Conclusion::Violation
            }
        }
    }
}

/// Stands for code that is not here.
fn absent(name: &str) -> AnyStrategy {
    let buy = async |_: &mut AnyConnection<'_>, _: &Context<'_>, _: u64| -> redis::RedisResult<Purchase> {
        Err(RedisError::from((
            ErrorKind::Client,
            "the code of this strategy is not here",
        )))
    };
    std::sync::Arc::new(strategy::from_fn(name, buy))
}

/// What was told until now.
struct Told<'a> {
    setup: &'a Setup,
    /// Of each client, which operation is next or under way, and whether it is under way.
    clients: Vec<(usize, bool)>,
    bought: u64,
}

impl<'a> Told<'a> {
    fn new(setup: &'a Setup) -> Self {
        Self {
            setup,
            clients: vec![(0, false); setup.clients.len()],
            bought: 0,
        }
    }

    fn step(&mut self, line: &Line, action: Action) -> Result<Step, String> {
        let mut step = Step {
            action,
            client: action.client(),
            begins: None,
            buyer: None,
            request: line.command.as_deref().map(request),
            reply: line.reply.as_deref().map(reply),
            answer: line.told.as_deref().map(answer).transpose()?,
            without_effect: false,
            retries: false,
            key: line.key.clone().map(String::into_bytes),
            stock: line.stock,
            told: self.bought,
        };
        let sends = matches!(action, Action::Step(_) | Action::LoseReply(_) | Action::CrashAfter(_));
        if let Some(client) = step.client {
            let count = self.clients.len();
            let (operation, busy) = self
                .clients
                .get_mut(client)
                .ok_or_else(|| format!("there is no client {} of {count}", client + 1))?;
            let op = self.setup.clients[client].get(*operation).copied();
            if sends && !*busy {
                step.begins = op;
                let buys = matches!(op, Some(StockOp::Buy { .. })) && self.setup.limit.is_some();
                step.buyer = buys.then(|| self.setup.buyer_name(client));
                *busy = true;
            }
            if let Some(answer) = &step.answer {
                (*operation, *busy) = (*operation + 1, false);
                if let (Answer::Purchase(Purchase::Bought { .. }), Some(StockOp::Buy { quantity })) = (answer, op) {
                    self.bought = self.bought.saturating_add(quantity);
                }
            }
        }
        step.told = self.bought;
        Ok(step)
    }
}

fn request(command: &str) -> Request {
    Request::Command(command.split(' ').map(|word| word.as_bytes().to_vec()).collect())
}

fn reply(text: &str) -> Reply {
    match text.parse() {
        Ok(number) => Reply::Int(number),
        Err(_) if text == Reply::Nil.to_string() => Reply::Nil,
        Err(_) => Reply::Status(text.to_string()),
    }
}

/// What an operation came to, as files and people have it.
fn answer(text: &str) -> Result<Answer, String> {
    let left = |text: &str| text.strip_suffix(" left").and_then(|number| number.parse::<i64>().ok());
    if let Some(rest) = text.strip_prefix("bought") {
        let (unit, remaining) = rest.split_once(", ").unwrap_or((rest, ""));
        return Ok(Answer::Purchase(Purchase::Bought {
            remaining: left(remaining),
            unit: unit.strip_prefix(" unit ").map(Into::into),
        }));
    }
    if let Some(why) = text.strip_prefix("failed: ") {
        return Ok(Answer::Failed(why.to_string()));
    }
    Ok(match text {
        "sold out" => Answer::Purchase(Purchase::SoldOut),
        "already had" => Answer::Purchase(Purchase::Already),
        "refused" => Answer::Purchase(Purchase::Refused),
        "restocked" => Answer::Restocked(None),
        "done" => Answer::Done,
        _ => match (left(text), text.strip_prefix("restocked, ").and_then(left)) {
            (Some(stock), _) => Answer::Stock(stock),
            (None, Some(stock)) => Answer::Restocked(Some(stock)),
            (None, None) => {
                return Err(format!(
                    "`told` is `{text}`; expected `bought`, `sold out`, `n left`, `restocked` or `failed: …`"
                ));
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prove;

    #[test]
    fn without_its_code_a_schedule_tells_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let mut compared = 0;
        for entry in strategy::catalogue() {
            let proof = prove::Proof::of(entry.strategy)
                .clients(2)
                .stock(1)
                .save_to(folder.path());
            let Some(found) = proof.run().unwrap().schedule else {
                continue;
            };
            let path = found.save(folder.path()).unwrap();
            let recorded = Schedule::recorded(&path).unwrap();
            let shown = |steps: &[Step]| -> Vec<String> {
                let line = |step: &Step| format!("{:?} {:?} {:?} {}", step.begins, step.answer, step.stock, step.told);
                steps.iter().map(line).collect()
            };
            assert_eq!(shown(&recorded.steps), shown(&found.steps), "{}", path.display());
            assert_eq!(recorded.to_json().replace("\"own\": true,\n  ", ""), found.to_json());
            compared += 1;
        }
        assert!(compared >= 4, "only {compared}");
    }
}
