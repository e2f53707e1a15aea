//! Creating sessions one after another, by the directory of sessions and over HTTP, against inserting the same two
//! rows with bare SQLite.

use std::time::Instant;

use super::bare::Database;
use super::machine;
use super::stage::{DATABASE, Server, Stage};
use super::table::{Aim, Figure, median, milliseconds, percentile};

/// Times that the two take turns, and sessions in each.
const ROUNDS: usize = 10;
const SESSIONS: usize = 100;

/// Measures it.
pub(crate) async fn measure() -> anyhow::Result<Vec<Figure>> {
    let (stage_folder, server_folder, raw_folder) =
        (machine::folder()?, machine::folder()?, machine::folder()?);
    let stage = Stage::open(stage_folder.path()).await?;
    let server = Server::start(server_folder.path()).await?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    // The same tables and the same user.
    Stage::open(raw_folder.path()).await?.close().await;
    let mut raw = Database::open(&raw_folder.path().join(DATABASE))?;

    let body = r#"{"title":"A session of the benchmarks"}"#;
    server.create(&http, body).await?;
    let [mut by_directory, mut over_http, mut bare] = [const { Vec::new() }; 3];
    let (mut ratios, mut http_ratios) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let [mut here, mut there, mut below] = [const { Vec::new() }; 3];
        for _ in 0..SESSIONS {
            let started = Instant::now();
            stage.create(None).await?;
            here.push(milliseconds(started.elapsed()));
        }
        for _ in 0..SESSIONS {
            let started = Instant::now();
            raw.create_session()?;
            below.push(milliseconds(started.elapsed()));
        }
        for _ in 0..SESSIONS {
            let started = Instant::now();
            server.create(&http, body).await?;
            there.push(milliseconds(started.elapsed()));
        }
        ratios.push(median(&here) / median(&below));
        http_ratios.push(median(&there) / median(&below));
        by_directory.extend(here);
        over_http.extend(there);
        bare.extend(below);
    }
    stage.close().await;
    server.close().await?;
    let raw_p99 = percentile(&mut bare, 0.99);
    let figure = |name: &str, times: &mut Vec<f64>, ratios: &[f64], aim, note: &str| Figure {
        name: name.to_owned(),
        unit: "ms",
        ours: median(times),
        raw: Some(median(&bare)),
        ratio: Some(median(ratios)),
        aim,
        note: format!(
            "{note}; p99 {:.2} ms, raw p99 {raw_p99:.2} ms",
            percentile(times, 0.99)
        ),
    };
    Ok(vec![
        figure(
            "create a session, p50",
            &mut by_directory,
            &ratios,
            Aim::AtMost(2.0),
            "Sessions::create, one after another",
        ),
        figure(
            "the same over HTTP, p50",
            &mut over_http,
            &http_ratios,
            Aim::None,
            "with the client's own work",
        ),
    ])
}
