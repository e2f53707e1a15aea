//! Which models can be used here, made once from the configuration. The session side asks it for choices
//! and for the setup that a runner needs; the proxy asks it where a provider is. Reads no environment
//! itself.

use std::fmt;

use shared::capabilities::ModelChoice;
use shared::runner::{Dialect, ModelSetup};
use url::Url;

use super::provider::{DEMO, PROVIDERS, Provider, SCRIPTED};
use super::secret::Secret;

/// What the configuration says about models.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The configured providers.
    pub providers: Vec<ProviderOptions>,
    /// `<provider>/<model>`, to override the first choice.
    pub default_model: Option<String>,
}

/// What the configuration says about one provider. It counts as configured when it has a key or an address.
#[derive(Debug, Clone)]
pub struct ProviderOptions {
    /// Its row.
    pub provider: &'static Provider,
    /// Its key. Absent for servers that want none.
    pub api_key: Option<Secret>,
    /// Its address, when it is not the public one.
    pub base_url: Option<Url>,
    /// The models to offer, the preferred one first; the table's when empty.
    pub models: Vec<String>,
}

/// A model that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownModel {
    /// The name has no provider in it, or no model.
    #[error("`{0}` is not a model's name: write `<provider>/<model>`, like `{DEMO}/{SCRIPTED}`")]
    Malformed(String),
    /// The provider is not in the table.
    #[error("there is no model provider `{provider}`: choose one of {known}")]
    UnknownProvider {
        /// What was asked for.
        provider: String,
        /// What there is.
        known: String,
    },
    /// The provider has no key and no address.
    #[error("{name} is not configured here: set {variable} and restart, or choose another model")]
    NotConfigured {
        /// What people call it.
        name: &'static str,
        /// The variable to set.
        variable: String,
    },
    /// The built-in provider has one model.
    #[error("{DEMO} has one model: {DEMO}/{SCRIPTED}")]
    NotScripted,
}

/// A provider that can be called.
pub(super) struct Endpoint {
    pub(super) provider: &'static Provider,
    pub(super) api_key: Option<Secret>,
    /// Without a trailing slash; empty for the built-in provider.
    pub(super) base_url: String,
    /// Whether the address is not the provider's public one.
    pub(super) elsewhere: bool,
    models: Vec<String>,
}

/// The models of this installation.
pub struct Catalog {
    endpoints: Vec<Endpoint>,
    default: String,
}

impl fmt::Debug for Catalog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let providers: Vec<_> = self
            .endpoints
            .iter()
            .map(|endpoint| endpoint.provider.id)
            .collect();
        formatter
            .debug_struct("Catalog")
            .field("providers", &providers)
            .field("default", &self.default)
            .finish()
    }
}

impl Catalog {
    /// Fails when the default model is none that can be used.
    pub fn new(options: Options) -> Result<Self, UnknownModel> {
        let mut endpoints: Vec<Endpoint> = PROVIDERS
            .iter()
            .filter_map(|row| {
                options
                    .providers
                    .iter()
                    .find(|configured| configured.provider.id == row.id)
            })
            .filter(|configured| configured.api_key.is_some() || configured.base_url.is_some())
            .cloned()
            .map(Endpoint::of)
            .collect();
        endpoints.extend(
            PROVIDERS
                .iter()
                .filter(|row| row.is_built_in())
                .map(Endpoint::built_in),
        );
        let mut catalog = Self {
            endpoints,
            default: String::new(),
        };
        catalog.default = match options.default_model {
            Some(model) => {
                catalog.setup(&model)?;
                model
            }
            None => catalog
                .names()
                .next()
                .unwrap_or_else(|| format!("{DEMO}/{SCRIPTED}")),
        };
        Ok(catalog)
    }

    /// The model of sessions that name none: `<provider>/<model>`.
    pub fn default_model(&self) -> &str {
        &self.default
    }

    /// What to offer: the default first, the scripted model last. Other models of these providers work as well.
    pub fn choices(&self) -> Vec<ModelChoice> {
        let mut names: Vec<String> = self.names().filter(|name| *name != self.default).collect();
        names.insert(0, self.default.clone());
        names
            .into_iter()
            .filter_map(|id| {
                let (endpoint, model) = self.resolve(&id).ok()?;
                let built_in = endpoint.provider.is_built_in();
                Some(ModelChoice {
                    name: if built_in {
                        "Scripted demo".to_owned()
                    } else {
                        model.to_owned()
                    },
                    provider_name: endpoint.provider.name.to_owned(),
                    demo: built_in,
                    id,
                })
            })
            .collect()
    }

    /// What a runner needs to use `name`, a `<provider>/<model>` of any configured provider.
    pub fn setup(&self, name: &str) -> Result<ModelSetup, UnknownModel> {
        let (endpoint, model) = self.resolve(name)?;
        let known = endpoint.provider.models.iter().find(|known| known.id == model);
        Ok(ModelSetup {
            provider: endpoint.provider.id.to_owned(),
            model: model.to_owned(),
            dialect: endpoint.dialect(),
            context_window: known.and_then(|known| known.context_window),
            output_limit: known.and_then(|known| known.output_limit),
        })
    }

    pub(super) fn endpoint(&self, provider: &str) -> Option<&Endpoint> {
        self.endpoints
            .iter()
            .find(|endpoint| endpoint.provider.id == provider)
    }

    fn names(&self) -> impl Iterator<Item = String> {
        self.endpoints.iter().flat_map(|endpoint| {
            endpoint
                .models
                .iter()
                .map(|model| format!("{}/{model}", endpoint.provider.id))
        })
    }

    fn resolve<'a>(&self, name: &'a str) -> Result<(&Endpoint, &'a str), UnknownModel> {
        let well_formed = name.len() <= 200 && name.chars().all(|letter| letter.is_ascii_graphic());
        let (id, model) = name
            .split_once('/')
            .filter(|(id, model)| well_formed && !id.is_empty() && !model.is_empty())
            .ok_or_else(|| UnknownModel::Malformed(name.chars().take(200).collect()))?;
        let endpoint = self.endpoint(id).ok_or_else(|| match Provider::find(id) {
            Some(provider) => UnknownModel::NotConfigured {
                name: provider.name,
                variable: provider.variable("API_KEY"),
            },
            None => UnknownModel::UnknownProvider {
                provider: id.to_owned(),
                known: PROVIDERS
                    .iter()
                    .map(|provider| provider.id)
                    .collect::<Vec<_>>()
                    .join(", "),
            },
        })?;
        if endpoint.provider.is_built_in() && model != SCRIPTED {
            return Err(UnknownModel::NotScripted);
        }
        Ok((endpoint, model))
    }
}

impl Endpoint {
    fn of(options: ProviderOptions) -> Self {
        let row = options.provider;
        let base_url = options
            .base_url
            .as_ref()
            .map_or(row.base_url, Url::as_str)
            .trim_end_matches('/');
        let table = row.models.iter().map(|model| model.id.to_owned());
        Self {
            provider: row,
            elsewhere: base_url != row.base_url,
            base_url: base_url.to_owned(),
            models: if options.models.is_empty() {
                table.collect()
            } else {
                options.models
            },
            api_key: options.api_key,
        }
    }

    fn built_in(row: &'static Provider) -> Self {
        Self {
            provider: row,
            api_key: None,
            base_url: String::new(),
            elsewhere: false,
            models: row.models.iter().map(|model| model.id.to_owned()).collect(),
        }
    }

    fn dialect(&self) -> Dialect {
        match self.provider.dialects.first() {
            Some(first) if !self.elsewhere => *first,
            _ => self.provider.compatible_dialect,
        }
    }

    /// Scheme, host and port: what an error may show.
    pub(super) fn address(&self) -> String {
        Url::parse(&self.base_url).map_or_else(
            |_| self.provider.name.to_owned(),
            |url| url.origin().ascii_serialization(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(variables: &[(&str, &str)]) -> Result<Catalog, String> {
        let find = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Catalog::new(Options::from_variables(find).map_err(|error| error.to_string())?)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_key_there_is_the_scripted_model() {
        let catalog = catalog(&[]).unwrap();
        assert_eq!(catalog.default_model(), "demo/scripted");
        let choices = catalog.choices();
        assert_eq!(choices.len(), 1);
        assert!(choices[0].demo);
        assert_eq!(
            catalog.setup("demo/scripted").unwrap().dialect,
            Dialect::OpenaiChat
        );
        assert_eq!(
            catalog.setup("openai/gpt-6-luna").unwrap_err().to_string(),
            "OpenAI is not configured here: set OPENAI_API_KEY and restart, or choose another model"
        );
        for name in [
            "",
            "demo",
            "demo/",
            "/x",
            "demo/other",
            "nobody/x",
            "demo/scr ipted",
        ] {
            assert!(catalog.setup(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_key_makes_its_provider_the_default() {
        let catalog = catalog(&[
            ("OPENROUTER_API_KEY", "k"),
            ("MOONSHOT_API_KEY", "k"),
            ("MOONSHOT_MODEL", "kimi-x, kimi-y"),
        ])
        .unwrap();
        let ids: Vec<_> = catalog.choices().into_iter().map(|choice| choice.id).collect();
        assert_eq!(
            ids.first().map(String::as_str),
            Some("openrouter/anthropic/claude-sonnet-5.5")
        );
        assert!(ids.contains(&"kimi/kimi-y".to_owned()));
        assert_eq!(ids.last().map(String::as_str), Some("demo/scripted"));
        assert_eq!(
            catalog.setup("openrouter/any/model-at-all").unwrap().model,
            "any/model-at-all"
        );
        assert!(!format!("{catalog:?}").contains("\"k\""));
    }

    #[test]
    fn the_default_can_be_named() {
        let named = catalog(&[("ANTHROPIC_API_KEY", "k"), ("AGENT_MODEL", "demo/scripted")]).unwrap();
        assert_eq!(named.choices()[0].id, "demo/scripted");
        let provider = catalog(&[
            ("ANTHROPIC_API_KEY", "k"),
            ("GROQ_API_KEY", "k"),
            ("AGENT_PROVIDER", "groq"),
        ])
        .unwrap();
        assert_eq!(provider.default_model(), "groq/openai/gpt-oss-120b");
        let both = catalog(&[
            ("GROQ_API_KEY", "k"),
            ("AGENT_PROVIDER", "groq"),
            ("AGENT_MODEL", "a/b"),
        ])
        .unwrap();
        assert_eq!(both.default_model(), "groq/a/b");
        assert!(
            catalog(&[("AGENT_MODEL", "openai/gpt-6-luna")])
                .unwrap_err()
                .contains("OPENAI_API_KEY")
        );
    }

    #[test]
    fn another_address_is_a_compatible_server() {
        let public = catalog(&[("OPENAI_API_KEY", "k")]).unwrap();
        assert_eq!(
            public.setup("openai/gpt-6-luna").unwrap().dialect,
            Dialect::OpenaiResponses
        );
        let local = catalog(&[("OPENAI_BASE_URL", "http://localhost:11434/v1/")]).unwrap();
        assert_eq!(local.setup("openai/llama").unwrap().dialect, Dialect::OpenaiChat);
        assert_eq!(
            local.endpoint("openai").unwrap().base_url,
            "http://localhost:11434/v1"
        );
        let public_again = catalog(&[("OPENAI_BASE_URL", "https://api.openai.com/v1")]).unwrap();
        assert_eq!(
            public_again.setup("openai/x").unwrap().dialect,
            Dialect::OpenaiResponses
        );
    }
}
