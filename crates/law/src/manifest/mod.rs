//! What a zone is made of: zone definition, profile, modules, corridor templates, packs.

mod catalog;
mod compose;
mod corridor;
mod mesh;
mod module;
mod overlay;
mod parameter;
mod profile;
mod row;
mod stack;
mod switch;
mod version;
mod zone;

pub use catalog::{Catalog, Unknown};
pub use compose::{ComposedDomain, Composition, Conflict};
pub use corridor::CorridorTemplate;
pub use mesh::{CorridorType, Derived, mesh};
pub use module::{FAMILIES, Interface, Module, Provider};
pub use overlay::Overlay;
pub use parameter::{ModuleParameter, ParameterType};
pub(crate) use profile::evidence;
pub use profile::{ModuleUse, Profile, RouteGroup};
pub use row::ZoneRow;
pub use stack::{PinnedStack, Stack, StackError};
pub use switch::Switched;
pub use version::{Requirement, Version};
pub use zone::{Rotation, Witnesses, Zone};

use std::collections::BTreeMap;

use canon::{Canonical, Digest};

use crate::files::{Files, Problem, Problems};
use crate::yaml::{Map, Node, Reader, parse};

/// Prefix of module, profile and zone ids; left out in folder names and on the command line.
pub const PREFIX: &str = "org.momentum.mez.";

/// Read one file with a reader and take the digest of its model.
pub(crate) fn document<T>(
    path: &str,
    bytes: &[u8],
    read: impl FnOnce(&mut Reader<'_>, &Node) -> Option<T>,
) -> Result<(T, Digest), Problems> {
    let node = parse(path, bytes)?;
    let mut reader = Reader::new(path);
    let value = read(&mut reader, &node);
    let value = reader.finish(value)?;
    let model = Canonical::of_value(&node.model())
        .map_err(|error| Problem::of_file(path, error.to_string()))?;
    Ok((value, model.digest()))
}

/// Bytes of a file that must be there.
pub(crate) fn bytes(files: &dyn Files, path: &str) -> Result<Vec<u8>, Problems> {
    match files.read(path) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(Problem::of_file(path, "no such file").into()),
        Err(error) => Err(Problem::of_file(path, error).into()),
    }
}

/// `MAJOR.MINOR.PATCH`, digits only.
pub(crate) fn version(text: &str) -> Result<String, String> {
    Version::parse(text).map(|version| version.to_string())
}

/// A map of text to text under a key.
pub(crate) fn text_map(
    reader: &mut Reader<'_>,
    map: Map<'_>,
    key: &str,
) -> BTreeMap<String, String> {
    let Some(inner) = map.get(key).and_then(|node| reader.map(node, None)) else {
        return BTreeMap::new();
    };
    let entries = inner.entries().iter();
    entries
        .filter_map(|(name, _, value)| Some((name.clone(), reader.text(value)?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests;
