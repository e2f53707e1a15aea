//! The process provider with real processes: shell scripts stand in for the runner, with and without a fence.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command as StdCommand;
use std::time::Instant;
use std::{env, fs};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::processes::marked;
use super::*;
use crate::sandbox::Token;

/// Sleeps until it is told to end.
const OBEDIENT: &str =
    "echo up > \"$ROUNDHOUSE_STATE/up\"; trap 'exit 0' TERM; for i in $(seq 600); do sleep 0.05; done";

/// Writes down what it sees, then is obedient.
const CURIOUS: &str = r#"cd "$ROUNDHOUSE_STATE"
tr '\0' '\n' < /proc/self/environ > environment
ls -d /proc/[0-9]* > processes
cat /proc/[0-9]*/environ > environments 2>/dev/null
id -u > user
ls -A / /root /home /home/agent /etc > files 2>&1
cat /etc/shadow > shadow 2>/dev/null
pwd -P > state-path; (cd "$ROUNDHOUSE_WORKSPACE"; pwd -P; touch made) > workspace-path
pattern=$(cat /proc/sys/kernel/core_pattern); (echo "$pattern" > /proc/sys/kernel/core_pattern) 2> sysctl
cat /etc/passwd > accounts
"#;

/// Ignores the polite signal and hides a grandchild: forked twice, in a session of its own, just as deaf.
const STUBBORN: &str = r#"trap '' TERM HUP INT
(setsid sh -c "trap '' TERM HUP INT; (for i in \$(seq 600); do sleep 0.05; done) & sleep 0.1; exit 0" &) &
sleep 0.3; echo up > "$ROUNDHOUSE_STATE/up"
for i in $(seq 600); do sleep 0.05; done"#;

struct House {
    folder: TempDir,
    script: &'static str,
    isolate: bool,
}

/// A test that fails leaves nothing running either.
impl Drop for House {
    fn drop(&mut self) {
        for session in folders::sessions(&self.folder.path().join("data/sandboxes")).unwrap_or_default() {
            marked(session, None)
                .iter()
                .for_each(|process| process.signal(Signal::KILL));
        }
    }
}

type Exits = mpsc::UnboundedReceiver<SandboxExit>;

impl House {
    fn new(script: &'static str, isolate: bool) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            script,
            isolate,
        }
    }

    /// An orchestrator's provider; a second one is a restarted orchestrator.
    async fn provider(&self) -> (ProcessProvider, Exits) {
        let runner = self.folder.path().join("sandbox-runner");
        fs::write(&runner, format!("#!/bin/sh\n{}\n", self.script)).unwrap();
        fs::set_permissions(&runner, fs::Permissions::from_mode(0o755)).unwrap();
        provider(self.folder.path(), self.isolate).await
    }

    fn sandbox(&self, session: SessionId) -> PathBuf {
        self.folder.path().join("data/sandboxes").join(session.suffix())
    }

    /// What the script wrote into its state folder, as soon as it has.
    async fn wrote(&self, session: SessionId, name: &str) -> String {
        let path = self.sandbox(session).join("state").join(name);
        soon("the script to write", || {
            fs::read_to_string(&path).is_ok_and(|text| !text.is_empty())
        })
        .await;
        fs::read_to_string(path).unwrap()
    }
}

async fn provider(folder: &Path, isolate: bool) -> (ProcessProvider, Exits) {
    let (tell, exits) = mpsc::unbounded_channel();
    let options = Options {
        data_dir: folder.join("data"),
        runner: folder.join("sandbox-runner"),
        opencode: None,
        search_path: "/usr/local/bin:/usr/bin:/bin".into(),
        isolate,
        orphan_timeout: Duration::from_secs(60),
        log_level: "info".into(),
    };
    let on_exit: OnExit = Arc::new(move |exit| tell.send(exit).unwrap());
    let provider = ProcessProvider::open(options, on_exit).await.unwrap();
    assert_eq!(
        provider.capabilities().isolated,
        isolate,
        "these tests need bubblewrap"
    );
    (provider, exits)
}

fn spec(session: SessionId, generation: u64) -> Spec {
    Spec {
        session,
        generation,
        token: Token::new("sandbox-token"),
        orchestrator_url: "http://127.0.0.1:8787".into(),
        environment: [("EXTRA".into(), "more".into()), ("HOME".into(), "/etc".into())].into(),
    }
}

async fn soon(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "waited too long for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn nothing_is_left(session: SessionId) -> bool {
    marked(session, None).is_empty()
}

#[tokio::test]
async fn a_plain_sandbox_has_exactly_its_environment() {
    let house = House::new(CURIOUS, false);
    let (provider, _exits) = house.provider().await;
    assert!(
        provider
            .capabilities()
            .warning
            .as_ref()
            .unwrap()
            .contains("not isolated")
    );
    let session = SessionId::new();
    provider.start(spec(session, 7)).await.unwrap();
    house.wrote(session, "accounts").await;
    let sandbox = house.sandbox(session).canonicalize().unwrap();
    let at = |name: &str| sandbox.join(name).display().to_string();
    let (workspace, state, home) = (at("workspace"), at("state"), at("home"));
    assert_environment(
        &house.wrote(session, "environment").await,
        session,
        &workspace,
        &state,
        &home,
    );
    assert_eq!(house.wrote(session, "workspace-path").await.trim(), workspace);
    assert_eq!(
        fs::metadata(&sandbox).unwrap().permissions().mode() & 0o777,
        0o700
    );
    provider.destroy(session).await.unwrap();
}

fn assert_environment(found: &str, session: SessionId, workspace: &str, state: &str, home: &str) {
    let mut found: Vec<_> = found.lines().filter(|line| !line.is_empty()).collect();
    found.sort_unstable();
    let mut expected = vec![
        "EXTRA=more".to_owned(),
        format!("HOME={home}"),
        "LANG=C.UTF-8".to_owned(),
        "LOG_LEVEL=info".to_owned(),
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
        "ROUNDHOUSE_GENERATION=7".to_owned(),
        "ROUNDHOUSE_ORPHAN_TIMEOUT=60".to_owned(),
        format!("ROUNDHOUSE_SANDBOX={session}/7"),
        format!("ROUNDHOUSE_SESSION={session}"),
        format!("ROUNDHOUSE_STATE={state}"),
        "ROUNDHOUSE_TOKEN=sandbox-token".to_owned(),
        "ROUNDHOUSE_URL=http://127.0.0.1:8787".to_owned(),
        format!("ROUNDHOUSE_WORKSPACE={workspace}"),
        "TERM=xterm-256color".to_owned(),
    ];
    // Bubblewrap adds this one by itself.
    found.retain(|line| *line != "PWD=/workspace");
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_fenced_sandbox_sees_nothing_of_the_host() {
    let house = House::new(CURIOUS, true);
    let (provider, _exits) = house.provider().await;
    assert_eq!(provider.capabilities().warning, None);
    let (other, session) = (SessionId::new(), SessionId::new());
    provider.start(spec(other, 1)).await.unwrap();
    provider.start(spec(session, 7)).await.unwrap();
    let accounts = house.wrote(session, "accounts").await;
    let environment = house.wrote(session, "environment").await;
    assert_environment(
        &environment,
        session,
        "/workspace",
        "/run/roundhouse",
        "/home/agent",
    );
    assert_eq!(house.wrote(session, "workspace-path").await.trim(), "/workspace");
    assert!(house.sandbox(session).join("workspace/made").exists());
    assert_eq!(house.wrote(session, "user").await.trim(), "1000");
    assert!(accounts.contains("agent:x:1000:1000"));
    assert_eq!(accounts.lines().count(), 2, "no account of the host: {accounts}");

    // Its own processes only: bubblewrap's init, the script and what that runs.
    let processes = house.wrote(session, "processes").await;
    assert!(processes.lines().count() <= 4, "{processes}");
    let environments = fs::read_to_string(house.sandbox(session).join("state/environments")).unwrap();
    assert!(!environments.contains(&other.to_string()));

    let files = house.wrote(session, "files").await;
    for hidden in [
        "Cargo.toml",
        "data",
        "sandboxes",
        &other.suffix(),
        "shadow",
        "ssh",
        "var/lib",
    ] {
        assert!(
            !files.lines().any(|line| line == hidden),
            "{hidden} is visible: {files}"
        );
    }
    assert!(
        files.contains("cannot access '/root'") && files.contains("\nagent\n"),
        "{files}"
    );
    assert_eq!(
        fs::read_to_string(house.sandbox(session).join("state/shadow")).unwrap(),
        ""
    );
    // The host runs what this names as root when a program crashes.
    assert!(
        house.wrote(session, "sysctl").await.contains("core_pattern"),
        "the host's settings can be written"
    );
    provider.destroy(session).await.unwrap();
    provider.destroy(other).await.unwrap();
}

#[tokio::test]
async fn the_token_is_in_no_argument() {
    for isolate in [false, true] {
        let house = House::new(OBEDIENT, isolate);
        let (provider, _exits) = house.provider().await;
        let session = SessionId::new();
        provider.start(spec(session, 1)).await.unwrap();
        house.wrote(session, "up").await;
        for process in marked(session, None) {
            let line = fs::read_to_string(format!("/proc/{}/cmdline", process.pid)).unwrap_or_default();
            assert!(!line.contains("sandbox-token"), "{line}");
        }
        provider.destroy(session).await.unwrap();
    }
}

#[tokio::test]
async fn stopping_leaves_no_process_and_keeps_the_files() {
    for isolate in [false, true] {
        let house = House::new(STUBBORN, isolate);
        let (provider, mut exits) = house.provider().await;
        let session = SessionId::new();
        provider.start(spec(session, 1)).await.unwrap();
        house.wrote(session, "up").await;
        assert!(
            marked(session, Some(1)).len() >= 2,
            "the grandchild carries the marker"
        );
        provider.stop(session).await.unwrap();
        assert!(nothing_is_left(session));
        assert_eq!(provider.find(session).await.unwrap(), None);
        assert!(house.sandbox(session).join("state/up").exists());
        assert!(!house.sandbox(session).join("sandbox.json").exists());
        provider.stop(session).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(exits.try_recv().is_err(), "an end that was asked for is no news");
        soon("the table to be empty", || {
            provider.inner.places.lock().unwrap().is_empty()
        })
        .await;
    }
}

/// A child that has dropped the marker is still known by its descent.
#[tokio::test]
async fn a_child_without_the_marker_is_ended_too() {
    const SHY: &str = "env -i /bin/sh -c \"trap '' TERM; for i in \\$(seq 600); do sleep 0.05; done\" & \
                       echo $! > \"$ROUNDHOUSE_STATE/up\"; for i in $(seq 600); do sleep 0.05; done";
    let house = House::new(SHY, false);
    let (provider, _exits) = house.provider().await;
    let session = SessionId::new();
    provider.start(spec(session, 1)).await.unwrap();
    let child = Identity::of(house.wrote(session, "up").await.trim().parse().unwrap()).unwrap();
    provider.stop(session).await.unwrap();
    assert!(!child.is_alive());
}

#[tokio::test]
async fn a_polite_runner_is_given_time() {
    const POLITE: &str = "trap 'sleep 0.3; echo bye > \"$ROUNDHOUSE_STATE/bye\"; exit 0' TERM
        echo up > \"$ROUNDHOUSE_STATE/up\"; for i in $(seq 600); do sleep 0.05; done";
    for isolate in [false, true] {
        let house = House::new(POLITE, isolate);
        let (provider, _exits) = house.provider().await;
        let session = SessionId::new();
        provider.start(spec(session, 1)).await.unwrap();
        house.wrote(session, "up").await;
        provider.stop(session).await.unwrap();
        assert!(
            house.sandbox(session).join("state/bye").exists(),
            "isolated: {isolate}"
        );
    }
}

#[tokio::test]
async fn an_end_that_nobody_asked_for_is_told_once() {
    const SHORT: &str = "(setsid sh -c 'for i in $(seq 600); do sleep 0.05; done' &) &
        sleep 0.2; echo 'the disk is on fire' >&2; exit 3";
    for isolate in [false, true] {
        let house = House::new(SHORT, isolate);
        let (provider, mut exits) = house.provider().await;
        let session = SessionId::new();
        provider.start(spec(session, 4)).await.unwrap();
        let exit = exits.recv().await.unwrap();
        assert_eq!((exit.session, exit.generation), (session, 4));
        assert_eq!(
            exit.detail,
            "The sandbox's runner ended with exit code 3; the last line of its log: the disk is on fire"
        );
        assert!(
            nothing_is_left(session),
            "what it left behind is cleared away before it is told"
        );
        assert_eq!(provider.find(session).await.unwrap(), None);
        provider.stop(session).await.unwrap();
        assert!(exits.try_recv().is_err());
    }
}

#[tokio::test]
async fn a_younger_generation_takes_over_and_an_older_one_is_refused() {
    let house = House::new(OBEDIENT, false);
    let (provider, mut exits) = house.provider().await;
    let session = SessionId::new();
    provider.start(spec(session, 1)).await.unwrap();
    let first = Record::read(&house.sandbox(session)).unwrap();
    provider.start(spec(session, 1)).await.unwrap();
    assert_eq!(
        Record::read(&house.sandbox(session)).unwrap(),
        first,
        "what runs is left as it is"
    );
    provider.start(spec(session, 2)).await.unwrap();
    assert!(marked(session, Some(1)).is_empty());
    assert_eq!(
        provider.find(session).await.unwrap(),
        Some(Running {
            session,
            generation: 2
        })
    );
    let refused = provider.start(spec(session, 1)).await.unwrap_err();
    assert!(matches!(
        refused,
        ProviderError::Superseded { asked: 1, running: 2 }
    ));
    provider.destroy(session).await.unwrap();
    assert!(exits.try_recv().is_err());
}

/// Not a test of its own: plays the orchestrator that dies in the test below.
#[tokio::test]
#[ignore = "run by a_sandbox_outlives_its_orchestrator"]
async fn orchestrator_that_dies() {
    let Ok(folder) = env::var("TEST_HOUSE") else {
        return;
    };
    let (provider, _exits) = provider(Path::new(&folder), env::var("TEST_ISOLATE").unwrap() == "true").await;
    let session = env::var("TEST_SESSION").unwrap().parse().unwrap();
    provider.start(spec(session, 5)).await.unwrap();
    let myself = Pid::from_raw(i32::try_from(std::process::id()).unwrap()).unwrap();
    kill_process(myself, Signal::KILL).unwrap();
}

#[tokio::test]
async fn a_sandbox_outlives_its_orchestrator() {
    for isolate in [false, true] {
        let house = House::new(OBEDIENT, isolate);
        let (provider, mut exits) = house.provider().await;
        let session = SessionId::new();
        let status = StdCommand::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "sandbox::process::tests::orchestrator_that_dies",
                "--ignored",
            ])
            .env("TEST_HOUSE", house.folder.path())
            .env("TEST_SESSION", session.to_string())
            .env("TEST_ISOLATE", isolate.to_string())
            .env("ANTHROPIC_API_KEY", "sk-of-the-orchestrator")
            .output()
            .unwrap()
            .status;
        assert_eq!(status.signal(), Some(9));
        house.wrote(session, "up").await;
        for process in marked(session, None) {
            let environment = fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&environment).contains("sk-of-the-orchestrator"));
        }

        assert_eq!(
            provider.find(session).await.unwrap(),
            Some(Running {
                session,
                generation: 5
            })
        );
        let record = Record::read(&house.sandbox(session)).unwrap().unwrap();
        record.living().unwrap().signal(Signal::KILL);
        let exit = exits.recv().await.unwrap();
        assert_eq!((exit.session, exit.generation), (session, 5));
        assert!(
            exit.detail.starts_with("The sandbox's runner ended"),
            "{}",
            exit.detail
        );
        assert!(nothing_is_left(session));
        assert_eq!(provider.find(session).await.unwrap(), None);
        assert!(exits.try_recv().is_err());
    }
}

#[tokio::test]
async fn reaping_keeps_the_wanted_and_ends_the_rest() {
    let house = House::new(OBEDIENT, false);
    let (before, _exits) = house.provider().await;
    let (wanted, unwanted, asleep) = (SessionId::new(), SessionId::new(), SessionId::new());
    for session in [wanted, unwanted, asleep] {
        before.start(spec(session, 1)).await.unwrap();
        house.wrote(session, "up").await;
    }
    before.stop(asleep).await.unwrap();
    fs::create_dir(house.folder.path().join("data/sandboxes/lost+found")).unwrap();

    let (after, _exits) = house.provider().await;
    let kept = after
        .reap(Box::new(move |running| running.session == wanted))
        .await
        .unwrap();
    assert_eq!(
        kept,
        [Running {
            session: wanted,
            generation: 1
        }]
    );
    assert!(nothing_is_left(unwanted) && !nothing_is_left(wanted));
    assert!(
        house.sandbox(unwanted).join("workspace").is_dir(),
        "files are never removed by the reaper"
    );
    after.destroy(wanted).await.unwrap();
}

/// We died after launching the runner and before recording it.
#[tokio::test]
async fn a_half_recorded_sandbox_is_cleared_away() {
    let house = House::new(OBEDIENT, false);
    let (before, _exits) = house.provider().await;
    let session = SessionId::new();
    before.start(spec(session, 1)).await.unwrap();
    house.wrote(session, "up").await;
    Record::new(1, false).write(&house.sandbox(session)).unwrap();
    let (after, _exits) = house.provider().await;
    assert_eq!(after.find(session).await.unwrap(), None);
    assert!(nothing_is_left(session));
}

#[tokio::test]
async fn destroying_removes_what_the_agent_locked_away() {
    const HOSTILE: &str = r#"cd "$ROUNDHOUSE_WORKSPACE"; mkdir -p a/b; touch a/b/c; ln -s /etc etc; chmod 000 a/b a
        echo up > "$ROUNDHOUSE_STATE/up"; sleep 60"#;
    let house = House::new(HOSTILE, true);
    let (provider, _exits) = house.provider().await;
    let session = SessionId::new();
    provider.start(spec(session, 1)).await.unwrap();
    house.wrote(session, "up").await;
    provider.destroy(session).await.unwrap();
    assert!(!house.sandbox(session).exists());
    assert!(Path::new("/etc/hosts").exists());
    provider.destroy(session).await.unwrap();
}

#[tokio::test]
async fn a_long_log_is_put_aside() {
    let house = House::new(OBEDIENT, false);
    let (provider, _exits) = house.provider().await;
    let session = SessionId::new();
    let folders = Folders::of(&provider.inner.sandboxes, session);
    folders.make().unwrap();
    fs::write(folders.root.join("runner.log"), vec![b'x'; 6 << 20]).unwrap();
    provider.start(spec(session, 1)).await.unwrap();
    assert_eq!(fs::metadata(folders.root.join("runner.log")).unwrap().len(), 0);
    assert_eq!(
        fs::metadata(folders.root.join("runner.log.1")).unwrap().len(),
        6 << 20
    );
    provider.destroy(session).await.unwrap();
}

#[tokio::test]
async fn a_missing_runner_is_named_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        data_dir: folder.path().to_owned(),
        runner: folder.path().join("sandbox-runner"),
        opencode: None,
        search_path: OsString::new(),
        isolate: false,
        orphan_timeout: Duration::from_secs(1),
        log_level: "info".into(),
    };
    let error = ProcessProvider::open(options, Arc::new(|_| {}))
        .await
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("cargo build -p sandbox-runner"),
        "{error}"
    );
    assert_eq!(
        runner_beside(Path::new("/x/roundhouse")),
        Path::new("/x/sandbox-runner")
    );
}

#[test]
fn a_token_is_not_printed() {
    assert!(!format!("{:?}", spec(SessionId::new(), 1)).contains("sandbox-token"));
}
