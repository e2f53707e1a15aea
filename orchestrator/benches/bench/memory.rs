//! Memory: what the process grows by for each session that is awake and for each watcher that is idle, in
//! processes of their own. Resident memory is measured, as the system counts it, without programs and mapped files.

use std::time::Duration;

use futures_util::StreamExt;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use serde::{Deserialize, Serialize};
use shared::SessionId;

use super::bare_server::{self, BareServer};
use super::child::Child;
use super::machine;
use super::speaker::Speaker;
use super::stage::{Server, Stage};
use super::table::{Aim, Figure};
use super::watchers::Crowd;
use super::work;

/// The roles under which this program is started for it.
pub(crate) const SESSIONS_ROLE: &str = "memory-of-sessions";
/// See [`SESSIONS_ROLE`].
pub(crate) const WATCHERS_ROLE: &str = "memory-of-watchers";

/// How many of each are measured, after so many that fill caches and make room for what is shared.
const WARM: usize = 500;
const AWAKE: usize = 2000;
const BUSY: usize = 1000;
const WATCHERS: usize = 1000;

/// Reports that fill the writer's cache of pages, which is bounded and no session's.
const FILLING: usize = 16_000;

const KILOBYTE: f64 = 1024.0;

/// Kilobytes each.
#[derive(Debug, Serialize, Deserialize)]
struct OfSessions {
    awake: f64,
    busy: f64,
    actor: f64,
}

/// Kilobytes each.
#[derive(Debug, Serialize, Deserialize)]
struct OfWatchers {
    ours: f64,
    raw: f64,
}

/// Measures it.
pub(crate) async fn measure() -> anyhow::Result<Vec<Figure>> {
    let sessions: OfSessions = Child::start(SESSIONS_ROLE)?.hear_last().await?;
    let watchers: OfWatchers = Child::start(WATCHERS_ROLE)?.hear_last().await?;
    let figure = |name: &str, ours, raw, most, note: String| Figure {
        name: name.to_owned(),
        unit: "KB",
        ours,
        raw: Some(raw),
        ratio: None,
        aim: Aim::Within(most),
        note,
    };
    Ok(vec![
        figure(
            "memory of an awake session",
            sessions.awake,
            sessions.actor,
            16.0,
            format!("resident; {AWAKE} opened, nothing to do; raw: an actor of ractor without state"),
        ),
        figure(
            "memory of a busy session",
            sessions.busy,
            sessions.actor,
            16.0,
            format!("resident; {BUSY} with a linked runner and a running turn, without its socket"),
        ),
        figure(
            "memory of an idle watcher",
            watchers.ours,
            watchers.raw,
            6.0,
            format!("resident in the server; {WATCHERS} WebSockets; raw: the bare broadcast's sockets"),
        ),
    ])
}

/// The process of [`SESSIONS_ROLE`].
pub(crate) async fn of_sessions() -> anyhow::Result<()> {
    let folder = machine::folder()?;
    let stage = Stage::open(folder.path()).await?;
    let ids = stage.create_many(WARM + AWAKE).await?;
    let (filler, turn) = stage.work("Fill the cache.").await?;
    for first in (0..FILLING).step_by(64) {
        let reports = work::reports(turn, first as u64 + 1, 64);
        anyhow::ensure!(filler.report(reports).await, "a session went away");
    }
    for id in &ids {
        stage.sessions.storage().sessions().open(*id).await?;
    }
    let (warm, measured) = ids.split_at(WARM);
    wake(&stage, warm).await?;
    let before = settled().await?;
    wake(&stage, measured).await?;
    let awake = (settled().await? - before) / AWAKE as f64 / KILOBYTE;

    let mut links = Vec::with_capacity(WARM + BUSY);
    for _ in 0..WARM {
        links.push(busy(&stage).await?);
    }
    let before = settled().await?;
    for _ in 0..BUSY {
        links.push(busy(&stage).await?);
    }
    let busy = (settled().await? - before) / BUSY as f64 / KILOBYTE;

    let mut actors = Vec::with_capacity(WARM + AWAKE);
    for _ in 0..WARM {
        actors.push(Actor::spawn(None, Nothing, ()).await?);
    }
    let before = settled().await?;
    for _ in 0..AWAKE {
        actors.push(Actor::spawn(None, Nothing, ()).await?);
    }
    let actor = (settled().await? - before) / AWAKE as f64 / KILOBYTE;
    answer(&OfSessions { awake, busy, actor })
}

/// The process of [`WATCHERS_ROLE`].
pub(crate) async fn of_watchers() -> anyhow::Result<()> {
    let folder = machine::folder()?;
    let mut server = Server::start(folder.path()).await?;
    let bare = BareServer::start().await?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let speaker = Speaker::link(&mut server, &http).await?;
    let mut crowd = Crowd::start()?;
    let path = format!("/api/sessions/{}/ws", speaker.session);
    let places = [
        (server.address.clone(), path),
        (bare.address.clone(), bare_server::PATH.to_owned()),
    ];
    let mut each = Vec::new();
    for (set, (address, path)) in places.iter().enumerate() {
        crowd.watch(set, address, path, WARM / 2).await?;
        let before = settled().await?;
        crowd.watch(set, address, path, WATCHERS).await?;
        each.push((settled().await? - before) / WATCHERS as f64 / KILOBYTE);
    }
    let [ours, raw] = each[..] else {
        anyhow::bail!("one of two was not measured")
    };
    answer(&OfWatchers { ours, raw })
}

async fn wake(stage: &Stage, ids: &[SessionId]) -> anyhow::Result<()> {
    let opening = futures_util::stream::iter(ids)
        .map(|id| stage.sessions.open(*id))
        .buffer_unordered(32);
    let mut opening = std::pin::pin!(opening);
    while let Some(opened) = opening.next().await {
        opened?;
    }
    Ok(())
}

/// A session with a linked runner, a running turn, and a part that streams.
async fn busy(stage: &Stage) -> anyhow::Result<orchestrator::session::RunnerLink> {
    let (link, turn) = stage.work("Find out why the test fails, and mend it.").await?;
    // Up to the text that streams.
    let reports = work::reports(turn, 1, 4);
    anyhow::ensure!(link.report(reports).await, "a session went away");
    Ok(link)
}

/// Resident memory once all that was started has come to rest.
async fn settled() -> anyhow::Result<f64> {
    tokio::time::sleep(Duration::from_millis(500)).await;
    machine::resident(std::process::id())
}

fn answer(answer: &impl Serialize) -> anyhow::Result<()> {
    super::say(&serde_json::to_string(answer)?)
}

/// An actor that does nothing.
struct Nothing;

impl Actor for Nothing {
    type Msg = ();
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<()>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }
}
