//! Every log of replies that some client has had, each asked once what comes next.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use oversell_spec::stock::{StockOp, Unit};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use rustc_hash::FxHashMap;

use super::{
    Misuse,
    fingerprint::fingerprint,
    learn::{
        Answer, Arguments, Code, Entry, Learned, Next, Path, Request, Task, Who, confirm, learn, starts_from_nothing,
    },
};
use crate::{
    redis_model::Reply,
    strategy::{is_harmless, was_refused},
};

/// Replies within one attempt, before it is taken for endless.
const LONGEST: usize = 2_000;

/// Attempts in vain that are tried in one row.
pub const ROW: usize = 1_000;

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

/// What is known of the code when all has been explored.
#[derive(Debug, Default)]
pub(super) struct Confirmed {
    /// It started again after an attempt in vain.
    pub(super) retries: bool,
    /// Some purchase was told something.
    pub(super) answered: bool,
    /// Some purchase ended with an error: the first in alphabetical order.
    pub(super) failed: Option<String>,
}

/// All of them.
pub(super) struct Nodes {
    code: Code,
    nodes: boxcar::Vec<Node>,
    roots: RwLock<FxHashMap<(Task, Who), NodeRef>>,
    units: Mutex<Vec<String>>,
    /// Some client's own number went into what it does: clients are not interchangeable.
    personal: AtomicBool,
}

impl Nodes {
    pub(super) fn new(code: Code) -> Self {
        Self {
            code,
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
        let root = self.add(task, who, None, &Path::default())?;
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
        let mut path = self.path(node);
        if let Next::Ask(request) = &parent.next {
            path.asked.push(request.clone());
        }
        path.log.push(entry.clone());
        let child = self.add(parent.task, parent.who, Some((node, entry.clone())), &path)?;
        children.push((entry.clone(), child));
        Ok(child)
    }

    fn add(&self, task: Task, who: Who, from: Option<(NodeRef, Entry)>, path: &Path) -> Result<NodeRef, Misuse> {
        let Learned { next, personal } = learn(&self.code, task, who, path)?;
        if personal {
            self.personal.store(true, Ordering::Relaxed);
        }
        let mark = fingerprint(&(task, who, path.log.as_slice()));
        let effect = from.as_ref().is_some_and(|(parent, entry)| {
            let parent = self.get(*parent);
            parent.effect || matches!(&parent.next, Next::Ask(request) if may_have_acted(request, entry))
        });
        let id = self.nodes.push(Node {
            task,
            who,
            from,
            depth: path.log.len(),
            next,
            effect,
            children: RwLock::default(),
        });
        let id = u32::try_from(id).map_err(|_| Misuse::Endless(id))?;
        Ok(NodeRef { id, mark })
    }

    fn path(&self, node: NodeRef) -> Path {
        let mut path = Path::default();
        let mut node = self.get(node);
        while let Some((from, entry)) = &node.from {
            path.log.push(entry.clone());
            node = self.get(*from);
            if let Next::Ask(request) = &node.next {
                path.asked.push(request.clone());
            }
        }
        path.log.reverse();
        path.asked.reverse();
        path
    }

    /// To be asked when all has been explored: is what was learned still so, and is every attempt that was in vain
    /// forgotten? Of each attempt that occurred it is asked again how it ends, also right after each attempt in vain that
    /// occurred; and all attempts in vain are tried in one long row.
    ///
    /// What a function remembers over more attempts than that row, or only after some of them in another order, is not
    /// seen; `docs/proving.md` says so.
    pub(super) fn confirm(&self) -> Result<Confirmed, Misuse> {
        // Sorted, so that the same function gets the same error in every run.
        let mut ends: BTreeMap<u64, Vec<(&Node, Path)>> = BTreeMap::new();
        for (id, node) in self.nodes.iter() {
            if !matches!(node.next, Next::Ask(_)) {
                let path = self.path(NodeRef { id: id as u32, mark: 0 });
                ends.entry(fingerprint(&(node.task, node.who)))
                    .or_default()
                    .push((node, path));
            }
        }
        let mut confirmed = Confirmed::default();
        for ends in ends.values() {
            let purchases = ends
                .iter()
                .filter(|(node, _)| matches!(node.task, Task::Operate(StockOp::Buy { .. })));
            for (node, _) in purchases {
                match &node.next {
                    Next::Done(Answer::Failed(why)) if confirmed.failed.as_ref().is_none_or(|known| why < known) => {
                        confirmed.failed = Some(why.clone());
                    }
                    Next::Done(Answer::Purchase(_)) => confirmed.answered = true,
                    _ => {}
                }
            }
            let in_vain = ends.iter().filter(|(node, _)| node.next == Next::Retry);
            let in_vain: Vec<&Path> = in_vain.map(|(_, path)| path).collect();
            let right = |(node, path): &(&Node, Path)| {
                let Node { task, who, next, .. } = *node;
                confirm(&self.code, *task, *who, path, next)?;
                in_vain
                    .iter()
                    .try_for_each(|before| starts_from_nothing(&self.code, *task, *who, &[before], path, next))
            };
            let wrong = ends.par_iter().map(right).find_first(Result::is_err);
            wrong.unwrap_or(Ok(()))?;
            if let (Some(last), Some((node, _))) = (in_vain.first(), ends.first()) {
                confirmed.retries = true;
                let row: Vec<&Path> = (0..ROW as u64 - 1)
                    .map(|place| in_vain[fingerprint(&place) as usize % in_vain.len()])
                    .collect();
                starts_from_nothing(&self.code, node.task, node.who, &row, last, &Next::Retry)?;
            }
        }
        Ok(confirmed)
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

    /// All that the commands of a task name, where it is carried out alone.
    pub(super) fn named(
        &self,
        task: Task,
        who: Who,
        mut execute: impl FnMut(&Request) -> Result<Reply, Misuse>,
    ) -> Result<Arguments, Misuse> {
        let mut words = Arguments::new();
        self.alone(task, who, |request| {
            words.extend(request.commands().iter().flatten().cloned());
            execute(request)
        })?;
        Ok(words)
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
