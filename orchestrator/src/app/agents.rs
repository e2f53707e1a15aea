//! The agents that sessions can choose: the presets, and further ones by configuration. Only says which
//! there are; the runner knows how to start them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use shared::capabilities::AgentChoice;

/// A preset: its id, its name, its program, and how to install that.
const PRESETS: [(&str, &str, &str, &str); 4] = [
    (
        "opencode",
        "OpenCode",
        "opencode",
        "npm install -g opencode-ai, or set ROUNDHOUSE_OPENCODE to the program",
    ),
    (
        "claude",
        "Claude Code",
        "claude-agent-acp",
        "npm install -g @agentclientprotocol/claude-agent-acp (Node.js 22 or later)",
    ),
    (
        "codex",
        "Codex",
        "codex-acp",
        "npm install -g @agentclientprotocol/codex-acp",
    ),
    ("gemini", "Gemini", "gemini", "npm install -g @google/gemini-cli"),
];

/// Every agent, the default first. `opencode` is where configuration says that OpenCode is; other
/// programs are looked for in `search_path`.
pub fn choices(
    custom: &BTreeMap<String, Vec<String>>,
    opencode: Option<&Path>,
    search_path: &OsStr,
) -> Vec<AgentChoice> {
    let installed = |program: &str| {
        let configured = (program == "opencode").then_some(opencode).flatten();
        configured.is_some_and(Path::is_file)
            || std::env::split_paths(search_path).any(|folder| folder.join(program).is_file())
    };
    let presets = PRESETS.iter().map(|&(id, name, program, hint)| {
        let available = installed(program);
        AgentChoice {
            id: id.to_owned(),
            name: name.to_owned(),
            available,
            hint: (!available).then(|| hint.to_owned()),
        }
    });
    let custom = custom.keys().map(|name| AgentChoice {
        id: name.clone(),
        name: name.clone(),
        available: true,
        hint: None,
    });
    presets.chain(custom).collect()
}

/// Whether a name is taken by a preset.
pub fn is_preset(name: &str) -> bool {
    PRESETS.iter().any(|preset| preset.0 == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_found_where_they_are() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("gemini"), "").unwrap();
        let custom = BTreeMap::from([("goose".to_owned(), vec!["goose".to_owned()])]);
        let choices = choices(&custom, None, folder.path().as_os_str());
        assert_eq!(choices[0].id, "opencode");
        let available: Vec<_> = choices
            .iter()
            .filter(|choice| choice.available)
            .map(|choice| choice.id.as_str())
            .collect();
        assert_eq!(available, ["gemini", "goose"]);
        assert!(choices[0].hint.is_some());
    }
}
