//! The logs a witness knows, read again when it is told to (SIGHUP).
//!
//! Invariant: a list that is refused changes nothing; what is held of a log stays, listed or not.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use proof::witness::Logs;

use super::folder::{Folder, FolderError};

/// The list as it was read last.
pub(super) struct List {
    folder: Folder,
    file: Option<PathBuf>,
    logs: RwLock<Arc<Logs>>,
}

impl List {
    /// Read it for the first time: from `file`, or the folder's own.
    ///
    /// # Errors
    /// Unreadable, or a row that is refused.
    pub(super) fn read(folder: Folder, file: Option<PathBuf>) -> Result<Self, FolderError> {
        let logs = RwLock::new(Arc::new(folder.logs(file.as_deref())?));
        Ok(Self { folder, file, logs })
    }

    /// The logs known now.
    pub(super) fn now(&self) -> Arc<Logs> {
        Arc::clone(&self.logs.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Read it again; how many logs are known then.
    ///
    /// # Errors
    /// Unreadable, or a row that is refused: the logs known before stay.
    pub(super) fn again(&self) -> Result<usize, FolderError> {
        let logs = Arc::new(self.folder.logs(self.file.as_deref())?);
        let count = logs.origins().count();
        *self.logs.write().unwrap_or_else(PoisonError::into_inner) = logs;
        Ok(count)
    }
}
