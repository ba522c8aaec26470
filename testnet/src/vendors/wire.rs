//! What differs between the simulated vendors: paths, headers and bodies, each as its vendor's API reference lays them
//! out.

mod anthropic;
mod gemini;
mod openai;

use std::time::SystemTime;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use sha2::{Digest, Sha256};
use vantage_protocol::target::{Dialect, SIM_MODELS};

/// Requests per minute that a simulated account is said to have.
const LIMIT_REQUESTS: u64 = 10_000;

/// Tokens per minute that a simulated account is said to have.
const LIMIT_TOKENS: u64 = 2_000_000;

/// What is asked, read from any of the formats.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) model: String,
    /// The text of the last message by the user.
    pub(super) prompt: String,
    prompt_tokens: u64,
    tokens_max: Option<u64>,
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The model has said what it had to say.
    Stop,
    /// The limit of tokens is reached.
    Length,
    /// The model declines, in words.
    Refusal,
    /// The filter cut it; without words, it withheld everything.
    Filter,
    /// The server broke off.
    Torn,
}

/// What an answer says, before it is put into a format.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) end: End,
    /// In several blocks or parts, where the format has them.
    pub(super) in_parts: bool,
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    /// No key was shown.
    NoKey,
    /// A wrong key was shown; what the vendor says of it.
    WrongKey(String),
    /// Nothing is served under this method and path.
    UnknownUrl(String),
    /// The body cannot be read, or is too large, with this status.
    BadBody(u16, String),
    /// A field that the vendor would refuse, or that is not simulated.
    BadField(&'static str, String),
    /// No such model, or no longer.
    NoModel(String),
    RateLimited,
    QuotaUsedUp,
    Overloaded,
    PlaceNotSupported,
    /// Any other status.
    Status(u16),
}

/// Makes the names that an answer carries: all say `sim`, and depend on the seed and the call alone.
#[derive(Debug)]
pub(super) struct Ids {
    digest: String,
    fingerprint: String,
}

/// The vendor's name.
pub(super) fn name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAi => "openai",
        Dialect::Anthropic => "anthropic",
        Dialect::Gemini => "gemini",
    }
}

/// The path of answers below a region, as the router has it.
pub(super) fn answers_path(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAi => "/{region}/v1/chat/completions",
        Dialect::Anthropic => "/{region}/v1/messages",
        Dialect::Gemini => "/{region}/v1beta/models/{action}",
    }
}

/// The path of the list of models below a region.
pub(super) fn models_path(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAi | Dialect::Anthropic => "/{region}/v1/models",
        Dialect::Gemini => "/{region}/v1beta/models",
    }
}

/// The header that carries the key, as the client of this project sends it.
pub(super) fn key_header(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAi => "authorization",
        Dialect::Anthropic => "x-api-key",
        Dialect::Gemini => "x-goog-api-key",
    }
}

/// The key that is shown.
pub(super) fn shown_key(dialect: Dialect, headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let bearer = || text("authorization")?.strip_prefix("Bearer ");
    match dialect {
        Dialect::OpenAi => bearer(),
        // The vendor's own client sends a bearer, its reference shows the header of its own; both are taken.
        Dialect::Anthropic => text("x-api-key").or_else(bearer),
        Dialect::Gemini => text("x-goog-api-key"),
    }
}

/// Reads a request; `path` is what follows the region.
pub(super) fn read(
    dialect: Dialect,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Question, Trouble> {
    match dialect {
        Dialect::OpenAi => openai::read(body),
        Dialect::Anthropic => anthropic::read(headers, body),
        Dialect::Gemini => gemini::read(path, body),
    }
}

/// The body of an answer.
pub(super) fn answer(dialect: Dialect, question: &Question, said: &Said, ids: &Ids) -> Value {
    match dialect {
        Dialect::OpenAi => openai::answer(question, said, ids),
        Dialect::Anthropic => anthropic::answer(question, said, ids),
        Dialect::Gemini => gemini::answer(question, said, ids),
    }
}

/// Status and body of an error.
pub(super) fn error(dialect: Dialect, trouble: &Trouble, ids: &Ids) -> (u16, Value) {
    match dialect {
        Dialect::OpenAi => openai::error(trouble),
        Dialect::Anthropic => anthropic::error(trouble, ids),
        Dialect::Gemini => gemini::error(trouble),
    }
}

/// The body of a list of models.
pub(super) fn models(dialect: Dialect, listed: &[String]) -> Value {
    let all: Vec<&str> = match listed {
        [] => vec![sim_model(dialect)],
        listed => listed.iter().map(String::as_str).collect(),
    };
    match dialect {
        Dialect::OpenAi => openai::models(&all),
        Dialect::Anthropic => anthropic::models(&all),
        Dialect::Gemini => gemini::models(&all),
    }
}

/// The headers of every response; `calls` is how many came before.
pub(super) fn headers(
    dialect: Dialect,
    ids: &Ids,
    latency_ms: u64,
    calls: u64,
) -> Vec<(&'static str, String)> {
    match dialect {
        Dialect::OpenAi => openai::headers(ids, latency_ms, calls),
        Dialect::Anthropic => anthropic::headers(ids, calls),
        Dialect::Gemini => gemini::headers(latency_ms),
    }
}

/// The model that the simulated vendor is asked for.
fn sim_model(dialect: Dialect) -> &'static str {
    SIM_MODELS.iter().find(|(vendor, _)| *vendor == name(dialect)).map_or("sim", |(_, model)| model)
}

impl Question {
    /// `text` within the question's limit of tokens.
    pub(super) fn limited(&self, text: String) -> Said {
        let tokens_max = self.tokens_max.unwrap_or(u64::MAX);
        if tokens(&text) <= tokens_max {
            return Said::plain(text);
        }
        let chars_max = usize::try_from(tokens_max.saturating_mul(4)).unwrap_or(usize::MAX);
        Said { end: End::Length, ..Said::plain(text.chars().take(chars_max).collect()) }
    }

    /// The tokens that are counted for an answer: never more than the limit, whatever a fault makes of its text.
    fn counted(&self, said: &Said) -> u64 {
        tokens(&said.text).min(self.tokens_max.unwrap_or(u64::MAX))
    }
}

impl Said {
    pub(super) fn plain(text: String) -> Self {
        Self { text, end: End::Stop, in_parts: false }
    }

    /// The first half of it, as a server that breaks off sends it.
    pub(super) fn torn(self) -> Self {
        let half = self.text.chars().take(self.text.chars().count() / 2).collect();
        Self { end: End::Torn, ..Self::plain(half) }
    }

    /// The words in the blocks or parts that they come in: none, one or two.
    fn parts(&self) -> Vec<&str> {
        if self.text.is_empty() {
            return Vec::new();
        }
        let middle = self.text.char_indices().nth(self.text.chars().count() / 2).map_or(0, |(at, _)| at);
        match self.in_parts {
            true => vec![&self.text[..middle], &self.text[middle..]],
            false => vec![&self.text],
        }
    }
}

impl Ids {
    pub(super) fn new(seed: u64, region: &str, body: &[u8], call: u64) -> Self {
        let seeded = Sha256::new().chain_update(seed.to_be_bytes());
        let of_call = seeded.clone().chain_update(call.to_be_bytes()).chain_update(region).chain_update([0]);
        Self {
            digest: hex(&of_call.chain_update(body).finalize()),
            fingerprint: format!("sim_{}", hex(&seeded.finalize()).chars().take(10).collect::<String>()),
        }
    }

    fn short(&self) -> String {
        self.digest.chars().take(24).collect()
    }

    /// The id of the request, where it is not the answer's own.
    fn request_id(&self) -> String {
        format!("req_sim_{}", self.digest.chars().rev().take(32).collect::<String>())
    }
}

/// Sets a header, if its value can be one.
pub(super) fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// Unix time in whole seconds.
fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The text of some content: a text, or a list of parts of which some are text.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str));
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

/// Tokens of a text by rule of thumb: four characters each.
pub(super) fn tokens(text: &str) -> u64 {
    u64::try_from(text.chars().count().div_ceil(4)).unwrap_or(u64::MAX)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
