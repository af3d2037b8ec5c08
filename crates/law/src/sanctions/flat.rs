//! Numbers and text laid out flat: written once, read back row by row without looking at an entry.
//!
//! Numbers are little-endian. A row is the count of its bytes as a `u64`, then the bytes. **Invariant:**
//! reading gives back what was laid, or nothing: a row that ends early, holds no such value or is no
//! UTF-8 is refused.

/// Bytes being laid.
#[derive(Debug, Default)]
pub(super) struct Laid(pub Vec<u8>);

impl Laid {
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.0.extend_from_slice(bytes);
    }
}

/// Bytes still to be read.
#[derive(Debug)]
pub(super) struct Rest<'a>(pub &'a [u8]);

impl<'a> Rest<'a> {
    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let (count, rest) = self.0.split_first_chunk()?;
        let (row, rest) = rest.split_at_checked(u64::from_le_bytes(*count).try_into().ok()?)?;
        self.0 = rest;
        Some(row)
    }
}

/// What can be laid and read back.
pub(super) trait Flat: Sized {
    fn lay(&self, to: &mut Laid);
    fn read(from: &mut Rest<'_>) -> Option<Self>;
}

/// A value of a fixed number of bytes.
pub(super) trait Cell: Copy {
    const BYTES: usize;
    fn put(self, to: &mut Vec<u8>);
    /// From exactly that many bytes; `None` for what no value is written as.
    fn take(bytes: &[u8]) -> Option<Self>;
}

macro_rules! number {
    ($($number:ty),*) => {$(
        impl Cell for $number {
            const BYTES: usize = size_of::<Self>();
            fn put(self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_le_bytes());
            }
            fn take(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self::from_le_bytes)
            }
        }
    )*};
}
number!(u8, u16, u32, u64);

impl<A: Cell, B: Cell> Cell for (A, B) {
    const BYTES: usize = A::BYTES + B::BYTES;
    fn put(self, to: &mut Vec<u8>) {
        self.0.put(to);
        self.1.put(to);
    }
    fn take(bytes: &[u8]) -> Option<Self> {
        let (first, second) = bytes.split_at_checked(A::BYTES)?;
        Some((A::take(first)?, B::take(second)?))
    }
}

impl Cell for bool {
    const BYTES: usize = 1;
    fn put(self, to: &mut Vec<u8>) {
        to.push(u8::from(self));
    }
    fn take(bytes: &[u8]) -> Option<Self> {
        [false, true].get(usize::from(u8::take(bytes)?)).copied()
    }
}

impl<T: Cell> Flat for Vec<T> {
    fn lay(&self, to: &mut Laid) {
        to.0.extend_from_slice(&((self.len() * T::BYTES) as u64).to_le_bytes());
        self.iter().for_each(|cell| cell.put(&mut to.0));
    }
    fn read(from: &mut Rest<'_>) -> Option<Self> {
        let cells = from.bytes()?.chunks_exact(T::BYTES);
        if !cells.remainder().is_empty() {
            return None;
        }
        cells.map(T::take).collect()
    }
}

impl Flat for bool {
    fn lay(&self, to: &mut Laid) {
        vec![*self].lay(to);
    }
    fn read(from: &mut Rest<'_>) -> Option<Self> {
        match *Vec::read(from)? {
            [one] => Some(one),
            _ => None,
        }
    }
}

impl Flat for String {
    fn lay(&self, to: &mut Laid) {
        to.bytes(self.as_bytes());
    }
    fn read(from: &mut Rest<'_>) -> Option<Self> {
        std::str::from_utf8(from.bytes()?).ok().map(str::to_owned)
    }
}

impl<T: Flat, const N: usize> Flat for [T; N] {
    fn lay(&self, to: &mut Laid) {
        self.iter().for_each(|one| one.lay(to));
    }
    fn read(from: &mut Rest<'_>) -> Option<Self> {
        let rows: Option<Vec<T>> = (0..N).map(|_| T::read(from)).collect();
        rows?.try_into().ok()
    }
}

/// Lays the named fields in order, and reads them back so.
macro_rules! flat {
    ($type:ident { $($field:ident),* $(,)? } $(else { $($other:ident: $made:expr),* $(,)? })?) => {
        impl $crate::sanctions::flat::Flat for $type {
            fn lay(&self, to: &mut $crate::sanctions::flat::Laid) {
                $($crate::sanctions::flat::Flat::lay(&self.$field, to);)*
            }
            fn read(from: &mut $crate::sanctions::flat::Rest<'_>) -> Option<Self> {
                Some(Self {
                    $($field: $crate::sanctions::flat::Flat::read(from)?,)*
                    $($($other: $made,)*)?
                })
            }
        }
    };
}

/// A byte for each value of an enumeration, in the order given.
macro_rules! letter {
    ($type:ident { $($value:ident),* $(,)? }) => {
        impl $crate::sanctions::flat::Cell for $type {
            const BYTES: usize = 1;
            fn put(self, to: &mut Vec<u8>) {
                let at = [$(Self::$value),*].iter().position(|value| *value == self);
                to.push(at.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX));
            }
            fn take(bytes: &[u8]) -> Option<Self> {
                let at = <u8 as $crate::sanctions::flat::Cell>::take(bytes)?;
                [$(Self::$value),*].get(usize::from(at)).copied()
            }
        }
    };
}

pub(super) use {flat, letter};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_laid_is_read_back_and_what_is_cut_or_strange_is_not() {
        let mut laid = Laid::default();
        let (numbers, text) = (vec![(7u64, 9u32), (1, 2)], "öl".to_owned());
        let flags = vec![true, false];
        numbers.lay(&mut laid);
        text.lay(&mut laid);
        flags.lay(&mut laid);
        let read = |bytes: &[u8]| {
            let mut rest = Rest(bytes);
            Some((Vec::read(&mut rest)?, String::read(&mut rest)?, Vec::read(&mut rest)?))
        };
        assert_eq!(read(&laid.0), Some((numbers, text, flags)));
        for cut in 0..laid.0.len() {
            assert_eq!(read(&laid.0[..cut]), None::<(Vec<(u64, u32)>, String, Vec<bool>)>, "{cut}");
        }
        let mut strange = laid.0.clone();
        *strange.last_mut().unwrap() = 2;
        assert_eq!(read(&strange), None);
        let mut odd = Laid::default();
        odd.bytes(&[1, 2, 3]);
        assert_eq!(Vec::<u32>::read(&mut Rest(&odd.0)), None);
    }
}
