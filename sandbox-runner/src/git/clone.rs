//! Clones a repository into an empty workspace, and tells how far it is.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use shared::session::Repository;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::time::Instant;

/// How long a clone may take.
const CLONE: Duration = Duration::from_secs(30 * 60);

/// The shortest time between two words about the progress.
const PAUSE: Duration = Duration::from_secs(1);

/// Clones into `workspace`, which is empty. `step` hears how far it is, in words.
///
/// # Errors
/// In words, with what to try.
pub async fn clone(
    repository: &Repository,
    workspace: &Path,
    path: &str,
    home: &Path,
    step: impl Fn(String),
) -> Result<(), String> {
    let mut command = super::git(path, home);
    // No `file:`, `ext:` or `ssh:` address, whoever asked for it, nor one that a server redirects to.
    command
        .env("GIT_ALLOW_PROTOCOL", "http:https")
        .args(["clone", "--progress"]);
    if let Some(branch) = &repository.branch {
        command.arg(format!("--branch={branch}"));
    }
    command
        .arg("--")
        .arg(&repository.url)
        .arg(workspace)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let cloned = tokio::time::timeout(CLONE, async {
        let mut child = command.spawn().map_err(super::cannot_start)?;
        let mut said = String::new();
        if let Some(output) = child.stderr.take() {
            said = follow(output, step).await;
        }
        let status = child.wait().await.map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err(said) }
    });
    match cloned.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(said)) => Err(format!(
            "Cloning {} failed: {} Check the address, the branch and whether the repository may be read.",
            repository.url,
            said.trim()
        )),
        Err(_) => Err(format!(
            "Cloning {} took more than 30 minutes and was given up.",
            repository.url
        )),
    }
}

/// Reads git's progress, whose lines end in a return; gives back its last complaints.
async fn follow(output: impl tokio::io::AsyncRead + Unpin, step: impl Fn(String)) -> String {
    let mut output = BufReader::new(output);
    let mut complaints = String::new();
    let mut told: Option<Instant> = None;
    loop {
        let mut line = Vec::new();
        match (&mut output).take(4096).read_until(b'\r', &mut line).await {
            Ok(0) | Err(_) => return crate::bounds::tail(&complaints, super::COMPLAINT_BYTES).to_owned(),
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        for complaint in text
            .lines()
            .filter(|line| line.starts_with("fatal:") || line.starts_with("error:"))
        {
            complaints.push_str(complaint);
            complaints.push(' ');
        }
        if let Some(progress) = progress(&text)
            && told.is_none_or(|at| at.elapsed() >= PAUSE)
        {
            told = Some(Instant::now());
            step(format!("Cloning the repository: {progress}"));
        }
    }
}

/// `Receiving objects:  45% (9/20), 1 MiB` becomes `receiving objects 45%`.
pub(super) fn progress(line: &str) -> Option<String> {
    let line = line.lines().last()?.trim();
    let (what, rest) = line.split_once(':')?;
    let percent = rest.trim().split_once('%')?.0;
    let percent: u8 = percent.parse().ok()?;
    Some(format!(
        "{} {percent}%",
        what.trim_start_matches("remote").trim().to_lowercase()
    ))
}
