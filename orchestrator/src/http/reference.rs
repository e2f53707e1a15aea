//! The published description of the API: `/openapi.json`, Swagger UI at `/docs` (served by us, nothing
//! comes from elsewhere), and `/docs/errors`, which is made from the table of error kinds.

use std::fmt::Write;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_swagger_ui::SwaggerUi;

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
    let browser = SwaggerUi::new("/docs").url("/openapi.json", description);
    let errors = Bytes::from(page("Errors", &error_page()));
    Router::from(browser)
        .route("/docs/errors", get(async move || (html(), errors.clone())))
        .layer(map_response(as_page))
}

fn html() -> [(HeaderName, &'static str); 1] {
    [(header::CONTENT_TYPE, "text/html; charset=utf-8")]
}

/// These are pages, and may load what pages of this server may load.
async fn as_page(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    response
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
         code{{font:13px ui-monospace,monospace}}\
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
