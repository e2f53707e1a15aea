//! The agent's processes: starting the agent in a group of its own, and ending everything that it
//! started. Knows nothing of ACP.
//!
//! Agents start commands in sessions of their own (OpenCode does), out of reach of a group's signal,
//! and such commands survive the agent. So all of an agent's descendants inherit a mark in their
//! environment, and ending an agent ends all that carries the mark, also what a crashed runner left.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::process::{Child, Command};

use super::launch::Launch;

/// The variable that marks an agent and its descendants.
pub const MARK: &str = "ROUNDHOUSE_AGENT";

/// How long an agent has to end by itself after it was asked to.
const GRACE: Duration = Duration::from_millis(700);

/// Rounds of looking for marked processes: one that forks while we look is found in the next.
const ROUNDS: usize = 20;

/// Starts the agent with exactly the environment of the plan and the mark.
///
/// # Errors
/// When a file of the plan cannot be written or the program cannot be started.
pub fn spawn(launch: &Launch, workspace: &Path, mark: &str) -> std::io::Result<Child> {
    for directory in &launch.directories {
        fs::create_dir_all(directory)?;
    }
    for (path, text) in &launch.files {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    let Some((program, arguments)) = launch.command.split_first() else {
        return Err(std::io::Error::new(
            std::io::ErrorKind::NotFound,
            "the command is empty",
        ));
    };
    Command::new(program)
        .args(arguments)
        .current_dir(workspace)
        .env_clear()
        .envs(
            launch
                .environment
                .iter()
                .filter(|(name, value)| is_settable(name, value)),
        )
        .env(MARK, mark)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

/// Whether the system takes a variable: people name some of them.
fn is_settable(name: &str, value: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0')
}

/// Asks the agent's group to end, and ends all that carries the mark after a moment.
pub async fn end_gently(group: Option<Pid>, mark: &str) {
    if let Some(group) = group
        && rustix::process::kill_process_group(group, Signal::TERM).is_ok()
    {
        let deadline = tokio::time::Instant::now() + GRACE;
        while rustix::process::test_kill_process_group(group).is_ok()
            && tokio::time::Instant::now() < deadline
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    end_now(group, mark).await;
}

/// Ends the agent's group and all that carries the mark, at once.
pub async fn end_now(group: Option<Pid>, mark: &str) {
    if let Some(group) = group {
        // An error means that nobody is left in it.
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
    }
    for _ in 0..ROUNDS {
        let marked = marked_processes(mark);
        if marked.is_empty() {
            return;
        }
        for process in marked {
            let _ = rustix::process::kill_process(process, Signal::KILL);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tracing::warn!("processes of the agent are still there after they were killed");
}

/// The living processes that carry a mark. The mark is random, so that a process id that was given
/// to somebody else is never taken for ours.
pub fn marked_processes(mark: &str) -> Vec<Pid> {
    let entry = format!("{MARK}={mark}");
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .filter_map(|process| process.ok()?.file_name().to_str()?.parse::<i32>().ok())
        .filter(|process| {
            // A zombie's environment is empty, a stranger's cannot be read: neither is ours to end.
            fs::read(format!("/proc/{process}/environ")).is_ok_and(|environment| {
                environment
                    .split(|&byte| byte == 0)
                    .any(|one| one == entry.as_bytes())
            })
        })
        .filter_map(Pid::from_raw)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn shell(script: &str) -> Launch {
        Launch {
            command: vec!["/bin/sh".into(), "-c".into(), script.into()],
            environment: BTreeMap::from([
                ("PATH".into(), "/usr/bin:/bin".into()),
                ("A=B".into(), "x".into()),
            ]),
            files: Vec::new(),
            directories: Vec::new(),
            mode: None,
            model: None,
            name: "sh",
            install: String::new(),
        }
    }

    #[tokio::test]
    async fn ends_what_the_agent_started_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let mark = uuid::Uuid::now_v7().to_string();
        let mut child = spawn(
            &shell("setsid sleep 300 & setsid setsid sleep 300 & wait"),
            folder.path(),
            &mark,
        )
        .unwrap();
        let group = child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).unwrap()));
        while marked_processes(&mark).len() < 3 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        child.start_kill().unwrap();
        child.wait().await.unwrap();
        assert!(
            marked_processes(&mark).len() >= 2,
            "the commands outlive a killed agent"
        );
        end_now(group, &mark).await;
        assert_eq!(marked_processes(&mark), []);
    }

    #[tokio::test]
    async fn gives_a_moment_to_end() {
        let folder = tempfile::tempdir().unwrap();
        let mark = uuid::Uuid::now_v7().to_string();
        let script = "trap 'echo bye > farewell; exit' TERM; while :; do sleep 0.05; done";
        let mut child = spawn(&shell(script), folder.path(), &mark).unwrap();
        let group = child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).unwrap()));
        tokio::time::sleep(Duration::from_millis(200)).await;
        end_gently(group, &mark).await;
        child.wait().await.unwrap();
        assert!(folder.path().join("farewell").exists());
    }
}
