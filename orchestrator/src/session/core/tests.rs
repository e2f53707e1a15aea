//! The rules, lived through without a clock: stories first, then any order of inputs at all.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use shared::event::{EventBody, Severity};
use shared::message::{Message, Part, PartBody, PartState, Role};
use shared::prompt::{Origin, Prompt, PromptMode, PromptStatus};
use shared::question::{OptionKind, Question, QuestionOption};
use shared::runner::{Hello, NumberedReport, Report, RunnerCommand};
use shared::sandbox::SandboxStatus;
use shared::session::{Activity, Permissions, Person, SessionStatus, UpdateSession};
use shared::socket::Delta;
use shared::turn::{StopReason, Usage};
use shared::{MessageId, PartId, PromptId, QuestionId, SessionId, Timestamp, TurnId, UserId};

use super::*;
use crate::storage::ModelCall;

const PATIENCE: Patience = Patience {
    idle: Duration::from_secs(900),
    boot: Duration::from_secs(120),
    link: Duration::from_secs(60),
    stop: Duration::from_secs(20),
};

fn ada() -> Person {
    Person {
        id: UserId::from_uuid(uuid::Uuid::from_u128(1)),
        name: "Ada".to_owned(),
    }
}

/// A core and the time, with a runner that says what the test tells it to.
struct World {
    core: Core,
    now: Timestamp,
    events: Vec<Event>,
    reports: u64,
}

impl World {
    fn new() -> Self {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let charter = Charter {
            id: SessionId::new(),
            agent: "opencode".to_owned(),
            permissions: Permissions::Allow,
            repository: None,
            environment: BTreeMap::new(),
            created_by: ada(),
            created_at: now,
        };
        let core = Core::new(
            charter,
            UNTITLED.into(),
            "demo/scripted".into(),
            "process".into(),
            PATIENCE,
        );
        let mut world = Self {
            core,
            now,
            events: Vec::new(),
            reports: 0,
        };
        world.tell(Input::Create);
        world
    }

    /// A session whose agent takes prompts.
    fn ready() -> Self {
        let mut world = Self::new();
        world.tell(Input::Wake);
        world.tell(Input::SandboxStarted { generation: 1 });
        world.link();
        world.report(Report::AgentReady {
            agent: "OpenCode".to_owned(),
            resumed: false,
        });
        world
    }

    fn try_tell(&mut self, input: Input) -> Result<Vec<Effect>, Refusal> {
        let effects = self.core.apply(input, self.now)?;
        for effect in &effects {
            if let Effect::Commit(event) = effect {
                self.events.push(event.clone());
            }
        }
        self.check();
        Ok(effects)
    }

    fn tell(&mut self, input: Input) -> Vec<Effect> {
        self.try_tell(input).unwrap()
    }

    fn wait(&mut self, duration: Duration) -> Vec<Effect> {
        self.now = self.now.after(duration);
        self.tell(Input::Tick)
    }

    fn prompt(&mut self, text: &str) -> PromptId {
        let prompt = prompt(text, PromptMode::Queue);
        let id = prompt.id;
        self.tell(Input::Prompt(prompt));
        id
    }

    fn hello(&self) -> Hello {
        Hello {
            protocol: 1,
            version: "test".to_owned(),
            session_id: self.core.charter.id,
            generation: self.core.generation,
            outbox: "outbox".to_owned(),
            last_report: self.reports,
            running: None,
            finished: None,
            agent_ready: false,
        }
    }

    fn link(&mut self) -> Vec<Effect> {
        self.tell(Input::Hello(self.hello()))
    }

    fn report(&mut self, report: Report) -> Vec<Effect> {
        self.reports += 1;
        let number = self.reports;
        self.tell(Input::Reports(vec![NumberedReport {
            number,
            at: self.now,
            report,
        }]))
    }

    fn turn(&self) -> TurnId {
        self.core.turn.as_ref().unwrap().turn.id
    }

    fn kinds(&self) -> Vec<&'static str> {
        self.events.iter().map(|event| event.body.kind()).collect()
    }

    fn last_outcome(&self) -> shared::turn::TurnOutcome {
        let outcomes = self.events.iter().rev().filter_map(|event| match &event.body {
            EventBody::TurnCompleted { outcome, .. } => Some(outcome.clone()),
            _ => None,
        });
        outcomes.take(1).next().unwrap()
    }

    /// What must hold whatever happened.
    fn check(&self) {
        for (place, event) in self.events.iter().enumerate() {
            assert_eq!(event.seq, place as u64 + 1, "numbers have no gap");
        }
        assert_eq!(self.core.last_seq, self.events.len() as u64);
        let mut running = None;
        let mut streaming: BTreeMap<PartId, TurnId> = BTreeMap::new();
        let mut questions = Vec::new();
        let mut waiting: Vec<PromptId> = Vec::new();
        for event in &self.events {
            match &event.body {
                EventBody::PromptQueued { prompt } => waiting.push(prompt.id),
                EventBody::PromptCancelled { prompt_id, .. } => waiting.retain(|id| id != prompt_id),
                EventBody::TurnStarted { turn } => {
                    assert_eq!(running.replace(turn.id), None, "one turn at a time");
                    assert!(
                        waiting.contains(&turn.prompt_id),
                        "a turn answers a waiting prompt"
                    );
                    waiting.retain(|id| *id != turn.prompt_id);
                }
                EventBody::TurnCompleted { turn_id, .. } => {
                    assert_eq!(running.take(), Some(*turn_id), "the running turn ends");
                    assert!(
                        streaming.is_empty(),
                        "nothing streams after a turn: {streaming:?}"
                    );
                    assert!(questions.is_empty(), "nothing is asked after a turn");
                }
                EventBody::PartUpdated { part } => {
                    assert_eq!(running, Some(part.turn_id), "parts belong to the running turn");
                    if part.state == PartState::Streaming {
                        streaming.insert(part.id, part.turn_id);
                    } else {
                        streaming.remove(&part.id);
                    }
                }
                EventBody::QuestionAsked { question } => questions.push(question.id),
                EventBody::QuestionAnswered { question_id, .. }
                | EventBody::QuestionExpired { question_id } => {
                    let open = questions.len();
                    questions.retain(|id| id != question_id);
                    assert_eq!(questions.len(), open - 1, "a question closes once");
                }
                _ => {}
            }
        }
        let header = self.core.header();
        assert_eq!(header.turn_running, running.is_some());
        assert_eq!(header.questions, questions.len());
        assert_eq!(header.queued, waiting.len());
        assert!(header.queued <= shared::limits::QUEUE_LENGTH);
        assert!(
            running.is_none() || sandbox::is_live(&header.sandbox.status),
            "a turn has a sandbox"
        );
    }
}

fn prompt(text: &str, mode: PromptMode) -> Prompt {
    Prompt {
        id: PromptId::new(),
        text: text.to_owned(),
        mode,
        status: PromptStatus::Queued,
        origin: Origin::Api,
        author: ada(),
        created_at: Timestamp::from_millis(0),
    }
}

fn text_part(turn: TurnId, state: PartState, text: &str) -> Part {
    Part {
        id: PartId::new(),
        message_id: MessageId::new(),
        turn_id: turn,
        state,
        body: PartBody::Text {
            text: text.to_owned(),
        },
    }
}

fn question(turn: TurnId) -> Question {
    Question {
        id: QuestionId::new(),
        turn_id: turn,
        part_id: None,
        title: "Run `ls`?".to_owned(),
        options: vec![QuestionOption {
            id: "once".into(),
            label: "Yes".into(),
            kind: OptionKind::AllowOnce,
        }],
        asked_at: Timestamp::from_millis(0),
    }
}

fn sends(effects: &[Effect], wanted: impl Fn(&RunnerCommand) -> bool) -> bool {
    effects
        .iter()
        .any(|effect| matches!(effect, Effect::Send(command) if wanted(command)))
}

#[test]
fn a_prompt_wakes_a_sandbox_and_becomes_a_turn() {
    let mut world = World::new();
    let effects = world
        .try_tell(Input::Prompt(prompt("Fix the\nbug", PromptMode::Queue)))
        .unwrap();
    assert!(effects.contains(&Effect::StartSandbox { generation: 1 }));
    assert_eq!(world.core.title, "Fix the");
    assert_eq!(world.core.session().activity, Activity::Queued);
    world.tell(Input::SandboxStarted { generation: 1 });
    let effects = world.link();
    assert!(effects.contains(&Effect::Welcome { ack: 0 }));
    let effects = world.report(Report::AgentReady {
        agent: "OpenCode".to_owned(),
        resumed: false,
    });
    assert!(sends(
        &effects,
        |command| matches!(command, RunnerCommand::StartTurn { text, .. } if text == "Fix the\nbug")
    ));
    assert_eq!(world.core.session().activity, Activity::Working);
    let turn = world.turn();
    world.report(Report::TurnEnded {
        turn_id: turn,
        stop_reason: StopReason::EndTurn,
    });
    assert_eq!(world.core.session().activity, Activity::Idle);
    assert_eq!(
        world.kinds(),
        [
            "session.created",
            "session.updated",
            "prompt.queued",
            "sandbox.status",
            "sandbox.status",
            "sandbox.status",
            "sandbox.status",
            "turn.started",
            "message.created",
            "part.updated",
            "turn.completed"
        ]
    );
}

#[test]
fn the_queue_is_bounded_and_can_be_withdrawn_from() {
    let mut world = World::new();
    let first = world.prompt("0");
    for n in 1..32 {
        world.prompt(&n.to_string());
    }
    let refused = world.try_tell(Input::Prompt(prompt("one too many", PromptMode::Queue)));
    assert_eq!(refused, Err(Refusal::QueueFull));
    world.tell(Input::CancelPrompt { id: first, by: ada() });
    let again = world.try_tell(Input::CancelPrompt { id: first, by: ada() });
    assert_eq!(again, Err(Refusal::PromptNotFound));
    world.prompt("now there is room");
}

#[test]
fn steering_stops_the_turn_and_goes_next() {
    let mut world = World::ready();
    world.prompt("first");
    let first = world.turn();
    world.prompt("waits");
    let steer = prompt("no, do this", PromptMode::Steer);
    let steer_id = steer.id;
    let effects = world.tell(Input::Prompt(steer));
    assert!(sends(&effects, |command| *command
        == RunnerCommand::Abort { turn_id: first }));
    // The agent calls it an ordinary end; the session knows better.
    world.report(Report::TurnEnded {
        turn_id: first,
        stop_reason: StopReason::EndTurn,
    });
    assert_eq!(world.last_outcome().stop_reason, StopReason::Cancelled);
    assert_eq!(world.core.turn.as_ref().unwrap().prompt.id, steer_id);
}

#[test]
fn a_report_is_taken_once_and_in_order() {
    let mut world = World::ready();
    world.prompt("go");
    let part = text_part(world.turn(), PartState::Done, "hello");
    let number = world.reports + 1;
    let report = NumberedReport {
        number,
        at: world.now,
        report: Report::PartUpdated { part },
    };
    let effects = world.tell(Input::Reports(vec![report.clone(), report.clone()]));
    assert!(sends(&effects, |command| *command == RunnerCommand::Ack { number }));
    let count = world.events.len();
    let effects = world.tell(Input::Reports(vec![report.clone()]));
    assert_eq!(world.events.len(), count, "a repeated report is no news");
    assert!(
        sends(&effects, |command| *command == RunnerCommand::Ack { number }),
        "but it is acknowledged"
    );
    let ahead = NumberedReport {
        number: number + 2,
        ..report
    };
    let effects = world.tell(Input::Reports(vec![ahead]));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::CloseLink(_))),
        "a gap is not accepted"
    );
    assert_eq!(world.events.len(), count);
}

#[test]
fn a_runner_that_links_again_is_told_what_it_may_have_missed() {
    let mut world = World::ready();
    world.prompt("go");
    let turn = world.turn();
    let asked = question(turn);
    world.report(Report::QuestionAsked {
        question: asked.clone(),
    });
    assert_eq!(world.core.session().activity, Activity::Waiting);
    world.tell(Input::Answer {
        question: asked.id,
        option: "once".to_owned(),
        by: ada(),
    });
    world.tell(Input::LinkLost);
    // It never got the turn.
    let effects = world.link();
    assert!(sends(
        &effects,
        |command| matches!(command, RunnerCommand::StartTurn { turn_id, .. } if *turn_id == turn)
    ));
    assert!(sends(&effects, |command| matches!(
        command,
        RunnerCommand::Answer { .. }
    )));
    // It runs it already.
    world.tell(Input::LinkLost);
    let hello = Hello {
        running: Some(turn),
        agent_ready: true,
        ..world.hello()
    };
    let effects = world.tell(Input::Hello(hello));
    assert!(!sends(&effects, |command| matches!(
        command,
        RunnerCommand::StartTurn { .. }
    )));
    // It has ended it, and its word of that is still under way.
    world.tell(Input::LinkLost);
    let hello = Hello {
        finished: Some(turn),
        agent_ready: true,
        ..world.hello()
    };
    let effects = world.tell(Input::Hello(hello));
    assert!(!sends(&effects, |command| matches!(
        command,
        RunnerCommand::StartTurn { .. }
    )));
}

#[test]
fn a_runner_of_an_older_sandbox_is_refused() {
    let mut world = World::ready();
    let old = world.hello();
    world.tell(Input::SandboxExited {
        generation: 1,
        detail: "killed".to_owned(),
    });
    world.tell(Input::Wake);
    assert_eq!(world.core.generation, 2);
    assert_eq!(world.try_tell(Input::Hello(old)), Err(Refusal::RunnerSuperseded));
}

#[test]
fn a_dead_sandbox_is_replaced_while_there_is_work_but_not_for_ever() {
    let mut world = World::ready();
    world.prompt("go");
    let effects = world.tell(Input::SandboxExited {
        generation: 1,
        detail: "killed".to_owned(),
    });
    assert!(effects.contains(&Effect::StartSandbox { generation: 2 }));
    assert!(
        world.core.turn.is_some(),
        "the runner's successor tells how the turn went"
    );
    world.tell(Input::SandboxExited {
        generation: 2,
        detail: "killed".to_owned(),
    });
    let effects = world.tell(Input::SandboxExited {
        generation: 3,
        detail: "killed".to_owned(),
    });
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::StartSandbox { .. }))
    );
    assert!(matches!(world.core.sandbox.status, SandboxStatus::Failed { .. }));
    assert_eq!(world.last_outcome().stop_reason, StopReason::Error);
    // A human tries again.
    world.prompt("go on");
    assert_eq!(world.core.sandbox.status, SandboxStatus::Waking);
}

#[test]
fn a_successor_of_a_dead_runner_ends_the_turn_and_the_next_prompt_works() {
    let mut world = World::ready();
    world.prompt("go");
    let turn = world.turn();
    world.report(Report::PartUpdated {
        part: text_part(turn, PartState::Streaming, ""),
    });
    world.tell(Input::SandboxExited {
        generation: 1,
        detail: "killed".to_owned(),
    });
    world.tell(Input::SandboxStarted { generation: 2 });
    let hello = Hello {
        finished: Some(turn),
        ..world.hello()
    };
    world.tell(Input::Hello(hello));
    world.report(Report::TurnEnded {
        turn_id: turn,
        stop_reason: StopReason::Error,
    });
    world.report(Report::AgentReady {
        agent: "OpenCode".to_owned(),
        resumed: true,
    });
    world.prompt("again");
    assert!(world.core.turn.is_some());
}

#[test]
fn idle_sandboxes_sleep_and_prompts_wake_them() {
    let mut world = World::ready();
    assert_eq!(world.core.next_deadline(), Some(world.now.after(PATIENCE.idle)));
    let effects = world.wait(PATIENCE.idle);
    assert!(effects.contains(&Effect::StopSandbox { generation: 1 }));
    assert_eq!(world.core.sandbox.status, SandboxStatus::Hibernating);
    world.prompt("are you there?");
    let effects = world.tell(Input::SandboxExited {
        generation: 1,
        detail: String::new(),
    });
    assert!(effects.contains(&Effect::StartSandbox { generation: 2 }));
    assert_eq!(world.core.sandbox.status, SandboxStatus::Waking);
    assert!(!world.kinds().contains(&"error"));
}

#[test]
fn boots_and_stops_have_a_deadline() {
    let mut world = World::new();
    world.prompt("go");
    let effects = world.wait(PATIENCE.boot);
    assert!(effects.contains(&Effect::StopSandbox { generation: 1 }));
    assert!(
        matches!(&world.core.sandbox.status, SandboxStatus::Failed { reason } if reason.contains("120 seconds"))
    );

    let mut world = World::ready();
    world.prompt("go");
    world.tell(Input::Abort);
    world.wait(PATIENCE.stop);
    assert_eq!(world.last_outcome().stop_reason, StopReason::Cancelled);
    assert_eq!(world.core.sandbox.status, SandboxStatus::Hibernating);
}

#[test]
fn a_silent_runner_is_replaced() {
    let mut world = World::ready();
    world.prompt("go");
    world.tell(Input::LinkLost);
    let effects = world.wait(PATIENCE.link);
    let stop = effects
        .iter()
        .position(|effect| *effect == Effect::StopSandbox { generation: 1 })
        .unwrap();
    let start = effects
        .iter()
        .position(|effect| *effect == Effect::StartSandbox { generation: 2 })
        .unwrap();
    assert!(stop < start, "the old one ends before its successor starts");
}

#[test]
fn deltas_are_kept_for_late_watchers_and_for_a_cut_turn() {
    let mut world = World::ready();
    world.prompt("go");
    let part = text_part(world.turn(), PartState::Streaming, "");
    let id = part.id;
    world.report(Report::PartUpdated { part });
    let delta = |offset, text: &str| Delta {
        part_id: id,
        offset,
        text: text.to_owned(),
    };
    assert!(world.core.delta(&delta(0, "Grüße")));
    assert!(world.core.delta(&delta(7, " an alle")));
    assert!(!world.core.delta(&delta(99, "a gap")));
    assert!(!world.core.delta(&delta(3, "inside a character")));
    assert_eq!(world.core.live_texts(), [delta(0, "Grüße an alle")]);
    assert!(world.core.delta(&delta(0, "from the start")));
    world.tell(Input::Abort);
    world.wait(PATIENCE.stop);
    let cut = world.events.iter().rev().find_map(|event| match &event.body {
        EventBody::PartUpdated { part } => Some(part.clone()),
        _ => None,
    });
    let cut = cut.unwrap();
    assert_eq!(cut.state, PartState::Interrupted);
    assert_eq!(
        cut.body,
        PartBody::Text {
            text: "from the start".to_owned()
        }
    );
}

#[test]
fn unknown_cost_is_null_and_a_storm_of_failures_is_said_once() {
    let mut world = World::ready();
    world.prompt("go");
    let turn = world.turn();
    let call = |usage, cost_nanousd| {
        Input::ModelAnswered(ModelCall {
            turn: Some(turn),
            at: Timestamp::from_millis(0),
            provider: "demo".into(),
            model: "scripted".into(),
            usage,
            cost_nanousd,
        })
    };
    let usage = Usage {
        input_tokens: 10,
        output_tokens: 5,
        model_calls: 1,
        ..Usage::default()
    };
    world.tell(call(Some(usage), Some(1_500_000)));
    for _ in 0..5 {
        world.tell(Input::ModelFailed {
            code: "model_rate_limited",
            message: "429".into(),
            severity: Severity::Warning,
        });
    }
    assert_eq!(world.kinds().iter().filter(|kind| **kind == "error").count(), 1);
    world.tell(call(Some(usage), Some(500_000)));
    let mut other = World {
        core: world.core.clone(),
        now: world.now,
        events: world.events.clone(),
        reports: world.reports,
    };
    world.report(Report::TurnEnded {
        turn_id: turn,
        stop_reason: StopReason::EndTurn,
    });
    let outcome = world.last_outcome();
    assert_eq!(outcome.usage.unwrap().input_tokens, 20);
    assert_eq!(outcome.cost, Some(0.002));
    other.tell(call(None, None));
    other.report(Report::TurnEnded {
        turn_id: turn,
        stop_reason: StopReason::EndTurn,
    });
    assert_eq!(other.last_outcome().cost, None);
}

#[test]
fn an_archived_session_takes_nothing_until_it_is_taken_out() {
    let mut world = World::ready();
    world.prompt("go");
    world.prompt("and then");
    let status = |status| Input::Update {
        update: UpdateSession {
            status: Some(status),
            ..UpdateSession::default()
        },
        by: ada(),
    };
    let effects = world.tell(status(SessionStatus::Archived));
    assert!(effects.contains(&Effect::StopSandbox { generation: 1 }));
    assert_eq!(
        world.try_tell(Input::Prompt(prompt("no", PromptMode::Queue))),
        Err(Refusal::Archived)
    );
    world.tell(Input::SandboxExited {
        generation: 1,
        detail: String::new(),
    });
    world.tell(status(SessionStatus::Open));
    world.prompt("yes");
}

/// Every pair of status and signal that the table does not name is refused.
#[test]
fn the_table_of_sandbox_steps() {
    use sandbox::{Signal, next};
    let statuses = || {
        use SandboxStatus as S;
        [
            S::None,
            S::Provisioning,
            S::Booting { step: "x".into() },
            S::Ready,
            S::Hibernating,
            S::Hibernated,
            S::Waking,
            S::Stopped,
            S::Failed { reason: "r".into() },
        ]
    };
    let word = |status: &SandboxStatus| {
        serde_json::to_value(status).unwrap()["status"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let signals = || {
        [
            Signal::Start,
            Signal::Boot("y".into()),
            Signal::Ready,
            Signal::Sleep,
            Signal::Ended,
            Signal::Fail("r".into()),
        ]
    };
    let mut table = String::new();
    for status in statuses() {
        for (name, signal) in ["start", "boot", "ready", "sleep", "ended", "fail"]
            .iter()
            .zip(signals())
        {
            if let Some(next) = next(&status, signal) {
                table.push_str(&format!("{} + {name} = {}\n", word(&status), word(&next)));
            }
        }
    }
    insta::assert_snapshot!(table);
}

#[derive(Debug, Clone)]
enum Act {
    Prompt(bool),
    CancelFirst,
    Abort,
    AnswerFirst,
    Archive(bool),
    Hibernate,
    Wake,
    Started(u8),
    StartFailed(u8),
    Exited(u8),
    Hello {
        outbox: bool,
        running: bool,
        ready: bool,
    },
    LinkLost,
    Report(u8),
    Skip,
    Wait(u16),
    Fail,
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => any::<bool>().prop_map(Act::Prompt),
        1 => Just(Act::CancelFirst),
        1 => Just(Act::Abort),
        1 => Just(Act::AnswerFirst),
        1 => any::<bool>().prop_map(Act::Archive),
        1 => Just(Act::Hibernate),
        1 => Just(Act::Wake),
        3 => (0..2u8).prop_map(Act::Started),
        1 => (0..2u8).prop_map(Act::StartFailed),
        2 => (0..2u8).prop_map(Act::Exited),
        4 => (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(outbox, running, ready)| Act::Hello { outbox, running, ready }),
        1 => Just(Act::LinkLost),
        8 => (0..9u8).prop_map(Act::Report),
        1 => Just(Act::Skip),
        2 => (0..1000u16).prop_map(Act::Wait),
        1 => Just(Act::Fail),
    ]
}

impl World {
    fn act(&mut self, act: Act) {
        let generation = |back: u8| self.core.generation.saturating_sub(u64::from(back));
        let current = self
            .core
            .turn
            .as_ref()
            .map_or_else(TurnId::new, |running| running.turn.id);
        let input = match act {
            Act::Prompt(steer) => Input::Prompt(prompt(
                "do",
                if steer {
                    PromptMode::Steer
                } else {
                    PromptMode::Queue
                },
            )),
            Act::CancelFirst => {
                let id = self
                    .core
                    .queue
                    .front()
                    .map_or_else(PromptId::new, |prompt| prompt.id);
                Input::CancelPrompt { id, by: ada() }
            }
            Act::Abort => Input::Abort,
            Act::AnswerFirst => {
                let question = self
                    .core
                    .questions
                    .first()
                    .map_or_else(QuestionId::new, |open| open.id);
                Input::Answer {
                    question,
                    option: "once".to_owned(),
                    by: ada(),
                }
            }
            Act::Archive(archive) => {
                let status = Some(if archive {
                    SessionStatus::Archived
                } else {
                    SessionStatus::Open
                });
                Input::Update {
                    update: UpdateSession {
                        status,
                        ..UpdateSession::default()
                    },
                    by: ada(),
                }
            }
            Act::Hibernate => Input::Hibernate,
            Act::Wake => Input::Wake,
            Act::Started(back) => Input::SandboxStarted {
                generation: generation(back),
            },
            Act::StartFailed(back) => Input::SandboxStartFailed {
                generation: generation(back),
                reason: "no".into(),
            },
            Act::Exited(back) => Input::SandboxExited {
                generation: generation(back),
                detail: "gone".into(),
            },
            Act::Hello {
                outbox,
                running,
                ready,
            } => Input::Hello(Hello {
                outbox: if outbox { "outbox" } else { "another" }.to_owned(),
                running: running.then_some(current),
                agent_ready: ready,
                ..self.hello()
            }),
            Act::LinkLost => Input::LinkLost,
            Act::Report(kind) => {
                let report = match kind {
                    0 => Report::AgentReady {
                        agent: "a".into(),
                        resumed: false,
                    },
                    1 => Report::BootFailed { reason: "no".into() },
                    2 => Report::PartUpdated {
                        part: text_part(current, PartState::Streaming, ""),
                    },
                    3 => Report::PartUpdated {
                        part: text_part(TurnId::new(), PartState::Streaming, ""),
                    },
                    4 => Report::QuestionAsked {
                        question: question(current),
                    },
                    5 => Report::TurnEnded {
                        turn_id: TurnId::new(),
                        stop_reason: StopReason::EndTurn,
                    },
                    6 => Report::BootStep {
                        step: "cloning".into(),
                    },
                    7 => Report::MessageCreated {
                        message: Message {
                            id: MessageId::new(),
                            turn_id: current,
                            role: Role::Assistant,
                            author: None,
                            created_at: self.now,
                        },
                    },
                    _ => Report::TurnEnded {
                        turn_id: current,
                        stop_reason: StopReason::EndTurn,
                    },
                };
                let number = self.core.link.last_report + 1;
                Input::Reports(vec![NumberedReport {
                    number,
                    at: self.now,
                    report,
                }])
            }
            Act::Skip => Input::Reports(vec![NumberedReport {
                number: self.core.link.last_report + 5,
                at: self.now,
                report: Report::BootStep { step: "x".into() },
            }]),
            Act::Wait(seconds) => {
                self.now = self.now.after(Duration::from_secs(u64::from(seconds)));
                Input::Tick
            }
            Act::Fail => Input::ModelFailed {
                code: "model_cut",
                message: "cut".into(),
                severity: Severity::Warning,
            },
        };
        // A refusal changes nothing, which is checked as well.
        let before = format!("{:?}", self.core);
        if self.try_tell(input).is_err() {
            assert_eq!(before, format!("{:?}", self.core), "a refusal changes nothing");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_inputs_keeps_the_rules(acts in prop::collection::vec(acts(), 1..80)) {
        let mut world = World::new();
        for act in acts {
            world.act(act);
        }
        // However it came here, a human can always get it going again.
        world.act(Act::Archive(false));
        if world.core.sandbox.status == SandboxStatus::Hibernating {
            world.tell(Input::SandboxExited { generation: world.core.generation, detail: String::new() });
        }
        if world.core.queue.is_empty() && world.core.turn.is_none() {
            world.prompt("hello?");
        } else {
            world.tell(Input::Wake);
        }
        world.core.link.outbox = "outbox".to_owned();
        world.reports = world.core.link.last_report;
        world.link();
        world.report(Report::AgentReady { agent: "a".into(), resumed: true });
        prop_assert!(world.core.turn.is_some(), "{:?}", world.core);
    }
}
