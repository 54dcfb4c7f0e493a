//! The schedule that a person can follow best.

use std::ops::ControlFlow;

use oversell_models::explorer::{
    Action, Exploration, Interleavings, Limits, Misuse, Progress, Property, Setup, Step, Stop, Verdict, explore,
};

use super::Schedule;

/// Explores one setup.
pub(super) fn decide(
    mut setup: Setup,
    limits: &Limits,
    look: &mut impl FnMut(&Progress) -> ControlFlow<Stop>,
) -> Result<(Setup, Exploration), Misuse> {
    loop {
        let model = Interleavings::new(setup.clone())?;
        let exploration = explore(&model, limits, &mut *look)?;
        if exploration.stopped != Some(Stop::NotInterchangeable) {
            return Ok((setup, exploration));
        }
        // Some client's own number shows (a lock owner, a request id): clients are not interchangeable.
        setup.symmetric = false;
    }
}

/// The schedule with the fewest clients and units that breaks the same promise: what a person can follow.
pub(super) fn smallest(
    setup: &Setup,
    property: Property,
    actions: &[Action],
    limits: &Limits,
    look: &mut impl FnMut(&Progress) -> ControlFlow<Stop>,
) -> Result<Schedule, Misuse> {
    let (clients, stock) = (setup.clients.len(), setup.stock.min(8));
    let mut sizes: Vec<(usize, u64)> = (1..=clients)
        .flat_map(|clients| (1..=stock).map(move |stock| (clients, stock)))
        .collect();
    sizes.sort_by_key(|&(clients, stock)| (clients as u64 + stock, clients));
    let limits = Limits {
        states: limits.states.min(50_000),
        // A promise that breaks earlier must not hide this one.
        after_violation: limits.after_violation.min(20_000),
    };
    for (clients, stock) in sizes {
        let smaller = Setup {
            clients: setup.clients[..clients].to_vec(),
            stock,
            // Of equally short schedules the one in which low numbers go first.
            symmetric: false,
            ..setup.clone()
        };
        let (smaller, exploration) = match decide(smaller, &limits, look) {
            // So few units that nobody can have what he asks for, which this code calls an error.
            Err(Misuse::OnlyFails(_)) => continue,
            decided => decided?,
        };
        let found = exploration.verdicts.into_iter().find(|(other, _)| *other == property);
        if let Some((_, Verdict::Violated(actions))) = found {
            let schedule = Schedule::new(&smaller, property, &actions)?;
            return with_known_scripts(schedule, &limits, look);
        }
    }
    with_known_scripts(Schedule::new(setup, property, actions)?, &limits, look)
}

/// The same promise broken on a server that knows the scripts already, where it is: that they had to be loaded first is nothing
/// that the schedule is about.
fn with_known_scripts(
    schedule: Schedule,
    limits: &Limits,
    look: &mut impl FnMut(&Progress) -> ControlFlow<Stop>,
) -> Result<Schedule, Misuse> {
    if !schedule.steps.iter().any(Step::lacks_script) {
        return Ok(schedule);
    }
    let warm = Setup {
        warm: true,
        ..schedule.setup.clone()
    };
    let (warm, exploration) = decide(warm, limits, look)?;
    let found = exploration
        .verdicts
        .into_iter()
        .find(|(other, _)| *other == schedule.property);
    match found {
        Some((property, Verdict::Violated(actions))) => Schedule::new(&warm, property, &actions),
        _ => Ok(schedule),
    }
}
