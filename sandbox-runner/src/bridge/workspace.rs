//! Brings the workspace up, once in its life, and tells what changed in it since. Run by the bridge
//! beside its loop; answers come back as inputs.

use std::path::{Path, PathBuf};

use shared::session::Repository;
use tokio::sync::mpsc;

use super::core::Input;
use crate::git::{self, Comparison, Shadow};
use crate::outbox::{Fact, Outbox, Record};

/// What is needed to prepare a workspace and to compare it.
#[derive(Debug, Clone)]
pub struct Preparation {
    shadow: Shadow,
    path: String,
    home: PathBuf,
}

impl Preparation {
    /// For a workspace, with the runner's own directory for the shadow repository.
    pub fn new(workspace: PathBuf, state: &Path, path: String, home: PathBuf) -> Self {
        let shadow = Shadow::new(workspace, state.join("shadow.git"), path.clone(), home.clone());
        Self { shadow, path, home }
    }

    /// The workspace's directory.
    pub fn workspace(&self) -> &Path {
        self.shadow.workspace()
    }

    /// Clones the repository into an empty workspace and remembers the workspace's beginning. Gives
    /// back the beginning; does nothing more when it is known already.
    pub(super) async fn prepare(
        &self,
        repository: Option<Repository>,
        outbox: &Outbox,
        inputs: &mpsc::Sender<Input>,
    ) -> Result<String, String> {
        let workspace = self.workspace();
        std::fs::create_dir_all(workspace)
            .map_err(|error| format!("The workspace {} cannot be made: {error}.", workspace.display()))?;
        let remembered = outbox.remembered().map_err(|error| error.to_string())?;
        if let Some(base) = remembered.base {
            return Ok(base);
        }
        if let Some(repository) = repository {
            if remembered.cloning {
                // A clone that was cut leaves half of itself.
                empty(workspace).map_err(|error| format!("Half a clone could not be removed: {error}."))?;
            }
            if is_empty(workspace) {
                let cloning = vec![Record::Fact(Fact::Cloning)];
                outbox.append(cloning).await.map_err(|error| error.to_string())?;
                let step = |step| {
                    // A word about the progress may be lost when the bridge is busy.
                    let _ = inputs.try_send(Input::Step(step));
                };
                step("Cloning the repository".to_owned());
                git::clone(&repository, workspace, &self.path, &self.home, step).await?;
            }
        }
        self.shadow.take().await
    }

    /// What changed since the beginning.
    pub(super) async fn changes(&self, outbox: &Outbox) -> Result<Comparison, String> {
        let base = outbox.remembered().map_err(|error| error.to_string())?.base;
        self.shadow
            .compare(&base.ok_or("its beginning is not known")?)
            .await
    }
}

fn is_empty(directory: &Path) -> bool {
    std::fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none())
}

fn empty(directory: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() && !path.is_symlink() {
            std::fs::remove_dir_all(path)?;
        } else {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}
