//! Abstract steps become each agent's own tools, by the names in its requests.

use super::*;
use crate::models::scripted::conversation::OfferedTool;
use crate::models::scripted::scenario::{Step, TodoItem};
use crate::models::scripted::tools;

fn offering(tools: &[(&str, Value)]) -> Conversation {
    Conversation {
        tools: tools
            .iter()
            .map(|(name, parameters)| OfferedTool {
                name: (*name).to_owned(),
                parameters: parameters.as_object().unwrap().clone(),
                freeform: false,
            })
            .collect(),
        directory: Some("/w".to_owned()),
        ..Conversation::default()
    }
}

fn steps() -> [Step; 5] {
    [
        Step::Bash {
            command: "ls".into(),
            description: "Lists".into(),
        },
        Step::Read { path: "a".into() },
        Step::Write {
            path: "d/a".into(),
            content: "it's".into(),
        },
        Step::Edit {
            path: "a".into(),
            old: "x".into(),
            new: "y".into(),
        },
        Step::Todo(vec![TodoItem {
            text: "t".into(),
            status: "pending".into(),
        }]),
    ]
}

fn calls(conversation: &Conversation) -> Vec<Option<(String, Value)>> {
    steps()
        .iter()
        .map(|step| tools::call(step, conversation).map(|call| (call.name, call.arguments)))
        .collect()
}

fn some(name: &str, arguments: Value) -> Option<(String, Value)> {
    Some((name.to_owned(), arguments))
}

#[test]
fn claude() {
    let todos = json!({"items": {"properties": {"content": {}, "status": {}, "activeForm": {}}}});
    let agent = offering(&[
        (
            "Bash",
            json!({"command": {"type": "string"}, "description": {}, "timeout": {}}),
        ),
        ("Read", json!({"file_path": {}, "offset": {}})),
        ("Write", json!({"file_path": {}, "content": {}})),
        (
            "Edit",
            json!({"file_path": {}, "old_string": {}, "new_string": {}, "replace_all": {}}),
        ),
        ("TodoWrite", json!({ "todos": todos })),
    ]);
    assert_eq!(
        calls(&agent),
        [
            some("Bash", json!({"command": "ls", "description": "Lists"})),
            some("Read", json!({"file_path": "/w/a"})),
            some("Write", json!({"file_path": "/w/d/a", "content": "it's"})),
            some(
                "Edit",
                json!({"file_path": "/w/a", "old_string": "x", "new_string": "y"})
            ),
            some(
                "TodoWrite",
                json!({"todos": [{"content": "t", "status": "pending", "activeForm": "t"}]})
            ),
        ]
    );
}

#[test]
fn gemini() {
    let agent = offering(&[
        (
            "run_shell_command",
            json!({"command": {"type": "string"}, "description": {}}),
        ),
        ("read_file", json!({"absolute_path": {}})),
        ("write_file", json!({"file_path": {}, "content": {}})),
        (
            "replace",
            json!({"file_path": {}, "instruction": {}, "old_string": {}, "new_string": {}}),
        ),
        (
            "write_todos",
            json!({"todos": {"items": {"properties": {"description": {}, "status": {}}}}}),
        ),
    ]);
    assert_eq!(
        calls(&agent),
        [
            some(
                "run_shell_command",
                json!({"command": "ls", "description": "Lists"})
            ),
            some("read_file", json!({"absolute_path": "/w/a"})),
            some("write_file", json!({"file_path": "/w/d/a", "content": "it's"})),
            some(
                "replace",
                json!({"file_path": "/w/a", "instruction": "Change a", "old_string": "x", "new_string": "y"})
            ),
            some(
                "write_todos",
                json!({"todos": [{"description": "t", "status": "pending"}]})
            ),
        ]
    );
}

#[test]
fn codex_has_a_shell_and_a_plan() {
    let agent = offering(&[
        ("shell", json!({"command": {"type": "array"}, "workdir": {}})),
        ("update_plan", json!({"plan": {}})),
    ]);
    let calls = calls(&agent);
    assert_eq!(calls[0], some("shell", json!({"command": ["bash", "-lc", "ls"]})));
    assert_eq!(
        calls[1],
        some("shell", json!({"command": ["bash", "-lc", "cat 'a'"]}))
    );
    assert_eq!(
        calls[4],
        some(
            "update_plan",
            json!({"plan": [{"step": "t", "status": "pending"}]})
        )
    );
    let (_, edit) = calls[3].clone().unwrap();
    let patch =
        "apply_patch <<'PATCH'\n*** Begin Patch\n*** Update File: a\n@@\n-x\n+y\n*** End Patch\nPATCH";
    assert_eq!(edit["command"][2], patch);

    // What it writes by shell arrives unharmed.
    let folder = tempfile::tempdir().unwrap();
    let (_, write) = calls[2].clone().unwrap();
    let status = std::process::Command::new("sh")
        .args(["-c", write["command"][2].as_str().unwrap()])
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(
        std::fs::read_to_string(folder.path().join("d/a")).unwrap(),
        "it's"
    );
}

#[test]
fn without_tools_nothing_is_called() {
    assert_eq!(calls(&offering(&[])), [None, None, None, None, None]);
    let plan_only = offering(&[("todowrite", json!({"todos": {}}))]);
    assert_eq!(calls(&plan_only)[0], None);
    let todo = json!({"todos": [{"content": "t", "status": "pending", "priority": "medium"}]});
    assert_eq!(calls(&plan_only)[4], some("todowrite", todo));
}
