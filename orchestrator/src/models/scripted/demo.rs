//! The built-in walk of `demo/scripted`: what it does with any prompt, in any workspace. It never pretends:
//! each answer says that it is a script, and the last one says how to get a real model.

use std::time::Duration;

use super::conversation::Conversation;
use super::scenario::{Scenario, Step, TodoItem};

/// Between two pieces of text: brisk, but to be seen.
pub(super) const TYPING: Duration = Duration::from_millis(30);

/// Characters of the prompt that are repeated.
const QUOTED: usize = 400;

pub(super) fn scenario(conversation: &Conversation) -> Scenario {
    // Without tools there is nothing to walk through.
    let steps = if conversation.tools.is_empty() {
        talk()
    } else {
        walk(conversation)
    };
    Scenario {
        when: String::new(),
        title: None,
        steps,
    }
}

fn talk() -> Vec<Step> {
    vec![Step::Say(format!(
        "I am Roundhouse's scripted demo model, not an intelligence. {CONFIGURE}"
    ))]
}

const CONFIGURE: &str = "To talk to a real model, set a provider's key before you start Roundhouse, for example \
`ANTHROPIC_API_KEY`, `OPENAI_API_KEY` or `OPENROUTER_API_KEY` (and `…_BASE_URL` for a server of your own), then \
choose the model when you start a session.";

fn walk(conversation: &Conversation) -> Vec<Step> {
    // A name of its own for each prompt: a later walk must not stumble over an earlier one's file.
    let name = format!(
        "roundhouse-demo/walk-{:02}-{:04x}.sh",
        conversation.prompts,
        mark(&conversation.prompt)
    );
    let greeting = if conversation.prompts > 1 {
        "Still the scripted demo model, not an intelligence: I play the same walk for each prompt."
    } else {
        "I am Roundhouse's scripted demo model, not an intelligence: I cannot understand your prompt, but I can show \
         you what an agent's work looks like here. Everything I do is really done, in this session's workspace."
    };
    vec![
        Step::Think(
            "This is what thinking looks like. A real model would weigh your request here; \
             I only follow a script: look around, write a small file, run it, change it, report."
                .to_owned(),
        ),
        Step::Say(format!("{greeting}\n\nFirst a plan, then a look around.\n")),
        plan(0),
        Step::Bash {
            command: "pwd && ls -la".to_owned(),
            description: "Looks around in the workspace".to_owned(),
        },
        Step::Say(format!(
            "Now I write `{name}`, a small script that knows your prompt.\n"
        )),
        Step::Write {
            path: name.clone(),
            content: script(&conversation.prompt),
        },
        plan(2),
        Step::Say("And run it: its output appears while it runs.\n".to_owned()),
        Step::Bash {
            command: format!("sh {name}"),
            description: "Runs the script for about three seconds".to_owned(),
        },
        Step::Say("One change, so that there is a diff of an edit to see.\n".to_owned()),
        Step::Edit {
            path: name.clone(),
            old: COUNT_THREE.to_owned(),
            new: COUNT_ONE.to_owned(),
        },
        Step::Read { path: name.clone() },
        plan(4),
        Step::Say(report(&name)),
    ]
}

const PLAN: [&str; 4] = [
    "Look around in the workspace",
    "Write a small script",
    "Run it",
    "Change it and report",
];

/// The plan with the first `done` items completed.
fn plan(done: usize) -> Step {
    let status = |index: usize| match index.cmp(&done) {
        std::cmp::Ordering::Less => "completed",
        std::cmp::Ordering::Equal => "in_progress",
        std::cmp::Ordering::Greater => "pending",
    };
    let item = |(index, text): (usize, &&str)| TodoItem {
        text: (*text).to_owned(),
        status: status(index).to_owned(),
    };
    Step::Todo(PLAN.iter().enumerate().map(item).collect())
}

const COUNT_THREE: &str = "count=3";
const COUNT_ONE: &str = "count=1  # three was enough to watch";

fn script(prompt: &str) -> String {
    // Each quoted line begins with `> `, so none can end the here-document.
    let quoted: String = prompt
        .chars()
        .take(QUOTED)
        .collect::<String>()
        .lines()
        .map(|line| format!("> {}\n", line.trim_end()))
        .collect();
    format!(
        "#!/bin/sh\n\
         # Written by Roundhouse's scripted demo model.\n\
         {COUNT_THREE}\n\
         echo \"You asked:\"\n\
         cat <<'PROMPT'\n\
         {quoted}\
         PROMPT\n\
         i=1\n\
         while [ \"$i\" -le \"$count\" ]; do\n\
         \techo \"step $i of $count\"\n\
         \tsleep 1\n\
         \ti=$((i + 1))\n\
         done\n\
         echo \"done\"\n"
    )
}

fn report(name: &str) -> String {
    format!(
        "## What happened\n\n\
         I followed a script; no model was asked, and nothing was spent.\n\n\
         1. I looked around in the workspace.\n\
         2. I wrote `{name}`.\n\
         3. I ran it; you saw its output as it came.\n\
         4. I changed one line of it. The changed files are listed beside this conversation.\n\n\
         Run it again yourself:\n\n\
         ```sh\nsh {name}\n```\n\n\
         ## A real model\n\n{CONFIGURE}\n"
    )
}

/// A few digits that tell prompts apart.
fn mark(prompt: &str) -> u16 {
    prompt.bytes().fold(7, |mark: u16, byte| {
        mark.wrapping_mul(31).wrapping_add(u16::from(byte))
    })
}
