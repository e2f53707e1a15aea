//! OpenCode's plan: the default agent. It needs no network: providers' packages are compiled in, and
//! its plugin folder is seeded so that it installs nothing.

use serde_json::{Value, json};
use shared::runner::{Dialect, Setup};

use super::launch::{Launch, Places, allowed, variables};

/// Limits assumed of a model that nobody told us about.
const CONTEXT_WINDOW: u64 = 128_000;
const OUTPUT_LIMIT: u64 = 8_192;

/// Plans how to start OpenCode.
pub(super) fn plan(setup: &Setup, places: &Places) -> Launch {
    let root = places.agents.join("opencode");
    let config = root.join("config/opencode");
    let data = |name: &str| root.join(name).display().to_string();
    let binary = places
        .opencode
        .as_ref()
        .map_or_else(|| "opencode".to_owned(), |path| path.display().to_string());
    Launch {
        name: "OpenCode",
        command: vec![binary, "acp".to_owned()],
        environment: variables([
            (
                "OPENCODE_CONFIG",
                root.join("opencode.json").display().to_string(),
            ),
            ("OPENCODE_DISABLE_AUTOUPDATE", "1".to_owned()),
            ("OPENCODE_DISABLE_CLAUDE_CODE", "1".to_owned()),
            ("OPENCODE_DISABLE_DEFAULT_PLUGINS", "1".to_owned()),
            ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1".to_owned()),
            ("OPENCODE_DISABLE_MODELS_FETCH", "1".to_owned()),
            ("OPENCODE_DISABLE_SHARE", "1".to_owned()),
            ("OPENCODE_PURE", "1".to_owned()),
            ("XDG_CACHE_HOME", data("cache")),
            ("XDG_CONFIG_HOME", data("config")),
            ("XDG_DATA_HOME", data("data")),
            ("XDG_STATE_HOME", data("state")),
        ]),
        files: vec![
            (
                root.join("opencode.json"),
                configuration(setup, places).to_string(),
            ),
            (config.join("package.json"), plugin_package().to_string()),
            (
                config.join("package-lock.json"),
                json!({ "lockfileVersion": 3, "packages": { "": plugin_package() } }).to_string(),
            ),
        ],
        directories: vec![config.join("node_modules")],
        mode: None,
        model: Some(format!("{}/{}", setup.model.provider, setup.model.model)),
        install:
            "Install it with `npm install -g opencode-ai`, or set ROUNDHOUSE_OPENCODE to the path of its \
                  binary."
                .to_owned(),
    }
}

/// The package that OpenCode would otherwise install, 63 MB, into every configuration folder.
fn plugin_package() -> Value {
    json!({ "dependencies": { "@opencode-ai/plugin": "*" } })
}

fn configuration(setup: &Setup, places: &Places) -> Value {
    let model = &setup.model;
    let name = format!("{}/{}", model.provider, model.model);
    let base = places.model_base(model);
    // Each package appends its vendor's paths to a base of its vendor's convention.
    let (package, base) = match model.dialect {
        Dialect::AnthropicMessages => ("@ai-sdk/anthropic", format!("{base}/v1")),
        Dialect::OpenaiChat => ("@ai-sdk/openai-compatible", base),
        Dialect::OpenaiResponses => ("@ai-sdk/openai", base),
        Dialect::Gemini => ("@ai-sdk/google", format!("{base}/v1beta")),
    };
    let permission = if allowed(setup) {
        json!({ "*": "allow" })
    } else {
        // A permission that a sub-agent asks for never reaches us, and the turn would hang: so none start.
        json!({ "edit": "ask", "bash": "ask", "webfetch": "ask", "external_directory": "ask", "task": "deny" })
    };
    json!({
        "model": name,
        "small_model": name,
        "enabled_providers": [model.provider],
        "autoupdate": false,
        "share": "disabled",
        "lsp": false,
        "formatter": false,
        "plugin": [],
        "permission": permission,
        "experimental": { "mcp_timeout": 3_600_000 },
        "provider": { &model.provider: {
            "npm": package,
            "options": { "baseURL": base, "apiKey": places.key },
            "models": { &model.model: {
                "tool_call": true,
                "limit": {
                    "context": model.context_window.unwrap_or(CONTEXT_WINDOW),
                    "output": model.output_limit.unwrap_or(OUTPUT_LIMIT),
                },
            } },
        } },
    })
}
