//! A history laid out in time: responses in order, what is open at each, and who asks the same.

use oversell_spec::SequentialSpec;
use rustc_hash::FxHashMap;

use super::{alike::Alike, foresight::Searched, window::Window};
use crate::history::{Operation, Response};

/// Operations with the same argument and the same answer, known or not: interchangeable but for their times.
pub(super) type Class = u32;

/// The history up to and with one response, or all of it: what is open at the end counts as indeterminate.
pub(super) struct Prefix<'a, S: SequentialSpec> {
    operations: &'a [Operation<S::Op, S::Ret>],
    /// Time and index of the last response.
    last: (u64, usize),
}

impl<S: SequentialSpec> Clone for Prefix<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: SequentialSpec> Copy for Prefix<'_, S> {}

impl<'a, S: SequentialSpec> Prefix<'a, S> {
    pub(super) const fn whole(operations: &'a [Operation<S::Op, S::Ret>]) -> Self {
        Self::upto(operations, (u64::MAX, usize::MAX))
    }

    pub(super) const fn upto(operations: &'a [Operation<S::Op, S::Ret>], last: (u64, usize)) -> Self {
        Self { operations, last }
    }

    /// Operations, of the prefix and beyond.
    pub(super) const fn len(&self) -> usize {
        self.operations.len()
    }

    /// What these operations ask, and what they are told.
    pub(super) fn asked(&self, indices: impl Iterator<Item = usize>) -> Vec<(&'a S::Op, Option<&'a S::Ret>)> {
        indices.map(|index| (self.op(index), self.ret(index))).collect()
    }

    /// An operation with another question and another answer, where there is one.
    pub(super) fn retold<Op, Ret>(&self, index: usize, op: Op, ret: Option<Ret>) -> Operation<Op, Ret> {
        let Operation { process, invoked, .. } = self.operations[index];
        let at = self.response(index).map(|response| response.at);
        Operation {
            process,
            invoked,
            op,
            response: at.zip(ret).map(|(at, ret)| Response { at, ret }),
        }
    }

    pub(super) fn is_invoked(&self, index: usize) -> bool {
        self.operations[index].invoked <= self.last.0
    }

    pub(super) fn op(&self, index: usize) -> &'a S::Op {
        &self.operations[index].op
    }

    /// The response, if it is in the prefix.
    pub(super) fn response(&self, index: usize) -> Option<&'a Response<S::Ret>> {
        let response = self.operations[index].response.as_ref();
        response.filter(|response| (response.at, index) <= self.last)
    }

    /// What an operation makes of a state; `None` when the specification refuses its answer there.
    pub(super) fn after(&self, state: &S, index: usize) -> Option<S>
    where
        S: Clone,
    {
        let mut after = state.clone();
        let accepted = match self.ret(index) {
            Some(ret) => after.is_valid_step(self.op(index), ret),
            None => {
                after.invoke(self.op(index));
                true
            }
        };
        accepted.then_some(after)
    }

    /// What was answered, if that is in the prefix.
    pub(super) fn ret(&self, index: usize) -> Option<&'a S::Ret> {
        self.response(index).map(|response| &response.ret)
    }
}

/// Completed operations are numbered by their responses: 0 returned first.
pub(super) struct Timeline {
    /// Index into the history of each completed operation.
    pub(super) index: Vec<usize>,
    /// Its class.
    pub(super) class: Vec<Class>,
    /// Its bit among the open operations. Unique while it is open.
    pub(super) slot: Vec<u32>,
    /// How many slots there are: the most completed operations ever open at a time.
    pub(super) slots: usize,
    /// When it returned.
    pub(super) returned: Vec<u64>,
    /// Completed operations in the order of invocation.
    pub(super) invocations: Vec<u32>,
    /// Where each is in `invocations`.
    pub(super) position: Vec<u32>,
    /// How many of `invocations` were made no later than each response.
    pub(super) invoked: Vec<u32>,
    /// Indeterminate operations by class, each by invocation: when, and its index in the history.
    pub(super) maybes: Vec<(Class, Vec<(u64, usize)>)>,
    /// The first of a bit for each of them, class by class: sets of what has taken effect (see [`taken`](Self::taken)).
    pub(super) maybe_bits: Vec<u32>,
    /// An operation of each class, as an index into the history.
    pub(super) example: Vec<usize>,
    /// What each class asks: equal numbers for equal questions.
    pub(super) question: Vec<u32>,
    /// An operation of each question, as an index into the history.
    pub(super) questions: Vec<usize>,
}

impl Timeline {
    pub(super) fn of<S: Searched>(history: Prefix<'_, S>) -> Self {
        let operations = history.operations;
        let mut example = Vec::new();
        let mut classes = FxHashMap::default();
        let mut class_of = |index: usize| -> Class {
            *classes
                .entry(Alike((history.op(index), history.ret(index))))
                .or_insert_with(|| {
                    example.push(index);
                    example.len() as Class - 1
                })
        };

        let mut responses: Vec<(u64, usize)> = (0..operations.len())
            .filter_map(|i| Some((history.response(i)?.at, i)))
            .collect();
        responses.sort_unstable();
        let (returned, index): (Vec<u64>, Vec<usize>) = responses.into_iter().unzip();
        let class = index.iter().map(|&i| class_of(i)).collect();
        let mut invocations: Vec<u32> = (0..index.len() as u32).collect();
        invocations.sort_unstable_by_key(|&rank| (operations[index[rank as usize]].invoked, rank));

        let mut position = vec![0; index.len()];
        for (place, &rank) in invocations.iter().enumerate() {
            position[rank as usize] = place as u32;
        }
        let mut slot = vec![0; index.len()];
        let mut free: Vec<u32> = Vec::new();
        let mut slots = 0;
        let mut invoked = Vec::with_capacity(index.len());
        let mut next = 0;
        for (rank, &time) in returned.iter().enumerate() {
            // At one time invocations come first: intervals are closed.
            while let Some(&other) = invocations.get(next)
                && operations[index[other as usize]].invoked <= time
            {
                slot[other as usize] = free.pop().unwrap_or_else(|| {
                    slots += 1;
                    slots - 1
                });
                next += 1;
            }
            invoked.push(next as u32);
            free.push(slot[rank]);
        }

        let mut maybes: Vec<(Class, Vec<(u64, usize)>)> = Vec::new();
        let mut place = FxHashMap::default();
        let open = |&i: &usize| history.response(i).is_none() && history.is_invoked(i);
        for i in (0..operations.len()).filter(open) {
            let class = class_of(i);
            let at = *place.entry(class).or_insert_with(|| {
                maybes.push((class, Vec::new()));
                maybes.len() - 1
            });
            maybes[at].1.push((operations[i].invoked, i));
        }
        for (_, list) in &mut maybes {
            list.sort_unstable();
        }
        let mut bits = 0;
        let maybe_bits = maybes.iter().map(|(_, list)| {
            bits += list.len() as u32;
            bits - list.len() as u32
        });
        let maybe_bits = maybe_bits.collect();
        let mut questions = Vec::new();
        let mut numbers = FxHashMap::default();
        let number = |&index: &usize| {
            *numbers.entry(Alike(history.op(index))).or_insert_with(|| {
                questions.push(index);
                questions.len() as u32 - 1
            })
        };
        let question = example.iter().map(number).collect();
        Self {
            index,
            class,
            slot,
            slots: slots as usize,
            returned,
            invocations,
            position,
            invoked,
            maybes,
            maybe_bits,
            example,
            question,
            questions,
        }
    }

    /// How many indeterminate operations of the class at this place in [`maybes`](Self::maybes) are in a set of them; they go into it
    /// in their order.
    pub(super) fn taken(&self, set: &Window, place: usize) -> usize {
        set.run(self.maybe_bits[place], self.maybes[place].1.len() as u32) as usize
    }

    /// Completed operations.
    pub(super) fn len(&self) -> usize {
        self.index.len()
    }
}

/// The completed operations that are open at the present response, by slot. Moves back and forth with the search.
pub(super) struct Open {
    /// The response it stands at.
    at: usize,
    /// Slots that are taken.
    slots: Window,
    /// The operation in each of them; what stands in the others means nothing.
    occupant: Vec<u32>,
}

impl Open {
    /// What is open at the first response.
    pub(super) fn new(timeline: &Timeline) -> Self {
        let mut open = Self {
            at: 0,
            slots: Window::default(),
            occupant: vec![0; timeline.slots],
        };
        if let Some(&upto) = timeline.invoked.first() {
            open.enter(timeline, 0, upto as usize);
        }
        open
    }

    pub(super) fn seek(&mut self, timeline: &Timeline, to: usize) {
        while self.at < to {
            self.slots.remove(timeline.slot[self.at]);
            let (from, upto) = Self::entering(timeline, self.at);
            self.enter(timeline, from, upto);
            self.at += 1;
        }
        while self.at > to {
            self.at -= 1;
            let (from, upto) = Self::entering(timeline, self.at);
            for &rank in &timeline.invocations[from..upto] {
                self.slots.remove(timeline.slot[rank as usize]);
            }
            self.put(timeline.slot[self.at], self.at as u32);
        }
    }

    /// Open operations; the order is that of the slots and means nothing.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        (0..self.slots.words())
            .flat_map(move |place| Ones(self.slots.word(place)).map(move |bit| self.rank(place, bit)))
    }

    /// Those that have not taken effect.
    pub(super) fn without(&self, done: &Window) -> impl Iterator<Item = u32> {
        (0..self.slots.words()).flat_map(move |place| self.left(done, place).map(move |bit| self.rank(place, bit)))
    }

    /// Words of slots.
    pub(super) const fn words(&self) -> usize {
        self.slots.words()
    }

    /// The slots in such a word in which an operation is open that has not taken effect, as bits of the word.
    #[inline]
    pub(super) fn left(&self, done: &Window, place: usize) -> Ones {
        Ones(self.slots.word(place) & !done.word(place))
    }

    /// The operation that is open in this slot of a word of slots.
    #[inline]
    pub(super) fn rank(&self, place: usize, bit: u32) -> u32 {
        self.occupant[place * 64 + bit as usize]
    }

    /// Which of the invocations lie between response `at` and the next.
    fn entering(timeline: &Timeline, at: usize) -> (usize, usize) {
        let upto = timeline.invoked.get(at + 1).unwrap_or(&timeline.invoked[at]);
        (timeline.invoked[at] as usize, *upto as usize)
    }

    fn enter(&mut self, timeline: &Timeline, from: usize, upto: usize) {
        for &rank in &timeline.invocations[from..upto] {
            self.put(timeline.slot[rank as usize], rank);
        }
    }

    fn put(&mut self, slot: u32, rank: u32) {
        self.slots.insert(slot);
        self.occupant[slot as usize] = rank;
    }
}

/// Which bits of a word are set.
pub(super) struct Ones(u64);

impl Iterator for Ones {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        let bit = (self.0 != 0).then(|| self.0.trailing_zeros())?;
        self.0 &= self.0 - 1;
        Some(bit)
    }
}
