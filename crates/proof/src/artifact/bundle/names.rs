//! Which names an entry may have, and in which order they come.

use super::{BundleError, NAME_MAX};

/// The names met so far, of which only those matter that the next one may begin with.
#[derive(Default)]
pub(super) struct Names {
    last: Option<String>,
    /// Each begins with the one before it, and the last name with all of them.
    prefixes: Vec<String>,
}

impl Names {
    /// Takes the next name: a plain one, after the last, below no entry.
    pub(super) fn next(&mut self, name: &str) -> Result<(), BundleError> {
        check_name(name)?;
        match self.last.as_deref() {
            Some(last) if last == name => return Err(BundleError::Duplicate(name.to_owned())),
            Some(last) if last > name => return Err(BundleError::Order(name.to_owned())),
            _ => {}
        }
        // Whatever sorts between `a` and `a/b` begins with `a`, so no directory is popped too soon.
        while self.prefixes.pop_if(|prefix| !name.starts_with(prefix.as_str())).is_some() {}
        if let Some(shadowed) = self.prefixes.iter().find(|prefix| below(name, prefix)) {
            return Err(BundleError::FileAndDirectory(shadowed.clone()));
        }
        self.prefixes.push(name.to_owned());
        self.last = Some(name.to_owned());
        Ok(())
    }
}

fn below(name: &str, directory: &str) -> bool {
    name.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

/// Checks a name: relative, `/`-separated, plain characters, no empty, `.` or `..` part.
fn check_name(name: &str) -> Result<(), BundleError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    let part = |p: &str| !p.is_empty() && p != "." && p != ".." && p.bytes().all(plain);
    if name.len() > NAME_MAX || !name.split('/').all(part) {
        return Err(BundleError::Name(name.chars().take(NAME_MAX).collect()));
    }
    Ok(())
}
