//! The database as its users see it: durable, fenced, and never scanning.

use std::collections::BTreeMap;

use shared::event::{EventBody, SessionError, Severity};
use shared::message::{Part, PartBody, PartState};
use shared::prompt::{Origin, Prompt, PromptMode, PromptStatus};
use shared::sandbox::{Sandbox, SandboxStatus};
use shared::session::{Permissions, Person, SessionStatus};
use shared::turn::{StopReason, Turn, TurnOutcome};
use shared::{Event, MessageId, PartId, PromptId, SessionId, Timestamp, TurnId};

use super::*;

struct Disk {
    storage: Storage,
    folder: tempfile::TempDir,
    ada: Person,
}

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

impl Disk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = open(&folder);
        let ada = storage
            .built_in_user("local", "Ada".to_owned(), NOW)
            .await
            .unwrap();
        Self { storage, folder, ada }
    }

    async fn session(&self) -> SessionCommit {
        let commit = self.commit(
            SessionId::new(),
            0,
            vec![EventBody::SessionArchived { by: self.ada.clone() }],
        );
        let row = NewSessionRow {
            agent: "opencode".to_owned(),
            permissions: Permissions::Allow,
            repository: None,
            environment: BTreeMap::new(),
            created_by: self.ada.id,
        };
        self.storage.create_session(row, commit.clone()).await.unwrap();
        commit
    }

    fn commit(&self, session: SessionId, last_seq: u64, bodies: Vec<EventBody>) -> SessionCommit {
        let events = bodies.into_iter().zip(last_seq + 1..);
        SessionCommit {
            session,
            epoch: 1,
            last_seq,
            events: events
                .map(|(body, seq)| Committed::new(Event { seq, at: NOW, body }, 1).unwrap())
                .collect(),
            header: Header {
                title: "A title".to_owned(),
                status: SessionStatus::Open,
                model: "demo/scripted".to_owned(),
                sandbox: Sandbox {
                    provider: "process".to_owned(),
                    status: SandboxStatus::Ready,
                },
                generation: 1,
                outbox: "outbox".to_owned(),
                last_report: 3,
                turns: 1,
                turn_running: false,
                last_stop_reason: Some(StopReason::EndTurn),
                queued: 0,
                questions: 0,
            },
            now: NOW,
            patch: None,
            model_calls: Vec::new(),
            answer: None,
        }
    }

    fn prompt(&self) -> Prompt {
        Prompt {
            id: PromptId::new(),
            text: "Do".to_owned(),
            mode: PromptMode::Queue,
            status: PromptStatus::Queued,
            origin: Origin::Api,
            author: self.ada.clone(),
            created_at: NOW,
        }
    }
}

fn open(folder: &tempfile::TempDir) -> Storage {
    Storage::open(&Options {
        file: folder.path().join("roundhouse.db"),
        readers: 2,
    })
    .unwrap()
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_reopening_and_older_epochs_are_fenced_off() {
    let disk = Disk::new().await;
    let first = disk.session().await;
    drop(disk.storage);
    let storage = open(&disk.folder);
    let recovery = storage.sessions().open(first.session).await.unwrap().unwrap();
    assert_eq!((recovery.stored.epoch, recovery.stored.last_seq), (2, 1));
    assert_eq!(recovery.stored.header, first.header);
    assert_eq!(storage.sessions().awake().await.unwrap(), [first.session]);

    let late = SessionCommit {
        last_seq: 1,
        events: Vec::new(),
        ..first.clone()
    };
    assert!(matches!(
        storage.commit_session(late.clone()).await,
        Err(StorageError::Superseded)
    ));
    storage
        .commit_session(SessionCommit {
            epoch: 2,
            ..late.clone()
        })
        .await
        .unwrap();
    let behind = SessionCommit {
        epoch: 2,
        last_seq: 0,
        ..late
    };
    assert!(matches!(
        storage.commit_session(behind).await,
        Err(StorageError::Superseded)
    ));
}

#[tokio::test]
async fn the_view_shows_what_the_events_told() {
    let disk = Disk::new().await;
    let first = disk.session().await;
    let prompt = disk.prompt();
    let turn = Turn {
        id: TurnId::from_uuid(prompt.id.uuid()),
        number: 1,
        prompt_id: prompt.id,
        model: "demo/scripted".to_owned(),
        started_at: NOW,
        outcome: None,
    };
    let mut part = Part {
        id: PartId::from_uuid(prompt.id.uuid()),
        message_id: MessageId::from_uuid(prompt.id.uuid()),
        turn_id: turn.id,
        state: PartState::Streaming,
        body: PartBody::Text { text: String::new() },
    };
    let error = SessionError {
        code: "model_cut".to_owned(),
        message: "It was cut.".to_owned(),
        severity: Severity::Warning,
        turn_id: Some(turn.id),
    };
    let started = vec![
        EventBody::PromptQueued {
            prompt: prompt.clone(),
        },
        EventBody::TurnStarted { turn: turn.clone() },
        EventBody::PartUpdated { part: part.clone() },
        EventBody::Error(error.clone()),
    ];
    disk.storage
        .commit_session(disk.commit(first.session, 1, started))
        .await
        .unwrap();
    let recovery = disk
        .storage
        .sessions()
        .open(first.session)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(recovery.running, Some((turn.clone(), prompt.clone())));
    assert_eq!(recovery.streaming, [part.clone()]);

    part.state = PartState::Done;
    part.body = PartBody::Text {
        text: "Done.".to_owned(),
    };
    let outcome = TurnOutcome {
        stop_reason: StopReason::EndTurn,
        usage: None,
        cost: None,
        completed_at: NOW,
    };
    let ended = vec![
        EventBody::PartUpdated { part: part.clone() },
        EventBody::TurnCompleted {
            turn_id: turn.id,
            outcome: outcome.clone(),
        },
    ];
    let commit = SessionCommit {
        epoch: 2,
        ..disk.commit(first.session, 5, ended)
    };
    disk.storage.commit_session(commit).await.unwrap();

    let view = disk
        .storage
        .transcript()
        .view(first.session)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(view.seq, 7);
    assert_eq!(view.parts, [part.clone()]);
    assert_eq!(
        view.turns,
        [Turn {
            outcome: Some(outcome),
            ..turn
        }]
    );
    assert_eq!(view.errors[0].error, error);
    assert!(view.queue.is_empty() && view.earlier.is_none());
    let page = disk
        .storage
        .transcript()
        .turns(first.session, None, 10)
        .await
        .unwrap();
    assert_eq!(page.items[0].parts, [part]);
    let log = disk
        .storage
        .events()
        .after(first.session, 0, 100)
        .await
        .unwrap()
        .events;
    assert_eq!(
        log.iter().map(|event| event.seq).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 6, 7]
    );
    let event: Event = serde_json::from_str(&log[6].json).unwrap();
    assert_eq!(event.body.kind(), "turn.completed");
    assert!(
        disk.storage
            .sessions()
            .open(first.session)
            .await
            .unwrap()
            .unwrap()
            .running
            .is_none()
    );
}

#[tokio::test]
async fn an_answer_is_kept_with_what_it_answers() {
    let disk = Disk::new().await;
    let first = disk.session().await;
    let request = Idempotency {
        owner: disk.ada.id,
        key: "k".to_owned(),
        fingerprint: [1; 32],
    };
    assert_eq!(disk.storage.replay(&request).await.unwrap(), None);
    let queued = vec![EventBody::PromptQueued {
        prompt: disk.prompt(),
    }];
    let commit = SessionCommit {
        answer: Some((request.clone(), "{}".to_owned())),
        ..disk.commit(first.session, 1, queued.clone())
    };
    disk.storage.commit_session(commit).await.unwrap();
    assert_eq!(
        disk.storage.replay(&request).await.unwrap().as_deref(),
        Some("{}")
    );
    let other = Idempotency {
        fingerprint: [2; 32],
        ..request.clone()
    };
    assert!(matches!(
        disk.storage.replay(&other).await,
        Err(StorageError::IdempotencyMismatch)
    ));
    // Twice at once: the second undoes all that came with it.
    let commit = SessionCommit {
        answer: Some((request.clone(), "{}".to_owned())),
        ..disk.commit(first.session, 2, queued)
    };
    assert!(matches!(
        disk.storage.commit_session(commit).await,
        Err(StorageError::IdempotencyMismatch)
    ));
    assert_eq!(
        disk.storage
            .events()
            .after(first.session, 0, 9)
            .await
            .unwrap()
            .events
            .len(),
        2
    );
    let day = std::time::Duration::from_secs(24 * 60 * 60 + 1);
    assert_eq!(disk.storage.forget_old_answers(NOW.after(day)).await.unwrap(), 1);
}

#[tokio::test]
async fn sessions_are_listed_in_pages_newest_first() {
    let disk = Disk::new().await;
    for _ in 0..5 {
        disk.session().await;
    }
    let mut seen = Vec::new();
    let mut which = ListSessions {
        limit: 2,
        ..ListSessions::default()
    };
    loop {
        let page = disk.storage.sessions().list(which.clone()).await.unwrap();
        seen.extend(page.items.iter().map(|session| session.id));
        let Some(last) = page.items.last().filter(|_| page.next_cursor.is_some()) else {
            break;
        };
        which.after = Some((last.updated_at, last.id));
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted_by(|earlier, later| earlier > later));
    which = ListSessions {
        status: Some(SessionStatus::Archived),
        after: None,
        limit: 9,
    };
    assert!(
        disk.storage
            .sessions()
            .list(which)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    disk.storage.sessions().delete(seen[0]).await.unwrap();
    assert!(disk.storage.sessions().get(seen[0]).await.unwrap().is_none());
    assert!(
        disk.storage
            .events()
            .after(seen[0], 0, 9)
            .await
            .unwrap()
            .events
            .is_empty()
    );
}

/// What is read at a time is bounded in bytes too, and says that there is more.
#[tokio::test]
async fn a_stretch_of_the_log_is_bounded_in_bytes() {
    let disk = Disk::new().await;
    let first = disk.session().await;
    let large = |name: &str| EventBody::SessionUpdated {
        title: Some(name.repeat(3 * 1024 * 1024)),
        model: None,
        status: None,
    };
    let commit = disk.commit(first.session, 1, vec![large("a"), large("b"), large("c")]);
    disk.storage.commit_session(commit).await.unwrap();
    let stretch = disk.storage.events().after(first.session, 0, 100).await.unwrap();
    assert_eq!((stretch.events.len(), stretch.more), (3, true));
    let rest = disk.storage.events().after(first.session, 3, 100).await.unwrap();
    assert_eq!((rest.events.len(), rest.more), (1, false));
}

/// The hot statements find their rows by an index and in order: no scan, no temporary sort.
#[tokio::test]
async fn hot_statements_neither_scan_nor_sort() {
    let disk = Disk::new().await;
    let connection = connect(&disk.folder.path().join("roundhouse.db")).unwrap();
    for statement in [
        events::AFTER.to_owned(),
        transcript::OF_TURNS.to_owned(),
        sessions::list_statement(true),
        sessions::list_statement(false),
        "SELECT id FROM sessions WHERE awake = 1".to_owned(),
        "UPDATE sessions SET title = ?4 WHERE id = ?1 AND epoch = ?2 AND last_seq = ?3".to_owned(),
        "UPDATE transcript SET body = ?3 WHERE session_id = ?1 AND id = ?2 AND kind = 'turn'".to_owned(),
        "SELECT position, body FROM queue WHERE session_id = ?1 ORDER BY position".to_owned(),
        "SELECT body FROM questions WHERE session_id = ?1 ORDER BY id".to_owned(),
        "SELECT at FROM model_calls WHERE session_id = ?1 AND turn_id = ?2 ORDER BY id".to_owned(),
        "SELECT body FROM idempotency WHERE owner = ?1 AND key = ?2".to_owned(),
        "SELECT user_id FROM login_tokens WHERE hash = ?1 AND expires_at > ?2".to_owned(),
        "DELETE FROM login_tokens WHERE expires_at <= ?1".to_owned(),
    ] {
        let mut plan = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {statement}"))
            .unwrap();
        let steps: Vec<String> = plan
            .raw_query()
            .mapped(|row| row.get(3))
            .collect::<Result<_, _>>()
            .unwrap();
        for step in &steps {
            // A covering scan of the partial index of awake sessions is exactly its rows.
            let scans = step.starts_with("SCAN")
                && !step.contains("sessions_awake")
                && !step.contains("sessions_by_update");
            assert!(!scans && !step.contains("TEMP B-TREE"), "{statement}\n{steps:?}");
        }
    }
}
