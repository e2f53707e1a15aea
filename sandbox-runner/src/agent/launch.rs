//! How each agent is started: from what the orchestrator asks for to a command, an environment and
//! configuration files. Pure, so that each preset is a snapshot; `process` carries the plan out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::json;
use shared::runner::{AgentSetup, Dialect, ModelSetup, Setup};
use shared::session::Permissions;

use super::opencode;
use crate::config::PROVIDER_MARK;

/// Where things are in this sandbox, and how the agent reaches its model.
#[derive(Debug, Clone)]
pub struct Places {
    /// The runner's directory for agents: configuration and memory.
    pub agents: PathBuf,
    /// The agent's home directory.
    pub home: PathBuf,
    /// Where programs are found.
    pub path: String,
    /// The language of programs.
    pub language: String,
    /// OpenCode's binary, when it is not on the path.
    pub opencode: Option<PathBuf>,
    /// The provider's mark of a sandbox's processes.
    pub provider_mark: Option<String>,
    /// The relay's address without a path: `http://127.0.0.1:4000`.
    pub relay: String,
    /// The key that the relay takes. Good for this machine and this boot alone.
    pub key: String,
}

impl Places {
    /// Where the relay takes calls for a model provider.
    pub fn model_base(&self, model: &ModelSetup) -> String {
        format!("{}/llm/{}", self.relay, model.provider)
    }
}

/// A plan to start an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// What the agent is called, for people.
    pub name: &'static str,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Its whole environment.
    pub environment: BTreeMap<String, String>,
    /// Files to write first.
    pub files: Vec<(PathBuf, String)>,
    /// Directories to make first.
    pub directories: Vec<PathBuf>,
    /// The mode to put its session into.
    pub mode: Option<&'static str>,
    /// The model to put its session into, where a loaded session would keep an earlier one.
    pub model: Option<String>,
    /// What to do when the program is not there.
    pub install: String,
}

/// Plans how to start the agent that `setup` asks for.
///
/// # Errors
/// Says in words why this agent cannot use this model.
pub fn plan(setup: &Setup, places: &Places) -> Result<Launch, String> {
    let mut launch = match &setup.agent {
        AgentSetup::Opencode => opencode::plan(setup, places),
        AgentSetup::Claude => claude(setup, places)?,
        AgentSetup::Codex => codex(setup, places)?,
        AgentSetup::Gemini => gemini(setup, places)?,
        AgentSetup::Custom { command } => custom(command, setup, places)?,
    };
    let mut environment = BTreeMap::from([
        ("HOME".to_owned(), places.home.display().to_string()),
        ("LANG".to_owned(), places.language.clone()),
        ("PATH".to_owned(), places.path.clone()),
        ("TERM".to_owned(), "dumb".to_owned()),
    ]);
    // People may change the basics, but not what ties the agent to its model.
    environment.extend(setup.environment.clone());
    environment.append(&mut launch.environment);
    if let Some(mark) = &places.provider_mark {
        environment.insert(PROVIDER_MARK.to_owned(), mark.clone());
    }
    launch.environment = environment;
    Ok(launch)
}

fn claude(setup: &Setup, places: &Places) -> Result<Launch, String> {
    needs("Claude", &[Dialect::AnthropicMessages], &setup.model)?;
    let model = &setup.model.model;
    Ok(Launch {
        name: "Claude",
        command: vec!["claude-agent-acp".to_owned()],
        environment: variables([
            ("ANTHROPIC_BASE_URL", places.model_base(&setup.model)),
            ("ANTHROPIC_API_KEY", places.key.clone()),
            ("ANTHROPIC_MODEL", model.clone()),
            ("ANTHROPIC_SMALL_FAST_MODEL", model.clone()),
            (
                "CLAUDE_CONFIG_DIR",
                places.agents.join("claude").display().to_string(),
            ),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
            ("IS_SANDBOX", "1".to_owned()),
        ]),
        files: Vec::new(),
        directories: vec![places.agents.join("claude")],
        mode: allowed(setup).then_some("bypassPermissions"),
        model: None,
        install: "Install it with `npm install -g @agentclientprotocol/claude-agent-acp` (Node 22 or newer)."
            .to_owned(),
    })
}

fn codex(setup: &Setup, places: &Places) -> Result<Launch, String> {
    needs("Codex", &[Dialect::OpenaiResponses], &setup.model)?;
    let home = places.agents.join("codex");
    // TOML's basic strings are JSON's, so JSON quotes them.
    let config = format!(
        "model = {}\nmodel_provider = \"roundhouse\"\n\n[model_providers.roundhouse]\nname = \"Roundhouse\"\n\
         base_url = {}\nenv_key = \"ROUNDHOUSE_MODEL_KEY\"\nwire_api = \"responses\"\n",
        json!(setup.model.model),
        json!(places.model_base(&setup.model)),
    );
    let mut environment = variables([
        ("CODEX_HOME", home.display().to_string()),
        ("ROUNDHOUSE_MODEL_KEY", places.key.clone()),
    ]);
    if allowed(setup) {
        environment.insert("INITIAL_AGENT_MODE".to_owned(), "agent-full-access".to_owned());
    }
    Ok(Launch {
        name: "Codex",
        command: vec!["codex-acp".to_owned()],
        environment,
        files: vec![(home.join("config.toml"), config)],
        directories: vec![home],
        mode: None,
        model: None,
        install: "Install it with `npm install -g @agentclientprotocol/codex-acp`.".to_owned(),
    })
}

fn gemini(setup: &Setup, places: &Places) -> Result<Launch, String> {
    needs("Gemini", &[Dialect::Gemini], &setup.model)?;
    let settings = json!({
        "security": { "auth": { "selectedType": "gemini-api-key" } },
        "general": { "disableAutoUpdate": true },
        "privacy": { "usageStatisticsEnabled": false },
    });
    Ok(Launch {
        name: "Gemini",
        command: ["gemini", "--acp", "--model", &setup.model.model]
            .map(str::to_owned)
            .to_vec(),
        environment: variables([
            ("GOOGLE_GEMINI_BASE_URL", places.model_base(&setup.model)),
            ("GEMINI_API_KEY", places.key.clone()),
        ]),
        files: vec![(places.home.join(".gemini/settings.json"), settings.to_string())],
        directories: Vec::new(),
        mode: allowed(setup).then_some("yolo"),
        model: None,
        install: "Install it with `npm install -g @google/gemini-cli`.".to_owned(),
    })
}

/// A command of the administrator's. It gets the relay's address and key under neutral names.
fn custom(command: &[String], setup: &Setup, places: &Places) -> Result<Launch, String> {
    if command.first().is_none_or(String::is_empty) {
        return Err(
            "The agent's command is empty. Name a program that speaks ACP on its standard streams.".into(),
        );
    }
    Ok(Launch {
        name: "The agent",
        command: command.to_vec(),
        environment: variables([
            ("ROUNDHOUSE_MODEL_URL", places.model_base(&setup.model)),
            ("ROUNDHOUSE_MODEL_KEY", places.key.clone()),
            ("ROUNDHOUSE_MODEL", setup.model.model.clone()),
        ]),
        files: Vec::new(),
        directories: Vec::new(),
        mode: None,
        model: None,
        install: "Put the program into the sandbox, or give its whole path.".to_owned(),
    })
}

pub(super) fn allowed(setup: &Setup) -> bool {
    setup.permissions == Permissions::Allow
}

pub(super) fn variables<const N: usize>(pairs: [(&str, String); N]) -> BTreeMap<String, String> {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn needs(agent: &str, dialects: &[Dialect], model: &ModelSetup) -> Result<(), String> {
    if dialects.contains(&model.dialect) {
        return Ok(());
    }
    Err(format!(
        "{agent} cannot use {}/{}: it speaks another API than this provider. Choose a model of {agent}'s own \
         vendor, or the agent OpenCode, which speaks them all.",
        model.provider, model.model
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        Places {
            agents: "/state/agents".into(),
            home: "/home/agent".into(),
            path: "/usr/bin:/bin".into(),
            language: "C.UTF-8".into(),
            opencode: None,
            provider_mark: Some("ses_x/1".into()),
            relay: "http://127.0.0.1:4000".into(),
            key: "relay-key".into(),
        }
    }

    fn setup(agent: AgentSetup, dialect: Dialect, permissions: Permissions) -> Setup {
        Setup {
            agent,
            model: ModelSetup {
                provider: "vendor".into(),
                model: "model-1".into(),
                dialect,
                context_window: Some(200_000),
                output_limit: None,
            },
            permissions,
            repository: None,
            environment: BTreeMap::from([("EDITOR".into(), "ed".into()), ("PATH".into(), "/opt/bin".into())]),
        }
    }

    #[test]
    fn presets() {
        let custom = AgentSetup::Custom {
            command: vec!["/opt/agent".into(), "acp".into()],
        };
        for (name, agent, dialect) in [
            ("opencode_chat", AgentSetup::Opencode, Dialect::OpenaiChat),
            (
                "opencode_anthropic",
                AgentSetup::Opencode,
                Dialect::AnthropicMessages,
            ),
            (
                "opencode_responses",
                AgentSetup::Opencode,
                Dialect::OpenaiResponses,
            ),
            ("opencode_gemini", AgentSetup::Opencode, Dialect::Gemini),
            ("claude", AgentSetup::Claude, Dialect::AnthropicMessages),
            ("codex", AgentSetup::Codex, Dialect::OpenaiResponses),
            ("gemini", AgentSetup::Gemini, Dialect::Gemini),
            ("custom", custom, Dialect::OpenaiChat),
        ] {
            for permissions in [Permissions::Allow, Permissions::Ask] {
                let launch = plan(&setup(agent.clone(), dialect, permissions), &places()).unwrap();
                let name = if permissions == Permissions::Ask {
                    format!("{name}_asks")
                } else {
                    name.to_owned()
                };
                insta::assert_debug_snapshot!(name, launch);
            }
        }
    }

    #[test]
    fn says_why_a_model_does_not_fit() {
        let setup = setup(AgentSetup::Claude, Dialect::OpenaiChat, Permissions::Allow);
        let reason = plan(&setup, &places()).unwrap_err();
        assert!(reason.contains("Claude cannot use vendor/model-1"), "{reason}");
    }
}
