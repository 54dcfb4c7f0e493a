//! All interleavings of a setup: the first state, what can happen in a state, and what comes of it.

use std::sync::{Arc, Mutex};

use oversell_spec::stock::{StockOp, StockRet};
use smallvec::SmallVec;

use super::{
    Misuse, Setup,
    action::Action,
    asked::{Asked, each_alone, name, observer},
    carry_out::carry_out,
    faults::{Budget, Fault},
    learn::{Answer, Arguments, Code, Entry, Next, Request, Task},
    monitor::{Monitor, Open, Rules},
    nodes::{NodeRef, Nodes},
    setup::{KEY, offered},
    state::{Client, Phase, State},
};
use crate::{
    redis_model::RedisModel,
    strategy::{Info, Sharing, Strategy as _},
};

/// A list of operations, and its name: clients with equal lists share it.
type Program = Vec<StockOp>;

/// All interleavings of a [`Setup`].
pub struct Interleavings {
    pub(super) setup: Setup,
    pub(super) info: Info,
    pub(super) nodes: Nodes,
    pub(super) rules: Rules,
    programs: Vec<Program>,
    /// Keys of which one may run out of time by itself; `None`: any.
    lapsing: Option<Arguments>,
    pub(super) initial: State,
    pub(super) misuse: Mutex<Option<Misuse>>,
    /// The first in alphabetical order.
    pub(super) error: Mutex<Option<String>>,
}

impl Interleavings {
    /// Puts the stock on sale in a fresh model of Redis.
    ///
    /// # Errors
    /// When the strategy cannot be explored, or the model lacks something.
    pub fn new(mut setup: Setup) -> Result<Self, Misuse> {
        // Who has had how much is kept by buyer.
        setup.symmetric &= setup.limit.is_none();
        let info = setup.strategy.info();
        offered(&setup, &info)?;
        let rules = setup.rules();
        let nodes = Nodes::new(Code {
            strategy: Arc::clone(&setup.strategy),
            key: KEY,
            stock: setup.stock,
            buyers: rules.buyers.clone(),
        });
        let clients = setup.clients.len();
        let still = RedisModel::new(clients + 1);
        let mut server = if setup.ticking { still.ticking() } else { still };
        let mut execute = |request: &Request| carry_out(&mut server, clients, request);
        if let Answer::Failed(why) = nodes.alone(Task::Probe, observer(0), &mut execute)? {
            return Err(Misuse::Lacking(why));
        }
        if let Answer::Failed(why) = nodes.alone(Task::Prepare { stock: setup.stock }, observer(1), &mut execute)? {
            return Err(Misuse::Prepare(why));
        }
        if setup.warm {
            let (_, later) = each_alone(&nodes, &setup, server.clone());
            server.learn_scripts_of(&later);
        }
        let mut execute = |request: &Request| carry_out(&mut server, clients, request);
        let read = Task::Operate(StockOp::Read);
        let named = info.lasts.then(|| nodes.named(read, observer(2), &mut execute));
        let mut programs: Vec<Program> = Vec::new();
        let mut list: SmallVec<[Client; 4]> = SmallVec::new();
        for (number, operations) in setup.clients.iter().enumerate() {
            let program = programs
                .iter()
                .position(|known| known == operations)
                .unwrap_or_else(|| {
                    programs.push(operations.clone());
                    programs.len() - 1
                });
            let node = match operations.first() {
                Some(op) => nodes.root(Task::Operate(*op), name(&setup, number, 0))?,
                None => NodeRef { id: 0, mark: 0 },
            };
            list.push(Client {
                program: u8::try_from(program).unwrap_or(u8::MAX),
                operation: 0,
                phase: if operations.is_empty() {
                    Phase::Finished
                } else {
                    Phase::Idle
                },
                effect: false,
                node,
            });
        }
        let mut initial = State {
            server,
            clients: list,
            monitor: Monitor::new(setup.stock, clients, &rules),
            told: 0,
            told_each: SmallVec::from_elem(0, rules.counted()),
            restocked: 0,
            unknown: 0,
            denied: false,
            budget: Budget::new(&setup.faults),
            before: Vec::new(),
        };
        let own = info.sharing == Sharing::Own;
        if setup.symmetric
            && let Some(order) = initial.order(own)
        {
            // Before anything has happened clients differ by their programs only: the numbers in schedules are these.
            initial.rearrange(&order, own);
        }
        Ok(Self {
            info,
            nodes,
            rules,
            programs,
            lapsing: named.transpose()?,
            initial,
            misuse: Mutex::new(None),
            error: Mutex::new(None),
            setup,
        })
    }

    /// Were clients exchanged although a client's own number shows in what it does?
    pub fn was_wrongly_symmetric(&self) -> bool {
        self.setup.symmetric && self.nodes.personal()
    }

    /// Where it begins.
    #[must_use]
    pub const fn first(&self) -> &State {
        &self.initial
    }

    /// The texts of the scripts that the server knows from the start.
    pub fn scripts(&self) -> impl Iterator<Item = &[u8]> {
        self.initial.server.scripts()
    }

    /// What clients ask for where nothing happens to them: each by itself, one after the other, and whoever reads the stock.
    #[must_use]
    pub fn asked_alone(&self) -> Asked {
        Asked::of(&self.nodes, &self.setup, &self.initial.server)
    }

    /// What can happen in `state`, in a fixed order.
    #[must_use]
    pub fn possible(&self, state: &State) -> Vec<Action> {
        let mut actions = Vec::new();
        let clients = || (0..state.clients.len()).filter(|&client| !state.clients[client].is_done());
        let numbered = |client: usize| client as u8;
        actions.extend(clients().map(numbered).map(Action::Step));
        let volatile = || places(&state.server.volatile_keys());
        if self.leases_lapse(state) {
            let keys = state.server.volatile_keys();
            let is_named = |all: &Arguments, place: u16| all.contains(&keys[usize::from(place)]);
            let lapses = |place: &u16| self.lapsing.as_ref().is_none_or(|all| is_named(all, *place));
            actions.extend((0..places(&keys)).filter(lapses).map(Action::Lapse));
        }
        if self.setup.faults.is_empty() || state.is_over() {
            return actions;
        }
        let asks = |client: &usize| matches!(self.nodes.get(state.clients[*client].node).next, Next::Ask(_));
        if state.budget.allows(Fault::LostReply) {
            actions.extend(clients().filter(asks).map(numbered).map(Action::LoseReply));
        }
        if state.budget.allows(Fault::Crash) {
            actions.extend(clients().map(numbered).map(Action::Crash));
            actions.extend(clients().filter(asks).map(numbered).map(Action::CrashAfter));
        }
        if state.budget.allows(Fault::Reconnect) {
            let remembers = |client: &usize| !state.server.is_fresh(self.connection(*client));
            actions.extend(clients().filter(remembers).map(numbered).map(Action::Reconnect));
        }
        if state.budget.allows(Fault::Expiry) {
            actions.extend((0..volatile()).map(Action::Expire));
        }
        if state.budget.allows(Fault::ScriptFlush) {
            actions.push(Action::FlushScripts);
        }
        if state.budget.allows(Fault::Eviction) {
            actions.extend((0..places(&state.server.keys())).map(Action::Evict));
        }
        if state.budget.allows(Fault::Failover) {
            actions.extend((1..=state.before.len() as u8).map(Action::Failover));
        }
        actions
    }

    /// The state that stands for what comes of `action`; `None` when nothing does, or it cannot be carried out (see
    /// [`misuse`](Self::misuse)).
    #[must_use]
    pub fn after(&self, state: &State, action: Action) -> Option<State> {
        let mut next = self.apply(state, action)?;
        self.canonicalize(&mut next);
        Some(next)
    }

    /// Leases are there for those who never come back: time passes while nobody is in the middle of an attempt. That
    /// a lease runs out under somebody who is, is a fault ([`Fault::Expiry`]).
    fn leases_lapse(&self, state: &State) -> bool {
        let waits = |client: &Client| client.is_done() || self.nodes.get(client.node).is_root();
        !state.is_over() && state.clients.iter().all(waits)
    }

    pub(super) fn connection(&self, client: usize) -> usize {
        match self.info.sharing {
            Sharing::Own => client,
            Sharing::Shared => 0,
        }
    }

    /// The operation a client is at.
    pub(super) fn operation(&self, client: &Client) -> Option<StockOp> {
        let program = self.programs.get(usize::from(client.program))?;
        program.get(usize::from(client.operation)).copied()
    }

    /// What `client` does next.
    pub(super) fn next_of(&self, client: &Client) -> &Next {
        &self.nodes.get(client.node).next
    }

    /// Makes `state` its representative; the order in which that was done, if it was not already.
    pub(super) fn canonicalize(&self, state: &mut State) -> Option<SmallVec<[usize; 8]>> {
        if !self.setup.symmetric {
            return None;
        }
        let own = self.info.sharing == Sharing::Own;
        let order = state.order(own)?;
        state.rearrange(&order, own);
        Some(order)
    }

    /// What comes of `action`, with the clients numbered as before. `None` when it changes nothing or cannot be carried
    /// out (see [`misuse`](Self::misuse)).
    pub(super) fn apply(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match self.try_apply(&mut next, action) {
            Ok(()) => Some(next),
            Err(misuse) => {
                self.note(misuse);
                None
            }
        }
    }

    fn try_apply(&self, state: &mut State, action: Action) -> Result<(), Misuse> {
        match action {
            Action::Step(client) => {
                if let Some(entry) = self.send(state, usize::from(client))? {
                    self.receive(state, usize::from(client), &entry)?;
                }
            }
            Action::LoseReply(client) => {
                state.budget.spend(Fault::LostReply);
                self.send(state, usize::from(client))?;
                self.receive(state, usize::from(client), &Entry::Lost)?;
            }
            Action::Crash(client) => self.crash(state, usize::from(client)),
            Action::CrashAfter(client) => {
                self.send(state, usize::from(client))?;
                self.crash(state, usize::from(client));
            }
            Action::Reconnect(client) => {
                state.budget.spend(Fault::Reconnect);
                state.server.reconnect(self.connection(usize::from(client)));
            }
            Action::Lapse(key) | Action::Expire(key) => {
                if matches!(action, Action::Expire(_)) {
                    state.budget.spend(Fault::Expiry);
                }
                if let Some(key) = state.server.volatile_keys().get(usize::from(key)) {
                    state.server.expire(key);
                }
            }
            Action::FlushScripts => {
                state.budget.spend(Fault::ScriptFlush);
                state.server.flush_scripts();
            }
            Action::Evict(key) => {
                state.budget.spend(Fault::Eviction);
                if let Some(key) = state.server.keys().get(usize::from(key)) {
                    state.server.evict(key);
                }
            }
            Action::Failover(writes) => {
                state.budget.spend(Fault::Failover);
                let kept = state.before.len().saturating_sub(usize::from(writes));
                if let Some(before) = state.before.get(kept) {
                    state.server = (**before).clone();
                }
                // Scripts are not replicated (functions are): the new primary has to be told them again.
                state.server.flush_scripts();
                state.before.clear();
            }
        }
        Ok(())
    }

    /// Sends the client's next request; what the server says to it. `None` when its operation ends without another.
    fn send(&self, state: &mut State, client: usize) -> Result<Option<Entry>, Misuse> {
        let it = &mut state.clients[client];
        let begins = it.phase == Phase::Idle;
        it.phase = Phase::Busy;
        let node = self.nodes.get(it.node);
        if begins && let Some(StockOp::Restock { quantity }) = self.operation(&state.clients[client]) {
            state.restocked = state.restocked.saturating_add(quantity);
        }
        match &node.next {
            Next::Ask(request) => {
                let before = self.setup.may(Fault::Failover).then(|| state.server.clone());
                let reply = carry_out(&mut state.server, self.connection(client), request)?;
                if let Some(mut before) = before
                    && state.budget.allows(Fault::Failover)
                    && !before.same_data(&state.server)
                {
                    (0..=self.setup.clients.len()).for_each(|connection| before.reconnect(connection));
                    state.before.push(Arc::new(before));
                    if state.before.len() > usize::from(self.setup.lost_writes) {
                        state.before.remove(0);
                    }
                }
                Ok(Some(Entry::Reply(reply)))
            }
            Next::Done(answer) => {
                self.finish(state, client, answer, false)?;
                Ok(None)
            }
            Next::Retry => Err(Misuse::RetriesAtOnce),
        }
    }

    /// Hands the client what came back, and lets it go on to its next request or to the end of its operation.
    fn receive(&self, state: &mut State, client: usize, entry: &Entry) -> Result<(), Misuse> {
        let it = &mut state.clients[client];
        it.node = self.nodes.child(it.node, entry)?;
        let node = self.nodes.get(it.node);
        match &node.next {
            Next::Ask(_) => Ok(()),
            Next::Retry => {
                it.effect |= node.effect;
                state.clients[client].node = self.root_of(client, &state.clients[client])?;
                Ok(())
            }
            Next::Done(answer) => {
                let effect = it.effect || node.effect;
                self.finish(state, client, answer, effect)
            }
        }
    }

    fn root_of(&self, number: usize, client: &Client) -> Result<NodeRef, Misuse> {
        match self.operation(client) {
            Some(op) => self
                .nodes
                .root(Task::Operate(op), name(&self.setup, number, client.operation)),
            None => Ok(NodeRef { id: 0, mark: 0 }),
        }
    }

    /// The other operations under way.
    pub(super) fn others(&self, state: &State, client: usize) -> SmallVec<[Open; 8]> {
        let open = |&(number, it): &(usize, &Client)| number != client && it.phase == Phase::Busy;
        let list = state.clients.iter().enumerate().filter(open);
        list.filter_map(|(number, it)| Some((number, self.operation(it)?)))
            .collect()
    }

    /// The operation of a client ends; on to the next.
    fn finish(&self, state: &mut State, client: usize, answer: &Answer, effect: bool) -> Result<(), Misuse> {
        let Some(op) = self.operation(&state.clients[client]) else {
            return Ok(());
        };
        match answer.told(|unit| self.nodes.unit(unit)) {
            Some(ret) => {
                let others = self.others(state, client);
                match (op, ret) {
                    (StockOp::Buy { quantity }, StockRet::Bought { .. }) => {
                        state.told = state.told.saturating_add(quantity);
                        let buyer = self.rules.buyers.get(client).copied().unwrap_or(0);
                        if let Some(told) = state.told_each.get_mut(usize::from(buyer)) {
                            *told = told.saturating_add(quantity);
                        }
                    }
                    (StockOp::Buy { quantity }, StockRet::SoldOut) => {
                        state.denied |= self.was_left(state, &others) >= quantity;
                    }
                    _ => {}
                }
                state.monitor.respond(&self.rules, client, op, ret, &others)?;
            }
            None => {
                if let Answer::Failed(why) = answer {
                    self.note_error(state, why, false);
                }
                if effect {
                    state.abandon(&self.rules, client, op);
                } else {
                    state.monitor.forget(client, op);
                }
            }
        }
        let it = &mut state.clients[client];
        it.operation += 1;
        it.effect = false;
        it.phase = Phase::Idle;
        let node = self.root_of(client, &state.clients[client])?;
        let it = &mut state.clients[client];
        it.node = node;
        if self.operation(it).is_none() {
            it.phase = Phase::Finished;
        }
        Ok(())
    }

    /// Units that are left in any case, if a counter sells them: all that are not told to be bought, and that neither an
    /// operation under way nor one of unknown outcome can have taken. Restocks do not count, they may come later.
    fn was_left(&self, state: &State, others: &[Open]) -> u64 {
        let asked = others.iter().map(|(_, op)| match op {
            StockOp::Buy { quantity } => *quantity,
            _ => 0,
        });
        let gone = asked.fold(state.told.saturating_add(state.unknown), u64::saturating_add);
        self.setup.stock.saturating_sub(gone)
    }

    fn crash(&self, state: &mut State, client: usize) {
        state.budget.spend(Fault::Crash);
        let it = &mut state.clients[client];
        let was = it.phase;
        let op = self.operation(it);
        // Nothing of what it was about to do matters any more.
        it.phase = Phase::Crashed;
        it.node = NodeRef { id: 0, mark: 0 };
        it.effect = false;
        it.operation = 0;
        if was == Phase::Busy
            && let Some(op) = op
        {
            state.abandon(&self.rules, client, op);
        }
        if self.info.sharing == Sharing::Own {
            state.server.reconnect(client);
        }
    }

    /// What the strategy's own reading says when all is over; `None` when it cannot read, or reads an error.
    pub(super) fn final_stock(&self, state: &State) -> Option<i64> {
        if !self.info.reads {
            return None;
        }
        let mut server = state.server.clone();
        let answer = self.nodes.alone(Task::Operate(StockOp::Read), observer(2), |request| {
            carry_out(&mut server, self.setup.clients.len(), request)
        });
        match answer {
            Ok(Answer::Stock(stock)) => Some(stock),
            Ok(answer) => {
                if let Answer::Failed(why) = answer {
                    // Where users say how it is read, it is there to be read.
                    self.note_error(state, &format!("the stock at the end: {why}"), self.info.lasts);
                }
                None
            }
            Err(misuse) => {
                self.note(misuse);
                None
            }
        }
    }
}

impl std::fmt::Debug for Interleavings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interleavings")
            .field("setup", &self.setup)
            .finish_non_exhaustive()
    }
}

/// How many keys can be told apart by their places.
fn places(keys: &[Vec<u8>]) -> u16 {
    u16::try_from(keys.len()).unwrap_or(u16::MAX)
}
