//! Processes are killed at random instants while the real agent works: nothing that was acknowledged
//! is lost, nothing happens twice, and the next prompt works.

use std::collections::HashMap;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::follower::Follower;
use crate::installation::{Installation, signal};

/// Kills per kind of process.
const ROUNDS: usize = 50;

/// A turn that thinks aloud, runs a command that leaves one line each time it runs, and reports.
fn scenarios() -> Value {
    let work = |n: usize| {
        json!({"when": format!("job-{n}."), "title": "Chaos", "steps": [
            {"slow": {"text": "I shall first look around, slowly and word by word.", "chunks": 10, "everyMs": 40}},
            {"bash": {"command": format!("echo begin-{n} >> ledger.txt; sleep 0.6; echo end-{n} >> ledger.txt"), "description": "Work"}},
            {"slow": {"text": "Now I tell what I did, also slowly and word by word.", "chunks": 10, "everyMs": 40}},
            {"say": format!(" Finished {n}.")}
        ]})
    };
    // The first that fits wins, and an agent asks a prompt that failed again together with its successor: so
    // the newest job stands first.
    json!({"typingMs": 1, "scenarios": (0..400).rev().map(work).collect::<Vec<_>>()})
}

struct Chaos {
    installation: Installation,
    session: String,
    follower: Follower,
    random: SmallRng,
    jobs: usize,
}

impl Chaos {
    async fn start() -> Self {
        // The instants differ from run to run; a failure names its seed.
        let seed = std::env::var("CHAOS_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| uuid::Uuid::now_v7().as_u128() as u64);
        eprintln!("CHAOS_SEED={seed}");
        let installation = Installation::start(&scenarios()).await;
        let session = installation
            .create(json!({"title": "Chaos", "model": "anthropic/claude-haiku-4-5"}))
            .await;
        let follower = Follower::start(&installation, &session);
        let mut chaos = Self {
            installation,
            session,
            follower,
            random: SmallRng::seed_from_u64(seed),
            jobs: 0,
        };
        chaos.job().await;
        chaos.installation.until_idle(&chaos.session).await;
        assert_eq!(
            chaos.last_stop_reason().await,
            "end_turn",
            "{}",
            chaos.installation.logs()
        );
        chaos
    }

    /// Has the agent do the next job.
    async fn job(&mut self) -> usize {
        let job = self.jobs;
        self.jobs += 1;
        self.installation
            .prompt(&self.session, &format!("Please do job-{job}."))
            .await;
        job
    }

    /// Some instant within a turn, or shortly after its end.
    async fn some_instant(&mut self) {
        tokio::time::sleep(Duration::from_millis(self.random.random_range(0..2_200))).await;
    }

    fn ledger(&self, job: usize) -> (usize, usize) {
        let ledger = self.installation.workspace(&self.session).join("ledger.txt");
        let text = std::fs::read_to_string(ledger).unwrap_or_default();
        let count = |line: String| text.lines().filter(|other| **other == line).count();
        (count(format!("begin-{job}")), count(format!("end-{job}")))
    }

    async fn last_stop_reason(&self) -> String {
        let page = self
            .installation
            .get(&format!("/api/sessions/{}/messages?limit=1", self.session))
            .await;
        page["items"][0]["turn"]["outcome"]["stopReason"]
            .as_str()
            .unwrap_or("none")
            .to_owned()
    }

    /// The session's own account against everything else that is known.
    async fn settle(&self) -> Vec<Value> {
        self.installation.until_idle(&self.session).await;
        let session = self
            .installation
            .get(&format!("/api/sessions/{}", self.session))
            .await;
        let events = self.follower.reach(session["lastSeq"].as_u64().unwrap()).await;
        let mut prompts: HashMap<String, usize> = HashMap::new();
        let mut turns: HashMap<String, (usize, usize)> = HashMap::new();
        for event in &events {
            match event["type"].as_str().unwrap() {
                "prompt.queued" => *prompts.entry(event["prompt"]["text"].to_string()).or_default() += 1,
                "turn.started" => turns.entry(event["turn"]["id"].to_string()).or_default().0 += 1,
                "turn.completed" => turns.entry(event["turnId"].to_string()).or_default().1 += 1,
                _ => {}
            }
        }
        assert_eq!(prompts.len(), self.jobs, "every acknowledged prompt is there");
        assert!(
            prompts.values().all(|count| *count == 1),
            "no prompt is there twice"
        );
        assert_eq!(turns.len(), self.jobs, "every prompt had its turn");
        assert!(
            turns.values().all(|count| *count == (1, 1)),
            "every turn began once and ended once"
        );
        events
    }
}

fn says(events: &[Value], code: &str) -> bool {
    events
        .iter()
        .any(|event| event["type"] == "error" && event["code"] == code)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_orchestrator_is_killed_and_the_agent_never_stops() {
    let mut chaos = Chaos::start().await;
    let agent = chaos.installation.processes(&chaos.session, "opencode");
    assert!(!agent.is_empty(), "the agent runs");
    for _ in 0..ROUNDS {
        let job = chaos.job().await;
        chaos.some_instant().await;
        chaos.installation.kill_server().await;
        tokio::time::sleep(Duration::from_millis(chaos.random.random_range(0..700))).await;
        chaos.installation.boot().await;
        chaos.installation.until_idle(&chaos.session).await;
        assert_eq!(
            chaos.last_stop_reason().await,
            "end_turn",
            "{}",
            chaos.installation.logs()
        );
        assert_eq!(chaos.ledger(job), (1, 1), "the command of job {job} ran once");
    }
    assert_eq!(
        chaos.installation.processes(&chaos.session, "opencode"),
        agent,
        "it is the same agent"
    );
    let events = chaos.settle().await;
    assert!(
        says(&events, "model_call_interrupted") && says(&events, "model_call_repeated"),
        "and it is said"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_runner_is_killed_and_the_next_prompt_works() {
    let mut chaos = Chaos::start().await;
    for _ in 0..ROUNDS {
        let job = chaos.job().await;
        chaos.some_instant().await;
        for runner in chaos.installation.processes(&chaos.session, "sandbox-runner") {
            signal(runner, Signal::KILL);
        }
        chaos.installation.until_idle(&chaos.session).await;
        assert!(
            chaos.ledger(job).0 <= 1,
            "the command of job {job} ran once at most"
        );
        // Three breakdowns within five minutes stop a session from trying by itself: a person goes on.
        chaos
            .installation
            .post(&format!("/api/sessions/{}/wake", chaos.session), &json!({}))
            .await;
    }
    let last = chaos.job().await;
    let events = chaos.settle().await;
    assert_eq!(chaos.ledger(last), (1, 1), "the next prompt works");
    assert!(says(&events, "sandbox_exited"), "and it is said");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_agent_is_killed_and_the_next_prompt_works() {
    let mut chaos = Chaos::start().await;
    for _ in 0..ROUNDS {
        let job = chaos.job().await;
        chaos.some_instant().await;
        for agent in chaos.installation.processes(&chaos.session, "opencode") {
            signal(agent, Signal::KILL);
        }
        chaos.installation.until_idle(&chaos.session).await;
        assert!(
            chaos.ledger(job).0 <= 1,
            "the command of job {job} ran once at most"
        );
    }
    // A prompt that meets an agent at the very moment of its death shares its fate, and its turn says so. The
    // next one is one that comes when the death is known.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let last = chaos.job().await;
    let events = chaos.settle().await;
    assert_eq!(chaos.ledger(last), (1, 1), "the next prompt works");
    assert!(says(&events, "agent_exited"), "and it is said");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_lets_model_calls_end_first_and_agents_live_on() {
    let mut chaos = Chaos::start().await;
    let agent = chaos.installation.processes(&chaos.session, "opencode");
    for _ in 0..3 {
        let job = chaos.job().await;
        chaos.some_instant().await;
        chaos.installation.terminate_server().await;
        chaos.installation.boot().await;
        chaos.installation.until_idle(&chaos.session).await;
        assert_eq!(
            chaos.last_stop_reason().await,
            "end_turn",
            "{}",
            chaos.installation.logs()
        );
        assert_eq!(chaos.ledger(job), (1, 1));
    }
    let events = chaos.settle().await;
    assert!(!says(&events, "model_call_interrupted"), "no call was cut");
    assert_eq!(
        chaos.installation.processes(&chaos.session, "opencode"),
        agent,
        "it is the same agent"
    );
}
