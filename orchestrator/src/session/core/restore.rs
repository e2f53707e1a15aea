//! A core from what was stored: the same state that the last actor of this session had committed.

use shared::Timestamp;
use shared::session::Session;

use super::{Charter, Core, Link, Patience, RunningTurn};
use crate::storage::Recovery;

impl Core {
    /// The state as it was committed. The runner is not linked: it dials in by itself, and has from
    /// now on the time to do so.
    pub(crate) fn restore(recovery: Recovery, patience: Patience, now: Timestamp) -> Self {
        let Recovery {
            stored,
            queue,
            running,
            questions,
            streaming,
            answers,
            calls,
        } = recovery;
        let turn = running.map(|(turn, prompt)| {
            let mut running = RunningTurn::new(turn, prompt);
            running.streaming = streaming
                .into_iter()
                .map(|part| (part.id, Box::new(part)))
                .collect();
            running.answers = answers.into_iter().collect();
            for call in &calls {
                running.add(call);
            }
            Box::new(running)
        });
        let header = stored.header;
        Self {
            charter: Charter {
                id: stored.id,
                agent: stored.agent,
                permissions: stored.permissions,
                repository: stored.repository,
                environment: stored.environment,
                created_by: stored.created_by,
                created_at: stored.created_at,
            },
            title: header.title,
            status: header.status,
            model: header.model,
            last_seq: stored.last_seq,
            updated_at: stored.updated_at,
            sandbox: header.sandbox,
            generation: header.generation,
            turn,
            questions,
            queue: queue.into(),
            turns: header.turns,
            last_stop_reason: header.last_stop_reason,
            link: Link {
                outbox: header.outbox,
                last_report: header.last_report,
                ..Link::default()
            },
            since: now,
            breakdowns: Vec::new(),
            patience,
        }
    }

    /// The session as clients see it.
    pub(crate) fn session(&self) -> Session {
        Session {
            id: self.charter.id,
            title: self.title.clone(),
            status: self.status,
            activity: self.header().activity(),
            model: self.model.clone(),
            agent: self.charter.agent.clone(),
            permissions: self.charter.permissions,
            sandbox: self.sandbox.clone(),
            repository: self.charter.repository.clone(),
            last_stop_reason: self.last_stop_reason,
            last_seq: self.last_seq,
            created_at: self.charter.created_at,
            updated_at: self.updated_at,
            created_by: self.charter.created_by.clone(),
        }
    }
}
