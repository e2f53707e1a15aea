//! The programs that a sandbox runs: where they are on the host, and what has to be shown to a fenced sandbox so
//! that it can run them. Looked up once, when the provider is opened.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::sandbox::ProviderError;

/// Where commands are looked up in a sandbox: the host's usual folders and nothing of the orchestrator's own PATH.
const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Where programs appear in a fenced sandbox that are somewhere else on the host.
const SHOWN_AT: &str = "/opt/roundhouse";

/// A program and what a fenced sandbox must be shown for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    /// Where it is on the host, with links resolved.
    pub(super) host: PathBuf,
    /// Where a fenced sandbox finds it.
    pub(super) fenced: PathBuf,
    /// What is shown to a fenced sandbox, and where.
    pub(super) shown: Option<(PathBuf, PathBuf)>,
}

/// What sandboxes run.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    /// `sandbox-runner`.
    pub(super) runner: Program,
    /// The OpenCode binary, if this machine has one.
    pub(super) opencode: Option<Program>,
    /// Folders of a Node.js that is outside of the usual folders; npm puts agents beside it.
    node: Vec<PathBuf>,
}

impl Programs {
    /// Looks them up. `opencode` is where configuration says it is; else it is looked up in `search_path`.
    pub(super) fn find(
        runner: &Path,
        opencode: Option<&Path>,
        search_path: &OsStr,
    ) -> Result<Self, ProviderError> {
        let runner = Program::at(
            runner,
            "the sandbox runner",
            "build it with `cargo build -p sandbox-runner`",
        )?;
        let opencode = match opencode {
            Some(path) => Some(Program::at(
                path,
                "OpenCode",
                "install it, or correct the path in the configuration",
            )?),
            None => in_path("opencode", search_path).and_then(|path| Program::at(&path, "OpenCode", "").ok()),
        };
        let node = in_path("node", search_path).map_or_else(Vec::new, |node| node_folders(&node));
        Ok(Self {
            runner,
            opencode,
            node,
        })
    }

    /// What a fenced sandbox must be shown besides the host's usual folders: from where, and where.
    pub(super) fn shown(&self) -> impl Iterator<Item = (&Path, &Path)> {
        let programs = std::iter::once(&self.runner).chain(&self.opencode);
        let programs = programs.filter_map(|program| program.shown.as_ref());
        let node = self
            .node
            .iter()
            .map(|folder| (folder.as_path(), folder.as_path()));
        programs
            .map(|(from, to)| (from.as_path(), to.as_path()))
            .chain(node)
    }

    /// The sandbox's PATH.
    pub(super) fn path(&self) -> String {
        match self.node.first() {
            Some(folder) => format!("{USUAL_PATH}:{}", folder.display()),
            None => USUAL_PATH.to_owned(),
        }
    }
}

impl Program {
    fn at(path: &Path, what: &'static str, hint: &'static str) -> Result<Self, ProviderError> {
        let missing = || ProviderError::ProgramMissing {
            what,
            path: path.to_owned(),
            hint,
        };
        let host = path.canonicalize().map_err(|_| missing())?;
        if !is_program(&host) {
            return Err(missing());
        }
        if host.starts_with("/usr") {
            return Ok(Self {
                fenced: host.clone(),
                shown: None,
                host,
            });
        }
        // A script from npm loads its neighbours: it stays where it is and they are shown with it.
        if !is_elf(&host)
            && let Some(modules) = host
                .ancestors()
                .filter(|folder| folder.ends_with("node_modules"))
                .last()
        {
            let modules = modules.to_owned();
            return Ok(Self {
                fenced: host.clone(),
                shown: Some((modules.clone(), modules)),
                host,
            });
        }
        let name = host.file_name().ok_or_else(missing)?;
        let fenced = Path::new(SHOWN_AT).join(name);
        Ok(Self {
            shown: Some((host.clone(), fenced.clone())),
            fenced,
            host,
        })
    }
}

/// The first program of this name in a PATH.
pub(super) fn in_path(name: &str, search_path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(search_path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

fn is_elf(path: &Path) -> bool {
    let mut magic = [0; 4];
    File::open(path)
        .and_then(|mut file| file.read_exact(&mut magic))
        .is_ok()
        && &magic == b"\x7fELF"
}

/// A Node.js and its global packages, the programs first. Only these two folders: what is above them may be
/// somebody's home.
fn node_folders(node: &Path) -> Vec<PathBuf> {
    let Ok(node) = node.canonicalize() else {
        return Vec::new();
    };
    match node.parent() {
        Some(programs) if !programs.starts_with("/usr") && programs.ends_with("bin") => {
            let packages = programs.with_file_name("lib").join("node_modules");
            std::iter::once(programs.to_owned())
                .chain(packages.is_dir().then_some(packages))
                .collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(path: &Path, content: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn a_binary_is_shown_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder
            .path()
            .canonicalize()
            .unwrap()
            .join("node_modules/oc/bin/opencode");
        program(&path, "\x7fELF…");
        let found = Program::at(&path, "", "").unwrap();
        assert_eq!(found.fenced, Path::new("/opt/roundhouse/opencode"));
        assert_eq!(found.shown, Some((path, found.fenced.clone())));
    }

    #[test]
    fn a_script_is_shown_with_its_packages() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let path = root.join("node_modules/a/node_modules/b/run");
        program(&path, "#!/usr/bin/env node\n");
        let found = Program::at(&path, "", "").unwrap();
        assert_eq!(found.fenced, path);
        assert_eq!(
            found.shown,
            Some((root.join("node_modules"), root.join("node_modules")))
        );
    }

    #[test]
    fn what_everybody_has_needs_no_showing() {
        let found = Program::at(Path::new("/bin/sh"), "", "").unwrap();
        assert!(found.host.starts_with("/usr"));
        assert_eq!(found.shown, None);
        assert!(node_folders(Path::new("/usr/bin/node")).is_empty());
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = Program::at(Path::new("/nowhere/x"), "the sandbox runner", "build it").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the sandbox runner is not at /nowhere/x; build it"
        );
        let text = tempfile::NamedTempFile::new().unwrap();
        assert!(Program::at(text.path(), "", "").is_err(), "not executable");
    }

    #[test]
    fn a_node_in_a_home_does_not_show_the_home() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().canonicalize().unwrap();
        program(&home.join("bin/node"), "\x7fELF");
        fs::create_dir_all(home.join("lib/node_modules")).unwrap();
        let search_path = home.join("bin");
        let found = Programs::find(Path::new("/bin/sh"), None, search_path.as_os_str()).unwrap();
        assert_eq!(found.node, [home.join("bin"), home.join("lib/node_modules")]);
        assert!(found.path().ends_with(&format!(":{}/bin", home.display())));
    }
}
