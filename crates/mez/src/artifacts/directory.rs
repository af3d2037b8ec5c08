//! A folder as a root: `DIR/<type>/<digest>`, with any extension or none.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use canon::Digest;
use proof::ArtifactType;

use super::{ARTIFACT_MAX, Root, RootError};

/// A folder; one that does not exist holds nothing. Each type is listed once, when first asked for.
pub(crate) struct Directory {
    name: String,
    listed: Mutex<BTreeMap<ArtifactType, Arc<Listing>>>,
}

/// The files of one type, by digest and extension.
#[derive(Default)]
struct Listing {
    files: Vec<(Digest, u32)>,
    /// What follows the digest in a name: few, so each is kept once.
    endings: Vec<String>,
}

impl Directory {
    /// The folder of this name.
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), listed: Mutex::default() }
    }

    /// The files named by a digest, whatever their extension, in order.
    pub(crate) fn files(
        &self,
        kind: &ArtifactType,
        digest: Digest,
    ) -> std::io::Result<Vec<PathBuf>> {
        let folder = Path::new(&self.name).join(kind.as_str());
        let listing = self.listing(kind, &folder)?;
        let begin = listing.files.partition_point(|file| file.0 < digest);
        let own = listing.files.iter().skip(begin).take_while(|file| file.0 == digest);
        let endings = own.filter_map(|file| listing.endings.get(file.1 as usize));
        let mut found: Vec<_> =
            endings.map(|ending| folder.join(format!("{digest}{ending}"))).collect();
        found.sort();
        Ok(found)
    }

    fn listing(&self, kind: &ArtifactType, folder: &Path) -> std::io::Result<Arc<Listing>> {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listing) = listed.get(kind) {
            return Ok(Arc::clone(listing));
        }
        let listing = Arc::new(Listing::of(folder)?);
        listed.insert(kind.clone(), Arc::clone(&listing));
        Ok(listing)
    }
}

impl Listing {
    fn of(folder: &Path) -> std::io::Result<Self> {
        let mut listing = Self::default();
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(listing),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let name = entry?.file_name();
            let Some((bare, ending)) = name.to_str().and_then(|name| name.split_at_checked(64))
            else {
                continue;
            };
            let Ok(digest) = Digest::from_hex(bare) else { continue };
            if ending.is_empty() || ending.starts_with('.') {
                let known = listing.endings.iter().position(|own| own == ending);
                let number = known.unwrap_or_else(|| {
                    listing.endings.push(ending.to_owned());
                    listing.endings.len() - 1
                });
                listing.files.push((digest, u32::try_from(number).unwrap_or(u32::MAX)));
            }
        }
        listing.files.sort_unstable();
        Ok(listing)
    }
}

impl Root for Directory {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&self, kind: &ArtifactType, digest: Digest) -> Result<Vec<Vec<u8>>, RootError> {
        let broken =
            |error: std::io::Error| RootError::Broken(self.name.clone(), error.to_string());
        let mut held = Vec::new();
        for path in self.files(kind, digest).map_err(broken)? {
            let file = File::open(&path).map_err(broken)?;
            let length = file.metadata().map_err(broken)?.len();
            // One byte more than there is, so that the end is met without a larger buffer.
            let length = length.min(ARTIFACT_MAX) + 1;
            let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
            file.take(ARTIFACT_MAX + 1).read_to_end(&mut bytes).map_err(broken)?;
            if bytes.len() as u64 > ARTIFACT_MAX {
                return Err(RootError::TooLarge(path.display().to_string(), ARTIFACT_MAX));
            }
            held.push(bytes);
        }
        Ok(held)
    }
}
