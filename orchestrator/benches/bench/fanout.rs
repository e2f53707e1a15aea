//! Fan-out: one session and a thousand watchers over WebSockets on loopback, against a bare broadcast of
//! ready frames to the same clients. First as many frames as go through, then a calm pace for delays.
//! Frames that come while a socket is written to are written together by both; one at a time they cannot be.

use std::time::{Duration, Instant};

use super::bare_server::{self, BareServer};
use super::machine;
use super::speaker::{self, Speaker};
use super::stage::Server;
use super::table::{Aim, Figure, median};
use super::watchers::{Crowd, Seen};

/// Who watches.
const WATCHERS: usize = 1000;
/// Times that the two take turns.
const ROUNDS: usize = 4;
/// Frames that are sent at once, and how often in a round; the next when all watchers have the ones before.
const FLOOD: Pace = Pace {
    burst: 100,
    bursts: 20,
};
const FRAME_BY_FRAME: Pace = Pace {
    burst: 1,
    bursts: 100,
};
/// Frames at a calm pace, and the pause between two.
const CALM: u64 = 60;
const PAUSE: Duration = Duration::from_millis(50);

/// The sets of watchers.
const OURS: usize = 0;
const RAW: usize = 1;

/// Measures it.
pub(crate) async fn measure() -> anyhow::Result<Vec<Figure>> {
    let folder = machine::folder()?;
    let mut server = Server::start(folder.path()).await?;
    let bare = BareServer::start().await?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let mut speaker = Speaker::link(&mut server, &http).await?;
    let mut crowd = Crowd::start()?;
    let path = format!("/api/sessions/{}/ws", speaker.session);
    crowd.watch(OURS, &server.address, &path, WATCHERS).await?;
    crowd
        .watch(RAW, &bare.address, bare_server::PATH, WATCHERS)
        .await?;

    let flood = throughput(FLOOD, &mut speaker, &bare, &mut crowd).await?;
    let by_frame = throughput(FRAME_BY_FRAME, &mut speaker, &bare, &mut crowd).await?;

    let mut ticks = tokio::time::interval(PAUSE);
    crowd.expect(OURS, CALM).await?;
    for _ in 0..CALM {
        ticks.tick().await;
        speaker.stream(1).await?;
    }
    let streamed = crowd.seen().await?;
    crowd.expect(RAW, CALM).await?;
    for _ in 0..CALM {
        ticks.tick().await;
        bare.publish(speaker::frame()?);
    }
    let published = crowd.seen().await?;
    crowd.expect(OURS, CALM).await?;
    for _ in 0..CALM {
        ticks.tick().await;
        speaker.update().await?;
    }
    let committed = crowd.seen().await?;
    drop((speaker, crowd, bare));
    server.close().await?;

    let pace = 1.0 / PAUSE.as_secs_f64();
    Ok(vec![
        flood.figure(format!("fan-out to {WATCHERS} watchers, frames in bursts")),
        by_frame.figure(format!("fan-out to {WATCHERS} watchers, frame by frame")),
        delay("delay of streamed text", &streamed, Some(&published), pace),
        delay("delay of durable events", &committed, None, pace),
    ])
}

fn delay(what: &str, seen: &Seen, raw: Option<&Seen>, pace: f64) -> Figure {
    let beside = raw.map_or_else(String::new, |raw| format!(", raw p99 {:.2} ms", raw.p99));
    Figure {
        name: format!("{what}, {WATCHERS} watchers, p50"),
        unit: "ms",
        ours: seen.p50,
        raw: raw.map(|raw| raw.p50),
        ratio: None,
        aim: Aim::None,
        note: format!(
            "p99 {:.2} ms{beside}; {pace} a second, runner to watcher",
            seen.p99
        ),
    }
}

/// Processor time of both sides.
struct Used {
    server: f64,
    watchers: f64,
}

impl Used {
    fn so_far(crowd: &Crowd) -> anyhow::Result<Self> {
        Ok(Self {
            server: machine::processor_time(std::process::id())?,
            watchers: machine::processor_time(crowd.id()?)?,
        })
    }
}

/// How frames are sent when as many as possible are to go through.
#[derive(Clone, Copy)]
struct Pace {
    burst: u64,
    bursts: u64,
}

async fn throughput(
    pace: Pace,
    speaker: &mut Speaker,
    bare: &BareServer,
    crowd: &mut Crowd,
) -> anyhow::Result<Throughput> {
    let mut result = Throughput::default();
    for _ in 0..ROUNDS {
        let before = Instant::now();
        let used = Used::so_far(crowd)?;
        for _ in 0..pace.bursts {
            crowd.expect(OURS, pace.burst).await?;
            speaker.stream(pace.burst).await?;
            crowd.seen().await?;
        }
        let ours = Side::since(before, &used, pace, crowd)?;

        let before = Instant::now();
        let used = Used::so_far(crowd)?;
        for _ in 0..pace.bursts {
            crowd.expect(RAW, pace.burst).await?;
            for _ in 0..pace.burst {
                bare.publish(speaker::frame()?);
            }
            crowd.seen().await?;
        }
        result
            .rounds
            .push((ours, Side::since(before, &used, pace, crowd)?));
    }
    Ok(result)
}

/// What one side did in a round: frames a second, and microseconds of processor time a frame.
struct Side {
    rate: f64,
    server: f64,
    watchers: f64,
}

impl Side {
    fn since(before: Instant, used: &Used, pace: Pace, crowd: &Crowd) -> anyhow::Result<Self> {
        let frames = (WATCHERS as u64 * pace.burst * pace.bursts) as f64;
        let rate = frames / before.elapsed().as_secs_f64();
        let now = Used::so_far(crowd)?;
        Ok(Self {
            rate,
            server: (now.server - used.server) / frames * 1e6,
            watchers: (now.watchers - used.watchers) / frames * 1e6,
        })
    }
}

/// Rounds of both sides, ours first.
#[derive(Default)]
struct Throughput {
    rounds: Vec<(Side, Side)>,
}

impl Throughput {
    fn figure(&self, name: String) -> Figure {
        let middle =
            |value: fn(&(Side, Side)) -> f64| median(&self.rounds.iter().map(value).collect::<Vec<_>>());
        Figure {
            name,
            unit: "/s",
            ours: middle(|(ours, _)| ours.rate),
            raw: Some(middle(|(_, raw)| raw.rate)),
            ratio: Some(middle(|(ours, raw)| ours.rate / raw.rate)),
            aim: Aim::AtLeast(0.7),
            note: format!(
                "processor time a frame: server {:.1} µs, raw {:.1} µs, watchers {:.1} µs",
                middle(|(ours, _)| ours.server),
                middle(|(_, raw)| raw.server),
                middle(|(_, raw)| raw.watchers)
            ),
        }
    }
}
