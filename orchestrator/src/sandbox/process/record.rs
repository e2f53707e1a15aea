//! `sandbox.json`: what one orchestrator leaves for the next, so that a sandbox that outlived it is found again.
//! Written before the runner is launched and completed after, removed when the last process is gone.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::processes::{Identity, boot_id};
use crate::sandbox::ProviderError;

/// A sandbox that was started and, as far as we know, not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    /// Which of the session's sandboxes.
    pub(super) generation: u64,
    /// The machine's run in which it was started.
    pub(super) boot: String,
    /// The process that was launched; none when we died while launching it.
    pub(super) process: Option<Identity>,
    /// Whether that process is bubblewrap and the runner is further down.
    pub(super) fenced: bool,
}

impl Record {
    /// A sandbox that is about to be launched.
    pub(super) fn new(generation: u64, fenced: bool) -> Self {
        Self {
            generation,
            boot: boot_id(),
            process: None,
            fenced,
        }
    }

    /// The process, if it still lives.
    pub(super) fn living(&self) -> Option<Identity> {
        self.process
            .filter(|process| self.is_of_this_boot() && process.is_alive())
    }

    /// Whether processes of it can be left at all.
    pub(super) fn is_of_this_boot(&self) -> bool {
        self.boot == boot_id()
    }

    /// What the folder holds. A file that cannot be understood counts as a sandbox that died while it was launched:
    /// processes of it may be left.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, ProviderError> {
        let path = path(folder);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ProviderError::files("read", &path)(error)),
        };
        Ok(Some(serde_json::from_slice(&text).unwrap_or_else(|error| {
            tracing::warn!(?path, %error, "cannot understand a sandbox's record");
            Self::new(0, false)
        })))
    }

    /// Puts it in the folder, in one step.
    pub(super) fn write(&self, folder: &Path) -> Result<(), ProviderError> {
        let path = path(folder);
        let draft = folder.join("sandbox.json.new");
        let write = || -> io::Result<()> {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&draft)?;
            file.write_all(&serde_json::to_vec(self)?)?;
            file.sync_all()?;
            fs::rename(&draft, &path)
        };
        write().map_err(ProviderError::files("write", &path))
    }

    /// Takes it out of the folder.
    pub(super) fn remove(folder: &Path) -> Result<(), ProviderError> {
        let path = path(folder);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(ProviderError::files("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("sandbox.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn is_read_back_private_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Record::read(folder.path()).unwrap(), None);
        let mut record = Record::new(3, true);
        record.process = Some(Identity { pid: 1, started: 2 });
        record.write(folder.path()).unwrap();
        assert_eq!(Record::read(folder.path()).unwrap(), Some(record));
        assert_eq!(
            fs::metadata(path(folder.path())).unwrap().permissions().mode() & 0o777,
            0o600
        );
        Record::remove(folder.path()).unwrap();
        Record::remove(folder.path()).unwrap();
        assert_eq!(Record::read(folder.path()).unwrap(), None);
    }

    #[test]
    fn a_broken_file_counts_as_a_dead_sandbox() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(path(folder.path()), "{\"pid\":").unwrap();
        let record = Record::read(folder.path()).unwrap().unwrap();
        assert_eq!(record.living(), None);
        assert!(record.is_of_this_boot());
    }

    #[test]
    fn nothing_survives_a_reboot() {
        let myself = Identity::of(i32::try_from(std::process::id()).unwrap());
        let mut record = Record {
            generation: 1,
            boot: "another".into(),
            process: myself,
            fenced: false,
        };
        assert_eq!(record.living(), None);
        record.boot = boot_id();
        assert_eq!(record.living(), myself);
    }
}
