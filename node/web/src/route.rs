//! Handlers as routes.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use vantage_api::{Answer, Fault, Handler, Method, Refusal};

const JSON: &str = "application/json";

/// A route for each handler.
pub(super) fn routes(handlers: impl IntoIterator<Item = Handler>) -> Router {
    handlers.into_iter().fold(Router::new(), |router, handler| {
        let path = handler.path;
        let route = match handler.method {
            Method::Read => get(async move |uri: Uri| {
                let fields = uri.query().unwrap_or_default().to_owned();
                response(handler.answer(fields.into()).await)
            }),
            Method::Order => post(async move |body: Result<Bytes, BytesRejection>| match body {
                Ok(fields) => response(handler.answer(fields).await),
                Err(error) => {
                    let not_understood = Refusal::not_understood(&error.body_text());
                    refused(&Refusal { status: error.status().as_u16(), ..not_understood })
                }
            }),
        };
        router.route(path, route)
    })
}

/// Where there is nothing.
pub(super) async fn nowhere(uri: Uri) -> Response {
    let what = format!("there is no {}", uri.path());
    let help = "see docs/openapi.json: do program and node have the same version?";
    refused(&Refusal { status: 404, fault: Fault::new("path", what, help) })
}

/// A path that is there, by another method.
pub(super) async fn other_method(method: axum::http::Method, uri: Uri) -> Response {
    let what = format!("{} does not take {method}", uri.path());
    let help = "reads are GET, orders are POST: see docs/openapi.json";
    refused(&Refusal { status: 405, fault: Fault::new("method", what, help) })
}

fn response(answer: Result<Answer, Refusal>) -> Response {
    match answer {
        Ok(Answer::Json(bytes)) => ([(header::CONTENT_TYPE, JSON)], bytes).into_response(),
        Ok(Answer::Pieces { media_type, pieces }) => {
            ([(header::CONTENT_TYPE, media_type)], Body::from_stream(pieces)).into_response()
        }
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // a fault is three texts
    let fault = serde_json::to_vec(&refusal.fault).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, JSON)], fault).into_response()
}
