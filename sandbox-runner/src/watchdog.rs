//! Notices an agent that has gone silent in a turn: it says nothing, asks nothing, and no model call is
//! on its way. Pure: the bridge's core tells it what happens and when.

use std::time::Duration;

use shared::Timestamp;

/// How long a silence is before people are told.
pub const SILENCE: Duration = Duration::from_secs(10 * 60);

/// Watches one turn.
#[derive(Debug)]
pub struct Watchdog {
    heard: Timestamp,
    told: bool,
}

impl Watchdog {
    /// Begins to watch.
    pub const fn new(now: Timestamp) -> Self {
        Self {
            heard: now,
            told: false,
        }
    }

    /// The agent said something, or a model answered it.
    pub const fn heard(&mut self, now: Timestamp) {
        self.heard = now;
        self.told = false;
    }

    /// How long the agent has been silent, when people should be told: once per silence. Failing model
    /// calls, one after the other, are no sign of life; one that is under way is.
    pub fn check(&mut self, now: Timestamp, calls_in_flight: usize) -> Option<Duration> {
        let silence = now.since(self.heard);
        if self.told || silence < SILENCE || calls_in_flight > 0 {
            return None;
        }
        self.told = true;
        Some(silence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn tells_once_per_silence() {
        let mut watchdog = Watchdog::new(at(0));
        assert_eq!(watchdog.check(at(599), 0), None);
        assert_eq!(watchdog.check(at(600), 0), Some(SILENCE));
        assert_eq!(watchdog.check(at(601), 0), None);
        watchdog.heard(at(700));
        assert_eq!(watchdog.check(at(1299), 0), None);
        assert_eq!(watchdog.check(at(1300), 0), Some(SILENCE));
    }

    #[test]
    fn a_model_call_under_way_is_no_silence() {
        let mut watchdog = Watchdog::new(at(0));
        assert_eq!(watchdog.check(at(3600), 1), None);
        assert_eq!(watchdog.check(at(3601), 0), Some(Duration::from_secs(3601)));
    }
}
