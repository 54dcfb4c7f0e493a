//! Schedules as files; `docs/schedules.md` describes the format.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read as _, Write as _},
    path::{Path, PathBuf},
};

use oversell_checker::history::{shown, visible};
use oversell_models::explorer::{Action, Fault, Misuse, Property, Setup, Step, breaks};
use oversell_spec::stock::StockOp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::schedule::{Schedule, is_of_catalogue};
use crate::strategy::{Adaptation, AnyStrategy, Info, Strategy as _};

/// The name of the format, as every file gives it.
pub const FORMAT: &str = "oversell-schedule";
/// The version that is written, and the only one that is read.
pub const VERSION: u64 = 1;

/// Why a schedule could not be read or saved.
#[derive(Debug, Error)]
pub enum ScheduleError {
    /// The file.
    #[error("failed to {what} {}: {error}", shown(.path))]
    File {
        /// `read`, `save`.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Not JSON, or not of this shape.
    #[error("{} is no schedule: {}", shown(.path), visible(&.error.to_string()))]
    Shape {
        /// Which file.
        path: PathBuf,
        /// What is wrong where.
        error: serde_json::Error,
    },
    /// Another format or version.
    #[error(
        "{} has format `{}`, version {version}; this program reads `oversell-schedule`, version 1",
        shown(.path), visible(.format)
    )]
    Format {
        /// Which file.
        path: PathBuf,
        /// What it says.
        format: String,
        /// What it says.
        version: u64,
    },
    /// A field that makes no sense.
    #[error("{}: {reason}", shown(.path))]
    Field {
        /// Which file.
        path: PathBuf,
        /// What was found and what was expected.
        reason: String,
    },
    /// A schedule of code that is not here.
    #[error(
        "{} is about code named `{}` that is not in the catalogue, so it can be replayed only where that code is: in a \
         test, with `oversell::replay({path:?}, {}).assert_breaks().await`, or, if it is a Lua script, with --shop FILE or --script FILE \
         as it was proved",
        shown(.path), visible(.name), visible(.name)
    )]
    Unknown {
        /// Which file.
        path: PathBuf,
        /// What the code is called there.
        name: String,
    },
    /// The steps do not fit the strategy.
    #[error("{} does not fit its strategy: {misuse}", shown(.path))]
    Unfit {
        /// Which file.
        path: PathBuf,
        /// Why.
        misuse: Misuse,
    },
}

impl ScheduleError {
    /// For `map_err`: what is wrong in this file.
    pub(super) fn field(path: &Path) -> impl Fn(String) -> Self {
        move |reason| Self::Field {
            path: path.to_path_buf(),
            reason,
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Document {
    format: String,
    version: u64,
    pub(super) strategy: String,
    /// The catalogue does not have it: it cannot be replayed by name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    own: bool,
    /// Where its code names that itself: the key of the stock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    pub(super) stock: u64,
    clients: Vec<Vec<Operation>>,
    /// Which buyer each client is, where that matters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    buyers: Vec<u8>,
    /// Units that one buyer may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    #[serde(default)]
    faults: Vec<Allowed>,
    #[serde(default = "one")]
    lost_writes: u8,
    /// `TIME` goes on by a microsecond a call, where that matters.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    ticking: bool,
    /// The server knows the scripts from the start.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    warm: bool,
    property: String,
    /// The file of the shop that it is about, for reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shop: Option<String>,
    pub(super) steps: Vec<Line>,
}

const fn one() -> u8 {
    1
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Operation {
    Buy(u64),
    Restock(u64),
    Read,
}

#[derive(Debug, Deserialize, Serialize)]
struct Allowed {
    fault: String,
    times: u8,
}

/// A step. What follows from the step (`command`, `reply`, `told`) is there for readers, and to notice another strategy.
#[derive(Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    #[serde(rename = "do")]
    what: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    /// The place of the key among those it could have been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    writes: Option<u8>,
    pub(super) command: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reply: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) told: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) stock: Option<i64>,
}

impl Line {
    /// A step as one line of a file. Clients are numbered from 1, as people see them.
    pub(super) fn of(step: &Step) -> Self {
        let (what, place, writes) = match step.action {
            Action::Step(_) => ("command", None, None),
            Action::LoseReply(_) => ("lose-reply", None, None),
            Action::Crash(_) => ("crash", None, None),
            Action::CrashAfter(_) => ("crash-after", None, None),
            Action::Reconnect(_) => ("reconnect", None, None),
            Action::Lapse(key) => ("lapse", Some(key), None),
            Action::Expire(key) => ("expire", Some(key), None),
            Action::FlushScripts => ("flush-scripts", None, None),
            Action::Evict(key) => ("evict", Some(key), None),
            Action::Failover(writes) => ("failover", None, Some(writes)),
        };
        Self {
            what: what.to_string(),
            client: step.client.map(|client| client as u8 + 1),
            key: step.key.as_deref().map(|key| String::from_utf8_lossy(key).into_owned()),
            place,
            writes,
            command: step.request.as_ref().map(ToString::to_string),
            reply: step.reply.as_ref().map(ToString::to_string),
            told: step.answer.as_ref().map(ToString::to_string),
            stock: step.stock,
        }
    }

    /// Which field says something else than what is now, with both; where the file says anything.
    fn differs(&self, now: &Self) -> Option<(&'static str, String, String)> {
        let command = self.command.is_some() || self.reply.is_some();
        let stock = |line: &Self| line.stock.map(|stock| stock.to_string());
        let fields = [
            ("command", command, self.command.clone(), now.command.clone()),
            ("reply", command, self.reply.clone(), now.reply.clone()),
            ("told", self.told.is_some(), self.told.clone(), now.told.clone()),
            ("stock", self.stock.is_some(), stock(self), stock(now)),
        ];
        let (field, _, found, now) = fields.into_iter().find(|(_, says, found, now)| *says && found != now)?;
        let text = |text: Option<String>| text.map_or_else(|| "not there".to_string(), |text| format!("`{text}`"));
        Some((field, text(found), text(now)))
    }

    fn action(&self) -> Result<Action, String> {
        let client = || match self.client {
            Some(client) if client > 0 => Ok(client - 1),
            _ => Err(format!(
                "`client` is missing or 0; expected the one who does `{}`, counted from 1",
                self.what
            )),
        };
        let place = || {
            self.place
                .ok_or_else(|| format!("`place` is missing; expected that of the key of `{}`", self.what))
        };
        Ok(match self.what.as_str() {
            "command" => Action::Step(client()?),
            "lose-reply" => Action::LoseReply(client()?),
            "crash" => Action::Crash(client()?),
            "crash-after" => Action::CrashAfter(client()?),
            "reconnect" => Action::Reconnect(client()?),
            "lapse" => Action::Lapse(place()?),
            "expire" => Action::Expire(place()?),
            "flush-scripts" => Action::FlushScripts,
            "evict" => Action::Evict(place()?),
            "failover" => Action::Failover(
                self.writes
                    .ok_or("`writes` is missing; expected how many a failover loses")?,
            ),
            other => {
                return Err(format!(
                    "`do` is `{other}`; expected command, lose-reply, crash, crash-after, reconnect, lapse, expire, \
                     flush-scripts, evict or failover"
                ));
            }
        })
    }
}

impl From<StockOp> for Operation {
    fn from(op: StockOp) -> Self {
        match op {
            StockOp::Buy { quantity } => Self::Buy(quantity),
            StockOp::Restock { quantity } => Self::Restock(quantity),
            StockOp::Read => Self::Read,
        }
    }
}

impl From<Operation> for StockOp {
    fn from(op: Operation) -> Self {
        match op {
            Operation::Buy(quantity) => Self::Buy { quantity },
            Operation::Restock(quantity) => Self::Restock { quantity },
            Operation::Read => Self::Read,
        }
    }
}

/// The text of a file, which is not read on where it is longer than anything that is meant for us.
pub(crate) fn text_of(path: &Path) -> io::Result<String> {
    const MOST: usize = 64 << 20;
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST as u64 + 1).read_to_end(&mut bytes)?;
    let wrong = |error: &str| io::Error::new(io::ErrorKind::InvalidData, error);
    if bytes.len() > MOST {
        return Err(wrong(
            "found more than 64 MiB, expected a text of at most that: is it this file?",
        ));
    }
    String::from_utf8(bytes).map_err(|_| wrong("found bytes that are not UTF-8, expected text"))
}

impl Document {
    pub(super) fn read(path: &Path) -> Result<Self, ScheduleError> {
        let text = text_of(path).map_err(|error| ScheduleError::File {
            what: "read",
            path: path.to_path_buf(),
            error,
        })?;
        let document: Self = serde_json::from_str(&text).map_err(|error| ScheduleError::Shape {
            path: path.to_path_buf(),
            error,
        })?;
        if document.format != FORMAT || document.version != VERSION {
            return Err(ScheduleError::Format {
                path: path.to_path_buf(),
                format: document.format,
                version: document.version,
            });
        }
        Ok(document)
    }

    /// What its words mean, with this code; or which of them mean nothing.
    pub(super) fn meant(&self, strategy: AnyStrategy) -> Result<(Setup, Property, Vec<Action>), String> {
        let named = |name: &str| Property::ALL.into_iter().find(|property| property.name() == name);
        let property = named(&self.property).ok_or_else(|| {
            let names = Property::ALL.map(Property::name);
            format!("`property` is `{}`; expected {}", self.property, names.join(", "))
        })?;
        let mut faults = Vec::new();
        for allowed in &self.faults {
            let fault: Fault = allowed.fault.parse().map_err(|error| format!("`faults`: {error}"))?;
            faults.push((fault, allowed.times));
        }
        let operations = |list: &Vec<Operation>| list.iter().copied().map(StockOp::from).collect();
        let setup = Setup {
            strategy,
            stock: self.stock,
            clients: self.clients.iter().map(operations).collect(),
            buyers: self.buyers.clone(),
            limit: self.limit,
            faults,
            lost_writes: self.lost_writes,
            symmetric: false,
            ticking: self.ticking,
            warm: self.warm,
        };
        let none = |op: &StockOp| matches!(op, StockOp::Buy { quantity: 0 } | StockOp::Restock { quantity: 0 });
        if setup.clients.iter().flatten().any(none) {
            return Err("`clients`: a quantity is 0; expected at least 1".to_string());
        }
        let step =
            |(place, line): (usize, &Line)| line.action().map_err(|error| format!("step {}: {error}", place + 1));
        let actions: Result<Vec<Action>, String> = self.steps.iter().enumerate().map(step).collect();
        Ok((setup, property, actions?))
    }
}

impl Schedule {
    /// The file's text.
    ///
    /// # Panics
    /// Never: everything in it can be written as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let Info { name, key, .. } = self.setup.strategy.info();
        let document = Document {
            format: FORMAT.to_string(),
            version: VERSION,
            own: key.is_some() || !is_of_catalogue(&self.setup.strategy),
            strategy: name,
            key,
            stock: self.setup.stock,
            clients: self
                .setup
                .clients
                .iter()
                .map(|list| list.iter().copied().map(Operation::from).collect())
                .collect(),
            faults: self
                .setup
                .faults
                .iter()
                .map(|&(fault, times)| Allowed {
                    fault: fault.to_string(),
                    times,
                })
                .collect(),
            buyers: match self.setup.limit {
                Some(_) => (0..self.setup.clients.len())
                    .map(|client| self.setup.buyer(client))
                    .collect(),
                None => self.setup.buyers.clone(),
            },
            limit: self.setup.limit,
            lost_writes: self.setup.lost_writes,
            ticking: self.setup.ticking,
            warm: self.setup.warm,
            property: self.property.to_string(),
            shop: self.shop.clone(),
            steps: self.steps.iter().map(Line::of).collect(),
        };
        let mut text = serde_json::to_string_pretty(&document)
            .expect("names, numbers and lists of them can all be written as JSON");
        text.push('\n');
        text
    }

    /// Saves it in `folder` under a name of its own; the file, which may have been there already with the same content.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<PathBuf, ScheduleError> {
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |error| ScheduleError::File {
                what: "save",
                path,
                error,
            }
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let text = self.to_json();
        let name = self.setup.strategy.info().name;
        let fault = super::proven::fault_name(&self.setup);
        for number in 1.. {
            let tail = if number == 1 {
                String::new()
            } else {
                format!("-{number}")
            };
            let path = folder.join(format!("{name}-{fault}{tail}.schedule.json"));
            match File::create_new(&path) {
                Ok(mut file) => {
                    file.write_all(text.as_bytes()).map_err(failed(&path))?;
                    return Ok(path);
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    if fs::read_to_string(&path).is_ok_and(|old| old == text) {
                        return Ok(path);
                    }
                }
                Err(error) => return Err(failed(&path)(error)),
            }
        }
        unreachable!("a free name is found before numbers end")
    }

    /// Reads a schedule of the catalogue. `strategy` finds the code by its name.
    ///
    /// # Errors
    /// When the file cannot be read, is no schedule, is of somebody's own code (which may have any name), or its strategy
    /// does something else than when it was found.
    pub fn read(path: &Path, strategy: impl Fn(&str) -> Option<AnyStrategy>) -> Result<Self, ScheduleError> {
        let document = Document::read(path)?;
        let own = document.own || document.key.is_some();
        let code = strategy(&document.strategy).filter(|_| !own);
        let code = code.ok_or_else(|| ScheduleError::Unknown {
            path: path.to_path_buf(),
            name: document.strategy.clone(),
        })?;
        Self::of(path, &document, &code)
    }

    /// Reads a schedule of this code, whatever its name.
    ///
    /// # Errors
    /// When the file cannot be read, is no schedule, or the code does something else than when it was found.
    pub fn read_as(path: &Path, code: &AnyStrategy) -> Result<Self, ScheduleError> {
        Self::of(path, &Document::read(path)?, code)
    }

    fn of(path: &Path, document: &Document, code: &AnyStrategy) -> Result<Self, ScheduleError> {
        let field = ScheduleError::field(path);
        let as_said = Adaptation {
            name: Some(document.strategy.clone()),
            key: document.key.clone(),
            errors: Vec::new(),
        };
        let found = as_said.of(code);
        let (setup, property, actions) = document.meant(found).map_err(&field)?;
        let unfit = |misuse| ScheduleError::Unfit {
            path: path.to_path_buf(),
            misuse,
        };
        let mut schedule = Self::new(&setup, property, &actions).map_err(unfit)?;
        schedule.shop.clone_from(&document.shop);
        for (place, (line, step)) in document.steps.iter().zip(&schedule.steps).enumerate() {
            let now = Line::of(step);
            if let Some((name, found, now)) = line.differs(&now) {
                return Err(field(format!(
                    "step {}: `{name}` is {found} in the file, and now it is {now}: the file was changed, or the strategy is another \
                     one than when it was found",
                    place + 1,
                )));
            }
        }
        if !breaks(&setup, &actions, property).map_err(unfit)? {
            return Err(field(format!(
                "its {} steps do not break `{property}`: some are missing, or they were changed",
                actions.len()
            )));
        }
        Ok(schedule)
    }

    /// The steps as JSON, one value a step.
    #[must_use]
    pub fn steps_to_json(&self) -> Vec<serde_json::Value> {
        let line = |step: &Step| serde_json::to_value(Line::of(step)).unwrap_or_default();
        self.steps.iter().map(line).collect()
    }
}
