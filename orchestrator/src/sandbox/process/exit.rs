//! What is known of a runner's end, said to people. The provider tells it with the exit.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

/// A sentence on how the runner ended. `fenced` says that the status is bubblewrap's; `last_line` is of the log.
pub(super) fn describe(status: Option<ExitStatus>, fenced: bool, last_line: Option<&str>) -> String {
    let code = status.and_then(|status| status.code());
    let signal = match code {
        // Bubblewrap says by which signal the runner was ended as a shell does.
        Some(code) if fenced && code > 128 => Some(code - 128),
        _ => status.and_then(|status| status.signal()),
    };
    let how = match (signal, code) {
        (Some(9), _) => {
            "The sandbox's runner was killed, perhaps because the machine ran out of memory".to_owned()
        }
        (Some(signal), _) => format!("The sandbox's runner was ended by signal {signal}"),
        (None, Some(0)) => return "The sandbox's runner ended by itself.".to_owned(),
        (None, Some(code)) => format!("The sandbox's runner ended with exit code {code}"),
        (None, None) => "The sandbox's runner ended".to_owned(),
    };
    match last_line {
        Some(line) => format!("{how}; the last line of its log: {line}"),
        None => format!("{how}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_known() {
        let exited = |code: i32| Some(ExitStatus::from_raw(code << 8));
        let killed = |signal: i32| Some(ExitStatus::from_raw(signal));
        for (status, fenced, end) in [
            (exited(0), false, "ended by itself."),
            (
                exited(3),
                false,
                "ended with exit code 3; the last line of its log: boom",
            ),
            (
                exited(137),
                false,
                "ended with exit code 137; the last line of its log: boom",
            ),
            (
                exited(143),
                true,
                "was ended by signal 15; the last line of its log: boom",
            ),
            (
                killed(9),
                false,
                "perhaps because the machine ran out of memory; the last line of its log: boom",
            ),
            (None, true, "runner ended; the last line of its log: boom"),
        ] {
            let said = describe(status, fenced, Some("boom"));
            assert!(said.ends_with(end), "{said}");
        }
        assert_eq!(
            describe(exited(1), true, None),
            "The sandbox's runner ended with exit code 1."
        );
    }
}
