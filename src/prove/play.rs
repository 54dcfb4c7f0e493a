//! Everything that can happen in a setup, told for the page.

use std::sync::Arc;

use oversell_checker::counterexample::Tell;
use oversell_models::explorer::{Action, Fault, Interleavings, Misuse, Property, Setup, State, Step};
use oversell_spec::stock::StockOp;
use rustc_hash::FxHashMap;

use crate::{
    report::{
        page::{Code, Move, Node, Play, reply},
        terminal::scheduled::fault,
    },
    strategy::{self, AnyStrategy},
};

/// Moves in one play, at most: some 50 kB. Two buyers of the strategies of the catalogue need fewer than a hundred.
const MOST_MOVES: usize = 900;

/// All that can happen in this setup. `None` when that is too much to be put into a page.
///
/// # Errors
/// When the strategy cannot be explored.
pub fn play(setup: &Setup, code: Option<&Code>) -> Result<Option<Play>, Misuse> {
    let setup = Setup {
        symmetric: false,
        ..setup.clone()
    };
    let model = Interleavings::new(setup.clone())?;
    let Some(nodes) = nodes(&model, &setup, code)? else {
        return Ok(None);
    };
    let mut play = Play {
        title: setup.strategy.info().title(),
        wanted: wanted(&setup),
        safe: false,
        stock: setup.stock,
        clients: names(&setup),
        code: code.cloned(),
        nodes,
    };
    play.safe = !play.breaks();
    Ok(Some(play))
}

/// What a reader can try out beside a violation of the strategy of this name: that strategy with as little as breaks it
/// (`naive` when it is none of the catalogue, or nothing small does), and safe ones with the same.
#[must_use]
pub fn plays(name: Option<&str>) -> Vec<Play> {
    let named = name.and_then(strategy::find).map(|entry| entry.strategy);
    let broken = named.and_then(|strategy| breaking(&strategy));
    let broken = broken.or_else(|| breaking(&strategy::find("naive")?.strategy));
    broken.map_or_else(Vec::new, |(setup, play)| beside(&setup, play))
}

/// The same beside a schedule: its own clients, stock and faults, where that is not too much.
#[must_use]
pub fn plays_of(setup: &Setup, code: Option<&Code>) -> Vec<Play> {
    match play(setup, code) {
        Ok(Some(play)) if play.breaks() => beside(setup, play),
        _ => breaking(&setup.strategy).map_or_else(
            || plays(None),
            |(setup, mut play)| {
                play.code = code.cloned();
                beside(&setup, play)
            },
        ),
    }
}

/// A play, and behind it the same with safe strategies.
fn beside(setup: &Setup, broken: Play) -> Vec<Play> {
    let safe = |name: &str| {
        let strategy = strategy::find(name)?.strategy;
        let setup = Setup {
            strategy,
            ..setup.clone()
        };
        play(&setup, code(name).as_ref())
            .ok()
            .flatten()
            .filter(|play| play.safe)
    };
    let safe = ["lua", "watch", "idempotent", "one-each"].into_iter().filter_map(safe);
    std::iter::once(broken).chain(safe.take(2)).collect()
}

/// The smallest of a few setups in which this strategy breaks.
fn breaking(strategy: &AnyStrategy) -> Option<(Setup, Play)> {
    let buy = |quantity| vec![StockOp::Buy { quantity }];
    let plain = Setup::new(Arc::clone(strategy), 2, 1);
    let unequal = Setup {
        clients: vec![buy(2), buy(1)],
        ..plain.clone()
    };
    let enough = Setup {
        stock: 2,
        ..plain.clone()
    };
    let faults = Fault::ALL
        .into_iter()
        .filter(|fault| *fault != Fault::Failover)
        .map(|fault| plain.clone().with(fault));
    let code = code(&strategy.info().name);
    let mut setups = [plain.clone(), unequal, enough].into_iter().chain(faults);
    setups.find_map(|setup| {
        let play = play(&setup, code.as_ref()).ok().flatten()?;
        play.breaks().then_some((setup, play))
    })
}

/// The listing of a strategy of the catalogue.
#[must_use]
pub fn code(name: &str) -> Option<Code> {
    strategy::listing(name).map(|listing| Code::new(&listing))
}

/// What the clients are called on a page.
pub(super) fn names(setup: &Setup) -> Vec<String> {
    let name = |(number, operations): (usize, &Vec<StockOp>)| {
        let role = match operations.first() {
            // With a limit, buyers have names of their own.
            Some(StockOp::Buy { .. }) | None if setup.limit.is_some() => "client",
            first => first.map_or("buyer", Tell::role),
        };
        format!("{role} {}", number + 1)
    };
    setup.clients.iter().enumerate().map(name).collect()
}

fn wanted(setup: &Setup) -> String {
    let want = |client: usize, op: &StockOp| match *op {
        StockOp::Buy { quantity } if setup.limit.is_some() => {
            format!("buys {quantity} for {}", setup.buyer_name(client))
        }
        StockOp::Buy { quantity } => format!("buys {quantity}"),
        StockOp::Read => "reads the stock".to_string(),
        StockOp::Restock { quantity } => format!("puts back {quantity}"),
    };
    let each = names(setup)
        .into_iter()
        .zip(&setup.clients)
        .enumerate()
        .map(|(client, (name, ops))| {
            let wants: Vec<String> = ops.iter().map(|op| want(client, op)).collect();
            format!("{name} {}", wants.join(", then "))
        });
    let clients: Vec<String> = each.collect();
    let mut text = format!("In stock: {}. {}.", setup.stock, clients.join("; "));
    if let Some(limit) = setup.limit {
        text += &format!(" One buyer may have {limit}.");
    }
    let faults: Vec<&str> = setup.faults.iter().map(|(fault, _)| fault.name()).collect();
    if !faults.is_empty() {
        text += &format!(" What may go wrong: {}.", faults.join(", "));
    }
    text
}

/// A state, and the line at which each client is.
type Place = (State, Vec<Option<usize>>);

fn nodes(model: &Interleavings, setup: &Setup, code: Option<&Code>) -> Result<Option<Vec<Node>>, Misuse> {
    let mut known: FxHashMap<Place, usize> = FxHashMap::default();
    let mut places: Vec<Place> = Vec::new();
    let first = (model.first().clone(), vec![None; setup.clients.len()]);
    known.insert(first.clone(), 0);
    places.push(first);
    let mut nodes = vec![Node {
        stock: i64::try_from(setup.stock).ok(),
        there: setup.stock,
        lines: vec![None; setup.clients.len()],
        ..Node::default()
    }];
    let (mut next, mut moves) = (0, 0);
    while let Some((state, lines)) = places.get(next).cloned() {
        for action in model.possible(&state) {
            let Some(after) = model.after(&state, action) else {
                return model.misuse().map_or(Ok(None), Err);
            };
            moves += 1;
            if moves > MOST_MOVES {
                return Ok(None);
            }
            let step = model.tell(&state, action, &after)?;
            let (line, lines) = follow(code, &lines, &step);
            let place = (after, lines);
            let to = *known.entry(place).or_insert_with_key(|place| {
                places.push(place.clone());
                nodes.push(Node {
                    stock: step.stock,
                    told: step.told,
                    there: nodes[next].there + step.restocks(),
                    wrong: wrong(model, &place.0),
                    lines: place.1.clone(),
                    moves: Vec::new(),
                });
                places.len() - 1
            });
            nodes[next].moves.push(told(&step, line, to));
        }
        next += 1;
    }
    for node in &mut nodes {
        mark_next(node);
    }
    Ok(Some(nodes))
}

/// The line that sends the command of this step, and where the clients are after it.
pub(super) fn follow(code: Option<&Code>, lines: &[Option<usize>], step: &Step) -> (Option<usize>, Vec<Option<usize>>) {
    let mut after = lines.to_vec();
    let Some((code, client)) = code.zip(step.client) else {
        return (None, after);
    };
    if step.begins.is_some() {
        after[client] = None;
    }
    let Some(request) = &step.request else {
        return (None, after);
    };
    let line = code.next(after[client], &request.to_string());
    after[client] = line;
    if let Some(answer) = &step.answer {
        after[client] = code.end(line, &answer.to_string()).or(line);
    }
    (line, after)
}

/// Where a client has something to send, the line that will: that is the one it is at.
fn mark_next(node: &mut Node) {
    for next in &node.moves {
        if let (Some(client), Some(line), None) = (next.client, next.line, &next.fault) {
            node.lines[client] = Some(line);
        }
    }
}

fn wrong(model: &Interleavings, state: &State) -> Option<&'static str> {
    let mut all = Property::ALL.into_iter();
    all.find(|property| !property.holds(model, state)).map(Property::name)
}

fn told(step: &Step, line: Option<usize>, to: usize) -> Move {
    let command = step.request.as_ref().map(|request| (request.to_string(), reply(step)));
    Move {
        to,
        client: step.client,
        fault: (!matches!(step.action, Action::Step(_))).then(|| fault(step)),
        command,
        line,
        answer: step.answer.as_ref().map(ToString::to_string),
        again: step.retries,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Play {
        let strategy = strategy::find(name).unwrap().strategy;
        play(&Setup::new(strategy, 2, 1), code(name).as_ref()).unwrap().unwrap()
    }

    #[test]
    fn naive_has_the_places_there_are() {
        // 1 begin; A or B has read; both have read; one is done before the other begins, and so on: by hand.
        let play = of("naive");
        let ends = play.nodes.iter().filter(|node| node.moves.is_empty()).count();
        // A before B, B before A, and both bought: who took last makes no difference to what can follow.
        assert_eq!(ends, 3, "{play:#?}");
        let first = &play.nodes[0];
        assert_eq!(first.moves.len(), 2);
        assert_eq!(first.lines, [Some(0), Some(0)], "both are about to look");
        assert_eq!(first.moves[0].command.as_ref().unwrap().0, "GET stock");
    }

    #[test]
    fn what_breaks_a_strategy_is_tried_with_it_and_the_safe_ones_stand_beside() {
        for entry in strategy::catalogue() {
            let info = entry.strategy.info();
            if info.expected == crate::strategy::Expected::Safe {
                continue;
            }
            let plays = plays(Some(&info.name));
            assert_eq!(plays[0].title, info.title(), "not shown by itself");
            assert!(plays[0].breaks());
            assert!(plays.len() >= 2, "{}: nothing to compare with", info.name);
            assert!(plays[1..].iter().all(|play| play.safe));
        }
    }

    /// Every command of every order has a line that could come next, every answer a line that says so, and there is no
    /// line that sends what is never sent.
    #[test]
    fn listings_say_what_the_strategies_do() {
        let buy = |quantity| vec![StockOp::Buy { quantity }];
        for entry in strategy::catalogue() {
            let name = entry.strategy.info().name;
            let code = code(&name).unwrap_or_else(|| panic!("{name} has no listing"));
            let plain = Setup::new(Arc::clone(&entry.strategy), 2, 1);
            let unequal = Setup {
                clients: vec![buy(entry.strategy.info().max_quantity.min(2)), buy(1)],
                ..plain.clone()
            };
            let setups = [
                plain.clone(),
                unequal,
                plain.clone().with(Fault::Expiry),
                plain.with(Fault::LostReply),
            ];
            let mut sent = std::collections::BTreeSet::new();
            for setup in setups {
                let Some(play) = play(&setup, Some(&code)).unwrap() else {
                    continue;
                };
                for next in play.nodes.iter().flat_map(|node| &node.moves) {
                    let (Some(client), Some((command, _))) = (next.client, &next.command) else {
                        continue;
                    };
                    assert!(next.line.is_some(), "{name}: no line sends `{command}`");
                    sent.extend(next.line);
                    if let Some(answer) = next.answer.as_ref().filter(|answer| !answer.starts_with("failed")) {
                        assert_ne!(
                            play.nodes[next.to].lines[client], next.line,
                            "{name}: no line says `{answer}`"
                        );
                    }
                }
            }
            assert!(!sent.is_empty(), "{name} was never tried");
            let sending = strategy::listing(&name).unwrap();
            let sending = sending.lines().enumerate().filter(|(_, line)| line.contains('`'));
            for (place, line) in sending {
                assert!(sent.contains(&place), "{name}: nothing sends `{line}`");
            }
        }
    }
}
