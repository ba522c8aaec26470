//! From a request to its response: who asks, where, what is planned, and the answer.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::routing::{get, post};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::Sim;
use super::wire::{Answer, ChatRequest, Ids, error_body, masked, respond, set, unix_seconds};
use crate::vendors::answer::{Asked, answer};
use crate::vendors::fault::{EchoPlace, Fault};

/// Largest request taken, in bytes. A guess: prompts are far smaller.
const REQUEST_MAX: usize = 1 << 20;

/// What `/v1/models` lists when every name is taken.
const ANY_MODEL: &str = "sim-gpt";

/// One call, with what is needed to answer it.
struct Exchange<'a> {
    sim: &'a Sim,
    ids: Ids,
    calls: u64,
}

/// A refusal: status, message, type, param, code.
struct Refusal<'a>(u16, &'a str, &'a str, Option<&'a str>, Option<&'a str>);

pub(super) fn router(sim: Arc<Sim>) -> Router {
    Router::new()
        .route("/{region}/v1/chat/completions", post(chat_completions))
        .route("/{region}/v1/models", get(models))
        .fallback(unknown_url)
        .method_not_allowed_fallback(unknown_url)
        .layer(DefaultBodyLimit::max(REQUEST_MAX))
        .with_state(sim)
}

async fn chat_completions(
    State(sim): State<Arc<Sim>>,
    Path(region): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response<Body> {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            let exchange = Exchange::new(&sim, &region, &[], sim.ledger.calls());
            let (status, message) = (rejection.status().as_u16(), rejection.body_text());
            return exchange.refuse(Refusal(status, &message, "invalid_request_error", None, None));
        }
    };
    let known = sim.config.regions.contains(&region);
    if known {
        sim.ledger.note(&region, &body);
    }
    let exchange = Exchange::new(&sim, &region, &body, sim.ledger.calls());
    if !known {
        let message = format!("sim:openai has no region {region:?}");
        return exchange.refuse(Refusal(404, &message, "invalid_request_error", None, None));
    }
    if let Some(refused) = exchange.check_key(&headers) {
        return refused;
    }
    let request = match exchange.read(&body) {
        Ok(request) => request,
        Err(refused) => return *refused,
    };
    tokio::select! {
        () = tokio::time::sleep(Duration::from_millis(sim.config.latency_ms)) => {}
        () = sim.stop.cancelled() => {}
    }
    match sim.ledger.next_fault() {
        Some(fault) => exchange.fail(fault, &request, &headers),
        None => exchange.complete(&request, &exchange.answer(&region, &request, &body)),
    }
}

async fn models(
    State(sim): State<Arc<Sim>>,
    Path(region): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    let exchange = Exchange::new(&sim, &region, b"models", sim.ledger.calls());
    if let Some(refused) = exchange.check_key(&headers) {
        return refused;
    }
    let listed = &sim.config.models;
    let names = if listed.is_empty() { &vec![ANY_MODEL.to_owned()] } else { listed };
    let created = unix_seconds();
    let models = names
        .iter()
        .map(|name| json!({ "id": name, "object": "model", "created": created, "owned_by": "sim" }));
    exchange.ok(&json!({ "object": "list", "data": models.collect::<Vec<Value>>() }))
}

async fn unknown_url(State(sim): State<Arc<Sim>>, method: Method, uri: Uri) -> Response<Body> {
    let exchange = Exchange::new(&sim, uri.path(), &[], sim.ledger.calls());
    let message = format!("Invalid URL ({method} {})", uri.path());
    exchange.refuse(Refusal(404, &message, "invalid_request_error", None, None))
}

impl<'a> Exchange<'a> {
    fn new(sim: &'a Sim, region: &str, body: &[u8], calls: u64) -> Self {
        Self { sim, ids: Ids::new(sim.config.seed, region, body, calls), calls }
    }

    /// The refusal of a call without the right key.
    fn check_key(&self, headers: &HeaderMap) -> Option<Response<Body>> {
        let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(key) = shown.and_then(|value| value.strip_prefix("Bearer ")) else {
            let message =
                "You didn't provide an API key in an Authorization header (Authorization: Bearer …).";
            return Some(self.refuse(Refusal(401, message, "invalid_request_error", None, None)));
        };
        if key == self.sim.config.key {
            return None;
        }
        let message = format!("Incorrect API key provided: {}.", masked(key));
        Some(self.refuse(Refusal(401, &message, "invalid_request_error", None, Some("invalid_api_key"))))
    }

    fn read(&self, body: &[u8]) -> Result<ChatRequest, Box<Response<Body>>> {
        let refuse = |refusal: Refusal<'_>| Box::new(self.refuse(refusal));
        let request: ChatRequest = serde_json::from_slice(body).map_err(|error| {
            let message = format!("We could not parse the body of your request: {error}.");
            refuse(Refusal(400, &message, "invalid_request_error", None, None))
        })?;
        if let Some((message, param)) = request.objection() {
            return Err(refuse(Refusal(400, message, "invalid_request_error", Some(param), None)));
        }
        let models = &self.sim.config.models;
        if !models.is_empty() && !models.contains(&request.model) {
            let message =
                format!("The model `{}` does not exist or you do not have access to it.", request.model);
            let code = Some("model_not_found");
            return Err(refuse(Refusal(404, &message, "invalid_request_error", None, code)));
        }
        Ok(request)
    }

    fn answer(&self, region: &str, request: &ChatRequest, body: &[u8]) -> Answer {
        let ordinal = self.sim.ledger.ordinal(region, body);
        let asked = Asked { seed: self.sim.config.seed, region, prompt: &request.prompt(), ordinal };
        request.limited(answer(asked, &self.sim.config.plants))
    }

    fn complete(&self, request: &ChatRequest, answer: &Answer) -> Response<Body> {
        self.ok(&request.completion(answer, &self.ids))
    }

    fn ok(&self, body: &Value) -> Response<Body> {
        self.respond(StatusCode::OK, Body::from(body.to_string()))
    }

    fn refuse(&self, Refusal(status, message, kind, param, code): Refusal<'_>) -> Response<Body> {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.respond(status, Body::from(error_body(message, kind, param, code).to_string()))
    }

    fn respond(&self, status: StatusCode, body: Body) -> Response<Body> {
        respond(status, body, &self.ids, self.sim.config.latency_ms, self.calls)
    }

    /// Does what is planned in place of an answer.
    fn fail(&self, fault: Fault, request: &ChatRequest, headers: &HeaderMap) -> Response<Body> {
        let text = |text: String| Answer { text, finish_reason: "stop", is_refusal: false };
        let usual = text("A simulated answer to a call with a planned fault.".to_owned());
        let whole = request.completion(&usual, &self.ids).to_string();
        let (first, rest) = whole.split_at(whole.len() / 2);
        let (first, rest) = (first.to_owned(), rest.to_owned());
        match fault {
            Fault::RateLimited { retry_after } => self.rate_limited(retry_after.as_deref()),
            Fault::InsufficientQuota => {
                let message = "You exceeded your current quota, please check your plan and billing details.";
                self.refuse(Refusal(429, message, "insufficient_quota", None, Some("insufficient_quota")))
            }
            Fault::Status(status) => {
                self.refuse(Refusal(status, "A planned failure.", "server_error", None, None))
            }
            Fault::Redirect => {
                let mut response = self.respond(StatusCode::TEMPORARY_REDIRECT, Body::empty());
                set(response.headers_mut(), "location", "/elsewhere/v1/chat/completions");
                response
            }
            Fault::SlowBody { pause_ms } => self.slowly(first, rest, pause_ms),
            Fault::CutBody => {
                let parts = stream::iter([Ok(first), Err(std::io::Error::other("planned cut"))]);
                self.respond(StatusCode::OK, Body::from_stream(parts))
            }
            Fault::MalformedJson => self.respond(StatusCode::OK, Body::from(first)),
            Fault::EmptyBody => self.respond(StatusCode::OK, Body::empty()),
            Fault::EmptyText => self.complete(request, &text(String::new())),
            Fault::HugeBody { bytes } => self.respond(StatusCode::OK, blanks(bytes)),
            Fault::HugeText { bytes } => self.complete(request, &text("x".repeat(bytes))),
            Fault::WrongContentType => {
                let mut response = self.respond(StatusCode::OK, Body::from(whole));
                response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
                response
            }
            Fault::ContentFilter => {
                self.complete(request, &Answer { finish_reason: "content_filter", ..usual })
            }
            Fault::Refusal => {
                let text = "I'm sorry, but I can't help with that.".to_owned();
                self.complete(request, &Answer { text, finish_reason: "stop", is_refusal: true })
            }
            Fault::EchoAuthorization(place) => self.echo(place, request, headers),
        }
    }

    fn rate_limited(&self, retry_after: Option<&str>) -> Response<Body> {
        let message = "Rate limit reached for requests per minute (simulated). Please try again later.";
        let refusal = Refusal(429, message, "requests", None, Some("rate_limit_exceeded"));
        let mut response = self.refuse(refusal);
        if let Some(value) = retry_after {
            set(response.headers_mut(), "retry-after", value);
        }
        response
    }

    fn slowly(&self, first: String, rest: String, pause_ms: u64) -> Response<Body> {
        let stop = self.sim.stop.clone();
        let late = stream::once(async move {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(pause_ms)) => {}
                () = stop.cancelled() => {}
            }
            Ok::<_, Infallible>(rest)
        });
        let parts = stream::iter([Ok::<_, Infallible>(first)]).chain(late);
        self.respond(StatusCode::OK, Body::from_stream(parts))
    }

    fn echo(&self, place: EchoPlace, request: &ChatRequest, headers: &HeaderMap) -> Response<Body> {
        let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown = shown.unwrap_or_default().to_owned();
        let said = |text: String| Answer { text, finish_reason: "stop", is_refusal: false };
        match place {
            EchoPlace::Text => self.complete(request, &said(format!("You sent: {shown}"))),
            EchoPlace::EscapedText => {
                let escaped: String = shown.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
                let whole = request.completion(&said("PLACE".to_owned()), &self.ids).to_string();
                self.respond(StatusCode::OK, Body::from(whole.replace("PLACE", &escaped)))
            }
            EchoPlace::Header => {
                let mut response = self.complete(request, &said("See the headers.".to_owned()));
                set(response.headers_mut(), "via", &shown);
                response
            }
            EchoPlace::ErrorMessage => {
                let message = format!("Incorrect credentials: {shown}");
                let code = Some("invalid_api_key");
                self.refuse(Refusal(401, &message, "invalid_request_error", None, code))
            }
        }
    }
}

/// A body of `bytes` blanks, in parts and without an announced length.
fn blanks(bytes: usize) -> Body {
    const PART: usize = 64 << 10;
    let parts = (0..bytes.div_ceil(PART)).map(move |at| vec![b' '; PART.min(bytes - at * PART)]);
    Body::from_stream(stream::iter(parts.map(Ok::<_, Infallible>)))
}
