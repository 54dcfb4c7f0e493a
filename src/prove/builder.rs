//! Proofs of one's own code, as one call in a test.

use std::{
    ops::ControlFlow,
    path::PathBuf,
    time::{Duration, Instant},
};

use oversell_checker::engines::memory;
use oversell_models::explorer::{Fault, Limits, Misuse, Progress, Property, Setup, Stop, Verdict};
use oversell_spec::stock::StockOp;

use super::{
    Conclusion, Covered, Proven, Saved, Schedule,
    bounds::{Bound, bounds},
    explain,
    smallest::{decide, smallest},
};
use crate::{
    report::terminal::Style,
    strategy::{Adaptation, AnyStrategy, IntoStrategy, Purchase},
};

/// A proof to be made: a strategy and the bounds within which every interleaving is explored.
///
/// Made by [`prove()`].
#[must_use = "nothing is explored before `run` or one of the assertions is called"]
#[derive(Clone, Debug)]
pub struct Proof {
    setup: Setup,
    /// `None`, as with the next three: nobody has said.
    stock: Option<u64>,
    quantity: Option<u64>,
    operations: Option<usize>,
    /// Lists of operations that were given one by one; they replace the equal ones.
    clients: Vec<Vec<StockOp>>,
    count: Option<usize>,
    limits: Limits,
    memory: u64,
    as_said: Adaptation,
    folder: PathBuf,
}

/// Bounds beyond those that are always explored are gone through for so long.
const LONG_ENOUGH: Duration = Duration::from_secs(5);

/// Explores every interleaving of a buy function's Redis commands: what `loom` is for atomics, for Redis.
///
/// Where nothing is said of clients, stock, operations and quantity, it goes through one to three clients with one or two purchases
/// each and several stocks, for 5 seconds or as long as the smaller ones take. No fault happens by default. No server is needed: the function
/// runs against a model of Redis. It must depend on nothing but the replies it gets, see `docs/proving.md`.
///
/// ```
/// use redis::{AsyncCommands, RedisResult};
///
/// /// Takes a unit, and gives it back when there was none.
/// async fn my_buy(mut con: impl AsyncCommands) -> RedisResult<bool> {
///     let left: i64 = con.decr("stock:42", 1).await?;
///     if left >= 0 {
///         return Ok(true);
///     }
///     let _: i64 = con.incr("stock:42", 1).await?;
///     Ok(false)
/// }
///
/// // In your tests: #[test] fn my_shop_never_oversells() {
/// oversell::prove(my_buy).key("stock:42").clients(3).stock(2).assert_proved();
/// ```
///
/// A purchase that looks first and takes afterwards does not get through; the panic shows the schedule, and says where it
/// was saved and how to [`replay`](crate::replay()) it on a real server:
///
/// ```should_panic
/// # use redis::{AsyncCommands, RedisResult};
/// async fn my_buy(mut con: impl AsyncCommands) -> RedisResult<bool> {
///     let left: u64 = con.get("stock").await?;
///     if left == 0 {
///         return Ok(false);
///     }
///     con.decr("stock", 1).await.map(|_: i64| true)
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let prove = |_| oversell::prove(my_buy).save_to(folder.path());
/// # prove(
/// oversell::prove(my_buy)
/// # )
///     .assert_proved();
/// ```
///
/// [`IntoStrategy`] lists what else it takes.
pub fn prove<Kind, Code: IntoStrategy<Kind>>(code: Code) -> Proof {
    let proof = Proof::of(code.into_strategy());
    match Code::KEY {
        Some(key) => proof.key(key),
        None => proof,
    }
}

impl Proof {
    /// The same for a strategy that is shared already.
    pub fn of(strategy: AnyStrategy) -> Self {
        Self {
            setup: Setup::new(strategy, 0, 1),
            stock: None,
            quantity: None,
            operations: None,
            clients: Vec::new(),
            count: None,
            limits: Limits::default(),
            memory: memory::share(),
            as_said: Adaptation::default(),
            folder: PathBuf::from("histories/failed"),
        }
    }

    /// What it is called in what is shown and saved. By default a function's name in its source.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.as_said.name = Some(name.into());
        self
    }

    /// The key under which the code has its stock, where it names that itself.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.as_said.key = Some(key.into());
        self
    }

    /// An error in whose text `part` stands is this answer. Of several that fit the first counts. What ends with another error tells the
    /// customer nothing that is known, so nothing is a pass then.
    pub fn error_means(mut self, part: impl Into<String>, answer: Purchase) -> Self {
        self.as_said.errors.push((part.into(), answer));
        self
    }

    /// Where [`assert_proved`](Self::assert_proved) saves a schedule that breaks a promise. `histories/failed` by default.
    pub fn save_to(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Clients at once. Two are enough for most mistakes; the number of states grows fast.
    pub fn clients(mut self, clients: usize) -> Self {
        self.count = Some(clients);
        self
    }

    /// Units on sale.
    pub fn stock(mut self, stock: u64) -> Self {
        self.stock = Some(stock);
        self
    }

    /// Purchases of each client, one after the other. 1 by default.
    pub fn operations(mut self, operations: usize) -> Self {
        self.operations = Some(operations);
        self
    }

    /// Units in one purchase. 1 by default.
    pub fn quantity(mut self, quantity: u64) -> Self {
        self.quantity = Some(quantity);
        self
    }

    /// One more client, which does exactly this: purchases, reads and restocks. Once it is called, [`clients`](Self::clients),
    /// [`operations`](Self::operations) and [`quantity`](Self::quantity) say nothing any more.
    pub fn client(mut self, operations: impl IntoIterator<Item = StockOp>) -> Self {
        self.clients.push(operations.into_iter().collect());
        self
    }

    /// This fault may happen, once, at any point.
    pub fn fault(self, fault: Fault) -> Self {
        self.fault_times(fault, 1)
    }

    /// This fault may happen so many times.
    pub fn fault_times(mut self, fault: Fault, times: u8) -> Self {
        self.setup.faults.retain(|(other, _)| *other != fault);
        self.setup.faults.push((fault, times));
        self
    }

    /// With [`Fault::Failover`], up to so many of the last writes are gone. 1 by default.
    pub fn lost_writes(mut self, writes: u8) -> Self {
        self.setup.lost_writes = writes;
        self
    }

    /// Gives up after so many different states. Then the verdict is undecided, which is not a pass.
    pub fn limit_states(mut self, states: usize) -> Self {
        self.limits.states = states;
        self
    }

    /// Gives up when the program holds so many bytes of memory, or is about to. By default a quarter of what is available when it is
    /// first asked. Then the verdict is undecided.
    pub fn limit_memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// Has nobody said anything about the bounds?
    fn goes_through_bounds(&self) -> bool {
        let said = self.stock.is_some() || self.quantity.is_some() || self.operations.is_some() || self.count.is_some();
        !said && self.clients.is_empty()
    }

    /// What is going to be explored, where bounds were given; with a limit, also with each client as a buyer of its own.
    #[must_use]
    pub fn setup(&self) -> Setup {
        let mut setup = self.setup.clone();
        setup.strategy = self.as_said.of(&setup.strategy);
        setup.stock = self.stock.unwrap_or(1);
        setup.clients = if self.clients.is_empty() {
            let buy = StockOp::Buy {
                quantity: self.quantity.unwrap_or(1),
            };
            vec![vec![buy; self.operations.unwrap_or(1)]; self.count.unwrap_or(2)]
        } else {
            self.clients.clone()
        };
        setup
    }

    /// Explores everything.
    ///
    /// # Errors
    /// When the function cannot be explored: it says what it does that it must not, or what the model of Redis lacks.
    pub fn run(&self) -> Result<Proven, Misuse> {
        self.run_with(|_| ControlFlow::Continue(()))
    }

    /// Explores everything; `report` is told how far it is and may break it off, which leaves the verdict undecided.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_with(&self, mut report: impl FnMut(&Progress) -> ControlFlow<()>) -> Result<Proven, Misuse> {
        let setup = self.setup();
        if setup.clients.iter().all(Vec::is_empty) {
            return Err(Misuse::Idle);
        }
        let at_first = memory::held();
        let mut look = |progress: &Progress| {
            let held = memory::held();
            if held > at_first && held + progress.ahead > self.memory {
                return ControlFlow::Break(Stop::Memory(self.memory));
            }
            report(progress).map_break(|()| Stop::Interrupted)
        };
        if self.goes_through_bounds() {
            let bounds = bounds(setup.strategy.info().max_quantity, setup.limit);
            return self.through(bounds, &setup, &mut look);
        }
        let given = Bound {
            clients: setup.clients.clone(),
            buyers: setup.buyers.clone(),
            stock: setup.stock,
            always: true,
        };
        let mut proven = self.through(given.each_way(setup.limit), &setup, &mut look)?;
        proven.covered.clear();
        Ok(proven)
    }

    /// Explores all bounds that are always explored, and of the others those for which there is time.
    fn through(
        &self,
        bounds: Vec<Bound>,
        setup: &Setup,
        look: &mut impl FnMut(&Progress) -> ControlFlow<Stop>,
    ) -> Result<Proven, Misuse> {
        let begin = Instant::now();
        let (mut all, mut fails): (Option<Proven>, _) = (None, None);
        for bound in bounds {
            let left = || LONG_ENOUGH.saturating_sub(begin.elapsed());
            if !bound.always && left().is_zero() {
                continue;
            }
            let covered = Covered {
                clients: bound.clients.len(),
                operations: bound.clients.iter().map(Vec::len).max().unwrap_or(0),
                stock: bound.stock,
            };
            let setup = Setup {
                clients: bound.clients,
                buyers: bound.buyers,
                stock: bound.stock,
                ..setup.clone()
            };
            let mut interrupted = false;
            let mut look = |progress: &Progress| {
                if !bound.always && left().is_zero() {
                    return ControlFlow::Break(Stop::Interrupted);
                }
                let looked = look(progress);
                interrupted |= looked.is_break();
                looked
            };
            let mut proven = match self.explore(setup, &mut look) {
                // So few units that nobody can have any, which this code calls an error.
                Err(Misuse::OnlyFails(why)) => {
                    fails.get_or_insert(why);
                    continue;
                }
                explored => explored?,
            };
            let is_cut_short = proven.conclusion() == Conclusion::Undecided && proven.exploration.stopped.is_some();
            if is_cut_short && !bound.always && !interrupted {
                continue;
            }
            proven.add(all.take(), covered);
            if is_cut_short || proven.conclusion() == Conclusion::Violation {
                return Ok(proven);
            }
            all = Some(proven);
        }
        match (all, fails) {
            (Some(mut all), why) => {
                all.exploration.failed = all.exploration.failed.take().or(why);
                all.elapsed = begin.elapsed();
                Ok(all)
            }
            (None, why) => Err(Misuse::OnlyFails(why.unwrap_or_default())),
        }
    }

    fn explore(&self, setup: Setup, look: &mut impl FnMut(&Progress) -> ControlFlow<Stop>) -> Result<Proven, Misuse> {
        let begin = Instant::now();
        let (mut setup, mut exploration) = decide(setup, &self.limits, look)?;
        let mut timeless = None;
        if exploration.asks_time
            && let Some((property, _)) = exploration.worst()
        {
            let ticking = Setup {
                ticking: true,
                ..setup.clone()
            };
            let (ticking, found) = decide(ticking, &self.limits, look)?;
            if found.worst().is_some() {
                (setup, exploration) = (ticking, found);
            } else {
                timeless = Some(property);
                exploration.stopped = None;
                for (_, verdict) in &mut exploration.verdicts {
                    if matches!(verdict, Verdict::Violated(_)) {
                        *verdict = Verdict::Undecided;
                    }
                }
            }
        }
        let info = setup.strategy.info();
        if info.doubts_limit {
            doubt_limit(&mut exploration.verdicts);
        }
        let schedule = match exploration.worst() {
            Some((property, actions)) => Some(smallest(&setup, property, actions, &self.limits, look)?),
            None => None,
        };
        Ok(Proven {
            info,
            setup,
            exploration,
            schedule,
            covered: Vec::new(),
            timeless,
            elapsed: begin.elapsed(),
        })
    }

    /// Explores everything, and panics with the schedule unless every property is proved.
    ///
    /// # Panics
    /// When a property does not hold (with the schedule), when not everything was explored, or when the function cannot be
    /// explored.
    #[track_caller]
    pub fn assert_proved(&self) -> Proven {
        let proven = match self.run() {
            Ok(proven) => proven,
            Err(misuse) => panic!("{misuse}"),
        };
        match proven.conclusion() {
            Conclusion::Proved => proven,
            Conclusion::Violation => {
                let save = |schedule: &Schedule| match schedule.save(&self.folder) {
                    Ok(path) => (Saved::new(&path, schedule, None), String::new()),
                    Err(error) => (Saved::default(), format!("\nthe schedule is not saved: {error}\n")),
                };
                let (saved, unsaved) = proven.schedule.as_ref().map(save).unwrap_or_default();
                panic!(
                    "\n{}{unsaved}",
                    explain::explanation(&proven, &saved, &Style::default())
                )
            }
            Conclusion::Undecided => panic!(
                "undecided: {}; an undecided proof is not a pass{}",
                proven.undecided().unwrap_or_default(),
                if proven.exploration.stopped.is_some() {
                    " (fewer clients, less stock, or a higher `limit_states` or `limit_memory`)"
                } else if proven.exploration.failed.is_some() {
                    " (say with `error_means` which answer it is, where it is one)"
                } else {
                    ""
                }
            ),
        }
    }
}

/// Nobody has said that there is a limit for each buyer: that it is not kept is no violation.
fn doubt_limit(verdicts: &mut [(Property, Verdict)]) {
    let is_limit = |property: Property| property == Property::LimitPerBuyer;
    let is_broken = |verdict: &Verdict| matches!(verdict, Verdict::Violated(_));
    if verdicts
        .iter()
        .any(|(property, verdict)| is_limit(*property) && is_broken(verdict))
    {
        for (property, verdict) in verdicts {
            if is_broken(verdict) && (is_limit(*property) || *property == Property::Linearizable) {
                *verdict = Verdict::Undecided;
            }
        }
    }
}
