//! Who watches an awake session, and how they get what happens. Bounded: a watcher that falls a whole
//! ring behind is dropped and resumes by its cursor; nobody is waited for.

use std::time::Duration;

use shared::Timestamp;
use shared::session::Person;
use shared::socket::Presence;
use tokio::sync::broadcast;

use super::frame::{Batch, Frame};

/// Batches that a watcher may be behind.
const RING: usize = 256;
/// How long somebody is shown as typing after a key.
const TYPING: Duration = Duration::from_secs(4);
/// People in a presence frame at most.
const SHOWN: usize = 50;

/// Names a watcher within its session's actor.
pub(super) type WatcherId = u64;

/// The watchers of one session. Costs nothing while there is none.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    ring: Option<broadcast::Sender<Batch>>,
    present: Vec<Watcher>,
    last_id: WatcherId,
}

#[derive(Debug)]
struct Watcher {
    id: WatcherId,
    person: Person,
    typed: Option<Timestamp>,
}

impl Watchers {
    pub(super) fn is_empty(&self) -> bool {
        self.present.is_empty()
    }

    pub(super) fn join(&mut self, person: Person) -> (WatcherId, broadcast::Receiver<Batch>) {
        self.last_id += 1;
        self.present.push(Watcher {
            id: self.last_id,
            person,
            typed: None,
        });
        let ring = self.ring.get_or_insert_with(|| broadcast::channel(RING).0);
        (self.last_id, ring.subscribe())
    }

    pub(super) fn leave(&mut self, id: WatcherId) {
        self.present.retain(|watcher| watcher.id != id);
        if self.present.is_empty() {
            *self = Self {
                last_id: self.last_id,
                ..Self::default()
            };
        }
    }

    /// True when others should hear of it.
    pub(super) fn typed(&mut self, id: WatcherId, now: Timestamp) -> bool {
        let Some(watcher) = self.present.iter_mut().find(|watcher| watcher.id == id) else {
            return false;
        };
        let news = !watcher.is_typing(now);
        watcher.typed = Some(now);
        news
    }

    /// Whether somebody typed so lately that a later presence frame must take it back.
    pub(super) fn anyone_types(&self, now: Timestamp) -> bool {
        self.present.iter().any(|watcher| watcher.is_typing(now))
    }

    /// Everybody once, however many windows they have open.
    pub(super) fn presence(&self, now: Timestamp) -> Vec<Presence> {
        let mut present: Vec<Presence> = Vec::new();
        for watcher in &self.present {
            let typing = watcher.is_typing(now);
            if let Some(other) = present
                .iter_mut()
                .find(|other| other.person.id == watcher.person.id)
            {
                other.typing |= typing;
            } else if present.len() < SHOWN {
                present.push(Presence {
                    person: watcher.person.clone(),
                    typing,
                });
            }
        }
        present
    }

    pub(super) fn publish(&self, frames: impl FnOnce() -> Vec<Frame>) {
        if let Some(ring) = &self.ring {
            // An error says that nobody listens any more, which `leave` is about to say too.
            let _ = ring.send(frames().into());
        }
    }
}

impl Watcher {
    fn is_typing(&self, now: Timestamp) -> bool {
        self.typed.is_some_and(|typed| now.since(typed) < TYPING)
    }
}

#[cfg(test)]
mod tests {
    use shared::UserId;

    use super::*;

    #[test]
    fn a_person_is_present_once_and_types_for_a_while() {
        let start = Timestamp::from_millis(1_000_000);
        let person = Person {
            id: UserId::new(),
            name: "Ada".to_owned(),
        };
        let mut watchers = Watchers::default();
        let (first, _receiver) = watchers.join(person.clone());
        let (second, _other) = watchers.join(person);
        assert!(watchers.typed(second, start));
        assert!(!watchers.typed(second, start));
        assert_eq!(watchers.presence(start).len(), 1);
        assert!(watchers.presence(start)[0].typing);
        assert!(!watchers.presence(start.after(TYPING))[0].typing);
        watchers.leave(first);
        watchers.leave(second);
        assert!(watchers.is_empty() && watchers.ring.is_none());
    }
}
