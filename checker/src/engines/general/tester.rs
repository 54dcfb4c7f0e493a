//! stateright's tester, with this search behind it.

use std::{collections::BTreeMap, fmt::Debug, hash::Hash, time::Duration};

use oversell_spec::Adapted;
use stateright::semantics::{ConsistencyTester, SequentialSpec};

use super::check::check;
use crate::{
    engines::{Limits, Verdict, Witness},
    history::{Operation, Response},
};

/// What stateright's `LinearizabilityTester` does, with [`check`] behind it: the same trait, the same methods, the same verdicts,
/// and an answer where that one does not finish.
///
/// Wherever one is written, the other can be: `let mut tester = LinearizabilityTester::new(Register('A'))`, fed by
/// [`on_invoke`](ConsistencyTester::on_invoke) and [`on_return`](ConsistencyTester::on_return); or as the history of an
/// `ActorModel`. The specification, its operations and its answers have to be `PartialEq + Hash`, as stateright's own are.
///
/// ```
/// use oversell_checker::engines::general::LinearizabilityTester; // was: stateright::semantics::LinearizabilityTester
/// use stateright::semantics::{
///     ConsistencyTester,
///     register::{Register, RegisterOp, RegisterRet},
/// };
///
/// # fn main() -> Result<(), String> {
/// let mut tester = LinearizabilityTester::new(Register('A'));
/// tester
///     .on_invoke(0, RegisterOp::Write('B'))?
///     .on_invret(1, RegisterOp::Read, RegisterRet::ReadOk('A'))?
///     .on_return(0, RegisterRet::WriteOk)?;
/// assert!(tester.is_consistent());
/// tester.on_invret(1, RegisterOp::Read, RegisterRet::ReadOk('A'))?;
/// assert!(!tester.is_consistent());
/// # Ok(())
/// # }
/// ```
///
/// Two testers are equal when the same threads did the same operations and the same of them came after the same: as with
/// stateright's, the states of a model that only differ in how operations that overlap were interleaved are one state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LinearizabilityTester<ThreadId, RefObj: SequentialSpec> {
    initial: RefObj,
    /// Of each thread, its operations in their order, the last perhaps in flight. Times are how often an invocation had come
    /// after a return by then: the least numbers that say what came after what, so that equal histories are equal.
    threads: BTreeMap<ThreadId, Thread<RefObj::Op, RefObj::Ret>>,
    time: u64,
    /// Has anything returned since the last invocation?
    returned: bool,
    valid: bool,
}

/// The operations of one thread.
type Thread<Op, Ret> = Vec<Timed<Op, Ret>>;

/// When it was invoked, what was asked, when it returned and with what.
type Timed<Op, Ret> = (u64, Op, Option<(u64, Ret)>);

impl<T: Ord, RefObj: SequentialSpec> LinearizabilityTester<T, RefObj> {
    /// Nothing has happened yet, and the object is `initial`.
    #[must_use]
    pub const fn new(initial: RefObj) -> Self {
        Self {
            initial,
            threads: BTreeMap::new(),
            time: 0,
            returned: false,
            valid: true,
        }
    }

    /// Operations, completed or in flight.
    #[must_use]
    pub fn len(&self) -> usize {
        self.threads.values().map(Vec::len).sum()
    }

    /// Has nothing been invoked yet?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.threads.is_empty()
    }
}

impl<T, RefObj> LinearizabilityTester<T, RefObj>
where
    T: Copy + Debug + Ord,
    RefObj: SequentialSpec + Clone + PartialEq + Hash,
    RefObj::Op: Clone + Debug + PartialEq + Hash,
    RefObj::Ret: Clone + Debug + PartialEq + Hash,
{
    /// The operations fed so far, those of each thread together.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation<RefObj::Op, RefObj::Ret>> {
        let threads = self.threads.values().zip(0..);
        let operation = |(invoked, op, response): &Timed<RefObj::Op, RefObj::Ret>, process| Operation {
            process,
            invoked: *invoked,
            op: op.clone(),
            response: response.clone().map(|(at, ret)| Response { at, ret }),
        };
        threads
            .flat_map(|(operations, process)| operations.iter().map(move |timed| operation(timed, process)))
            .collect()
    }

    /// The verdict within limits, which has a third value: not decided.
    #[must_use]
    pub fn verdict(&self, limits: &Limits) -> Verdict {
        check(&Adapted(self.initial.clone()), &self.operations(), limits)
    }

    /// An order that explains what was fed, where there is one; no limit is set.
    ///
    /// An operation in flight stands in it when it has to have taken effect, with the answer it then got.
    #[must_use]
    pub fn serialized_history(&self) -> Option<Vec<(RefObj::Op, RefObj::Ret)>> {
        if !self.valid {
            return None;
        }
        let Verdict::Linearizable(Witness(order)) = self.verdict(&UNLIMITED) else {
            return None;
        };
        let operations = self.operations();
        let mut object = self.initial.clone();
        let explained = order.into_iter().map(|index| {
            let Operation { op, response, .. } = &operations[index];
            let ret = match response {
                Some(response) => {
                    object.is_valid_step(op, &response.ret);
                    response.ret.clone()
                }
                None => object.invoke(op),
            };
            (op.clone(), ret)
        });
        Some(explained.collect())
    }
}

/// [`ConsistencyTester::is_consistent`] can only say yes or no.
const UNLIMITED: Limits = Limits {
    configurations: u64::MAX,
    time: Duration::MAX,
    memory: u64::MAX,
};

impl<T, RefObj> ConsistencyTester<T, RefObj> for LinearizabilityTester<T, RefObj>
where
    T: Copy + Debug + Ord,
    RefObj: SequentialSpec + Clone + PartialEq + Hash,
    RefObj::Op: Clone + Debug + PartialEq + Hash,
    RefObj::Ret: Clone + Debug + PartialEq + Hash,
{
    fn on_invoke(&mut self, thread_id: T, op: RefObj::Op) -> Result<&mut Self, String> {
        self.still_valid()?;
        let operations = self.threads.entry(thread_id).or_default();
        if let Some((_, open, None)) = operations.last() {
            self.valid = false;
            return Err(format!(
                "Thread {thread_id:?} invoked {op:?} while its {open:?} was in flight. It has to return first, or another thread \
                 id has to be used."
            ));
        }
        self.time += u64::from(std::mem::take(&mut self.returned));
        operations.push((self.time, op, None));
        Ok(self)
    }

    fn on_return(&mut self, thread_id: T, ret: RefObj::Ret) -> Result<&mut Self, String> {
        self.still_valid()?;
        match self
            .threads
            .get_mut(&thread_id)
            .and_then(|operations| operations.last_mut())
        {
            Some((_, _, response @ None)) => *response = Some((self.time, ret)),
            _ => {
                self.valid = false;
                return Err(format!(
                    "Thread {thread_id:?} was told {ret:?}, but has nothing in flight. It has to invoke something first."
                ));
            }
        }
        self.returned = true;
        Ok(self)
    }

    /// Is there an order that explains what was fed? Takes as long as it takes: see
    /// [`verdict`](LinearizabilityTester::verdict) for limits.
    fn is_consistent(&self) -> bool {
        self.valid && matches!(self.verdict(&UNLIMITED), Verdict::Linearizable(_))
    }
}

impl<T: Ord, RefObj: SequentialSpec> LinearizabilityTester<T, RefObj> {
    fn still_valid(&self) -> Result<(), String> {
        let valid = self.valid.then_some(());
        valid.ok_or_else(|| "Earlier history was invalid.".to_owned())
    }
}
