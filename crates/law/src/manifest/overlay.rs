//! Overlays: what a zone sets otherwise than its profile, as named, versioned, locked files.
//!
//! Invariant: an overlay sets parameters and nothing else. A module's parameter must be one the module
//! has, with a value of its type; the last overlay of a zone that sets one decides.

use std::collections::BTreeMap;

use canon::{Digest, ModuleId};

use super::module::module_id;
use super::{Profile, document, text_map, version};
use crate::files::{Problem, Problems};
use crate::yaml::{Node, Reader};

/// An overlay under `overlays/<name>.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// Its name.
    pub name: String,
    /// `MAJOR.MINOR.PATCH`.
    pub version: String,
    /// Why a zone would want it.
    pub description: String,
    /// Parameters of modules.
    pub params: Vec<(ModuleId, BTreeMap<String, String>)>,
    /// Parameters of the zone as a whole.
    pub parameters: BTreeMap<String, String>,
    /// SHA-256 of the canonical model of the file.
    pub digest: Digest,
}

impl Overlay {
    /// Read the overlay of a name.
    ///
    /// # Errors
    /// Everything wrong with the file.
    pub fn parse(name: &str, path: &str, bytes: &[u8]) -> Result<Self, Problems> {
        let (overlay, digest) = document(path, bytes, read)?;
        if overlay.name != name {
            let detail = format!("the file is named `{name}`, so `overlay` must be too");
            return Err(Problem::of_file(path, detail).into());
        }
        Ok(Self { digest, ..overlay })
    }

    /// Set what it sets.
    ///
    /// # Errors
    /// A module the profile does not use, in words.
    pub(super) fn over(&self, profile: &mut Profile) -> Result<(), String> {
        for (id, params) in &self.params {
            let Some(used) = profile.modules.iter_mut().find(|used| used.id == *id) else {
                let of = profile.id.clone();
                return Err(format!("overlay `{}`: profile `{of}` does not use `{id}`", self.name));
            };
            used.params.extend(params.clone());
        }
        profile.parameters.extend(self.parameters.clone());
        Ok(())
    }
}

fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Overlay> {
    let map =
        reader.map(node, Some(&["overlay", "version", "description", "params", "parameters"]))?;
    let name = reader.need_text(map, "overlay");
    let version = reader.need_as(map, "version", version);
    let description = reader.need_text(map, "description");
    let inner = map.get("params").and_then(|node| reader.map(node, None));
    let mut params = Vec::new();
    for (module, at, _) in inner.map(|inner| inner.entries()).unwrap_or_default() {
        match (module_id(module), inner) {
            (Ok(id), Some(inner)) => params.push((id, text_map(reader, inner, module))),
            (Err(error), _) => reader.problem(*at, error),
            _ => {}
        }
    }
    let parameters = text_map(reader, map, "parameters");
    if params.is_empty() && parameters.is_empty() {
        reader.problem(map.at, "an overlay sets `params` of modules, or `parameters`");
    }
    let (name, version, description) = (name?, version?, description?);
    let digest = Digest::from_bytes([0; 32]);
    Some(Overlay { name, version, description, params, parameters, digest })
}
