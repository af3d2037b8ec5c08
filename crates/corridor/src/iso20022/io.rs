//! One description of a message for both directions.
//!
//! A form names its elements in the order of the schema; [`Io`] writes them from a value, or reads them
//! into one. What is read and not named is reported; what stands out of order is refused.

use canon::{Date, Timestamp};

use super::fault::Fault;
use super::leaf::Leaf;
use super::xml::Element;

/// A value that is an element with elements in it.
pub(super) trait Form: Sized {
    /// Writes `it`, or reads one where there is none.
    fn form(io: &mut Io<'_>, it: Option<&Self>) -> Result<Self, Fault>;
}

/// Elements on their way, in one direction.
pub(super) struct Io<'x> {
    path: Vec<&'static str>,
    /// The day whose currency exponents bind: the message's own.
    date: Option<Date>,
    side: Side<'x>,
    /// Paths of elements that were there and are not understood.
    pub unread: Vec<String>,
}

enum Side<'x> {
    Write(Vec<Element>),
    Read(Level<'x>),
}

/// The children of one element, as far as they are read.
#[derive(Clone, Default)]
struct Level<'x> {
    children: &'x [Element],
    asked: Vec<&'static str>,
    passed: Vec<&'x str>,
}

impl<'x> Io<'x> {
    pub(super) fn writing() -> Self {
        Self { path: Vec::new(), date: None, side: Side::Write(Vec::new()), unread: Vec::new() }
    }

    pub(super) fn reading(children: &'x [Element]) -> Self {
        let side = Side::Read(Level { children, ..Level::default() });
        Self { path: Vec::new(), date: None, side, unread: Vec::new() }
    }

    pub(super) fn written(self) -> Vec<Element> {
        match self.side {
            Side::Write(elements) => elements,
            Side::Read(_) => Vec::new(),
        }
    }

    /// Amounts from here on have the exponents of this moment.
    pub(super) fn dated(&mut self, at: Timestamp) {
        self.date = Some(at.date());
    }

    fn at(&self, name: &str) -> String {
        self.path.iter().chain([&name]).copied().collect::<Vec<_>>().join("/")
    }

    /// A value that is wrong, by the name of its element.
    pub(super) fn wrong(&self, name: &str, why: impl ToString) -> Fault {
        Fault::Value { path: self.at(name), why: why.to_string() }
    }

    /// The next element of a name; what it passes is kept to be judged at the end.
    fn take(&mut self, name: &'static str) -> Option<&'x Element> {
        let Side::Read(level) = &mut self.side else { return None };
        level.asked.push(name);
        let at = level.children.iter().position(|child| child.name == name)?;
        let (before, rest) = level.children.split_at(at);
        level.passed.extend(before.iter().map(|child| child.name.as_str()));
        let (found, rest) = rest.split_first()?;
        level.children = rest;
        Some(found)
    }

    /// The end of an element: nothing that was asked for is left over, and the rest is reported.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        let Side::Read(level) = &mut self.side else { return Ok(()) };
        let level = std::mem::take(level);
        let left = level.children.iter().map(|child| child.name.as_str());
        for name in level.passed.into_iter().chain(left) {
            if level.asked.contains(&name) {
                return Err(Fault::Order(self.at(name)));
            }
            self.unread.push(self.at(name));
        }
        Ok(())
    }

    /// Goes into an element: a new one, or the next of that name.
    fn into<T>(
        &mut self,
        name: &'static str,
        inside: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        let inner = match &self.side {
            Side::Write(_) => Side::Write(Vec::new()),
            Side::Read(_) => {
                let Some(found) = self.take(name) else { return Ok(None) };
                if found.children.is_empty() && !found.text.trim().is_empty() {
                    return Err(self.wrong(name, "elements are expected, not text"));
                }
                Side::Read(Level { children: &found.children, ..Level::default() })
            }
        };
        let outer = std::mem::replace(&mut self.side, inner);
        self.path.push(name);
        let value = inside(self)?;
        self.end()?;
        self.path.pop();
        let inner = std::mem::replace(&mut self.side, outer);
        if let (Side::Write(elements), Side::Write(children)) = (&mut self.side, inner) {
            elements.push(Element { name: name.to_owned(), children, ..Element::default() });
        }
        Ok(Some(value))
    }

    /// An element with elements in it, always there.
    pub(super) fn within<T>(
        &mut self,
        name: &'static str,
        inside: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let missing = Fault::Missing(self.at(name));
        self.into(name, inside)?.ok_or(missing)
    }

    /// An element with elements in it, written where `there`.
    pub(super) fn within_may<T>(
        &mut self,
        name: &'static str,
        there: bool,
        inside: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        match self.side {
            Side::Write(_) if !there => Ok(None),
            _ => self.into(name, inside),
        }
    }

    /// A form that must be there.
    pub(super) fn part<T: Form>(&mut self, name: &'static str, it: Option<&T>) -> Result<T, Fault> {
        self.within(name, |io| T::form(io, it))
    }

    /// A form that may be there.
    pub(super) fn part_may<T: Form>(
        &mut self,
        name: &'static str,
        it: Option<&T>,
    ) -> Result<Option<T>, Fault> {
        self.within_may(name, it.is_some(), |io| T::form(io, it))
    }

    /// As many forms as there are.
    pub(super) fn parts<T: Form>(
        &mut self,
        name: &'static str,
        them: Option<&[T]>,
    ) -> Result<Vec<T>, Fault> {
        let mut all = Vec::new();
        if let Some(them) = them {
            for it in them {
                all.push(self.part(name, Some(it))?);
            }
            return Ok(all);
        }
        while let Some(one) = self.part_may(name, None)? {
            all.push(one);
        }
        Ok(all)
    }

    /// A value that may be there.
    pub(super) fn may<L: Leaf>(
        &mut self,
        name: &'static str,
        it: Option<&L>,
    ) -> Result<Option<L>, Fault> {
        if let Side::Write(_) = self.side {
            let Some(it) = it else { return Ok(None) };
            let (text, currency) = it.put(self.date).map_err(|why| self.wrong(name, why))?;
            if let Side::Write(elements) = &mut self.side {
                let children = Vec::new();
                elements.push(Element { name: name.to_owned(), currency, text, children });
            }
            return Ok(Some(it.clone()));
        }
        let Some(found) = self.take(name) else { return Ok(None) };
        if !found.children.is_empty() {
            return Err(self.wrong(name, "text is expected, not elements"));
        }
        let currency = found.currency.as_deref();
        let read = L::take(&found.text, currency, self.date);
        read.map(Some).map_err(|why| self.wrong(name, why))
    }

    /// A value that must be there.
    pub(super) fn must<L: Leaf>(&mut self, name: &'static str, it: Option<&L>) -> Result<L, Fault> {
        let missing = Fault::Missing(self.at(name));
        self.may(name, it)?.ok_or(missing)
    }
}
