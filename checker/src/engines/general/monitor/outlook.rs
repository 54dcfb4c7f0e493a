//! Where texts are appended to, the gets to come say in which order: a past whose text is not the beginning of what is got next
//! leads nowhere, unless something else is put there in between.
//!
//! Only a few gets are looked at. It makes no difference to the verdict which: what is in vain would end there anyway.

use super::{
    super::window::Window,
    act::Act,
    lost::Lost,
    names::{Name, Names},
    open::Open,
    past::Past,
};

/// So many gets to come are held against each past.
const MOST: usize = 4;

/// An operation to come that sees a text.
#[derive(Clone, Debug)]
struct Get {
    number: u64,
    invoked: u64,
    returns: u64,
    text: Name,
    /// Something is put there that this begins with, the last time at this instant.
    put: Option<u64>,
}

/// The gets of a while to come, by their returns.
#[derive(Clone, Debug, Default)]
pub(super) struct Ahead(Vec<Get>);

/// An operation that has not entered the walk: when it is invoked, when it returns if that is known, its number, and what it does.
pub(super) type Coming<'a> = (u64, Option<u64>, u64, Act<&'a str>);

impl Ahead {
    /// `coming` in the order of their invocations, and what is open.
    pub(super) fn of(names: &mut Names, open: &[Option<Open>], coming: &[Coming<'_>]) -> Self {
        let put = |text: &str, returns: u64| {
            let upto = coming.partition_point(|&(invoked, ..)| invoked <= returns);
            let brings = |act: &Act<&str>| matches!(act, Act::Resets(new) if text.starts_with(new));
            let last = coming[..upto].iter().rev().find(|(.., act)| brings(act));
            last.map(|&(invoked, ..)| invoked)
        };
        let seen = open.iter().flatten().filter_map(|open| match open.act {
            Act::Sees(text) => Some((open.number, 0, open.returns, text)),
            _ => None,
        });
        let mut seen: Vec<(u64, u64, u64, Name)> = seen.collect();
        for &(invoked, returns, number, act) in coming {
            if let (Act::Sees(text), Some(returns)) = (act, returns) {
                seen.push((number, invoked, returns, names.name(text)));
            }
        }
        let gets = seen.into_iter().map(|(number, invoked, returns, text)| Get {
            number,
            invoked,
            returns,
            text,
            put: put(names.text(text), returns),
        });
        let mut gets: Vec<Get> = gets.collect();
        gets.sort_by_key(|get| (get.returns, get.number));
        Self(gets)
    }

    /// What can be seen from an instant at which everything invoked by then has entered.
    pub(super) fn outlook(&self, names: &Names, open: &[Option<Open>], lost: &Lost, now: u64) -> Outlook {
        let first = self.0.partition_point(|get| get.returns < now);
        let gets = self.0[first..].iter().take(MOST).filter_map(|get| {
            let text = names.text(get.text);
            let brings = |act: Act<Name>| matches!(act, Act::Resets(new) if text.starts_with(names.text(new)));
            if get.put.is_some_and(|at| at > now) || lost.all().any(|(_, act)| brings(act)) {
                return None;
            }
            let mut puts = Window::default();
            let mut own = None;
            for (slot, open) in (0..).zip(open) {
                let Some(open) = open else { continue };
                if open.number == get.number {
                    own = Some(slot);
                }
                if brings(open.act) {
                    puts.insert(slot);
                }
            }
            // One that returned at this instant, before the one that is looked at now, has been answered.
            let answered = own.is_none() && get.invoked <= now;
            (!answered).then_some((get.text, own, puts))
        });
        Outlook(gets.collect())
    }
}

/// What some gets want to see: the text, their slots where they are open, and the open puts that could bring it.
pub(super) struct Outlook(Vec<(Name, Option<u32>, Window)>);

impl Outlook {
    /// Will one of the answers to come certainly not be right?
    pub(super) fn is_in_vain(&self, names: &Names, past: &Past) -> bool {
        self.0.iter().any(|(text, own, puts)| {
            !own.is_some_and(|slot| past.done.contains(slot))
                && puts.is_within(&past.done)
                && !names.text(*text).starts_with(names.text(past.state))
        })
    }
}
