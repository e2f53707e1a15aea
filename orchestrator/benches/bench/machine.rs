//! What the machine gives: temporary folders on the disk that is measured, memory and processor time of
//! processes, and enough file descriptors for thousands of sockets.

use anyhow::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;

/// A folder that is removed when it is dropped. Beside the build's output: on a disk, where the system's own
/// temporary folder may be memory.
pub(crate) fn folder() -> anyhow::Result<TempDir> {
    tempfile::Builder::new()
        .prefix("bench-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .context("cannot make a temporary folder")
}

/// Lets this process, and those that it starts, open as many files as the system allows it.
pub(crate) fn open_many_files() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    // Where it is refused, the figure that needs more says so.
    let _ = setrlimit(Resource::Nofile, wanted);
}

/// Bytes of memory that a process has resident and for itself: without its program and mapped files.
pub(crate) fn resident(process: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:")?.trim().strip_suffix(" kB"))
        .context("the system does not tell how much memory is resident")?;
    Ok(kilobytes.parse::<f64>()? * 1024.0)
}

/// Seconds of processor time that a process has used.
pub(crate) fn processor_time(process: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The program's name may hold spaces; what follows its parenthesis does not.
    let (_, fields) = stat
        .rsplit_once(')')
        .context("the system does not tell what a process used")?;
    let ticks = |place: usize| fields.split_whitespace().nth(place)?.parse::<f64>().ok();
    // Fields 14 and 15 of proc_pid_stat(5), in hundredths of a second.
    let (user, system) = ticks(11)
        .zip(ticks(12))
        .context("the system does not tell what a process used")?;
    Ok((user + system) / 100.0)
}
