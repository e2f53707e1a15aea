//! The table of model providers: one row each, and nothing about any of them anywhere else. Read by the
//! catalog and the proxy. A new provider is a new row here.

use shared::runner::Dialect;

/// How a provider wants its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyHeader {
    /// `Authorization: Bearer <key>`.
    Bearer,
    /// `x-api-key: <key>`.
    XApiKey,
    /// `x-goog-api-key: <key>`.
    XGoogApiKey,
}

/// How a chat stream comes to carry its usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamUsage {
    /// When the request has `stream_options.include_usage`.
    WhenAsked,
    /// Always; the provider refuses requests that have `stream_options`.
    Unasked,
}

/// A model worth offering.
#[derive(Debug, Clone, Copy)]
pub struct KnownModel {
    /// The provider's name for it.
    pub id: &'static str,
    /// Tokens that fit into one call, if published.
    pub context_window: Option<u64>,
    /// Tokens that one answer may have, if published.
    pub output_limit: Option<u64>,
}

/// A provider.
#[derive(Debug)]
pub struct Provider {
    /// The first half of its models' names, and its place under `/llm/`.
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// What its variables begin with: `<prefix>_API_KEY`. Empty for what needs no configuration.
    pub variable_prefix: &'static str,
    /// Other prefixes that mean the same; the first one wins where several are set.
    pub variable_aliases: &'static [&'static str],
    /// Its public address, by its own convention. Empty where the orchestrator answers itself.
    pub base_url: &'static str,
    /// The APIs that it speaks; agents that can choose take the first.
    pub dialects: &'static [Dialect],
    /// The API to use where `<prefix>_BASE_URL` names another server: what compatible servers have in common.
    pub compatible_dialect: Dialect,
    /// How it wants its key.
    pub key_header: KeyHeader,
    /// How its chat streams come to carry usage.
    pub stream_usage: StreamUsage,
    /// What to offer, the best general choice first. Any other name of the provider works as well.
    pub models: &'static [KnownModel],
}

/// The id of the provider that is built in.
pub const DEMO: &str = "demo";

/// The built-in scripted model's name.
pub const SCRIPTED: &str = "scripted";

const fn model(id: &'static str, context_window: u64, output_limit: u64) -> KnownModel {
    KnownModel {
        id,
        context_window: Some(context_window),
        output_limit: Some(output_limit),
    }
}

const fn named(id: &'static str) -> KnownModel {
    KnownModel {
        id,
        context_window: None,
        output_limit: None,
    }
}

/// What most rows are: the OpenAI chat API with a bearer key.
const OPENAI_COMPATIBLE: Provider = Provider {
    id: "",
    name: "",
    variable_prefix: "",
    variable_aliases: &[],
    base_url: "",
    dialects: &[Dialect::OpenaiChat],
    compatible_dialect: Dialect::OpenaiChat,
    key_header: KeyHeader::Bearer,
    stream_usage: StreamUsage::WhenAsked,
    models: &[],
};

/// Every provider; the order is the order of preference when several are configured.
pub const PROVIDERS: &[Provider] = &[
    Provider {
        id: "anthropic",
        name: "Anthropic",
        variable_prefix: "ANTHROPIC",
        base_url: "https://api.anthropic.com",
        dialects: &[Dialect::AnthropicMessages],
        compatible_dialect: Dialect::AnthropicMessages,
        key_header: KeyHeader::XApiKey,
        models: &[
            model("claude-sonnet-5-5", 1_000_000, 128_000),
            model("claude-opus-5-5", 1_000_000, 128_000),
            model("claude-haiku-4-5", 200_000, 64_000),
        ],
        ..OPENAI_COMPATIBLE
    },
    Provider {
        id: "openai",
        name: "OpenAI",
        variable_prefix: "OPENAI",
        base_url: "https://api.openai.com/v1",
        dialects: &[Dialect::OpenaiResponses, Dialect::OpenaiChat],
        models: &[named("gpt-6.1-sol"), named("gpt-6-luna"), named("gpt-5.1")],
        ..OPENAI_COMPATIBLE
    },
    Provider {
        id: "google",
        name: "Google Gemini",
        variable_prefix: "GOOGLE",
        base_url: "https://generativelanguage.googleapis.com",
        dialects: &[Dialect::Gemini],
        compatible_dialect: Dialect::Gemini,
        key_header: KeyHeader::XGoogApiKey,
        models: &[
            model("gemini-3.6-flash", 1_048_576, 65_536),
            model("gemini-3.5-flash-lite", 1_048_576, 65_536),
        ],
        ..OPENAI_COMPATIBLE
    },
    Provider {
        id: "openrouter",
        name: "OpenRouter",
        variable_prefix: "OPENROUTER",
        base_url: "https://openrouter.ai/api/v1",
        models: &[
            model("anthropic/claude-sonnet-5.5", 1_000_000, 128_000),
            model("google/gemini-3.6-flash", 1_048_576, 65_536),
        ],
        ..OPENAI_COMPATIBLE
    },
    Provider {
        id: "mistral",
        name: "Mistral",
        variable_prefix: "MISTRAL",
        base_url: "https://api.mistral.ai/v1",
        stream_usage: StreamUsage::Unasked,
        models: &[named("mistral-medium-latest"), named("mistral-large-latest")],
        ..OPENAI_COMPATIBLE
    },
    Provider {
        id: "xai",
        name: "xAI",
        variable_prefix: "XAI",
        base_url: "https://api.x.ai/v1",
        models: &[named("grok-4.3")],
        ..OPENAI_COMPATIBLE
    },
    Provider {
        id: "groq",
        name: "Groq",
        variable_prefix: "GROQ",
        base_url: "https://api.groq.com/openai/v1",
        models: &[model("openai/gpt-oss-120b", 131_072, 65_536)],
        ..OPENAI_COMPATIBLE
    },
    Provider {
        id: "cohere",
        name: "Cohere",
        variable_prefix: "COHERE",
        base_url: "https://api.cohere.ai/compatibility/v1",
        stream_usage: StreamUsage::Unasked,
        models: &[model("command-a-03-2025", 256_000, 8_000)],
        ..OPENAI_COMPATIBLE
    },
    Provider {
        id: "zai",
        name: "Z.ai",
        variable_prefix: "ZAI",
        base_url: "https://api.z.ai/api/paas/v4",
        models: &[named("glm-5.2")],
        ..OPENAI_COMPATIBLE
    },
    Provider {
        id: "kimi",
        name: "Kimi",
        variable_prefix: "KIMI",
        variable_aliases: &["MOONSHOT"],
        base_url: "https://api.moonshot.ai/v1",
        models: &[KnownModel {
            id: "kimi-k3",
            context_window: Some(1_048_576),
            output_limit: None,
        }],
        ..OPENAI_COMPATIBLE
    },
    Provider {
        id: "qwen",
        name: "Qwen",
        variable_prefix: "QWEN",
        variable_aliases: &["DASHSCOPE", "ALIBABA"],
        base_url: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        models: &[named("qwen3-coder-plus")],
        ..OPENAI_COMPATIBLE
    },
    Provider {
        id: DEMO,
        name: "Roundhouse",
        dialects: &[
            Dialect::OpenaiChat,
            Dialect::OpenaiResponses,
            Dialect::AnthropicMessages,
        ],
        models: &[model(SCRIPTED, 128_000, 8_192)],
        ..OPENAI_COMPATIBLE
    },
];

impl Provider {
    /// The provider with this id.
    pub fn find(id: &str) -> Option<&'static Self> {
        PROVIDERS.iter().find(|provider| provider.id == id)
    }

    /// Whether the orchestrator answers for it.
    pub fn is_built_in(&self) -> bool {
        self.id == DEMO
    }

    /// `<PREFIX>_<suffix>`: what to tell people to set.
    pub fn variable(&self, suffix: &str) -> String {
        format!("{}_{suffix}", self.variable_prefix)
    }

    /// All prefixes of its variables, the proper one first.
    pub fn prefixes(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.variable_prefix)
            .chain(self.variable_aliases.iter().copied())
            .filter(|prefix| !prefix.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        let mut seen = std::collections::HashSet::new();
        for provider in PROVIDERS {
            assert!(seen.insert(provider.id), "{} is there twice", provider.id);
            assert!(
                provider.prefixes().all(|prefix| seen.insert(prefix)),
                "{}",
                provider.id
            );
            assert!(
                provider.dialects.contains(&provider.compatible_dialect),
                "{}",
                provider.id
            );
            assert!(!provider.models.is_empty(), "{}", provider.id);
            assert!(!provider.base_url.ends_with('/'), "{}", provider.id);
            assert_eq!(provider.base_url.is_empty(), provider.is_built_in());
        }
    }

    #[test]
    fn has_every_provider_of_the_contract() {
        let prefixes: Vec<_> = PROVIDERS.iter().flat_map(Provider::prefixes).collect();
        for prefix in [
            "ANTHROPIC",
            "OPENAI",
            "GOOGLE",
            "GROQ",
            "MISTRAL",
            "COHERE",
            "XAI",
            "ZAI",
            "OPENROUTER",
            "KIMI",
            "QWEN",
            "MOONSHOT",
            "ALIBABA",
            "DASHSCOPE",
        ] {
            assert!(prefixes.contains(&prefix), "{prefix}");
        }
    }
}
