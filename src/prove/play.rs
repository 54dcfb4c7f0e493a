//! Every order of the commands of two buyers, told for the page.

use oversell_models::explorer::{Action, Misuse, Setup, Step, narrate};

use crate::{
    report::page::{Moment, Play},
    strategy::{AnyStrategy, Expected},
};

/// Buyers that a reader can keep apart, and units of which the last is fought for.
const CLIENTS: usize = 2;
const STOCK: u64 = 1;
/// Moments in one tree, at most. Two buyers of the strategies of the catalogue need fewer than a hundred.
const MOST_MOMENTS: usize = 400;

/// All that can happen when two buyers want the last unit. `None` when that is too much to be put into a page.
///
/// # Errors
/// When the strategy cannot be explored.
pub fn play(strategy: &AnyStrategy) -> Result<Option<Play>, Misuse> {
    let setup = Setup::new(strategy.clone(), CLIENTS, STOCK);
    let info = strategy.info();
    let root = Moment {
        stock: i64::try_from(STOCK).ok(),
        ..Moment::default()
    };
    let mut tree = Tree {
        setup: &setup,
        nodes: vec![root],
    };
    if !tree.grow(0, &mut Vec::new())? {
        return Ok(None);
    }
    Ok(Some(Play {
        title: info.title(),
        safe: info.expected == Expected::Safe,
        stock: i64::try_from(STOCK).unwrap_or(i64::MAX),
        clients: CLIENTS,
        code: code(&info.commands),
        nodes: tree.nodes,
    }))
}

struct Tree<'a> {
    setup: &'a Setup,
    nodes: Vec<Moment>,
}

impl Tree<'_> {
    /// Adds what can follow after these actions. Not all of it fits when this is `false`.
    fn grow(&mut self, from: usize, actions: &mut Vec<Action>) -> Result<bool, Misuse> {
        let mut next = vec![None; CLIENTS];
        for (client, next) in (0u8..).zip(&mut next) {
            actions.push(Action::Step(client));
            match narrate(self.setup, actions) {
                Ok(steps) => {
                    if self.nodes.len() >= MOST_MOMENTS {
                        return Ok(false);
                    }
                    let place = self.nodes.len();
                    self.nodes.extend(steps.last().map(moment));
                    *next = Some(place);
                    if !self.grow(place, actions)? {
                        return Ok(false);
                    }
                }
                // This client is done.
                Err(Misuse::NotPossible { .. }) => {}
                Err(misuse) => return Err(misuse),
            }
            actions.pop();
        }
        self.nodes[from].next = next;
        Ok(true)
    }
}

fn moment(step: &Step) -> Moment {
    Moment {
        client: step.client.unwrap_or(0),
        command: step.request.as_ref().map(ToString::to_string).unwrap_or_default(),
        reply: step.reply.as_ref().map(ToString::to_string).unwrap_or_default(),
        answer: step.answer.as_ref().map(ToString::to_string),
        again: step.retries,
        stock: step.stock,
        told: step.told,
        next: Vec::new(),
    }
}

/// The code in a few lines, made of what the catalogue says a purchase sends.
fn code(commands: &str) -> Vec<(String, Option<String>)> {
    let sent = |line: &str| line.split([' ', ':', ',']).next().map(str::to_string);
    let mut lines = Vec::new();
    for line in commands.split(" → ") {
        lines.push((line.to_string(), sent(line)));
        if line.starts_with("GET") {
            // Who turns back takes its watch off.
            let unwatches = commands.contains("WATCH").then(|| "UNWATCH".to_string());
            lines.push(("enough? else: sold out".to_string(), unwatches));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy;

    fn of(name: &str) -> Play {
        play(&strategy::find(name).unwrap().strategy).unwrap().unwrap()
    }

    fn most_told(play: &Play) -> u64 {
        play.nodes.iter().map(|node| node.told).max().unwrap()
    }

    #[test]
    fn naive_can_be_broken_and_the_safe_ones_cannot() {
        assert_eq!(most_told(&of("naive")), 2);
        for name in ["watch", "lua", "lpop"] {
            assert_eq!(most_told(&of(name)), 1, "{name}");
        }
    }

    #[test]
    fn naive_has_the_orders_there_are() {
        // Two commands each: one order in which both go through, one that is turned away after its look, and so on.
        let play = of("naive");
        let ends = play
            .nodes
            .iter()
            .filter(|node| node.next.iter().all(Option::is_none))
            .count();
        assert_eq!(ends, 6, "{play:#?}");
        let root = &play.nodes[0];
        assert!(root.next.iter().all(Option::is_some));
        assert_eq!(play.nodes[root.next[0].unwrap()].command, "GET stock");
    }

    #[test]
    fn every_command_has_its_line() {
        for name in ["naive", "watch", "get-set", "multi-no-watch"] {
            let play = of(name);
            for node in &play.nodes[1..] {
                // `DECRBY` is sent where the line says `DECR`.
                let has =
                    |command: &Option<String>| command.as_ref().is_some_and(|name| node.command.starts_with(name));
                assert!(
                    play.code.iter().any(|(_, command)| has(command)),
                    "{name}: {}",
                    node.command
                );
            }
        }
    }
}
