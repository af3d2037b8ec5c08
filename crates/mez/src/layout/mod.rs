//! Where things of a zone lie on disk, in one place.
//!
//! ```text
//! D/<zone>/zone.yaml               definition           D/<zone>/stack.lock      digests of all it is made of
//! D/<zone>/inception.json          signed by the root   D/<zone>/anchors.json    whom it believes
//! D/<zone>/operator.token          0600, one line       D/<zone>/content/…       profiles, modules, templates, overlays, signatures
//! D/<zone>/sanctions/…             published lists, optional; published.json gives dates of undated ones
//! D/<zone>/access.json             who may ask it and how often, optional
//! D/<zone>/archive.json            where parts of the journal are put away, optional; D/<zone>/archive/… unless elsewhere
//! D/<zone>/adapters.json           national systems it asks, optional; D/<zone>/adapters/… certificates and tokens
//! D/<zone>/primitives.json         whether its records are kept at Mass, optional; D/<zone>/mass/… token and certificates
//! D/<zone>/lists-signer            whose prepared snapshot of lists is opened, if one lies there
//! D/<zone>/keys.json               the inception and every rotation since; once keys were rotated
//! D/<zone>/data/zone.sqlite        what it remembers    D/<zone>/data/artifacts/<type>/<digest>.json
//! D/<zone>/signer/personal.priv     0600; without it nothing known of persons can be read: keep a copy offline
//! D/<zone>/signer/<purpose>.priv.json, *.cell           0600; never copied by a backup
//! D/root-keys/<zone>.root.priv.json, <zone>.next-<purpose>.priv.json    not needed to run
//! ```
//! Packs lie in the artifact store under the digest the lock names, and nowhere else.
//!
//! Invariant: a secret is created with mode 0600, and replaced only by the key a rotation names; any other file appears whole
//! under its name or not at all.

mod artifacts;
mod disk;

use std::path::{Path, PathBuf};

use canon::Digest;
use law::manifest::Stack;
use law::{Files, Lock};
use proof::Purpose;

pub(crate) use artifacts::Installed;
pub(crate) use disk::{
    Folder, private_dir, put_in_place, read, read_secret, remove, write_atomic, write_secret,
};

/// Artifact type under which packs are stored.
pub(crate) const PACK_TYPE: &str = "lawpack";
/// Folders of content a zone keeps a copy of.
const CONTENT: [&str; 5] =
    ["profiles", "modules", "corridors", "overlays", law::statement::SIGNATURES];
/// Largest file of a zone's folder that is read whole, in bytes.
pub(crate) const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// A file of a zone's folder that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LayoutError {
    /// The file system refuses.
    #[error("cannot {doing} `{}`", path.display())]
    File {
        /// `read`, `write`, …
        doing: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Larger than [`FILE_BYTES_MAX`].
    #[error("`{}` is larger than {FILE_BYTES_MAX} bytes", .0.display())]
    TooLarge(PathBuf),
    /// A secret that others may read.
    #[error("`{}` is readable by others; run `chmod 600` on it", .0.display())]
    NotPrivate(PathBuf),
    /// Content that cannot be written down.
    #[error("{0}")]
    Content(String),
}

impl LayoutError {
    pub(crate) fn file(doing: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::File { doing, path: path.to_owned(), source }
    }

    /// Whether the file is simply not there.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::File { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }
}

/// The folder of one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ZoneDir {
    root: PathBuf,
}

impl ZoneDir {
    /// The folder `D/<zone>`; nothing is created.
    pub(crate) fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The zone's definition.
    pub(crate) fn zone_yaml(&self) -> PathBuf {
        self.root.join("zone.yaml")
    }

    /// The digests of everything the zone is made of.
    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join("stack.lock")
    }

    /// The signed inception document.
    pub(crate) fn inception(&self) -> PathBuf {
        self.root.join("inception.json")
    }

    /// The zone's keys over time, where they were rotated.
    pub(crate) fn keys(&self) -> PathBuf {
        self.root.join("keys.json")
    }

    /// Whom the zone believes.
    pub(crate) fn anchors(&self) -> PathBuf {
        self.root.join("anchors.json")
    }

    /// The operator's first token, mode 0600.
    pub(crate) fn operator_token(&self) -> PathBuf {
        self.root.join("operator.token")
    }

    /// Profiles, modules and corridor templates.
    pub(crate) fn content(&self) -> PathBuf {
        self.root.join("content")
    }

    /// Whose prepared snapshot of sanctions lists is opened: a did:key.
    pub(crate) fn lists_signer(&self) -> PathBuf {
        self.root.join("lists-signer")
    }

    /// Who may ask the zone, and how often.
    pub(crate) fn access(&self) -> PathBuf {
        self.root.join("access.json")
    }

    /// Which national systems the zone asks.
    pub(crate) fn adapters(&self) -> PathBuf {
        self.root.join("adapters.json")
    }

    /// Where entities, accounts and payments are kept.
    pub(crate) fn primitives(&self) -> PathBuf {
        self.root.join("primitives.json")
    }

    /// Where the journal is put away, and for how long.
    pub(crate) fn archive(&self) -> PathBuf {
        self.root.join("archive.json")
    }

    /// Published sanctions lists.
    pub(crate) fn sanctions(&self) -> PathBuf {
        self.root.join("sanctions")
    }

    /// What a backup copies.
    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Address of the embedded store.
    pub(crate) fn database(&self) -> String {
        format!("sqlite:{}", self.data().join("zone.sqlite").display())
    }

    /// Where an artifact lies.
    pub(crate) fn artifact(&self, kind: &str, digest: Digest) -> PathBuf {
        self.data().join("artifacts").join(kind).join(format!("{digest}.json"))
    }

    /// Keys and cell.
    pub(crate) fn signer(&self) -> PathBuf {
        self.root.join("signer")
    }

    /// Where the signer answers, when keys and cell are not here.
    pub(crate) fn signer_elsewhere(&self) -> PathBuf {
        self.root.join("signer.json")
    }

    /// The running key of a purpose.
    pub(crate) fn key(&self, purpose: Purpose) -> PathBuf {
        self.signer().join(format!("{purpose}.priv.json"))
    }

    /// What payloads for the zone are opened with.
    pub(crate) fn payload_key(&self) -> PathBuf {
        self.signer().join("payload.priv")
    }

    /// What the keys of persons are wrapped with.
    pub(crate) fn personal_key(&self) -> PathBuf {
        self.signer().join("personal.priv")
    }

    /// Make the folders.
    ///
    /// # Errors
    /// The file system.
    pub(crate) fn create(&self) -> Result<(), LayoutError> {
        for folder in [self.root.clone(), self.data(), self.signer()] {
            disk::private_dir(&folder)?;
        }
        Ok(())
    }

    /// Put a zone's definition, lock, content and packs in place; what is there is replaced, so that
    /// a pack that was rebuilt and locked again takes effect at the next start.
    ///
    /// # Errors
    /// The file system, or content that has no canonical form.
    pub(crate) fn install(&self, stack: &Stack, from: &dyn Files) -> Result<(), LayoutError> {
        self.create()?;
        for pack in stack.packs.iter().chain(&stack.sandbox) {
            let path = self.artifact(PACK_TYPE, pack.digest());
            disk::make_parent(&path)?;
            if !path.exists() {
                write_atomic(&path, pack.artifact().bytes())?;
            }
        }
        for folder in CONTENT {
            self.copy(from, folder)?;
        }
        write_atomic(&self.zone_yaml(), stack.zone.to_yaml().as_bytes())?;
        let lock = Lock::of(stack).record();
        let lock = lock.map_err(|error| LayoutError::Content(error.to_string()))?;
        write_atomic(&self.lock(), lock.bytes())
    }

    /// Copy a tree of content, file by file.
    fn copy(&self, from: &dyn Files, at: &str) -> Result<(), LayoutError> {
        let mut waiting = vec![at.to_owned()];
        while let Some(path) = waiting.pop() {
            let bytes = from.read(&path).unwrap_or(None);
            if let Some(bytes) = bytes {
                let target = self.content().join(&path);
                disk::make_parent(&target)?;
                if std::fs::read(&target).ok().as_ref() != Some(&bytes) {
                    write_atomic(&target, &bytes)?;
                }
                continue;
            }
            let names = from.list(&path).map_err(LayoutError::Content)?;
            waiting.extend(names.into_iter().map(|name| format!("{path}/{name}")));
        }
        Ok(())
    }
}

/// The folder of root keys, outside every zone's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RootKeys {
    folder: PathBuf,
}

impl RootKeys {
    /// The folder `D/root-keys`; nothing is created.
    pub(crate) fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The root key of a zone by its folder name.
    pub(crate) fn root(&self, zone: &str) -> PathBuf {
        self.folder.join(format!("{zone}.root.priv.json"))
    }

    /// The key that will replace the running one of a purpose.
    pub(crate) fn next(&self, zone: &str, purpose: Purpose) -> PathBuf {
        self.folder.join(format!("{zone}.next-{purpose}.priv.json"))
    }

    /// The key after that one; takes its name when it was rotated to.
    pub(crate) fn after(&self, zone: &str, purpose: Purpose) -> PathBuf {
        self.folder.join(format!("{zone}.after-{purpose}.priv.json"))
    }

    /// Make the folder.
    ///
    /// # Errors
    /// The file system.
    pub(crate) fn create(&self) -> Result<(), LayoutError> {
        disk::private_dir(&self.folder)
    }
}
