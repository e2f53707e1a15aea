//! Durable events: a hundred busy sessions whose runners report as fast as they are acknowledged, through the
//! real actors, against a bare loop that inserts the same rows in transactions of the same size.

use std::time::Instant;

use anyhow::{Context, bail};
use orchestrator::app::telemetry;
use orchestrator::session::{LinkOrder, RunnerLink};
use shared::runner::{NumberedReport, RunnerCommand};
use shared::{SessionId, TurnId};

use super::bare::Database;
use super::machine;
use super::stage::{DATABASE, Stage};
use super::table::{Aim, Figure, median};
use super::work::{self, Batch};

/// Busy sessions.
const SESSIONS: usize = 100;
/// Times that the two take turns.
const ROUNDS: usize = 5;

/// A runner as it is played here.
struct Runner {
    link: RunnerLink,
    turn: TurnId,
    reported: u64,
}

impl Runner {
    /// Hands these batches over one after another, as a runner's socket does: the next when the one before is
    /// committed. Done when the last number is acknowledged.
    async fn report(mut self, batches: Vec<Vec<NumberedReport>>) -> anyhow::Result<Self> {
        for batch in batches {
            let count = batch.len() as u64;
            anyhow::ensure!(self.link.report(batch).await, "a session went away");
            self.reported += count;
            loop {
                match self.link.next_order().await {
                    Some(LinkOrder::Send(command)) => match *command {
                        RunnerCommand::Ack { number } if number == self.reported => break,
                        _ => {}
                    },
                    Some(LinkOrder::Close(code)) => bail!("a session cut its runner off with {code}"),
                    None => bail!("a session let its runner go"),
                }
            }
        }
        Ok(self)
    }
}

/// Measures it, with batches of the size that sockets hand over when agents are busy, and with single reports.
pub(crate) async fn measure() -> anyhow::Result<Vec<Figure>> {
    Ok(vec![
        measure_batches(16, 480, Aim::AtLeast(0.8)).await?,
        // A batch of one is what agents at rest report, and sessions at rest are not what a disk is short of.
        measure_batches(1, 80, Aim::None).await?,
    ])
}

/// `size` reports a batch, `count` reports a session in each round.
async fn measure_batches(size: usize, count: usize, aim: Aim) -> anyhow::Result<Figure> {
    let (ours_folder, raw_folder) = (machine::folder()?, machine::folder()?);
    let stage = Stage::open(ours_folder.path()).await?;
    let mut runners = Vec::with_capacity(SESSIONS);
    for _ in 0..SESSIONS {
        let (link, turn) = stage.work("Find out why the test fails, and mend it.").await?;
        runners.push(Runner {
            link,
            turn,
            reported: 0,
        });
    }
    Stage::open(raw_folder.path()).await?.close().await;
    let mut raw = Database::open(&raw_folder.path().join(DATABASE))?;
    let mut sessions = Vec::with_capacity(SESSIONS);
    for _ in 0..SESSIONS {
        sessions.push((raw.create_session()?, 1));
    }

    let (mut ours, mut bare, mut ratios, mut groups) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let before = Groups::so_far()?;
        let prepared: Vec<_> = runners
            .drain(..)
            .map(|runner| {
                let reports = work::reports(runner.turn, runner.reported + 1, count);
                let batches: Vec<_> = reports.chunks(size).map(<[_]>::to_vec).collect();
                (runner, batches)
            })
            .collect();
        let started = Instant::now();
        let busy: Vec<_> = prepared
            .into_iter()
            .map(|(runner, batches)| tokio::spawn(runner.report(batches)))
            .collect();
        for runner in busy {
            runners.push(runner.await??);
        }
        let here = (SESSIONS * count) as f64 / started.elapsed().as_secs_f64();
        let group = Groups::so_far()?.size_since(&before).round().max(1.0) as usize;

        let batches = rows(&mut sessions, size, count)?;
        let started = Instant::now();
        let all: Vec<&Batch> = batches.iter().collect();
        for transaction in all.chunks(group) {
            raw.write(transaction)?;
        }
        let there = (SESSIONS * count) as f64 / started.elapsed().as_secs_f64();
        ours.push(here);
        bare.push(there);
        ratios.push(here / there);
        groups.push(group as f64);
    }
    // All that was acknowledged is in the log.
    for runner in &runners {
        anyhow::ensure!(
            runner.reported == (ROUNDS * count) as u64,
            "a report was not acknowledged"
        );
    }
    stage.close().await;
    Ok(Figure {
        name: format!("acked durable events, {SESSIONS} sessions, batches of {size}"),
        unit: "/s",
        ours: median(&ours),
        raw: Some(median(&bare)),
        ratio: Some(median(&ratios)),
        aim,
        note: format!("{} batches a commit in both", median(&groups)),
    })
}

/// One round's rows for bare SQLite: the sessions' batches in turn, as they come in when all are busy.
fn rows(sessions: &mut [(SessionId, u64)], size: usize, count: usize) -> anyhow::Result<Vec<Batch>> {
    let turn = TurnId::new();
    let mut batches = Vec::new();
    for _ in 0..count / size {
        for (session, last) in &mut *sessions {
            batches.push(work::rows(*session, *last, work::reports(turn, 1, size))?);
            *last += size as u64;
        }
    }
    Ok(batches)
}

/// What the writer has measured of its own transactions.
struct Groups {
    transactions: f64,
    jobs: f64,
}

impl Groups {
    fn so_far() -> anyhow::Result<Self> {
        let text = telemetry::measurements()?.render();
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().parse().ok()
        };
        let read = value("storage_group_jobs_count ").zip(value("storage_group_jobs_sum "));
        let (transactions, jobs) = read.context("the writer's measurements are not there")?;
        Ok(Self { transactions, jobs })
    }

    fn size_since(&self, before: &Self) -> f64 {
        (self.jobs - before.jobs) / (self.transactions - before.transactions)
    }
}
