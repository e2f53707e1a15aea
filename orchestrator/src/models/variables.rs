//! The names of the variables that configure models, and how their values become [`Options`]. Pure: the
//! caller brings the look-up, so that `config.rs` stays the only reader of the environment.

use url::Url;

use super::catalog::{Options, ProviderOptions};
use super::provider::{DEMO, PROVIDERS, Provider, SCRIPTED};
use super::secret::Secret;

/// A variable whose value cannot be used. Never shows the value: it may be a key in the wrong place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct VariableError {
    /// The variable's name.
    pub variable: String,
    /// What is wrong with it and what to write instead.
    pub problem: String,
}

impl Options {
    /// Reads `<PROVIDER>_API_KEY`, `_BASE_URL` and `_MODEL` (one name, or several with commas) of every provider and
    /// alias, then `AGENT_PROVIDER` and `AGENT_MODEL`. `variable` gives the value of a name; empty counts as absent.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, VariableError> {
        let read = |name: &str| {
            variable(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let mut providers = Vec::new();
        for provider in PROVIDERS.iter().filter(|provider| !provider.is_built_in()) {
            let first = |suffix: &str| {
                provider.prefixes().find_map(|prefix| {
                    let name = format!("{prefix}_{suffix}");
                    read(&name).map(|value| (name, value))
                })
            };
            let api_key = first("API_KEY")
                .map(|(name, value)| key(name, value))
                .transpose()?;
            let base_url = first("BASE_URL")
                .map(|(name, value)| address(name, &value))
                .transpose()?;
            let models = first("MODEL")
                .map(|(_, value)| list(&value, provider.id))
                .unwrap_or_default();
            if api_key.is_some() || base_url.is_some() {
                providers.push(ProviderOptions {
                    provider,
                    api_key,
                    base_url,
                    models,
                });
            }
        }
        let default_model = default_model(&providers, read("AGENT_PROVIDER"), read("AGENT_MODEL"))?;
        Ok(Self {
            providers,
            default_model,
        })
    }
}

fn key(variable: String, value: String) -> Result<Secret, VariableError> {
    if value.chars().all(|letter| letter.is_ascii_graphic()) {
        return Ok(Secret::new(value));
    }
    let problem = "has characters that no key has: copy it again, without spaces or line breaks".to_owned();
    Err(VariableError { variable, problem })
}

fn address(variable: String, value: &str) -> Result<Url, VariableError> {
    let usable = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    Url::parse(value).ok().filter(usable).ok_or_else(|| VariableError {
        variable,
        problem: "is not an address: write http:// or https://, a host and a path, without credentials or a query"
            .to_owned(),
    })
}

/// Model names with commas between them. A name that repeats its provider (`openai/gpt-x`) loses it.
fn list(value: &str, provider: &str) -> Vec<String> {
    value
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| {
            let own = name
                .strip_prefix(provider)
                .and_then(|rest| rest.strip_prefix('/'));
            own.unwrap_or(name).to_owned()
        })
        .collect()
}

fn default_model(
    providers: &[ProviderOptions],
    provider: Option<String>,
    model: Option<String>,
) -> Result<Option<String>, VariableError> {
    let Some(wanted) = provider else {
        return match model {
            Some(model) if !model.contains('/') => Err(VariableError {
                variable: "AGENT_MODEL".to_owned(),
                problem: "is not `<provider>/<model>`: write both, or set AGENT_PROVIDER as well".to_owned(),
            }),
            model => Ok(model),
        };
    };
    let wanted = wanted.to_ascii_lowercase();
    let row = PROVIDERS
        .iter()
        .find(|row| row.id == wanted || row.prefixes().any(|prefix| prefix.eq_ignore_ascii_case(&wanted)))
        .ok_or_else(|| VariableError {
            variable: "AGENT_PROVIDER".to_owned(),
            problem: format!(
                "names no provider: write one of {}",
                PROVIDERS.iter().map(|row| row.id).collect::<Vec<_>>().join(", ")
            ),
        })?;
    if let Some(model) = model {
        let name = model
            .strip_prefix(row.id)
            .and_then(|rest| rest.strip_prefix('/'))
            .unwrap_or(&model);
        return Ok(Some(format!("{}/{name}", row.id)));
    }
    Ok(Some(format!("{}/{}", row.id, first_model(row, providers))))
}

fn first_model<'a>(row: &'static Provider, providers: &'a [ProviderOptions]) -> &'a str {
    providers
        .iter()
        .find(|configured| configured.provider.id == row.id)
        .and_then(|configured| configured.models.first())
        .map(String::as_str)
        .or_else(|| row.models.first().map(|model| model.id))
        .unwrap_or(if row.id == DEMO { SCRIPTED } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(variables: &[(&str, &str)]) -> Result<Options, VariableError> {
        Options::from_variables(|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn an_error_names_the_variable_and_not_the_value() {
        for (name, value) in [
            ("OPENAI_API_KEY", "sk one two"),
            ("OPENAI_BASE_URL", "file:///etc/passwd"),
            ("ALIBABA_BASE_URL", "https://user:hush@host/v1"),
            ("AGENT_MODEL", "hush"),
            ("AGENT_PROVIDER", "hush"),
        ] {
            let error = options(&[(name, value)]).unwrap_err();
            assert_eq!(error.variable, name);
            assert!(!error.to_string().contains(value), "{error}");
        }
    }

    #[test]
    fn aliases_mean_the_same_and_the_proper_name_wins() {
        let aliased = options(&[("DASHSCOPE_API_KEY", "a")]).unwrap();
        assert_eq!(aliased.providers[0].provider.id, "qwen");
        let both = options(&[("MOONSHOT_API_KEY", "a"), ("KIMI_API_KEY", "b")]).unwrap();
        assert_eq!(both.providers[0].api_key.as_ref().unwrap().expose(), "b");
        let agent = options(&[("MOONSHOT_API_KEY", "a"), ("AGENT_PROVIDER", "moonshot")]).unwrap();
        assert_eq!(agent.default_model.as_deref(), Some("kimi/kimi-k3"));
    }

    #[test]
    fn blank_is_absent_and_keys_stay_hidden() {
        assert!(
            options(&[("OPENAI_API_KEY", " "), ("GROQ_MODEL", "x")])
                .unwrap()
                .providers
                .is_empty()
        );
        let options = options(&[
            ("OPENAI_API_KEY", "sk-hush"),
            ("OPENAI_MODEL", "openai/gpt-x, gpt-y"),
        ])
        .unwrap();
        assert!(!format!("{options:?}").contains("hush"));
        assert_eq!(options.providers[0].models, ["gpt-x", "gpt-y"]);
    }
}
