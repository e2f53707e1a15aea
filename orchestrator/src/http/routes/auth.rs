//! Signing in and out: `/auth/*` and `GET /api/auth/me`.

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::{Deserialize, Serialize};
use shared::session::Person;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::error::ApiResult;
use crate::http::extract::{COOKIE, Caller, Query};
use crate::http::problems::problems;
use crate::http::state::AppState;

/// The routes of this file.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(local))
        .routes(routes!(log_out))
        .routes(routes!(me))
}

problems!(LogOutProblems = CHANGING);
problems!(MeProblems = SIGNED_IN);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LinkToken {
    /// The secret of the link that the server printed when it started.
    #[serde(default)]
    token: String,
}

/// Sign in with the link that the server printed
///
/// Leads on to `/` with a cookie, or to `/sign-in?error=link_invalid`.
#[utoipa::path(get, path = "/auth/local", operation_id = "signInByLink", tag = "auth", security(()), params(LinkToken), responses(
    (status = 303, description = "Leads on, with a cookie when the token was right"),
))]
async fn local(
    State(state): State<AppState>,
    Query(LinkToken { token }): Query<LinkToken>,
) -> ApiResult<Response> {
    let Some(login) = state.auth.by_local_link(&token).await? else {
        return Ok(Redirect::to("/sign-in?error=link_invalid").into_response());
    };
    Ok((cookie(&state, &login), Redirect::to("/")).into_response())
}

/// Sign out
///
/// Ends the login that the request came with, and takes the cookie back.
#[utoipa::path(post, path = "/auth/logout", operation_id = "signOut", tag = "auth", responses(
    (status = 204, description = "Signed out"),
    LogOutProblems,
))]
async fn log_out(State(state): State<AppState>, _: Caller, cookies: CookieJar) -> ApiResult<Response> {
    if let Some(login) = cookies.get(COOKIE) {
        state.auth.log_out(login.value()).await?;
    }
    Ok((cookie(&state, ""), StatusCode::NO_CONTENT).into_response())
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SignedIn {
    /// The person, or the program that stands for one.
    user: Person,
}

/// Who is signed in
#[utoipa::path(get, path = "/api/auth/me", operation_id = "readMe", tag = "auth", responses(
    (status = 200, body = SignedIn),
    MeProblems,
))]
async fn me(Caller(identity): Caller) -> axum::Json<SignedIn> {
    axum::Json(SignedIn {
        user: identity.person,
    })
}

/// The header that gives a browser its cookie, or takes it back. It lasts as long as browsers allow: the
/// login in it ends on the server. `Secure` follows the public URL, as on somebody's own machine there
/// may be no TLS.
fn cookie(state: &AppState, login: &str) -> [(HeaderName, String); 1] {
    let seconds = if login.is_empty() { 0 } else { 400 * 24 * 60 * 60 };
    let secure = if state.public_url.scheme() == "https" {
        "; Secure"
    } else {
        ""
    };
    let value = format!("{COOKIE}={login}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    [(header::SET_COOKIE, value)]
}
