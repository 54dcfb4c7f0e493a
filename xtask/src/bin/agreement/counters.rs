//! Counters: the engines, the general search, the monitor and the certificates.

use oversell_checker::{
    engines::{
        Engine, Limits, Verdict, Watched, brute_force, check_stock_with_engine, decide_stock,
        families::{
            streamed::{Counter, Streamed, feed},
            truth::{Disagreement, Truth},
        },
        general,
    },
    history::{Body, History, Spec, StockOperation, Texts},
};
use oversell_spec::Stock;
use rand::{SeedableRng, rngs::SmallRng};

use super::certified;

/// The engine that decided, and whether the history is linearizable; or what does not fit together. `seed` decides what is done
/// between the events that a monitor is fed, and what a false certificate says.
pub(crate) fn compare(initial: u64, operations: &[StockOperation], seed: u64) -> Result<(Engine, bool), Disagreement> {
    let random = &mut SmallRng::seed_from_u64(seed);
    let (stock, limits) = (Stock::new(initial), Limits::default());
    let truth = Truth::of(&stock, operations);
    let (verdict, engine) = check_stock_with_engine(initial, operations, &limits);
    truth.confirm_exactly(&format!("the engine {engine}"), &verdict)?;
    truth.confirm(
        &format!("the engine {engine}, that only decides,"),
        &decide_stock(initial, operations, &limits),
    )?;
    truth.confirm_exactly("the general search", &general::check(&stock, operations, &limits))?;
    for look in [true, false] {
        let monitor = Counter::new(initial, operations, random);
        let keeps_all = monitor.keeps_all();
        let (certain_at, watched) = feed(monitor, operations, |monitor| look && monitor.is_violation(), random);
        match (&watched, truth.is_linearizable()) {
            (Watched::Linearizable, true) => {}
            (Watched::Violation(stretches), false) => {
                for stretch in stretches {
                    let verdict = brute_force(&Stock::new(stretch.initial), &stretch.operations);
                    if !matches!(verdict, Verdict::Violation(_)) {
                        return Err(format!("the monitor's {stretch:?} is no violation, but {verdict:?}"));
                    }
                }
            }
            _ => return Err(format!("the monitor, looked at: {look}, says {watched:?}")),
        }
        match (look, keeps_all) {
            (true, true) => truth.confirm_certain_at("the monitor", certain_at)?,
            (true, false) => truth.confirm_not_before("the monitor that keeps little", certain_at)?,
            (false, _) => {}
        }
    }
    if operations.is_sorted_by_key(|operation| operation.invoked) {
        let history = certified::history(Spec::Stock, initial, operations, Body::Stock);
        let history = History {
            units: units(),
            ..history
        };
        certified::confirm(&history, &verdict, random)?;
    }
    Ok((engine, truth.is_linearizable()))
}

/// Names for all units there can be.
fn units() -> Texts {
    let mut units = Texts::new();
    for unit in 0..32 {
        units.intern(&format!("unit-{unit}"));
    }
    units
}
