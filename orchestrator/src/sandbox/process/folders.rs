//! The folders of one sandbox under `DATA_DIR/sandboxes`: where they are, how they are made and removed.
//! The provider calls this while it holds the session's turn.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use shared::SessionId;

use super::removal::remove_tree;
use crate::sandbox::ProviderError;

/// A longer log of the runner is put aside when the next runner starts.
const LOG_BYTES: u64 = 5 * 1024 * 1024;

/// How much of the log's end is searched for its last line.
const TAIL_BYTES: u64 = 2 * 1024;

/// How much of the last line is told.
const LAST_LINE_CHARS: usize = 300;

/// The folders of one sandbox.
#[derive(Debug, Clone)]
pub(super) struct Folders {
    /// Holds all the others; only the orchestrator reads it.
    pub(super) root: PathBuf,
    /// The agent's work.
    pub(super) workspace: PathBuf,
    /// The agent's home.
    pub(super) home: PathBuf,
    /// The runner's own: its outbox and the agent's configuration.
    pub(super) state: PathBuf,
    /// What the sandbox sees as `/etc/passwd` and `/etc/group`.
    pub(super) accounts: PathBuf,
}

impl Folders {
    /// Where the session's folders are, whether or not they exist.
    pub(super) fn of(sandboxes: &Path, session: SessionId) -> Self {
        let root = sandboxes.join(session.suffix());
        Self {
            workspace: root.join("workspace"),
            home: root.join("home"),
            state: root.join("state"),
            accounts: root.join("accounts"),
            root,
        }
    }

    /// Makes what is not there yet.
    pub(super) fn make(&self) -> Result<(), ProviderError> {
        for folder in [
            &self.root,
            &self.workspace,
            &self.home,
            &self.state,
            &self.accounts,
        ] {
            private_folder(folder)?;
        }
        Ok(())
    }

    /// Opens the log for the next runner, and puts it aside first if it has grown long.
    pub(super) fn open_log(&self) -> Result<File, ProviderError> {
        let path = self.log();
        if fs::metadata(&path).is_ok_and(|log| log.len() > LOG_BYTES) {
            let aside = self.root.join("runner.log.1");
            fs::rename(&path, &aside).map_err(ProviderError::files("put aside", &path))?;
        }
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(ProviderError::files("open", &path))
    }

    /// The last line that the runner wrote, shortened: often the reason of its end.
    pub(super) fn last_log_line(&self) -> Option<String> {
        let mut log = File::open(self.log()).ok()?;
        let length = log.metadata().ok()?.len();
        log.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))
            .ok()?;
        let mut tail = Vec::new();
        log.take(TAIL_BYTES).read_to_end(&mut tail).ok()?;
        let tail = String::from_utf8_lossy(&tail);
        let line = tail.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
        Some(
            line.chars()
                .filter(|letter| !letter.is_control())
                .take(LAST_LINE_CHARS)
                .collect(),
        )
    }

    /// Removes everything, however the agent left it.
    pub(super) fn remove(&self) -> Result<(), ProviderError> {
        remove_tree(&self.root).map_err(ProviderError::files("remove", &self.root))
    }

    fn log(&self) -> PathBuf {
        self.root.join("runner.log")
    }
}

/// Makes a folder, and those above it, that only we can enter.
pub(super) fn private_folder(path: &Path) -> Result<(), ProviderError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(ProviderError::files("make the folder", path))
}

/// The sessions that have folders here.
pub(super) fn sessions(sandboxes: &Path) -> Result<Vec<SessionId>, ProviderError> {
    let read = ProviderError::files("read the folder", sandboxes);
    let mut sessions = Vec::new();
    for entry in fs::read_dir(sandboxes).map_err(read)?.filter_map(Result::ok) {
        let name = entry.file_name();
        match format!("{}_{}", SessionId::PREFIX, name.to_string_lossy()).parse() {
            Ok(session) => sessions.push(session),
            Err(_) => tracing::warn!(folder = ?entry.path(), "this is no sandbox's folder: left alone"),
        }
    }
    Ok(sessions)
}
