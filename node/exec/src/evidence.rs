//! What is kept of a call: enough to be checked later, nothing that must not be published.

use std::collections::BTreeMap;

use reqwest::header::HeaderMap;

use vantage_protocol::request::Adapter;
use vantage_protocol::target::Dialect;

use crate::completion::{self, Completion, Origin};
use crate::dialect;
use crate::failure::Failure;
use crate::meter::{Charge, Tokens};
use crate::secret::{Secret, redact_masked};
use crate::transport::{NoReply, Reply};
use crate::trouble;

/// Longest header value kept, in bytes. A guess: honest ones have under 100.
pub const HEADER_VALUE_MAX: usize = 256;

/// The record of one call and its attempts. Everything from `status` to `usage` is of the last attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The HTTP status, if one came.
    pub status: Option<u16>,
    /// Headers of [`headers_allowed`](crate::headers_allowed), printable ASCII, each at most [`HEADER_VALUE_MAX`] bytes.
    pub headers: BTreeMap<String, String>,
    /// The body, unpacked, at most [`BODY_MAX`](crate::BODY_MAX) bytes; empty if it was cut off, passed a limit or is an
    /// error, whose sentences name accounts and addresses.
    pub response: Vec<u8>,
    /// The answer, at most [`TEXT_MAX`](crate::TEXT_MAX) bytes. Hostile text: escape it wherever it is shown.
    pub text: Option<String>,
    /// The model's name as returned.
    pub model: Option<String>,
    /// The vendor's id of the request: its header, or else the id in the body.
    pub request_id: Option<String>,
    /// Why the model stopped, as returned (`stop`, `max_tokens`, `SAFETY`, …).
    pub finish_reason: Option<String>,
    /// What the error says in its code fields, if one came: fields and values as a receipt takes them.
    pub codes: BTreeMap<String, String>,
    /// Tokens as the vendor counted them.
    pub usage: Usage,
    /// When the call was begun, Unix milliseconds by this node's clock.
    pub started_unix_ms: u64,
    /// When the call ended; never before `started_unix_ms`, whatever the clock did.
    pub ended_unix_ms: u64,
    /// All attempts, in order.
    pub attempts: Vec<Attempt>,
    /// What all attempts cost, millionths of a US dollar; `None` if that is not known of one of them.
    pub cost_microusd: Option<u64>,
    /// How long the vendor asked to be left alone in the body of the last attempt.
    pub(crate) retry_after: Option<std::time::Duration>,
    /// What the vendor says with an error of whether to call again (`x-should-retry`, which its own clients obey).
    pub(crate) should_retry: Option<bool>,
    /// Why there is no usable answer; `None` for an answer.
    pub failure: Option<Failure>,
}

/// One request that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it was sent, Unix milliseconds.
    pub at_unix_ms: u64,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A usable answer.
    Answered,
    /// None, and why.
    Failed(Failure),
}

/// Tokens as the vendor counted them. A count that is missing, or is no whole number of at most 2^53, is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the request.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answer.
    pub output_tokens: Option<u64>,
}

impl Usage {
    /// Both counts, if they are known.
    pub fn tokens(self) -> Option<Tokens> {
        Some(Tokens { input: self.prompt_tokens?, output: self.output_tokens? })
    }
}

impl Evidence {
    /// The record of a call that has just begun.
    pub(crate) fn begun(started_unix_ms: u64) -> Self {
        Self {
            status: None,
            headers: BTreeMap::new(),
            response: Vec::new(),
            text: None,
            model: None,
            request_id: None,
            finish_reason: None,
            codes: BTreeMap::new(),
            usage: Usage::default(),
            started_unix_ms,
            ended_unix_ms: started_unix_ms,
            attempts: Vec::new(),
            cost_microusd: Some(0),
            retry_after: None,
            should_retry: None,
            failure: None,
        }
    }

    /// Takes in the outcome of an attempt sent at `at_unix_ms`, in place of the one before; tells what it is charged for.
    pub(crate) fn absorb(
        &mut self,
        at_unix_ms: u64,
        reply: Result<Reply, NoReply>,
        adapter: Adapter,
        key: Option<&Secret>,
    ) -> Charge {
        let attempts = std::mem::take(&mut self.attempts);
        *self = Self { attempts, cost_microusd: self.cost_microusd, ..Self::begun(self.started_unix_ms) };
        let may_have_arrived = reply.as_ref().map_or_else(|none| none.may_have_arrived, |_| true);
        let mut is_free = !may_have_arrived;
        self.failure = match reply {
            Ok(reply) => self.read(reply, adapter, key, &mut is_free),
            Err(none) => Some(none.failure),
        };
        let outcome = self.failure.map_or(Outcome::Answered, Outcome::Failed);
        self.attempts.push(Attempt { at_unix_ms, outcome });
        match self.usage.tokens() {
            Some(tokens) => Charge::For(tokens),
            None if is_free => Charge::Nothing,
            None => Charge::Unknown,
        }
    }

    /// Whether the call is made again: as the vendor says with its error, or else if the failure is one that passes.
    pub(crate) fn is_retried(&self) -> bool {
        match self.failure {
            None | Some(Failure::Http3xx(_) | Failure::SecretInResponse) => false,
            Some(failure) => self.should_retry.unwrap_or(failure.is_transient()),
        }
    }

    fn read(
        &mut self,
        reply: Reply,
        adapter: Adapter,
        key: Option<&Secret>,
        is_free: &mut bool,
    ) -> Option<Failure> {
        let (status, dialect) = (reply.status, dialect::of(adapter));
        self.status = Some(status);
        // Vendors charge for answers, not for errors; a redirect is none of theirs.
        *is_free = !(200..300).contains(&status);
        let mut leaked = self.keep_headers(&reply.headers, dialect, key);
        let failure = match reply.body {
            Ok(body) => {
                let (body, leaked_in_body) = scrub(body, status, key);
                leaked |= leaked_in_body;
                let origin = Origin { adapter, status, is_framed: reply.is_framed };
                let completion = completion::read(origin, &body);
                *is_free |= completion.is_free;
                if completion.trouble.is_none() && completion.failure != Some(Failure::TooLarge) {
                    self.response = body;
                }
                self.keep_completion(completion, dialect)
            }
            // The status says enough without the body.
            Err(failure) => trouble::under(status, b"").failure.or(Some(failure)),
        };
        if leaked { Some(Failure::SecretInResponse) } else { failure }
    }

    fn keep_completion(&mut self, completion: Completion, dialect: Dialect) -> Option<Failure> {
        self.text = completion.text;
        self.model = completion.model.map(|model| printable(&model));
        self.finish_reason = completion.finish;
        self.usage = completion.usage;
        if let Some(trouble) = completion.trouble {
            self.retry_after = trouble.retry_after;
            self.codes = trouble.codes;
            self.should_retry = self.headers.get("x-should-retry").and_then(|word| word.parse().ok());
        }
        let header = dialect::request_id_header(dialect).and_then(|name| self.headers.get(name)).cloned();
        self.request_id = header.or_else(|| completion.id.map(|id| printable(&id)));
        completion.failure
    }

    /// Keeps the allowed headers; returns whether the key was in one.
    fn keep_headers(&mut self, headers: &HeaderMap, dialect: Dialect, key: Option<&Secret>) -> bool {
        let mut leaked = false;
        for name in dialect::headers_allowed(dialect) {
            let Some(value) = headers.get(*name) else { continue };
            let redacted = key.and_then(|key| key.redact(value.as_bytes()));
            leaked |= redacted.is_some();
            let bytes = redacted.as_deref().unwrap_or(value.as_bytes());
            self.headers.insert((*name).to_owned(), printable(&String::from_utf8_lossy(bytes)));
        }
        leaked
    }
}

/// The body without the key, and whether the key was in it.
fn scrub(body: Vec<u8>, status: u16, key: Option<&Secret>) -> (Vec<u8>, bool) {
    let Some(key) = key else { return (body, false) };
    let (body, leaked) = match key.redact(&body) {
        Some(redacted) => (redacted, true),
        None => (body, false),
    };
    if matches!(status, 401 | 403) {
        return (redact_masked(&body).unwrap_or(body), leaked);
    }
    (body, leaked)
}

/// Printable ASCII of a short field, cut to [`HEADER_VALUE_MAX`] bytes; anything else becomes `?`.
pub(crate) fn printable(text: &str) -> String {
    let plain = text.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' });
    plain.take(HEADER_VALUE_MAX).collect()
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Answered => f.write_str("answered"),
            Self::Failed(failure) => failure.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::secret::REDACTED;

    const KEY: &str = "sk-evidence-0123456789";

    fn reply(status: u16, headers: &[(&'static str, String)], body: &str) -> Reply {
        let mut map = HeaderMap::new();
        map.insert("content-type", "application/json".parse().unwrap());
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        Reply { status, headers: map, is_framed: true, body: Ok(body.as_bytes().to_vec()) }
    }

    fn absorbed(reply: Reply) -> Evidence {
        let mut evidence = Evidence::begun(1);
        evidence.absorb(2, Ok(reply), Adapter::CompatibleChat, Some(&Secret::new(KEY).unwrap()));
        evidence
    }

    fn answer(text: &str) -> String {
        serde_json::json!({ "id": "chatcmpl-1", "model": "m", "choices": [{ "message": { "content": text } }] })
            .to_string()
    }

    #[test]
    fn only_allowed_headers_are_kept_and_each_is_bounded() {
        let evidence = absorbed(reply(
            200,
            &[
                ("x-request-id", "req_1".into()),
                ("server", "s".repeat(5000)),
                ("set-cookie", "session=1".into()),
                ("openai-organization", "org-private".into()),
                ("x-forwarded-for", "192.0.2.1".into()),
            ],
            &answer("yes"),
        ));
        let names: Vec<_> = evidence.headers.keys().map(String::as_str).collect();
        assert_eq!(names, ["content-type", "server", "x-request-id"]);
        assert_eq!(evidence.headers["server"].len(), HEADER_VALUE_MAX);
        assert_eq!(evidence.request_id.as_deref(), Some("req_1"));
        assert_eq!(evidence.failure, None);
    }

    #[test]
    fn a_header_with_control_or_other_bytes_becomes_printable() {
        let mut raw = reply(200, &[], &answer("yes"));
        raw.headers.insert("via", reqwest::header::HeaderValue::from_bytes(b"a\tb\xff").unwrap());
        assert_eq!(absorbed(raw).headers["via"], "a?b?");
    }

    #[test]
    fn each_vendor_has_its_own_headers_and_request_id() {
        let headers = [("request-id", "req_a".to_owned()), ("x-request-id", "req_o".to_owned())];
        let body = r#"{"type":"message","id":"msg_1","content":[{"type":"text","text":"yes"}]}"#;
        let mut evidence = Evidence::begun(1);
        let charge = evidence.absorb(2, Ok(reply(200, &headers, body)), Adapter::AnthropicMessages, None);
        assert_eq!((evidence.request_id.as_deref(), charge), (Some("req_a"), Charge::Unknown));
        assert!(!evidence.headers.contains_key("x-request-id"));
        let body = r#"{"candidates":[{"content":{"parts":[{"text":"yes"}]}}],"responseId":"r-1",
            "usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1}}"#;
        let charge = evidence.absorb(3, Ok(reply(200, &headers, body)), Adapter::GeminiGenerate, None);
        assert_eq!(evidence.request_id.as_deref(), Some("r-1"));
        assert_eq!(charge, Charge::For(Tokens { input: 3, output: 1 }));
    }

    #[test]
    fn what_cannot_have_cost_anything_is_told_from_what_may_have() {
        let charge = |reply| Evidence::begun(1).absorb(2, reply, Adapter::OpenAiChat, None);
        let none = |failure, may_have_arrived| Err(NoReply { failure, may_have_arrived });
        assert_eq!(charge(none(Failure::Connect, false)), Charge::Nothing);
        assert_eq!(charge(none(Failure::Connect, true)), Charge::Unknown);
        assert_eq!(charge(none(Failure::Timeout, true)), Charge::Unknown);
        assert_eq!(charge(Ok(reply(429, &[], "{}"))), Charge::Nothing);
        assert_eq!(charge(Ok(reply(200, &[], "{"))), Charge::Unknown);
    }

    #[test]
    fn a_key_in_body_or_header_is_redacted_and_said() {
        let escaped: String = KEY.chars().map(|c| format!("\\u{:04X}", u32::from(c))).collect();
        for leaking in [
            reply(200, &[], &answer(&format!("your key is {KEY}"))),
            reply(200, &[("server", format!("Bearer {KEY}"))], &answer("yes")),
            reply(200, &[], &answer("yes").replace("yes", &escaped)),
            reply(500, &[], &format!("trace: authorization={KEY}")),
            reply(401, &[], &format!("{{\"error\":{{\"code\":\"invalid_api_key\",\"message\":\"{KEY}\"}}}}")),
        ] {
            let evidence = absorbed(leaking);
            assert_eq!(evidence.failure, Some(Failure::SecretInResponse));
            let shown = format!("{evidence:?} {}", String::from_utf8_lossy(&evidence.response));
            // Of an error nothing is kept that it could be redacted in.
            let is_error = evidence.status != Some(200);
            assert!(!shown.contains(KEY) && shown.contains(REDACTED) != is_error, "{shown}");
        }
    }

    #[test]
    fn a_masked_key_in_a_refusal_is_redacted_but_is_no_leak() {
        let body =
            r#"{"error":{"code":"invalid_api_key","message":"Incorrect API key provided: sk-ev****6789."}}"#;
        let evidence = absorbed(reply(401, &[], body));
        assert_eq!(
            evidence.failure.map(|failure| failure.to_string()).unwrap(),
            "refused_by_api(invalid_key)"
        );
        let kept = format!("{evidence:?}");
        assert!(evidence.response.is_empty() && !kept.contains("6789."), "{kept}");
        assert_eq!(evidence.codes["code"], "invalid_api_key");
    }

    #[test]
    fn a_later_attempt_leaves_nothing_of_an_earlier_one() {
        let mut evidence = absorbed(reply(500, &[("server", "old".into())], "broken"));
        let none = NoReply { failure: Failure::Timeout, may_have_arrived: true };
        evidence.absorb(3, Err(none), Adapter::OpenAiChat, None);
        assert_eq!((evidence.status, evidence.headers.len(), evidence.response.len()), (None, 0, 0));
        assert_eq!(evidence.failure, Some(Failure::Timeout));
        let outcomes: Vec<_> = evidence.attempts.iter().map(|attempt| attempt.outcome.to_string()).collect();
        assert_eq!(outcomes, ["http_5xx(500)", "timeout"]);
    }
}
