//! The fence around a sandbox: bubblewrap where it works, nothing where it does not. Knows bubblewrap's arguments
//! and nothing of sessions; whether it works is found out by running it, once.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use super::programs::in_path;

/// The workspace in a fenced sandbox. Agents remember sessions by it, so it never changes.
pub(super) const WORKSPACE: &str = "/workspace";
/// The agent's home in a fenced sandbox.
pub(super) const HOME: &str = "/home/agent";
/// The runner's own folder in a fenced sandbox.
pub(super) const STATE: &str = "/run/roundhouse";

/// The user in a sandbox with users of its own: not root, which some agents refuse to work as.
const USER: u32 = 1000;

/// How long bubblewrap may take to say that it works.
const PROBE: Duration = Duration::from_secs(10);

/// The parts of the system's configuration that programs need and that hold no secret. All else of /etc stays
/// outside: where the orchestrator is root, the files that only root can read would be readable in the sandbox.
const CONFIGURATION: [&str; 28] = [
    "alternatives",
    "bash.bashrc",
    "ca-certificates",
    "crypto-policies",
    "debian_version",
    "fonts",
    "gai.conf",
    "host.conf",
    "hosts",
    "inputrc",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "magic",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "perl",
    "php",
    "pki/ca-trust",
    "pki/tls/certs",
    "profile",
    "protocols",
    "resolv.conf",
    "services",
    "ssl/certs",
    "ssl/openssl.cnf",
];

/// What keeps a sandbox apart from the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fence {
    /// Its own view of files, processes and users.
    Bubblewrap {
        /// The `bwrap` program.
        program: PathBuf,
        /// Whether users are its own as well; else it runs as root without root's rights.
        own_users: bool,
    },
    /// Nothing.
    None {
        /// Why, and how to change that.
        warning: String,
    },
}

/// What a fenced sandbox can write to, and what it sees of the host besides the usual.
#[derive(Debug)]
pub(super) struct View<'a> {
    /// Host folders and where they appear, writable.
    pub(super) writable: Vec<(&'a Path, &'a str)>,
    /// Host files and folders and where they appear, read-only.
    pub(super) shown: Vec<(&'a Path, &'a Path)>,
}

impl Fence {
    /// Finds out what works here.
    pub(super) async fn raise(search_path: &OsStr) -> Self {
        let Some(program) = in_path("bwrap", search_path) else {
            return Self::without("bubblewrap is not installed", INSTALL);
        };
        let mut complaint = String::new();
        for own_users in [true, false] {
            match probe(&program, own_users).await {
                Ok(()) => return Self::Bubblewrap { program, own_users },
                Err(said) if complaint.is_empty() => complaint = said,
                Err(_) => {}
            }
        }
        Self::without(&format!("bubblewrap does not work here ({complaint})"), ALLOW)
    }

    /// No fence because nobody wants one.
    pub(super) fn switched_off() -> Self {
        Self::without("isolation is switched off", "Switch it on in the configuration.")
    }

    /// The user and group of the sandbox's processes as they see it.
    pub(super) fn user(&self) -> u32 {
        match self {
            Self::Bubblewrap { own_users: false, .. } => 0,
            _ => USER,
        }
    }

    /// Whether there is one.
    pub(super) fn stands(&self) -> bool {
        matches!(self, Self::Bubblewrap { .. })
    }

    fn without(reason: &str, remedy: &str) -> Self {
        let warning = format!(
            "Sandboxes are not isolated on this machine, because {reason}: agents can read and change all that you \
             can, and see your other programs. {remedy}"
        );
        Self::None { warning }
    }
}

const INSTALL: &str = "Install it (Debian and Ubuntu: `sudo apt install bubblewrap`; Fedora: `sudo dnf install \
                       bubblewrap`) and restart Roundhouse.";
const ALLOW: &str = "Allow unprivileged user namespaces (Ubuntu: an AppArmor profile for bwrap; in a container: a \
                     less strict seccomp profile) and restart Roundhouse.";

/// Bubblewrap's arguments up to the command. The environment is inherited and not among them: arguments can be
/// read by every user of the host.
pub(super) fn arguments(own_users: bool, view: &View<'_>) -> Vec<OsString> {
    let mut list = Arguments::default();
    if own_users {
        let user = USER.to_string();
        list.add(["--unshare-user", "--uid", &user, "--gid", &user]);
    }
    // The network stays the host's: the runner dials the orchestrator on the loopback interface. The sandbox is
    // not tied to our life (--die-with-parent): it shall outlive us.
    list.add([
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
    ]);
    list.add(["--cap-drop", "ALL", "--new-session", "--hostname", "roundhouse"]);
    system(&mut list);
    for path in configuration() {
        list.add([OsStr::new("--ro-bind-try"), path.as_os_str(), path.as_os_str()]);
    }
    list.add(["--proc", "/proc", "--dev", "/dev"]);
    // Where the orchestrator is root, the kernel takes the sandbox's user for root when it is asked for these, also
    // across a user namespace; bubblewrap leaves them open then.
    for path in [
        "/proc/sys",
        "/proc/sysrq-trigger",
        "/proc/irq",
        "/proc/bus",
        "/proc/acpi",
        "/proc/mtrr",
    ] {
        if Path::new(path).exists() {
            list.add(["--ro-bind", path, path]);
        }
    }
    list.add([
        "--perms", "1777", "--tmpfs", "/tmp", "--perms", "1777", "--tmpfs", "/var/tmp",
    ]);
    for (from, to) in &view.writable {
        list.add([OsStr::new("--bind"), from.as_os_str(), OsStr::new(to)]);
    }
    for (from, to) in &view.shown {
        list.add([OsStr::new("--ro-bind"), from.as_os_str(), to.as_os_str()]);
    }
    list.add(["--remount-ro", "/", "--chdir", WORKSPACE, "--"]);
    list.0
}

/// The operating system: its programs and libraries, which lie in /usr, or still beside it.
fn system(list: &mut Arguments) {
    list.add(["--ro-bind", "/usr", "/usr"]);
    for name in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
        let path = Path::new("/").join(name);
        match fs::read_link(&path) {
            Ok(target) => list.add([OsStr::new("--symlink"), target.as_os_str(), path.as_os_str()]),
            Err(_) if path.is_dir() => {
                list.add([OsStr::new("--ro-bind"), path.as_os_str(), path.as_os_str()])
            }
            Err(_) => {}
        }
    }
    list.add(["--ro-bind-try", "/nix/store", "/nix/store"]);
}

/// The part of /etc that is shown. Java carries its version in the name of its folder.
fn configuration() -> Vec<PathBuf> {
    let entries = fs::read_dir("/etc")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()));
    let is_java = |path: &PathBuf| path.to_str().is_some_and(|path| path.starts_with("/etc/java-"));
    let named = CONFIGURATION.iter().map(|name| Path::new("/etc").join(name));
    named.chain(entries.filter(is_java)).collect()
}

#[derive(Default)]
struct Arguments(Vec<OsString>);

impl Arguments {
    fn add<T: AsRef<OsStr>, const N: usize>(&mut self, arguments: [T; N]) {
        self.0
            .extend(arguments.iter().map(|argument| argument.as_ref().to_owned()));
    }
}

/// Runs a fenced `true`, exactly as a sandbox would be fenced. What it said, if it failed.
async fn probe(program: &Path, own_users: bool) -> Result<(), String> {
    let view = View {
        writable: vec![(Path::new("/usr/share"), WORKSPACE)],
        shown: Vec::new(),
    };
    let mut command = tokio::process::Command::new(program);
    command
        .args(arguments(own_users, &view))
        .arg("/bin/true")
        .env_clear()
        .stdin(Stdio::null())
        .kill_on_drop(true);
    match tokio::time::timeout(PROBE, command.output()).await {
        Ok(Ok(output)) if output.status.success() => Ok(()),
        Ok(Ok(output)) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(said
                .lines()
                .next()
                .unwrap_or("it says nothing")
                .chars()
                .take(200)
                .collect())
        }
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("it does not end".to_owned()),
    }
}
