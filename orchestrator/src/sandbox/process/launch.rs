//! From a [`Spec`] to the command that runs it: program, arguments and the whole environment. Decides and does not
//! run; the provider does that.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::fence::{self, Fence, View};
use super::folders::Folders;
use super::processes::{MARKER, marker};
use super::programs::{Program, Programs};
use crate::sandbox::{ProviderError, Spec};

/// How the runner of a sandbox is to be run. Cannot be printed: its environment holds the token.
pub(super) struct Launch {
    /// The program.
    pub(super) program: PathBuf,
    /// Its arguments; nothing secret, since every user of the host can read them.
    pub(super) arguments: Vec<OsString>,
    /// All of its environment.
    pub(super) environment: BTreeMap<OsString, OsString>,
}

/// What all sandboxes of a provider have in common.
#[derive(Debug)]
pub(super) struct Common {
    /// What keeps them apart from the host.
    pub(super) fence: Fence,
    /// What they run.
    pub(super) programs: Programs,
    /// How long a runner waits for an orchestrator before it ends itself.
    pub(super) orphan_timeout: Duration,
    /// What runners log.
    pub(super) log_level: String,
}

impl Common {
    /// The command for one sandbox.
    pub(super) fn launch(&self, spec: &Spec, folders: &Folders) -> Launch {
        let environment = self.environment(spec, folders);
        let runner = &self.programs.runner;
        let Fence::Bubblewrap { program, own_users } = &self.fence else {
            return Launch {
                program: runner.host.clone(),
                arguments: Vec::new(),
                environment,
            };
        };
        let (passwd, group) = (folders.accounts.join("passwd"), folders.accounts.join("group"));
        let mut view = View {
            writable: vec![
                (&folders.workspace, fence::WORKSPACE),
                (&folders.home, fence::HOME),
                (&folders.state, fence::STATE),
            ],
            shown: self.programs.shown().collect(),
        };
        view.shown.push((&passwd, Path::new("/etc/passwd")));
        view.shown.push((&group, Path::new("/etc/group")));
        let mut arguments = fence::arguments(*own_users, &view);
        arguments.push(runner.fenced.clone().into());
        Launch {
            program: program.clone(),
            arguments,
            environment,
        }
    }

    /// Writes what the sandbox sees as the system's accounts, so that it learns no name of the host's users.
    pub(super) fn write_accounts(&self, folders: &Folders) -> Result<(), ProviderError> {
        let user = self.fence.user();
        let root = if user == 0 {
            ""
        } else {
            "root:x:0:0:root:/root:/usr/sbin/nologin\n"
        };
        let files = [
            (
                "passwd",
                format!("{root}agent:x:{user}:{user}:agent:{}:/bin/bash\n", fence::HOME),
            ),
            ("group", format!("agent:x:{user}:\n")),
        ];
        for (name, text) in files {
            let path = folders.accounts.join(name);
            fs::write(&path, text).map_err(ProviderError::files("write", &path))?;
        }
        Ok(())
    }

    /// The whole environment. What the provider says comes last, so that nothing in the spec replaces it.
    fn environment(&self, spec: &Spec, folders: &Folders) -> BTreeMap<OsString, OsString> {
        let fenced = self.fence.stands();
        let place = |host: &Path, inside: &str| {
            if fenced {
                inside.into()
            } else {
                OsString::from(host)
            }
        };
        let program = |program: &Program| {
            if fenced {
                program.fenced.clone()
            } else {
                program.host.clone()
            }
        };
        let mut environment: BTreeMap<OsString, OsString> = spec
            .environment
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        let ours: [(&str, OsString); 13] = [
            (MARKER, marker(spec.session, spec.generation).into()),
            ("ROUNDHOUSE_URL", spec.orchestrator_url.clone().into()),
            ("ROUNDHOUSE_TOKEN", spec.token.reveal().into()),
            ("ROUNDHOUSE_SESSION", spec.session.to_string().into()),
            ("ROUNDHOUSE_GENERATION", spec.generation.to_string().into()),
            (
                "ROUNDHOUSE_WORKSPACE",
                place(&folders.workspace, fence::WORKSPACE),
            ),
            ("ROUNDHOUSE_STATE", place(&folders.state, fence::STATE)),
            (
                "ROUNDHOUSE_ORPHAN_TIMEOUT",
                self.orphan_timeout.as_secs().to_string().into(),
            ),
            ("HOME", place(&folders.home, fence::HOME)),
            ("PATH", self.programs.path().into()),
            ("LANG", "C.UTF-8".into()),
            ("TERM", "xterm-256color".into()),
            ("LOG_LEVEL", OsStr::new(&self.log_level).into()),
        ];
        environment.extend(ours.map(|(name, value)| (name.into(), value)));
        if let Some(opencode) = &self.programs.opencode {
            environment.insert("ROUNDHOUSE_OPENCODE".into(), program(opencode).into());
        }
        environment
    }
}
