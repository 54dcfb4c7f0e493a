//! Every log of replies that some client has had, each asked once what comes next.

use std::sync::{
    Mutex, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering},
};

use rustc_hash::FxHashMap;

use super::{
    Misuse,
    fingerprint::fingerprint,
    learn::{Answer, Entry, Learned, Next, Request, Task, Who, learn},
};
use crate::{
    redis_model::Reply,
    spec::stock::Unit,
    strategy::{AnyStrategy, is_harmless, was_refused},
};

/// Replies within one attempt, before it is taken for endless.
const LONGEST: usize = 2_000;

/// A log. Equal logs of equal tasks are one node.
///
/// `id` finds it, `mark` is a hash of what it stands for, the same in every run: states are ordered and hashed by it.
#[derive(Clone, Copy, Debug)]
pub(super) struct NodeRef {
    pub(super) id: u32,
    pub(super) mark: u64,
}

impl PartialEq for NodeRef {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for NodeRef {}

impl std::hash::Hash for NodeRef {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u64(self.mark);
    }
}

pub(super) struct Node {
    task: Task,
    who: Who,
    from: Option<(NodeRef, Entry)>,
    depth: usize,
    pub(super) next: Next,
    /// Some command of this attempt may have changed something.
    pub(super) effect: bool,
    children: RwLock<Vec<(Entry, NodeRef)>>,
}

impl Node {
    /// Has there been no reply yet?
    pub(super) const fn is_root(&self) -> bool {
        self.from.is_none()
    }
}

/// All of them.
pub(super) struct Nodes {
    strategy: AnyStrategy,
    key: String,
    nodes: boxcar::Vec<Node>,
    roots: RwLock<FxHashMap<(Task, Who), NodeRef>>,
    units: Mutex<Vec<String>>,
    /// Some client's own number went into what it does: clients are not interchangeable.
    personal: AtomicBool,
}

impl Nodes {
    pub(super) fn new(strategy: AnyStrategy, key: &str) -> Self {
        Self {
            strategy,
            key: key.to_string(),
            nodes: boxcar::Vec::new(),
            roots: RwLock::default(),
            units: Mutex::default(),
            personal: AtomicBool::new(false),
        }
    }

    pub(super) fn personal(&self) -> bool {
        self.personal.load(Ordering::Relaxed)
    }

    pub(super) fn get(&self, node: NodeRef) -> &Node {
        &self.nodes[node.id as usize]
    }

    /// Before the first reply.
    pub(super) fn root(&self, task: Task, who: Who) -> Result<NodeRef, Misuse> {
        if let Some(root) = read(&self.roots).get(&(task, who)) {
            return Ok(*root);
        }
        let mut roots = self.roots.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(root) = roots.get(&(task, who)) {
            return Ok(*root);
        }
        let root = self.add(task, who, None, &[])?;
        roots.insert((task, who), root);
        Ok(root)
    }

    /// One reply later.
    pub(super) fn child(&self, node: NodeRef, entry: &Entry) -> Result<NodeRef, Misuse> {
        let parent = self.get(node);
        let find = |children: &[(Entry, NodeRef)]| children.iter().find(|(with, _)| with == entry).map(|(_, to)| *to);
        if let Some(child) = find(&read(&parent.children)) {
            return Ok(child);
        }
        let mut children = parent.children.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(child) = find(&children) {
            return Ok(child);
        }
        if parent.depth >= LONGEST {
            return Err(Misuse::Endless(parent.depth));
        }
        let mut log = self.log(node);
        log.push(entry.clone());
        let child = self.add(parent.task, parent.who, Some((node, entry.clone())), &log)?;
        children.push((entry.clone(), child));
        Ok(child)
    }

    fn add(&self, task: Task, who: Who, from: Option<(NodeRef, Entry)>, log: &[Entry]) -> Result<NodeRef, Misuse> {
        let Learned { next, personal } = learn(&self.strategy, &self.key, task, who, log)?;
        if personal {
            self.personal.store(true, Ordering::Relaxed);
        }
        let mark = fingerprint(&(task, who, log));
        let effect = from.as_ref().is_some_and(|(parent, entry)| {
            let parent = self.get(*parent);
            parent.effect || matches!(&parent.next, Next::Ask(request) if may_have_acted(request, entry))
        });
        let id = self.nodes.push(Node {
            task,
            who,
            from,
            depth: log.len(),
            next,
            effect,
            children: RwLock::default(),
        });
        let id = u32::try_from(id).map_err(|_| Misuse::Endless(id))?;
        Ok(NodeRef { id, mark })
    }

    fn log(&self, mut node: NodeRef) -> Vec<Entry> {
        let mut log = Vec::new();
        while let Some((from, entry)) = &self.get(node).from {
            log.push(entry.clone());
            node = *from;
        }
        log.reverse();
        log
    }

    /// The number of a named unit.
    pub(super) fn unit(&self, name: &str) -> Unit {
        let mut units = self.units.lock().unwrap_or_else(PoisonError::into_inner);
        let place = units.iter().position(|known| known == name).unwrap_or_else(|| {
            units.push(name.to_string());
            units.len() - 1
        });
        Unit(u32::try_from(place).unwrap_or(u32::MAX))
    }

    /// Carries a task out alone, with `execute` as the server.
    pub(super) fn alone(
        &self,
        task: Task,
        who: Who,
        mut execute: impl FnMut(&Request) -> Result<Reply, Misuse>,
    ) -> Result<Answer, Misuse> {
        let mut node = self.root(task, who)?;
        for _ in 0..LONGEST {
            match &self.get(node).next {
                Next::Ask(request) => node = self.child(node, &Entry::Reply(execute(request)?))?,
                Next::Done(answer) => return Ok(answer.clone()),
                Next::Retry => node = self.root(task, who)?,
            }
        }
        Err(Misuse::Endless(LONGEST))
    }
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// Can this request have changed something, given what came back? The rule of the recorder of stress runs.
fn may_have_acted(request: &Request, entry: &Entry) -> bool {
    let harmless = |command: &Vec<Vec<u8>>| command.first().is_none_or(|name| is_harmless(name));
    match (request, entry) {
        (Request::Command(command), _) if harmless(command) => false,
        (Request::Command(command), Entry::Reply(Reply::Error(text))) => {
            let code = text.split(' ').next().unwrap_or_default();
            !command.first().is_some_and(|name| was_refused(name, code))
        }
        (Request::Command(_), _) => true,
        (Request::Transaction(commands), _) if commands.iter().all(harmless) => false,
        // Refused, or a watched key had changed.
        (Request::Transaction(_), Entry::Reply(Reply::Error(_) | Reply::Nil)) => false,
        (Request::Transaction(_), _) => true,
    }
}
