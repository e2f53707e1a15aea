//! How many calls each session has under way, so that one sandbox cannot take all of the proxy. Used by the
//! proxy alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use shared::SessionId;

use super::CALLS_PER_SESSION;

#[derive(Debug, Default)]
pub(super) struct Places(Mutex<HashMap<SessionId, usize>>);

/// One call's place; gives itself back.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    session: SessionId,
}

impl Places {
    pub(super) fn take(self: &Arc<Self>, session: SessionId) -> Option<Place> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(session).or_default();
        if *count >= CALLS_PER_SESSION {
            return None;
        }
        *count += 1;
        drop(taken);
        Some(Place {
            places: Arc::clone(self),
            session,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.session) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_back() {
        let places = Arc::<Places>::default();
        let session = SessionId::new();
        let mut held: Vec<_> = (0..CALLS_PER_SESSION)
            .map(|_| places.take(session).unwrap())
            .collect();
        assert!(places.take(session).is_none());
        assert!(places.take(SessionId::new()).is_some(), "others are not held up");
        held.pop();
        assert!(places.take(session).is_some());
        held.clear();
        assert!(places.0.lock().unwrap().is_empty());
    }
}
