//! A counterexample as a story: who did what in which order, and the stock after each step. Text and page draw it.

mod order;

use oversell_checker::{
    counterexample::{
        Kind, Shown, Tell,
        effects::{Effect, Place},
        number,
    },
    history::{Clock, Command, process},
};

use super::explanation::{Explanation, Start};
pub(super) use order::{Event, Row, What};

/// Of an operation with more commands than this, the last are shown: of one that starts again and again.
const MOST_COMMANDS: usize = 6;
const LAST_COMMANDS: usize = 4;

/// What happened, step by step.
pub(super) struct Story<'a, State, Op, Ret> {
    pub(super) explanation: &'a Explanation<'a, State, Op, Ret>,
    /// The operations of the counterexample, and behind them the one beside it.
    pub(super) shown: Vec<&'a Shown<Op, Ret>>,
    /// The clients, in order of their first event, each with the places of its operations.
    pub(super) lanes: Vec<(i64, Vec<usize>)>,
    pub(super) commands: Vec<Vec<Command<'a>>>,
    pub(super) rows: Vec<Row>,
    /// What each row says, and the stock after it.
    pub(super) texts: Vec<String>,
    pub(super) levels: Vec<Option<i64>>,
}

impl<'a, State: Start, Op: Tell<Ret = Ret>, Ret> Story<'a, State, Op, Ret> {
    pub(super) fn new(explanation: &'a Explanation<'a, State, Op, Ret>) -> Self {
        let finding = explanation.finding;
        let beside = finding.beside.as_ref().map(|beside| &beside.shown);
        let shown: Vec<_> = finding.counterexample.operations.iter().chain(beside).collect();
        let commands: Vec<Vec<Command<'a>>> = shown
            .iter()
            .map(|shown| explanation.commands.of(shown.index).collect())
            .collect();
        let stock = explanation.stock.as_ref();
        let mut lanes: Vec<(i64, Vec<usize>)> = Vec::new();
        for (place, shown) in shown.iter().enumerate() {
            match lanes.iter_mut().find(|(process, _)| *process == shown.original.process) {
                Some((_, places)) => places.push(place),
                None => lanes.push((shown.original.process, vec![place])),
            }
        }
        let events: Vec<Vec<Event>> = lanes
            .iter()
            .map(|(_, places)| {
                let of_place = |&place: &usize| events(place, shown[place], &commands[place], stock);
                places.iter().flat_map(of_place).collect()
            })
            .collect();
        let rows = order::rows(&events);
        let mut story = Self {
            explanation,
            shown,
            lanes,
            commands,
            levels: rows.iter().map(|row| row.level).collect(),
            texts: Vec::new(),
            rows,
        };
        let short = stock.filter(|stock| stock.is_all_of(story.commands.iter().flatten()));
        story.texts = story.rows.iter().map(|row| story.say(row, short)).collect();
        if story.levels.iter().all(Option::is_none) {
            story.levels = story.told_levels();
        }
        if story.levels.iter().all(Option::is_none) && explanation.finding.kind == Kind::Oversold {
            story.levels = story.counted_levels();
        }
        story
    }

    pub(super) fn shown(&self, place: usize) -> &'a Shown<Op, Ret> {
        self.shown[place]
    }

    /// Is this the operation that is not needed for the contradiction?
    pub(super) fn is_beside(&self, place: usize) -> bool {
        place >= self.explanation.finding.counterexample.operations.len()
    }

    /// What a row says in its client's column.
    fn say(&self, row: &Row, short: Option<&Place>) -> String {
        let operation = &self.shown(row.event.place).original;
        match (row.event.what, &operation.response) {
            (What::Asked, Some(_)) => self.explanation.words.asked(&operation.op),
            (What::Asked, None) => format!("{} (no answer)", self.explanation.words.asked(&operation.op)),
            (What::Command(number), _) => {
                let command = &self.commands[row.event.place][number];
                let text = short.map_or_else(|| command.command.to_string(), |stock| stock.in_short(&command.command));
                let reply = command.reply.as_deref().unwrap_or("?");
                format!("{text} → {reply}")
            }
            (What::LeftOut(count), _) => format!("… {count} commands"),
            (What::Answered, Some(response)) => operation.op.answered(&response.ret, &self.explanation.words),
            (What::Answered, None) => String::new(),
        }
    }

    /// Without commands, the stock is what the answers tell of it.
    fn told_levels(&self) -> Vec<Option<i64>> {
        let told = |row: &Row| {
            let operation = &self.shown(row.event.place).original;
            let response = operation
                .response
                .as_ref()
                .filter(|_| row.event.what == What::Answered)?;
            operation.op.told(&response.ret)
        };
        self.rows.iter().map(told).collect()
    }

    /// Without numbers in the answers either, what they say is left of the units there were for them.
    fn counted_levels(&self) -> Vec<Option<i64>> {
        let mut level = self
            .explanation
            .finding
            .counterexample
            .initial
            .units()
            .and_then(|stock| i64::try_from(stock).ok());
        let counted = |row: &Row| {
            let operation = &self.shown(row.event.place).original;
            let taken = operation
                .response
                .as_ref()
                .map_or(0, |response| operation.op.taken(&response.ret));
            if row.event.what == What::Answered {
                level = level.and_then(|level| level.checked_sub_unsigned(taken));
            }
            level
        };
        self.rows.iter().map(counted).collect()
    }

    /// What is wrong, at the answer that shows it.
    pub(super) fn note(&self, row: &Row) -> Option<&'a str> {
        let finding = self.explanation.finding;
        let answers = |row: &&Row| row.event.what == What::Answered && !self.is_beside(row.event.place);
        let last = self.rows.iter().rfind(answers)?;
        let is_last = row.event.what == What::Answered && row.event.place == last.event.place;
        finding.note.as_deref().filter(|_| is_last)
    }

    pub(super) fn lane(&self, place: usize) -> usize {
        self.lanes
            .iter()
            .position(|(_, places)| places.contains(&place))
            .unwrap_or(0)
    }

    /// Is this client waiting for an answer in a row of another's? Whether that answer ever came.
    pub(super) fn waits(&self, lane: usize, row: usize) -> Option<bool> {
        let mine = |other: &&Row| self.lane(other.event.place) == lane;
        let last = self.rows[..row].iter().rfind(mine)?;
        (last.event.what != What::Answered).then(|| self.shown(last.event.place).original.response.is_some())
    }

    /// A client by what it does; by no more than its number when it does several things.
    pub(super) fn name(&self, lane: usize) -> String {
        let (process, places) = &self.lanes[lane];
        let mut roles = places.iter().map(|&place| self.shown(place).original.op.role());
        let first = roles.next().unwrap_or("client");
        let role = if roles.all(|role| role == first) {
            first
        } else {
            "client"
        };
        let mark = if places.iter().all(|&place| self.is_beside(place)) {
            " *"
        } else {
            ""
        };
        let process = process::in_words(*process, self.explanation.words.units);
        format!("{role} {process}{mark}")
    }

    /// What the times of the rows are given in.
    pub(super) fn unit(&self) -> &'static str {
        match (self.explanation.words.clock, self.fine()) {
            (Clock::Lines, _) => "event",
            (Clock::Nanoseconds, true) => "ns",
            (Clock::Nanoseconds, false) => "ms",
        }
    }

    /// Are the times so small that only nanoseconds tell them apart?
    pub(super) fn fine(&self) -> bool {
        self.rows.iter().all(|row| row.at < 100_000)
    }

    pub(super) fn time(&self, at: u64) -> String {
        match (self.explanation.words.clock, self.fine()) {
            (Clock::Lines, _) | (Clock::Nanoseconds, true) => at.to_string(),
            (Clock::Nanoseconds, false) => {
                let microseconds = at / 1_000;
                format!("{}.{:03}", number(microseconds / 1_000), microseconds % 1_000)
            }
        }
    }
}

fn events<Op: Tell<Ret = Ret>, Ret>(
    place: usize,
    shown: &Shown<Op, Ret>,
    commands: &[Command<'_>],
    stock: Option<&Place>,
) -> Vec<Event> {
    let operation = &shown.original;
    let instant = |what, at| Event {
        place,
        what,
        earliest: at,
        latest: at,
        effect: Effect::None,
    };
    let mut events = vec![instant(What::Asked, operation.invoked)];
    let left_out = if commands.len() > MOST_COMMANDS {
        commands.len() - LAST_COMMANDS
    } else {
        0
    };
    if let Some(last) = left_out.checked_sub(1).and_then(|last| commands.get(last)) {
        events.push(instant(What::LeftOut(left_out), last.received.unwrap_or(last.sent)));
    }
    events.extend(
        commands
            .iter()
            .enumerate()
            .skip(left_out)
            .map(|(number, command)| Event {
                place,
                what: What::Command(number),
                earliest: command.sent,
                latest: command.received.unwrap_or(u64::MAX),
                effect: stock.map_or(Effect::None, |stock| stock.effect(command)),
            }),
    );
    if let Some(response) = &operation.response {
        events.push(instant(What::Answered, response.at));
    }
    events
}
