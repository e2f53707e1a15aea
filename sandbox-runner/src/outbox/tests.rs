//! The outbox's promises, on a real file.

use std::time::Duration;

use shared::message::{PartBody, PartState};
use shared::turn::StopReason;
use shared::{MessageId, PartId};

use super::*;

fn step(number: usize) -> Record {
    Record::Report(Report::BootStep {
        step: format!("step {number}"),
    })
}

fn text_part(id: PartId, state: PartState, text: &str) -> Record {
    Record::Report(Report::PartUpdated {
        part: Part {
            id,
            message_id: MessageId::new(),
            turn_id: TurnId::new(),
            state,
            body: PartBody::Text { text: text.into() },
        },
    })
}

fn delta(part_id: PartId, offset: u64, text: &str) -> Record {
    Record::Delta(Delta {
        part_id,
        offset,
        text: text.into(),
    })
}

fn numbers(outgoing: &[Outgoing]) -> Vec<u64> {
    outgoing
        .iter()
        .map(|one| {
            if let Outgoing::Report(number, _) = one {
                *number
            } else {
                0
            }
        })
        .collect()
}

#[tokio::test]
async fn numbers_go_on_after_a_crash_and_acknowledged_reports_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(folder.path()).unwrap();
    outbox.append(vec![step(1), step(2), step(3)]).await.unwrap();
    outbox.acknowledge(2).unwrap();
    let name = outbox.name().to_owned();
    drop(outbox);

    let outbox = Outbox::open(folder.path()).unwrap();
    assert_eq!(outbox.name(), name);
    assert_eq!(outbox.last(), 3);
    outbox.append(vec![step(4)]).await.unwrap();
    assert_eq!(numbers(&outbox.next(0).unwrap()), [3, 4]);
    outbox.acknowledge(4).unwrap();
    drop(outbox);
    assert_eq!(Outbox::open(folder.path()).unwrap().last(), 4);
}

#[tokio::test]
async fn text_that_no_report_has_yet_survives_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let part = PartId::new();
    let turn = TurnId::new();
    let outbox = Outbox::open(folder.path()).unwrap();
    outbox
        .append(vec![
            Record::Fact(Fact::Accepted(turn)),
            text_part(part, PartState::Streaming, "He"),
            delta(part, 2, "llo"),
            delta(part, 5, " there"),
        ])
        .await
        .unwrap();
    drop(outbox);

    let outbox = Outbox::open(folder.path()).unwrap();
    let remembered = outbox.remembered().unwrap();
    assert_eq!((remembered.accepted, remembered.finished), (Some(turn), None));
    let parts = outbox.open_parts().unwrap();
    assert_eq!(
        parts[0].body,
        PartBody::Text {
            text: "Hello there".into()
        }
    );

    outbox
        .append(vec![Record::Report(Report::TurnEnded {
            turn_id: turn,
            stop_reason: StopReason::Error,
        })])
        .await
        .unwrap();
    assert_eq!(outbox.open_parts().unwrap(), []);
    assert_eq!(outbox.remembered().unwrap().finished, Some(turn));
}

#[tokio::test]
async fn deltas_keep_their_place_among_reports() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(folder.path()).unwrap();
    let part = PartId::new();
    outbox.connected();
    assert_eq!(outbox.next(0).unwrap(), []);
    outbox
        .append(vec![
            text_part(part, PartState::Streaming, ""),
            delta(part, 0, "a"),
            step(1),
            delta(part, 1, "b"),
            text_part(part, PartState::Done, "ab"),
        ])
        .await
        .unwrap();
    assert_eq!(numbers(&outbox.next(0).unwrap()), [1, 0, 2, 0, 3]);
}

#[tokio::test]
async fn a_new_link_gets_the_text_so_far() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(folder.path()).unwrap();
    let part = PartId::new();
    outbox
        .append(vec![
            text_part(part, PartState::Streaming, "a"),
            delta(part, 1, "b"),
        ])
        .await
        .unwrap();
    outbox.connected();
    assert_eq!(numbers(&outbox.next(0).unwrap()), [1]);
    let whole = Outgoing::Delta(Delta {
        part_id: part,
        offset: 0,
        text: "ab".into(),
    });
    assert_eq!(outbox.next(1).unwrap(), [whole]);
    outbox.append(vec![delta(part, 2, "c")]).await.unwrap();
    let next = Outgoing::Delta(Delta {
        part_id: part,
        offset: 2,
        text: "c".into(),
    });
    assert_eq!(outbox.next(1).unwrap(), [next]);
}

#[tokio::test]
async fn a_full_outbox_makes_the_writer_wait() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(folder.path()).unwrap();
    outbox
        .append((0..OUTBOX_REPORTS).map(step).collect())
        .await
        .unwrap();
    let waited = tokio::time::timeout(Duration::from_millis(50), outbox.append(vec![step(0)])).await;
    assert!(waited.is_err(), "it must wait");
    let (appended, ()) = tokio::join!(outbox.append(vec![step(0)]), async {
        tokio::task::yield_now().await;
        outbox.acknowledge(1).unwrap();
    });
    appended.unwrap();
    assert_eq!(outbox.last(), OUTBOX_REPORTS as u64 + 1);
}

#[test]
fn a_broken_file_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("outbox.sqlite"), "x".repeat(5000)).unwrap();
    let outbox = Outbox::open(folder.path()).unwrap();
    assert_eq!(outbox.last(), 0);
    assert!(folder.path().join("outbox-broken.sqlite").exists());
}
