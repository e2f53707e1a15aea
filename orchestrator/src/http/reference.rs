//! The published description of the API: `/openapi.json`, and the pages at `/docs` that are made from
//! it and from the table of error kinds. Everything is written once, when the router is made.

use std::fmt::Write;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use serde_json::Value;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::extract::COOKIE;
use super::kinds;
use super::security::PAGE_POLICY;
use super::state::AppState;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Roundhouse",
        description = "Background coding agents: sessions, their prompts and what the agents do. \
            Every answer carries `x-request-id`; every error is RFC 9457 problem details with a stable `code`.",
    ),
    tags(
        (name = "sessions", description = "Durable work with one agent on one workspace."),
        (name = "prompts", description = "What the agent is asked to do, and what it asks back."),
        (name = "live", description = "What happens, as it happens."),
        (name = "auth", description = "Who is calling."),
        (name = "server", description = "The server itself."),
    ),
    security(("key" = []), ("agentKey" = []), ("cookie" = [])),
    components(schemas(shared::Problem)),
)]
struct Description;

/// What the description says besides its routes.
pub(super) fn description() -> utoipa::openapi::OpenApi {
    let mut description = Description::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut description.info.version);
    let components = description.components.get_or_insert_default();
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key or a login token."));
    components.add_security_scheme("key", SecurityScheme::Http(key.build()));
    let agent_key = ApiKeyValue::new("X-Agent-Api-Key");
    components.add_security_scheme("agentKey", SecurityScheme::ApiKey(ApiKey::Header(agent_key)));
    let cookie = ApiKeyValue::with_description(
        COOKIE,
        "A browser's; needs a matching `Origin` to change anything.",
    );
    components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    description
}

/// The routes of this file.
pub(super) fn router(description: utoipa::openapi::OpenApi) -> Router<AppState> {
    let document = serde_json::to_value(&description).unwrap_or_default();
    let json = Bytes::from(document.to_string());
    let api_page = Bytes::from(page("Reference", &api_page(&document)));
    let error_page = Bytes::from(page("Errors", &error_page()));
    let json_type = "application/json";
    let html_type = "text/html; charset=utf-8";
    Router::new()
        .route("/openapi.json", get(async move || fixed(json_type, json.clone())))
        .route("/docs", get(async move || fixed(html_type, api_page.clone())))
        .route(
            "/docs/errors",
            get(async move || fixed(html_type, error_page.clone())),
        )
}

fn fixed(content_type: &'static str, body: Bytes) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    let policy = [(header::CONTENT_SECURITY_POLICY, PAGE_POLICY)];
    (headers, policy, body).into_response()
}

fn error_page() -> String {
    let mut html = String::from(
        "<h1>Errors</h1><p>Every error is <code>application/problem+json</code> with one of these codes. \
         Quote its <code>requestId</code> when asking for help.</p>\
         <table><tr><th>Code<th>Status<th>Meaning</tr>",
    );
    for kind in kinds::ALL {
        let (code, status, meaning) = (kind.code, kind.status.as_str(), prose(kind.meaning));
        let _ = write!(
            html,
            "<tr id={code}><td><code>{code}</code><td>{status}<td>{meaning}</tr>"
        );
    }
    html + "</table>"
}

fn api_page(document: &Value) -> String {
    let mut html = format!(
        "<h1>{} {}</h1><p>{}</p><p><a href=/openapi.json>openapi.json</a> · <a href=/docs/errors>errors</a></p>",
        text(&document["info"]["title"]),
        text(&document["info"]["version"]),
        prose(document["info"]["description"].as_str().unwrap_or_default()),
    );
    for tag in document["tags"].as_array().into_iter().flatten() {
        let name = tag["name"].as_str().unwrap_or_default();
        let _ = write!(
            html,
            "<h2>{}</h2><p>{}</p>",
            escape(name),
            text(&tag["description"])
        );
        for (path, methods) in entries(&document["paths"]) {
            for (method, operation) in entries(methods) {
                if operation["tags"][0] == name {
                    operation_section(&mut html, method, path, operation);
                }
            }
        }
    }
    html.push_str("<h2>Shapes</h2>");
    for (name, schema) in entries(&document["components"]["schemas"]) {
        let _ = write!(html, "<section id=\"{0}\"><h3>{0}</h3>", escape(name));
        let _ = write!(
            html,
            "<p>{}</p>",
            prose(schema["description"].as_str().unwrap_or_default())
        );
        schema_body(&mut html, schema);
        html.push_str("</section>");
    }
    html
}

fn operation_section(html: &mut String, method: &str, path: &str, operation: &Value) {
    let _ = write!(
        html,
        "<section><h3><b>{}</b> <code>{}</code></h3><p><strong>{}.</strong> {}</p>",
        method.to_uppercase(),
        escape(path),
        text(&operation["summary"]),
        prose(operation["description"].as_str().unwrap_or_default()),
    );
    html.push_str("<table>");
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let _ = write!(
            html,
            "<tr><td>{}<td><code>{}</code><td>{}</tr>",
            text(&parameter["in"]),
            text(&parameter["name"]),
            prose(parameter["description"].as_str().unwrap_or_default()),
        );
    }
    for (_, body) in entries(&operation["requestBody"]["content"]) {
        let _ = write!(html, "<tr><td>body<td><td>{}</tr>", type_of(&body["schema"]));
    }
    for (status, response) in entries(&operation["responses"]) {
        let shape = entries(&response["content"])
            .next()
            .map(|(_, body)| type_of(&body["schema"]));
        let _ = write!(
            html,
            "<tr><td>answer<td>{}<td>{} {}</tr>",
            escape(status),
            shape.unwrap_or_default(),
            prose(response["description"].as_str().unwrap_or_default()),
        );
    }
    html.push_str("</table></section>");
}

/// The fields of an object, the words of an enumeration, or the choices of a sum.
fn schema_body(html: &mut String, schema: &Value) {
    let required = schema["required"].as_array();
    let mut rows = entries(&schema["properties"]).peekable();
    if rows.peek().is_some() {
        html.push_str("<table>");
        for (name, field) in rows {
            let must = required.is_some_and(|names| names.iter().any(|one| one == name));
            let _ = write!(
                html,
                "<tr><td><code>{}{}</code><td>{}<td>{}</tr>",
                escape(name),
                if must { "" } else { "?" },
                type_of(field),
                prose(field["description"].as_str().unwrap_or_default()),
            );
        }
        html.push_str("</table>");
    } else if schema["properties"].is_null() {
        let _ = write!(html, "<p>{}</p>", type_of(schema));
    }
    for sum in ["oneOf", "anyOf", "allOf"] {
        for choice in schema[sum].as_array().into_iter().flatten() {
            match choice["$ref"].as_str() {
                Some(_) => {
                    let _ = write!(html, "<p>{}</p>", type_of(choice));
                }
                None => {
                    let _ = write!(
                        html,
                        "<p>{}</p>",
                        prose(choice["description"].as_str().unwrap_or_default())
                    );
                    schema_body(html, choice);
                }
            }
        }
    }
}

/// A type in a few words, with a link to where it is described.
fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#{0}\">{0}</a>", escape(name));
    }
    if let Some(words) = schema["enum"].as_array() {
        return words
            .iter()
            .map(|word| format!("<code>{}</code>", text(word)))
            .collect::<Vec<_>>()
            .join(" | ");
    }
    if schema["items"].is_object() {
        return format!("list of {}", type_of(&schema["items"]));
    }
    for sum in ["oneOf", "anyOf", "allOf"] {
        if let Some(choices) = schema[sum].as_array() {
            return choices
                .iter()
                .map(type_of)
                .filter(|one| !one.is_empty())
                .collect::<Vec<_>>()
                .join(" | ");
        }
    }
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" | "),
        kind => text(kind),
    }
}

fn entries(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    object
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => escape(text),
        other => escape(&other.to_string()),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Text in which backticks stand around code.
fn prose(text: &str) -> String {
    let mut html = String::new();
    for (place, piece) in text.split('`').enumerate() {
        let piece = escape(piece);
        let _ = if place % 2 == 1 {
            write!(html, "<code>{piece}</code>")
        } else {
            write!(html, "{piece}")
        };
    }
    html
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <meta name=color-scheme content=\"light dark\"><title>{title} · Roundhouse</title>\
         <style>body{{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}\
         code{{font:13px ui-monospace,monospace}}h2{{margin-top:3rem;text-transform:capitalize}}\
         section{{border-top:1px solid color-mix(in srgb,currentColor 15%,transparent);padding:.5rem 0}}\
         table{{border-collapse:collapse;width:100%}}td,th{{text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0}}\
         tr:target{{background:color-mix(in srgb,currentColor 10%,transparent)}}</style><main>{body}</main>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_cannot_become_markup() {
        assert_eq!(
            prose("a `<b>` & \"c\""),
            "a <code>&lt;b&gt;</code> &amp; &quot;c&quot;"
        );
    }

    #[test]
    fn every_kind_of_error_has_its_place() {
        let page = error_page();
        for kind in kinds::ALL {
            assert!(page.contains(&format!("<tr id={}>", kind.code)));
        }
    }
}
