//! The shadow repository: remembers the workspace's beginning as a tree and compares with it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use shared::changes::Changes;
use shared::limits::{CHANGED_FILES, PATCH_BYTES};
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use super::parse;
use crate::bounds;

/// How long one git command may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Bytes of the list of changes that are read; far more than the files that are kept.
const LIST_BYTES: usize = 8 * 1024 * 1024;

/// What a comparison gives: the summary, the patch and a digest of both.
pub type Comparison = (Changes, String, String);

/// The shadow repository of a workspace.
#[derive(Debug, Clone)]
pub struct Shadow {
    workspace: PathBuf,
    directory: PathBuf,
    path: String,
    home: PathBuf,
}

impl Shadow {
    /// The shadow of `workspace` in `directory`.
    pub const fn new(workspace: PathBuf, directory: PathBuf, path: String, home: PathBuf) -> Self {
        Self {
            workspace,
            directory,
            path,
            home,
        }
    }

    /// Takes the workspace as it is now, and gives back its tree's name.
    ///
    /// # Errors
    /// In words, with what git said.
    pub async fn take(&self) -> Result<String, String> {
        if !self.directory.join("HEAD").exists() {
            let mut init = super::git(&self.path, &self.home);
            init.args(["init", "--quiet", "--bare", "--template="])
                .arg("--")
                .arg(&self.directory);
            super::run(init, PATIENCE).await?;
            // A clone's objects need not be stored again.
            let objects = self.workspace.join(".git/objects");
            if objects.is_dir() {
                let alternates = self.directory.join("objects/info/alternates");
                let kept = std::fs::create_dir_all(self.directory.join("objects/info"))
                    .and_then(|()| std::fs::write(alternates, format!("{}\n", objects.display())));
                kept.map_err(|error| format!("the shadow repository cannot be written: {error}"))?;
            }
        }
        self.add().await?;
        let mut write = self.git();
        write.arg("write-tree");
        let output = super::run(write, PATIENCE).await?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Compares the workspace with a tree that was taken before.
    ///
    /// # Errors
    /// In words, with what git said.
    pub async fn compare(&self, base: &str) -> Result<Comparison, String> {
        let now = self.take().await?;
        let mut list = self.diff(base, &now);
        list.args(["--raw", "--numstat", "-z", "--no-abbrev"]);
        let (list, list_cut) = read(list, LIST_BYTES).await?;
        let mut changes = parse::changes(&list);
        changes.truncated |= list_cut || changes.files.len() > CHANGED_FILES;
        changes.files.truncate(CHANGED_FILES);
        let mut patch = self.diff(base, &now);
        patch.args(["--patch", "--no-color", "--src-prefix=a/", "--dst-prefix=b/"]);
        let (patch, patch_cut) = read(patch, PATCH_BYTES).await?;
        let patch = String::from_utf8_lossy(&patch);
        // Broken characters grow when they are replaced.
        let kept = bounds::head(&patch, PATCH_BYTES);
        let patch_cut = patch_cut || kept.len() < patch.len();
        changes.truncated |= patch_cut;
        let patch = if patch_cut {
            bounds::whole_lines(kept)
        } else {
            kept
        };
        let digest = Sha256::new().chain_update(base).chain_update(&now).finalize();
        Ok((
            changes,
            patch.to_owned(),
            digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        ))
    }

    async fn add(&self) -> Result<(), String> {
        // A lock that a killed git left would stop us for ever; nobody else uses this repository.
        let _ = std::fs::remove_file(self.directory.join("index.lock"));
        let mut add = self.git();
        add.args(["add", "--all", "--ignore-errors", "--", "."]);
        match super::run(add, PATIENCE).await {
            Ok(_) => Ok(()),
            // Files that cannot be read are left out, the others are there.
            Err(complaint) if complaint.contains("(exit status: 1)") => {
                tracing::debug!(complaint, "git left files out");
                Ok(())
            }
            Err(complaint) => Err(complaint),
        }
    }

    fn diff(&self, base: &str, now: &str) -> Command {
        let mut diff = self.git();
        diff.args([
            "diff-tree",
            "-r",
            "-M",
            "--no-ext-diff",
            "--no-textconv",
            "--ignore-submodules=none",
        ]);
        diff.args([base, now]);
        diff
    }

    fn git(&self) -> Command {
        let mut command = super::git(&self.path, &self.home);
        command
            .current_dir(&self.workspace)
            .env("GIT_DIR", &self.directory)
            .env("GIT_WORK_TREE", &self.workspace)
            .args([
                "-c",
                "core.bare=false",
                "-c",
                "core.autocrlf=false",
                "-c",
                "core.safecrlf=false",
            ])
            .args([
                "-c",
                "core.quotePath=false",
                "-c",
                "advice.addEmbeddedRepo=false",
                "-c",
                "core.compression=1",
            ])
            .args(["-c", "diff.renameLimit=2000"]);
        command
    }

    /// The workspace's directory.
    pub fn workspace(&self) -> &Path {
        &self.workspace
    }
}

/// A command's output up to a bound, and whether there was more.
async fn read(mut command: Command, bytes: usize) -> Result<(Vec<u8>, bool), String> {
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null());
    let reading = async {
        let mut child = command.spawn().map_err(super::cannot_start)?;
        let mut output = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            let read = stdout.take(bytes as u64 + 1).read_to_end(&mut output).await;
            read.map_err(|error| format!("git could not be read: {error}"))?;
        }
        if output.len() > bytes {
            output.truncate(bytes);
            // Dropping the child ends it.
            return Ok((output, true));
        }
        let status = child.wait().await.map_err(|error| error.to_string())?;
        if status.success() {
            Ok((output, false))
        } else {
            Err(format!("git failed ({status})"))
        }
    };
    let late = |_| format!("git did not end within {} seconds", PATIENCE.as_secs());
    tokio::time::timeout(PATIENCE, reading).await.map_err(late)?
}
