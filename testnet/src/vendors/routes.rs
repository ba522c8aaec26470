//! From a request to its response: who asks, where, what is planned, and the answer.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::routing::{get, post};
use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use super::answer::{Asked, answer};
use super::calls::RecordedRequest;
use super::fault::{EchoPlace, Fault};
use super::server::Sim;
use super::wire::{self, End, Ids, Question, Said, Trouble, set};

/// Largest request taken, in bytes. A guess: prompts are far smaller.
const REQUEST_MAX: usize = 1 << 20;

/// One call, with what is needed to answer it.
struct Exchange<'a> {
    sim: &'a Sim,
    ids: Ids,
    calls: u64,
}

pub(super) fn router(sim: Arc<Sim>) -> Router {
    let dialect = sim.config.dialect;
    Router::new()
        .route(wire::answers_path(dialect), post(answers))
        .route(wire::models_path(dialect), get(models))
        .fallback(unknown_url)
        .method_not_allowed_fallback(unknown_url)
        .layer(DefaultBodyLimit::max(REQUEST_MAX))
        .with_state(sim)
}

async fn answers(
    State(sim): State<Arc<Sim>>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response<Body> {
    let (region, path) = place(&uri);
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            let exchange = Exchange::new(&sim, region, &[]);
            let (status, message) = (rejection.status().as_u16(), rejection.body_text());
            return exchange.refuse(&Trouble::BadBody(status, message));
        }
    };
    let known = sim.config.regions.iter().any(|served| served == region);
    if known {
        sim.calls.note(recorded(&sim, region, path, &headers, &body));
    }
    let exchange = Exchange::new(&sim, region, &body);
    if !known {
        return exchange.refuse(&Trouble::UnknownUrl(format!("there is no region {region:?} here")));
    }
    let question = match exchange.read(path, &headers, &body) {
        Ok(question) => question,
        Err(trouble) => return exchange.refuse(&trouble),
    };
    tokio::select! {
        () = tokio::time::sleep(Duration::from_millis(sim.config.latency_ms)) => {}
        () = sim.stop.cancelled() => {}
    }
    match sim.calls.next_fault() {
        Some(fault) => exchange.fail(fault, &question, &headers),
        None => {
            let ordinal = sim.calls.ordinal(region, path, &body);
            let asked = Asked { seed: sim.config.seed, region, prompt: &question.prompt, ordinal };
            let said = question.limited(answer(asked, &sim.config.plants));
            let is_torn = sim.config.torn.iter().any(|torn| torn == region);
            exchange.complete(&question, &if is_torn { said.torn() } else { said })
        }
    }
}

async fn models(State(sim): State<Arc<Sim>>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let exchange = Exchange::new(&sim, place(&uri).0, b"models");
    match exchange.check_key(&headers) {
        Err(trouble) => exchange.refuse(&trouble),
        Ok(()) => exchange.ok(&wire::models(sim.config.dialect, &sim.config.models)),
    }
}

async fn unknown_url(State(sim): State<Arc<Sim>>, method: Method, uri: Uri) -> Response<Body> {
    let exchange = Exchange::new(&sim, uri.path(), &[]);
    exchange.refuse(&Trouble::UnknownUrl(format!("{method} {}", uri.path())))
}

/// Region and what follows it.
fn place(uri: &Uri) -> (&str, &str) {
    let path = uri.path().trim_start_matches('/');
    match path.find('/') {
        Some(at) => path.split_at(at),
        None => (path, ""),
    }
}

fn recorded(sim: &Sim, region: &str, path: &str, headers: &HeaderMap, body: &[u8]) -> RecordedRequest {
    let keys = [wire::key_header(sim.config.dialect), "authorization"];
    let shown = headers.iter().filter(|(name, _)| !keys.contains(&name.as_str()));
    RecordedRequest {
        region: region.to_owned(),
        path: path.to_owned(),
        headers: shown
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect(),
        body: body.to_vec(),
    }
}

impl<'a> Exchange<'a> {
    fn new(sim: &'a Sim, region: &str, body: &[u8]) -> Self {
        let calls = sim.calls.calls();
        Self { sim, ids: Ids::new(sim.config.seed, region, body, calls), calls }
    }

    fn check_key(&self, headers: &HeaderMap) -> Result<(), Trouble> {
        match wire::shown_key(self.sim.config.dialect, headers) {
            None => Err(Trouble::NoKey),
            Some(key) if key != self.sim.config.key => Err(Trouble::WrongKey(key.to_owned())),
            Some(_) => Ok(()),
        }
    }

    fn read(&self, path: &str, headers: &HeaderMap, body: &[u8]) -> Result<Question, Trouble> {
        self.check_key(headers)?;
        let question = wire::read(self.sim.config.dialect, path, headers, body)?;
        let models = &self.sim.config.models;
        if !models.is_empty() && !models.contains(&question.model) {
            return Err(Trouble::NoModel(question.model));
        }
        Ok(question)
    }

    fn whole(&self, question: &Question, said: &Said) -> Value {
        wire::answer(self.sim.config.dialect, question, said, &self.ids)
    }

    fn complete(&self, question: &Question, said: &Said) -> Response<Body> {
        self.ok(&self.whole(question, said))
    }

    fn ok(&self, body: &Value) -> Response<Body> {
        self.respond(StatusCode::OK, Body::from(body.to_string()))
    }

    fn refuse(&self, trouble: &Trouble) -> Response<Body> {
        let (status, body) = wire::error(self.sim.config.dialect, trouble, &self.ids);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.respond(status, Body::from(body.to_string()))
    }

    fn respond(&self, status: StatusCode, body: Body) -> Response<Body> {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let config = &self.sim.config;
        for (name, value) in wire::headers(config.dialect, &self.ids, config.latency_ms, self.calls) {
            set(response.headers_mut(), name, &value);
        }
        response
    }

    /// Does what is planned in place of an answer.
    fn fail(&self, fault: Fault, question: &Question, headers: &HeaderMap) -> Response<Body> {
        let usual = Said::plain("A simulated answer to a call with a planned fault.".to_owned());
        let whole = self.whole(question, &usual).to_string();
        let (first, rest) = whole.split_at(whole.len() / 2);
        let (first, rest) = (first.to_owned(), rest.to_owned());
        match fault {
            Fault::RateLimited { retry_after } => self.rate_limited(retry_after.as_deref()),
            Fault::InsufficientQuota => self.refuse(&Trouble::QuotaUsedUp),
            Fault::Status(status) => self.refuse(&Trouble::Status(status)),
            Fault::Overloaded => self.refuse(&Trouble::Overloaded),
            Fault::ModelRetired => self.refuse(&Trouble::NoModel(question.model.clone())),
            Fault::PlaceNotSupported => self.refuse(&Trouble::PlaceNotSupported),
            Fault::Redirect => {
                let mut response = self.respond(StatusCode::TEMPORARY_REDIRECT, Body::empty());
                set(response.headers_mut(), "location", "/elsewhere");
                response
            }
            Fault::SlowBody { pause_ms } => self.slowly(first, rest, pause_ms),
            Fault::CutBody => {
                let parts = stream::iter([Ok(first), Err(std::io::Error::other("planned cut"))]);
                self.respond(StatusCode::OK, Body::from_stream(parts))
            }
            Fault::MalformedJson => self.respond(StatusCode::OK, Body::from(first)),
            Fault::EmptyBody => self.respond(StatusCode::OK, Body::empty()),
            Fault::EmptyText => self.complete(question, &Said::plain(String::new())),
            Fault::HugeBody { bytes } => self.respond(StatusCode::OK, blanks(bytes)),
            Fault::HugeText { bytes } => self.complete(question, &Said::plain("x".repeat(bytes))),
            Fault::WrongContentType => {
                let mut response = self.respond(StatusCode::OK, Body::from(whole));
                response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
                response
            }
            Fault::ContentFilter => self.complete(question, &Said { end: End::Filter, ..usual }),
            Fault::Blocked => {
                self.complete(question, &Said { end: End::Filter, ..Said::plain(String::new()) })
            }
            Fault::Refusal => {
                let said = Said::plain("I'm sorry, but I can't help with that.".to_owned());
                self.complete(question, &Said { end: End::Refusal, ..said })
            }
            Fault::InParts => self.complete(question, &Said { in_parts: true, ..usual }),
            Fault::EchoKey(place) => self.echo(place, question, headers),
        }
    }

    fn rate_limited(&self, retry_after: Option<&str>) -> Response<Body> {
        let mut response = self.refuse(&Trouble::RateLimited);
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

    fn echo(&self, place: EchoPlace, question: &Question, headers: &HeaderMap) -> Response<Body> {
        let shown = headers.get(wire::key_header(self.sim.config.dialect));
        let shown = shown.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        match place {
            EchoPlace::Text => self.complete(question, &Said::plain(format!("You sent: {shown}"))),
            EchoPlace::EscapedText => {
                let escaped: String = shown.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
                let whole = self.whole(question, &Said::plain("PLACE".to_owned())).to_string();
                self.respond(StatusCode::OK, Body::from(whole.replace("PLACE", &escaped)))
            }
            EchoPlace::Header => {
                let mut response = self.complete(question, &Said::plain("See the headers.".to_owned()));
                set(response.headers_mut(), "via", &shown);
                response
            }
            EchoPlace::ErrorMessage => {
                self.refuse(&Trouble::BadBody(401, format!("Incorrect credentials: {shown}")))
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
