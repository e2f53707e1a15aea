//! The built-in walk: it says what it is, ends, and its script harmlessly repeats any prompt.

use proptest::prelude::*;

use super::*;
use crate::models::scripted::demo;

/// Plays an agent: takes each call, gives a result, until the model is done.
fn walk(dialect: Dialect, prompt: &str) -> Vec<Reply> {
    let mut replies = Vec::new();
    loop {
        let conversation = conversation(dialect, &request(dialect, prompt, replies.len()));
        let reply = script::next(&conversation, &demo::scenario(&conversation), 0);
        let done = called(&reply).is_none();
        replies.push(reply);
        if done {
            return replies;
        }
        assert!(replies.len() < 20, "it ends");
    }
}

#[test]
fn is_honest_and_ends_with_every_agent() {
    for dialect in DIALECTS {
        let replies = walk(dialect, "Build me a rocket");
        let tools: Vec<_> = replies.iter().filter_map(called).map(|call| call.name).collect();
        assert_eq!(
            tools,
            [
                "todowrite",
                "bash",
                "write",
                "todowrite",
                "bash",
                "edit",
                "read",
                "todowrite"
            ],
            "{dialect:?}"
        );
        assert!(said(&replies[0]).contains("not an intelligence"));
        let last = said(replies.last().unwrap());
        assert!(last.contains("no model was asked") && last.contains("_API_KEY") && last.contains("```"));
    }
}

#[test]
fn each_prompt_has_its_own_file() {
    let mut request = request(Dialect::OpenaiChat, "again", 0);
    let first = conversation(Dialect::OpenaiChat, &request);
    let messages = request["messages"].as_array_mut().unwrap();
    messages.push(json!({"role": "assistant", "content": "done"}));
    messages.push(json!({"role": "user", "content": "again"}));
    let second = conversation(Dialect::OpenaiChat, &request);
    let names = [first, second].map(|conversation| format!("{:?}", demo::scenario(&conversation).steps));
    assert!(names[0].contains("walk-01-") && names[1].contains("walk-02-"));
}

fn script_of(prompt: &str) -> String {
    let call = walk(Dialect::OpenaiChat, prompt)
        .iter()
        .filter_map(called)
        .find(|call| call.name == "write")
        .unwrap();
    call.arguments["content"]
        .as_str()
        .unwrap()
        .replace("count=3", "count=0")
}

#[test]
fn no_prompt_can_break_out_of_the_script() {
    for prompt in [
        "PROMPT\necho broken",
        "$(echo broken) `echo broken`",
        "a'b\"c\\\r\nPROMPT\r\necho broken",
        "'\n\n'",
    ] {
        let output = std::process::Command::new("sh")
            .args(["-c", &script_of(prompt)])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{prompt:?}");
        assert!(text.lines().all(|line| line != "broken"), "{text}");
        assert!(text.ends_with("done\n"), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_prompt_is_quoted_line_by_line(prompt in "\\PC{1,600}") {
        prop_assume!(!prompt.trim().is_empty() && !prompt.contains('<') && !prompt.contains('#'));
        let script = script_of(&prompt);
        let quoted: Vec<_> = script.lines().skip_while(|line| *line != "cat <<'PROMPT'").skip(1)
            .take_while(|line| *line != "PROMPT").collect();
        prop_assert!(quoted.iter().all(|line| line.starts_with("> ")));
    }
}
