//! What watches one key while its operations arrive.

use oversell_spec::{Kv, Register, Sales, SequentialSpec, Stock};

use crate::{
    engines::{
        Limits, Monitor, Resting, SalesMonitor, Watched,
        general::{self, AtRest, Followed},
    },
    history::{Event, OnSale, Vocabulary, What},
};

/// What watches one key.
pub trait Watcher: Clone {
    /// The specification.
    type Spec: Vocabulary;
    /// What is kept of a key that rests.
    type Rest: Clone;

    /// Goes on with a key that rested; what is left of `rest` is needed no more.
    fn resume(rest: &mut Self::Rest, limits: Limits) -> Self;

    /// The next event on the key.
    fn event(&mut self, event: Event<Self::Spec>);

    /// What is known of the key so far.
    fn watched(&self) -> &Watched;

    /// Lets the key rest, if nothing more is to be known of it than its state. It may be found to be a violation with that.
    fn rest(&mut self) -> Option<Self::Rest>;

    /// The first operation that an explanation might need; `None`: what shows a violation has to be read again.
    fn oldest(&self) -> Option<u64> {
        None
    }

    /// Nothing has come for a while: is it a violation whatever the answers still to come?
    fn glance(&mut self) -> &Watched;

    /// What is known of the key in the end.
    fn finish(self) -> Watched;

    /// Is there more to learn about the key?
    fn goes_on(&self) -> bool {
        matches!(self.watched(), Watched::Linearizable)
    }

    /// Is the key known to be a violation?
    fn violates(&self) -> bool {
        matches!(self.watched(), Watched::Violation(_))
    }
}

/// A specification whose histories can be checked while they arrive.
pub trait Watchable: Vocabulary {
    /// What watches one key.
    #[doc(hidden)]
    type Watcher: Watcher<Spec = Self>;

    /// Configurations for each few hundred operations on a key, at most.
    #[doc(hidden)]
    const MOST_CONFIGURATIONS: u64 = u64::MAX;

    /// Of a key that holds this at first.
    #[doc(hidden)]
    fn watcher(initial: Self::Initial, limits: Limits) -> Self::Watcher;
}

impl Watchable for Stock {
    type Watcher = Monitor;

    fn watcher(initial: u64, limits: Limits) -> Monitor {
        Monitor::new(initial, limits)
    }
}

impl Watcher for Monitor {
    type Spec = Stock;
    type Rest = Resting;

    fn resume(rest: &mut Resting, limits: Limits) -> Self {
        Self::resume(std::mem::take(rest), limits)
    }

    fn event(&mut self, event: Event<Stock>) {
        match event.what {
            What::Invoke(op) => {
                self.invoke(event.process, event.time, op);
            }
            What::Ok(ret) => self.respond(event.operation, event.time, ret),
            What::Fail => self.fail(event.operation),
            What::Info(_) => self.lose(event.operation),
        }
    }

    fn watched(&self) -> &Watched {
        self.watched()
    }

    fn rest(&mut self) -> Option<Resting> {
        self.rest()
    }

    fn oldest(&self) -> Option<u64> {
        Some(self.oldest())
    }

    fn glance(&mut self) -> &Watched {
        self.glance()
    }

    fn finish(self) -> Watched {
        self.finish()
    }
}

impl Watchable for Sales {
    type Watcher = SalesMonitor;

    fn watcher(initial: OnSale, limits: Limits) -> SalesMonitor {
        SalesMonitor::new(initial, limits)
    }
}

/// No key rests: what each buyer has had is to be known for ever.
impl Watcher for SalesMonitor {
    type Spec = Sales;
    type Rest = std::convert::Infallible;

    fn resume(rest: &mut Self::Rest, _: Limits) -> Self {
        match *rest {}
    }

    fn event(&mut self, event: Event<Sales>) {
        match event.what {
            What::Invoke(op) => self.invoke(event.process, event.time, op),
            What::Ok(ret) => self.respond(event.operation, event.time, ret),
            What::Fail => self.fail(event.operation),
            What::Info(_) => {}
        }
    }

    fn watched(&self) -> &Watched {
        self.watched()
    }

    fn rest(&mut self) -> Option<Self::Rest> {
        None
    }

    fn glance(&mut self) -> &Watched {
        self.glance()
    }

    fn finish(self) -> Watched {
        self.finish()
    }
}

/// A specification whose histories are followed as texts.
pub trait Followable:
    Followed + Vocabulary<Op = <Self as SequentialSpec>::Op, Ret = <Self as SequentialSpec>::Ret, Initial = String>
{
}

impl Followable for Register<String> {}
impl Followable for Kv {}

impl<V: Followable> Watchable for V {
    type Watcher = general::Monitor<V>;

    /// It takes a second or so to find that these are too many.
    const MOST_CONFIGURATIONS: u64 = 1 << 21;

    fn watcher(initial: String, limits: Limits) -> general::Monitor<V> {
        general::Monitor::new(&V::with(initial), limits)
    }
}

/// No part of the history is kept.
impl<V: Followable> Watcher for general::Monitor<V> {
    type Spec = V;
    type Rest = AtRest;

    fn resume(rest: &mut AtRest, limits: Limits) -> Self {
        Self::resume(rest, limits)
    }

    fn event(&mut self, event: Event<V>) {
        match event.what {
            What::Invoke(op) => {
                self.invoke(event.time, op);
            }
            What::Ok(ret) => self.respond(event.operation, event.time, ret),
            What::Fail => self.fail(event.operation),
            What::Info(_) => self.lose(event.operation),
        }
    }

    fn watched(&self) -> &Watched {
        self.watched()
    }

    fn rest(&mut self) -> Option<AtRest> {
        self.rest()
    }

    fn glance(&mut self) -> &Watched {
        self.glance()
    }

    fn finish(self) -> Watched {
        self.finish()
    }
}
