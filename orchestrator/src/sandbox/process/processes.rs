//! The processes of a sandbox, as `/proc` shows them: found again by id and start time, by descent, and by the
//! marker in their environment. Only `process/` uses this; it reads and signals, and keeps nothing.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};
use shared::SessionId;

use crate::sandbox::ProviderError;

/// The variable that every process of a sandbox carries, as `<session>/<generation>`.
pub(super) const MARKER: &str = "ROUNDHOUSE_SANDBOX";

/// A process that cannot be mistaken for another that got the same number later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Identity {
    /// Its number.
    pub(super) pid: i32,
    /// When it started, in clock ticks since the machine booted.
    pub(super) started: u64,
}

/// What is needed of `/proc/<pid>/stat`.
struct Stat {
    parent: i32,
    started: u64,
    ended: bool,
}

impl Stat {
    fn read(pid: i32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The name comes second, in parentheses, and may itself hold blanks and parentheses: count from its end.
    fn parse(text: &str) -> Option<Self> {
        let mut fields = text.get(text.rfind(')')? + 1..)?.split_ascii_whitespace();
        let ended = matches!(fields.next()?, "Z" | "X" | "x");
        let parent = fields.next()?.parse().ok()?;
        let started = fields.nth(17)?.parse().ok()?;
        Some(Self {
            parent,
            started,
            ended,
        })
    }
}

impl Identity {
    /// The living process with this number.
    pub(super) fn of(pid: i32) -> Option<Self> {
        let stat = Stat::read(pid).filter(|stat| !stat.ended)?;
        Some(Self {
            pid,
            started: stat.started,
        })
    }

    /// The child that was just launched, which stays ours to identify even when it ended at once.
    pub(super) fn launched(pid: Option<u32>) -> Result<Self, ProviderError> {
        let pid = pid.and_then(|pid| i32::try_from(pid).ok());
        let identity = pid.and_then(|pid| {
            Some(Self {
                pid,
                started: Stat::read(pid)?.started,
            })
        });
        identity.ok_or_else(|| ProviderError::Launch(io::Error::other("/proc does not show it")))
    }

    /// Whether it lives; a process that ended but was not yet reaped does not.
    pub(super) fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// Sends a signal to this process and to no other that may have taken its number in between.
    pub(super) fn signal(self, signal: Signal) {
        let Some(pid) = Pid::from_raw(self.pid) else {
            return;
        };
        let sent = match self.open() {
            Some(process) => pidfd_send_signal(process, signal),
            None if self.is_alive() => kill_process(pid, signal),
            None => Ok(()),
        };
        if let Err(error) = sent
            && error != rustix::io::Errno::SRCH
        {
            tracing::warn!(pid = self.pid, %error, "could not signal a process of a sandbox");
        }
    }

    /// Done when the process has ended, which is looked at every now and then. The kernel would tell us, but the
    /// safe interfaces to that are for one's own children.
    pub(super) async fn ended(self, look: Duration) {
        while self.is_alive() {
            tokio::time::sleep(look).await;
        }
    }

    /// A handle that stays with this process. The number is compared after opening, when it can no longer change
    /// hands.
    fn open(self) -> Option<OwnedFd> {
        let process = pidfd_open(Pid::from_raw(self.pid)?, PidfdFlags::empty()).ok()?;
        self.is_alive().then_some(process)
    }

    /// Its children, the eldest first.
    pub(super) fn children(self) -> Vec<Self> {
        let mut children: Vec<_> = everyone()
            .filter(|(_, parent)| *parent == self.pid)
            .map(|(one, _)| one)
            .collect();
        children.sort_by_key(|child| (child.started, child.pid));
        children
    }

    /// Its children, their children, and so on.
    pub(super) fn descendants(self) -> HashSet<Self> {
        let all: Vec<_> = everyone().collect();
        let mut found = HashSet::new();
        let mut parents = vec![self.pid];
        while let Some(parent) = parents.pop() {
            for (child, _) in all.iter().filter(|(_, its_parent)| *its_parent == parent) {
                if found.insert(*child) {
                    parents.push(child.pid);
                }
            }
        }
        found
    }
}

/// Names the machine's run since it was switched on: process numbers and start times mean nothing beyond it.
pub(super) fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// The value of [`MARKER`] for one sandbox.
pub(super) fn marker(session: SessionId, generation: u64) -> String {
    format!("{session}/{generation}")
}

/// All living processes that carry the session's marker, of one generation or of any. This finds those that left
/// the process group and were orphaned.
pub(super) fn marked(session: SessionId, generation: Option<u64>) -> HashSet<Identity> {
    let any = format!("{MARKER}={session}/");
    let exact = generation.map(|generation| format!("{MARKER}={}", marker(session, generation)));
    let ours = |variable: &[u8]| match &exact {
        Some(exact) => variable == exact.as_bytes(),
        None => variable.starts_with(any.as_bytes()),
    };
    everyone()
        .map(|(process, _)| process)
        .filter(|process| {
            fs::read(format!("/proc/{}/environ", process.pid))
                .is_ok_and(|environment| environment.split(|&byte| byte == 0).any(ours))
        })
        .collect()
}

/// Every living process that we can see except ourselves, with its parent's number.
fn everyone() -> impl Iterator<Item = (Identity, i32)> {
    let myself = i32::try_from(std::process::id()).unwrap_or_default();
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(move |&pid| pid != myself)
        .filter_map(|pid| {
            let stat = Stat::read(pid).filter(|stat| !stat.ended)?;
            Some((
                Identity {
                    pid,
                    started: stat.started,
                },
                stat.parent,
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_with_parentheses() {
        let stat =
            Stat::parse("7 (a) Z (b)) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 9").unwrap();
        assert_eq!((stat.parent, stat.started, stat.ended), (1, 4711, false));
        assert!(
            Stat::parse("7 (x) Z 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 9")
                .unwrap()
                .ended
        );
        assert!(Stat::parse("").is_none());
    }

    #[test]
    fn a_number_that_changed_hands_is_another_process() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let right = Identity::of(i32::try_from(child.id()).unwrap()).unwrap();
        let wrong = Identity {
            started: right.started + 1,
            ..right
        };
        assert!(!wrong.is_alive());
        wrong.signal(Signal::KILL);
        assert!(right.is_alive());
        right.signal(Signal::KILL);
        child.wait().unwrap();
        assert!(!right.is_alive());
    }
}
