//! The rules as stories: what goes in, what follows.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::message::{Part, PartBody, PartState};
use shared::question::Question;
use shared::runner::{AgentSetup, Dialect, ModelSetup};
use shared::session::Permissions;
use shared::{MessageId, PartId, QuestionId};

use super::*;

/// A core, and the time.
struct Story {
    core: Core,
    now: Timestamp,
}

impl Story {
    fn new() -> Self {
        Self {
            core: Core::new("/workspace".into(), Remembered::default()),
            now: Timestamp::from_millis(0),
        }
    }

    /// The agent is up and idle.
    fn ready(permissions: Permissions) -> Self {
        let mut story = Self::new();
        story.give(Input::Setup(setup(permissions)));
        story.give(Input::Workspace(Ok("tree".into())));
        story.give(agent_ready());
        story
    }

    /// A turn runs.
    fn running(permissions: Permissions) -> (Self, TurnId) {
        let mut story = Self::ready(permissions);
        let turn = TurnId::new();
        story.give(start(turn));
        (story, turn)
    }

    fn give(&mut self, input: Input) -> Vec<Effect> {
        self.core.apply(input, self.now)
    }

    fn later(&mut self, seconds: u64) -> Vec<Effect> {
        self.now = self.now.after(std::time::Duration::from_secs(seconds));
        self.give(Input::Tick { calls_in_flight: 0 })
    }
}

pub(super) fn setup(permissions: Permissions) -> Setup {
    Setup {
        agent: AgentSetup::Opencode,
        model: ModelSetup {
            provider: "demo".into(),
            model: "scripted".into(),
            dialect: Dialect::OpenaiChat,
            context_window: None,
            output_limit: None,
        },
        permissions,
        repository: None,
        environment: BTreeMap::new(),
    }
}

pub(super) fn agent_ready() -> Input {
    Input::AgentReady {
        agent: "OpenCode".into(),
        session: "s1".into(),
        resumed: false,
    }
}

pub(super) fn start(turn_id: TurnId) -> Input {
    Input::StartTurn {
        turn_id,
        text: "do it".into(),
    }
}

pub(super) fn says(text: &str) -> Input {
    Input::AgentUpdate(
        json!({ "sessionUpdate": "agent_message_chunk", "content": { "type": "text", "text": text } }),
    )
}

pub(super) fn asks(ticket: u64) -> Input {
    let option = |id: &str, kind: &str| json!({ "optionId": id, "name": id, "kind": kind });
    let request = json!({
        "toolCall": { "toolCallId": "c", "title": "make", "kind": "execute" },
        "options": [option("yes", "allow_once"), option("no", "reject_once")],
    });
    Input::AgentAsks { ticket, request }
}

/// What effects are, in short: reports by their type and what matters of them.
fn short(effects: &[Effect]) -> Vec<String> {
    effects.iter().map(one).collect()
}

fn one(effect: &Effect) -> String {
    match effect {
        Effect::Write(Record::Report(report)) => {
            let value: Value = serde_json::to_value(report).unwrap();
            let detail = [&value["code"], &value["stopReason"], &value["part"]["state"]];
            let detail = detail.iter().find_map(|value| value.as_str()).unwrap_or_default();
            format!("{} {detail}", value["type"].as_str().unwrap())
                .trim()
                .to_owned()
        }
        Effect::Write(Record::Delta(_)) => "delta".into(),
        Effect::Write(Record::Fact(fact)) => {
            format!("fact {}", format!("{fact:?}").split(['(', ' ']).next().unwrap())
        }
        Effect::StartAgent { resume, .. } => format!("start agent {resume:?}"),
        other => format!("{other:?}"),
    }
}

fn question(effects: &[Effect]) -> Question {
    effects
        .iter()
        .find_map(|effect| match effect {
            Effect::Write(Record::Report(Report::QuestionAsked { question })) => Some(question.clone()),
            _ => None,
        })
        .unwrap()
}

#[test]
fn the_agent_starts_before_the_first_prompt() {
    let mut story = Story::new();
    assert_eq!(
        short(&story.give(Input::Setup(setup(Permissions::Allow)))),
        ["PrepareWorkspace(None)"]
    );
    // Another connection brings the same setup again.
    assert_eq!(
        short(&story.give(Input::Setup(setup(Permissions::Allow)))),
        [""; 0]
    );
    let effects = story.give(Input::Workspace(Ok("tree".into())));
    assert_eq!(short(&effects), ["fact Base", "bootStep", "start agent None"]);
    assert_eq!(
        short(&story.give(agent_ready())),
        ["fact AgentSession", "agentReady"]
    );
}

#[test]
fn a_turn_is_written_down_before_the_agent_hears_of_it() {
    let mut story = Story::ready(Permissions::Allow);
    let turn = TurnId::new();
    assert_eq!(
        short(&story.give(start(turn))),
        ["fact Accepted", "Prompt(\"do it\")"]
    );
    assert_eq!(short(&story.give(start(turn))), [""; 0]);
    assert_eq!(short(&story.give(start(TurnId::new()))), [""; 0]);
    assert_eq!(
        short(&story.give(says("Hi"))),
        ["messageCreated", "partUpdated streaming"]
    );
    assert_eq!(
        short(&story.give(Input::PromptEnded(Ok("end_turn".into())))),
        ["partUpdated done", "TakeChanges"]
    );
    let changes = Input::Changes(Ok((Default::default(), String::new(), "same".into())));
    assert_eq!(short(&story.give(changes)), ["turnEnded end_turn"]);
    assert_eq!(short(&story.give(start(turn))), [""; 0]);
}

#[test]
fn a_turn_waits_for_an_agent_that_still_starts() {
    let mut story = Story::new();
    story.give(Input::Setup(setup(Permissions::Allow)));
    assert_eq!(short(&story.give(start(TurnId::new()))), ["fact Accepted"]);
    story.give(Input::Workspace(Ok("tree".into())));
    let effects = story.give(agent_ready());
    assert_eq!(
        short(&effects),
        ["fact AgentSession", "agentReady", "Prompt(\"do it\")"]
    );
}

#[test]
fn a_failed_boot_is_tried_again_with_the_next_turn_only() {
    let mut story = Story::new();
    story.give(Input::Setup(setup(Permissions::Allow)));
    assert_eq!(
        short(&story.give(Input::Workspace(Err("no git".into())))),
        ["bootFailed"]
    );
    assert_eq!(
        short(&story.give(Input::Setup(setup(Permissions::Allow)))),
        [""; 0]
    );
    assert_eq!(
        short(&story.give(start(TurnId::new()))),
        ["fact Accepted", "PrepareWorkspace(None)"]
    );
    let effects = story.give(Input::Workspace(Err("no git".into())));
    assert_eq!(
        short(&effects),
        ["bootFailed", "problem boot_failed", "turnEnded error"]
    );
    assert_eq!(
        short(&story.give(Input::Setup(setup(Permissions::Ask)))),
        ["PrepareWorkspace(None)"]
    );
}

#[test]
fn a_stopped_turn_is_cancelled_whatever_the_agent_says() {
    for answer in [
        Ok("end_turn".to_owned()),
        Ok("cancelled".to_owned()),
        Err("went wrong".to_owned()),
    ] {
        let (mut story, turn) = Story::running(Permissions::Allow);
        assert_eq!(short(&story.give(Input::Abort(turn))), ["CancelPrompt"]);
        assert_eq!(short(&story.give(Input::Abort(turn))), [""; 0]);
        assert_eq!(short(&story.give(Input::PromptEnded(answer))), ["TakeChanges"]);
        let effects = story.give(Input::Changes(Err("no git".into())));
        assert_eq!(
            short(&effects),
            ["problem changes_unknown", "turnEnded cancelled"]
        );
    }
}

#[test]
fn an_agent_that_does_not_stop_is_ended() {
    let (mut story, turn) = Story::running(Permissions::Allow);
    story.give(Input::Abort(turn));
    assert_eq!(short(&story.later(4)), [""; 0]);
    assert_eq!(
        short(&story.later(1)),
        ["EndAgent { gently: false }", "problem agent_ended", "TakeChanges"]
    );
    let effects = story.give(Input::Changes(Err("no git".into())));
    let expected = [
        "problem changes_unknown",
        "turnEnded cancelled",
        "bootStep",
        "start agent Some(\"s1\")",
    ];
    assert_eq!(short(&effects), expected);
}

#[test]
fn a_turn_that_has_not_begun_is_stopped_at_once() {
    let mut story = Story::new();
    let turn = TurnId::new();
    story.give(Input::Setup(setup(Permissions::Allow)));
    story.give(start(turn));
    assert_eq!(short(&story.give(Input::Abort(turn))), ["turnEnded cancelled"]);
    assert_eq!(short(&story.give(Input::Abort(turn))), [""; 0]);
}

#[test]
fn an_agent_that_dies_ends_its_turn_and_comes_back() {
    let (mut story, _) = Story::running(Permissions::Ask);
    story.give(says("Half"));
    story.give(asks(1));
    let effects = story.give(Input::AgentExited("signal 9".into()));
    let expected = [
        "EndAgent { gently: false }",
        "problem agent_exited",
        "questionWithdrawn",
        "partUpdated interrupted",
        "TakeChanges",
    ];
    assert_eq!(short(&effects), expected);
    let effects = story.give(Input::Changes(Ok(Default::default())));
    assert_eq!(
        short(&effects),
        ["turnEnded error", "bootStep", "start agent Some(\"s1\")"]
    );
}

#[test]
fn unknown_stop_reasons_are_an_end() {
    for (reason, stop) in [
        ("end_turn", "end_turn"),
        ("max_tokens", "limit"),
        ("refusal", "limit"),
        ("new", "end_turn"),
    ] {
        let (mut story, _) = Story::running(Permissions::Allow);
        story.give(Input::PromptEnded(Ok(reason.into())));
        let effects = story.give(Input::Changes(Ok(Default::default())));
        assert_eq!(short(&effects), [format!("turnEnded {stop}")]);
    }
}

#[test]
fn permissions_are_given_unasked_or_asked_for() {
    let (mut story, _) = Story::running(Permissions::Allow);
    let yes = Effect::Respond {
        ticket: 7,
        option: Some("yes".into()),
    };
    assert_eq!(story.give(asks(7)), [yes]);

    let (mut story, _) = Story::running(Permissions::Ask);
    let effects = story.give(asks(7));
    assert_eq!(
        short(&effects),
        ["messageCreated", "partUpdated streaming", "questionAsked"]
    );
    let asked = question(&effects);
    assert_eq!(asked.title, "Run `make`?");
    let answer = |option: &str| Input::Answer {
        question_id: asked.id,
        option_id: option.into(),
    };
    assert_eq!(short(&story.give(answer("maybe"))), [""; 0]);
    let effects = story.give(answer("no"));
    assert_eq!(
        effects[1],
        Effect::Respond {
            ticket: 7,
            option: Some("no".into())
        }
    );
    assert_eq!(short(&story.give(answer("no"))), [""; 0]);
}

#[test]
fn a_stop_takes_questions_back() {
    let (mut story, turn) = Story::running(Permissions::Ask);
    story.give(asks(7));
    let effects = story.give(Input::Abort(turn));
    assert_eq!(
        effects[0],
        Effect::Respond {
            ticket: 7,
            option: None
        }
    );
    assert_eq!(short(&effects[1..]), ["questionWithdrawn", "CancelPrompt"]);
    assert_eq!(
        story.give(asks(8)),
        [Effect::Respond {
            ticket: 8,
            option: None
        }]
    );
}

#[test]
fn another_setup_waits_for_the_end_of_the_turn() {
    let (mut story, _) = Story::running(Permissions::Allow);
    assert_eq!(short(&story.give(Input::Setup(setup(Permissions::Ask)))), [""; 0]);
    story.give(Input::PromptEnded(Ok("end_turn".into())));
    let effects = story.give(Input::Changes(Ok(Default::default())));
    let expected = [
        "turnEnded end_turn",
        "EndAgent { gently: true }",
        "bootStep",
        "start agent Some(\"s1\")",
    ];
    assert_eq!(short(&effects), expected);
    // Another agent cannot load that memory.
    let other = Setup {
        agent: AgentSetup::Claude,
        ..setup(Permissions::Ask)
    };
    let effects = story.give(Input::Setup(other));
    assert_eq!(
        short(&effects),
        ["EndAgent { gently: true }", "bootStep", "start agent None"]
    );
}

#[test]
fn a_silent_agent_is_told_of_once() {
    let (mut story, _) = Story::running(Permissions::Allow);
    assert_eq!(short(&story.later(599)), [""; 0]);
    assert_eq!(short(&story.later(1)), ["problem agent_silent"]);
    assert_eq!(short(&story.later(3_600)), [""; 0]);
    story.give(says("Sorry"));
    assert_eq!(short(&story.later(600)), ["problem agent_silent"]);

    let (mut story, _) = Story::running(Permissions::Ask);
    story.give(asks(1));
    assert_eq!(short(&story.later(86_400)), [""; 0], "it waits for a human");
}

#[test]
fn a_runner_that_is_told_to_end_ends_its_turn() {
    let (mut story, _) = Story::running(Permissions::Allow);
    story.give(says("Half"));
    let effects = story.give(Input::Stop);
    let expected = [
        "EndAgent { gently: true }",
        "partUpdated interrupted",
        "problem runner_stopped",
        "turnEnded error",
    ];
    assert_eq!(short(&effects), expected);
}

#[test]
fn a_crashed_runners_turn_is_ended_by_the_next() {
    let (turn, now) = (TurnId::new(), Timestamp::from_millis(9));
    let part = Part {
        id: PartId::new(),
        message_id: MessageId::new(),
        turn_id: turn,
        state: PartState::Streaming,
        body: PartBody::Text { text: "Half".into() },
    };
    let remembered = Remembered {
        accepted: Some(turn),
        ..Remembered::default()
    };
    let records = recover(&remembered, vec![part.clone()], vec![QuestionId::new()], now);
    let effects: Vec<Effect> = records.into_iter().map(Effect::Write).collect();
    let expected = [
        "questionWithdrawn",
        "partUpdated interrupted",
        "problem runner_restarted",
        "turnEnded error",
    ];
    assert_eq!(short(&effects), expected);
    let remembered = Remembered {
        finished: Some(turn),
        ..remembered
    };
    assert_eq!(recover(&remembered, vec![part], Vec::new(), now), []);
}
