//! How fast is exploring unchanged code, against a model of the same protocol written by hand for stateright?
//!
//! By hand there are two: one that knows only how many were bought, and one with stateright's linearizability tester in its
//! state, which is what it takes to give the verdicts that are given of unchanged code.
//!
//! `cargo bench --bench explorer`. The protocol is `watch`: WATCH, GET, then MULTI DECR EXEC, again when the key had
//! changed. Each is asked whether units are sold that are not there, on one thread and on all, without exchanging clients.

use std::{ops::ControlFlow, sync::Arc, time::Instant};

use oversell::strategy;
use oversell_models::explorer::{Interleavings, Limits, Property as Promise, Setup, explore};
use oversell_spec::{
    Adapted,
    stock::{Stock, StockOp, StockRet},
};
use stateright::{
    Checker, Model, Property,
    semantics::{ConsistencyTester as _, LinearizabilityTester},
};

/// What a person would write down of `watch`.
struct ByHand {
    clients: usize,
    stock: i64,
    /// Is it to judge the answers, too?
    linearizable: bool,
}

type History = LinearizabilityTester<usize, Adapted<Stock>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Start,
    /// As at the start, in the middle of a purchase.
    Again,
    Watching,
    Read(i64),
    SoldOut,
    Bought(i64),
    /// It read that nothing is left, and has to UNWATCH.
    Leaving,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Shop {
    stock: i64,
    clients: Vec<(Place, bool)>,
    history: Option<History>,
}

impl Shop {
    fn invoke(&mut self, client: usize) {
        if let Some(history) = &mut self.history {
            let _ = history.on_invoke(client, StockOp::Buy { quantity: 1 });
        }
    }

    fn respond(&mut self, client: usize, ret: StockRet) {
        if let Some(history) = &mut self.history {
            let _ = history.on_return(client, ret);
        }
    }
}

impl Model for ByHand {
    type State = Shop;
    type Action = usize;

    fn init_states(&self) -> Vec<Shop> {
        vec![Shop {
            stock: self.stock,
            clients: vec![(Place::Start, false); self.clients],
            history: self
                .linearizable
                .then(|| LinearizabilityTester::new(Adapted(Stock::new(self.stock.unsigned_abs())))),
        }]
    }

    fn actions(&self, state: &Shop, actions: &mut Vec<usize>) {
        let goes_on = |(place, _): &(Place, bool)| !matches!(place, Place::SoldOut | Place::Bought(_));
        actions.extend((0..state.clients.len()).filter(|&client| goes_on(&state.clients[client])));
    }

    fn next_state(&self, state: &Shop, client: usize) -> Option<Shop> {
        let mut next = state.clone();
        let (place, dirty) = state.clients[client];
        next.clients[client] = match place {
            Place::Start => {
                next.invoke(client);
                (Place::Watching, false)
            }
            Place::Watching if state.stock > 0 => (Place::Read(state.stock), dirty),
            Place::Watching => (Place::Leaving, dirty),
            Place::Leaving => {
                next.respond(client, StockRet::SoldOut);
                (Place::SoldOut, false)
            }
            Place::Again => (Place::Watching, false),
            Place::Read(_) if dirty => (Place::Again, false),
            Place::Read(_) => {
                next.stock -= 1;
                for (place, dirty) in &mut next.clients {
                    *dirty |= matches!(place, Place::Watching | Place::Read(_) | Place::Leaving);
                }
                next.respond(client, StockRet::bought(next.stock));
                (Place::Bought(next.stock), false)
            }
            Place::SoldOut | Place::Bought(_) => return None,
        };
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("never oversold", |model: &Self, state: &Shop| {
                let bought = |(place, _): &&(Place, bool)| matches!(place, Place::Bought(_));
                state.clients.iter().filter(bought).count() as i64 <= model.stock
            }),
            Property::always("linearizable", |_, state: &Shop| {
                state.history.as_ref().is_none_or(|history| history.is_consistent())
            }),
            Property::sometimes("everyone finished", |_, state: &Shop| {
                let done = |(place, _): &(Place, bool)| matches!(place, Place::SoldOut | Place::Bought(_));
                state.clients.iter().all(done)
            }),
        ]
    }
}

struct Measured {
    states: f64,
    unique: u64,
    seconds: f64,
}

fn best(rounds: u32, mut run: impl FnMut() -> (u64, u64)) -> Measured {
    let mut measured: Vec<Measured> = (0..rounds)
        .map(|_| {
            let begin = Instant::now();
            let (states, unique) = run();
            Measured {
                states: states as f64,
                unique,
                seconds: begin.elapsed().as_secs_f64(),
            }
        })
        .collect();
    measured.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    measured.swap_remove(measured.len() / 2)
}

fn print(what: &str, threads: usize, measured: &Measured) -> f64 {
    let rate = measured.states / measured.seconds;
    println!(
        "{what:34} {threads} threads {:>10} states, {:>8} different, {:6.2} s, {:>9.0} states/s",
        measured.states, measured.unique, measured.seconds, rate
    );
    rate
}

fn main() {
    let (clients, stock) = (5, 2);
    let rounds = 3;
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    for threads in [1, all] {
        let by_hand = |linearizable| {
            let model = ByHand {
                clients,
                stock: stock as i64,
                linearizable,
            };
            let checker = model.checker().threads(threads).spawn_bfs().join();
            assert!(checker.discovery("never oversold").is_none());
            assert!(checker.discovery("linearizable").is_none());
            assert!(checker.discovery("everyone finished").is_some());
            (checker.state_count() as u64, checker.unique_state_count() as u64)
        };
        let bare = best(rounds, || by_hand(false));
        let judged = best(rounds, || by_hand(true));
        let setup = |symmetric| Setup {
            symmetric,
            ..Setup::new(Arc::new(strategy::Watch::default()), clients, stock)
        };
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads");
        let ours = |symmetric| {
            let model = Interleavings::new(setup(symmetric)).expect("watch can be explored");
            let found = pool
                .install(|| explore(&model, &Limits::default(), |_| ControlFlow::Continue(())))
                .expect("watch can be explored");
            assert_eq!(found.worst(), None);
            (found.progress.states, found.progress.unique_states)
        };
        let unchanged = best(rounds, || ours(false));
        let exchanged = best(rounds, || ours(true));
        let through_stateright = best(rounds, || {
            let model = Interleavings::new(setup(false)).expect("watch can be explored");
            let checker = model.checker().threads(threads).spawn_bfs().join();
            assert!(checker.discovery(Promise::NeverOversold.name()).is_none());
            (checker.state_count() as u64, checker.unique_state_count() as u64)
        });
        let bare = print("by hand, counting only", threads, &bare);
        let judged = print("by hand, with the tester", threads, &judged);
        let unchanged = print("unchanged code", threads, &unchanged);
        let through = print("unchanged code, stateright", threads, &through_stateright);
        print("unchanged code, clients exchanged", threads, &exchanged);
        println!(
            "ratio of unchanged code to the same verdicts by hand: {:.2}, through stateright's search {:.2}; to counting only: \
             {:.2}\n",
            unchanged / judged,
            through / judged,
            unchanged / bare
        );
    }
}
