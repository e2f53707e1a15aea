//! The data folder belongs to one server at a time: two on one database would each believe to be the
//! only writer of a session.

use std::fs::File;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataDirError {
    /// It cannot be made or written to.
    #[error("cannot use the data folder {}: {source}; choose another with DATA_DIR", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another server uses it.
    #[error(
        "another Roundhouse uses the data folder {}: stop it first, or choose another folder with DATA_DIR",
        path.display()
    )]
    Taken {
        /// The folder.
        path: PathBuf,
    },
}

/// The folder while it is ours. The system gives it back when this is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Takes the folder; makes it when it is missing, readable by its owner alone.
    ///
    /// # Errors
    /// When it cannot be used, or somebody else has it.
    pub(crate) fn take(path: &Path) -> Result<Self, DataDirError> {
        let unusable = |source| DataDirError::Unusable {
            path: path.to_owned(),
            source,
        };
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(unusable)?;
        let path = path.canonicalize().map_err(unusable)?;
        let lock = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join("lock"))
            .map_err(unusable)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(DataDirError::Taken { path }),
            Err(error) => Err(unusable(error.into())),
        }
    }

    /// The folder, from the root.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let first = DataDir::take(&path).unwrap();
        assert!(matches!(DataDir::take(&path), Err(DataDirError::Taken { .. })));
        drop(first);
        DataDir::take(&path).unwrap();
    }
}
