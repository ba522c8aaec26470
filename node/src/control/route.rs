//! Calls as routes: what a handler gets, what it gives, and how a fault travels.

use super::server::Context;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use std::future::Future;
use vantage_api::{Call, Fault, Method, Stream};

/// Why a call is not carried out, with the status that says so.
#[derive(Debug)]
pub(crate) struct Refusal(pub(super) StatusCode, pub(super) Fault);

impl Refusal {
    /// What was asked for is not here.
    pub(super) fn missing(place: &str, what: impl ToString, help: &str) -> Self {
        Self(StatusCode::NOT_FOUND, Fault::new(place, what, help))
    }

    /// A field has no value that can be used.
    pub(super) fn wrong(place: &str, what: impl ToString, help: &str) -> Self {
        Self(StatusCode::UNPROCESSABLE_ENTITY, Fault::new(place, what, help))
    }

    /// The node could not do its part.
    pub(super) fn failed(place: &str, what: impl ToString, help: &str) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, Fault::new(place, what, help))
    }

    /// The node is stopping.
    pub(super) fn stopping() -> Self {
        let fault = Fault::new("node", "the node is stopping", "start it again, then ask again");
        Self(StatusCode::SERVICE_UNAVAILABLE, fault)
    }
}

/// A fault as a response.
pub(super) fn fault(status: StatusCode, fault: Fault) -> Response {
    (status, Json(fault)).into_response()
}

/// Routes a call to its handler.
pub(super) fn call<C, H, F>(handler: H) -> Router<Context>
where
    C: Call,
    H: Fn(Context, C) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<C::Reply, Refusal>> + Send + 'static,
{
    let reply = |done: Result<C::Reply, Refusal>| match done {
        Ok(reply) => Json(reply).into_response(),
        Err(Refusal(status, why)) => fault(status, why),
    };
    match C::METHOD {
        Method::Read => {
            let read = async move |State(context): State<Context>,
                                   fields: Result<Query<C>, QueryRejection>| {
                match fields {
                    Ok(Query(fields)) => reply(handler(context, fields).await),
                    Err(error) => not_understood(&error.body_text()),
                }
            };
            Router::new().route(C::PATH, get(read))
        }
        Method::Order => {
            let order = async move |State(context): State<Context>, body: Result<Bytes, BytesRejection>| {
                let body = match body {
                    Ok(body) => body,
                    Err(error) => return not_understood(&error.body_text()),
                };
                match serde_json::from_slice(&body) {
                    Ok(fields) => reply(handler(context, fields).await),
                    Err(error) => not_understood(&error.to_string()),
                }
            };
            Router::new().route(C::PATH, post(order))
        }
    }
}

/// Routes a stream to its handler, which makes the body.
pub(super) fn stream<S, H, F>(handler: H) -> Router<Context>
where
    S: Stream,
    H: Fn(Context, S) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<axum::body::Body, Refusal>> + Send + 'static,
{
    let read =
        async move |State(context): State<Context>, fields: Result<Query<S>, QueryRejection>| match fields {
            Ok(Query(fields)) => match handler(context, fields).await {
                Ok(body) => ([(header::CONTENT_TYPE, S::MEDIA_TYPE)], body).into_response(),
                Err(Refusal(status, why)) => fault(status, why),
            },
            Err(error) => not_understood(&error.body_text()),
        };
    Router::new().route(S::PATH, get(read))
}

fn not_understood(why: &str) -> Response {
    let why: String = why.chars().take(300).collect();
    let what = format!("not understood: {why}");
    fault(StatusCode::BAD_REQUEST, Fault::new("call", what, "docs/openapi.json says which fields there are"))
}
