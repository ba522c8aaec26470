//! What is kept of a call: enough to be checked later, nothing that must not be published.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, HeaderValue};
use tokio::task::spawn_blocking;

use vantage_protocol::request::Adapter;
use vantage_protocol::target::Dialect;

use crate::completion::{self, Completion, Origin};
use crate::config::Vendor;
use crate::dialect::{self, BLOCKED};
use crate::failure::Failure;
use crate::form;
use crate::meter::{Charge, Tokens};
use crate::response;
use crate::retry::{retry_after, retry_after_ms};
use crate::screen::Screen;
use crate::secret::Secret;
use crate::transport::{NoReply, Reply};
use crate::trouble;

/// Longest header value kept, in bytes. A guess: honest ones have under 100.
pub const HEADER_VALUE_MAX: usize = 256;

/// Longest token, in bytes. Those of the known vocabularies have up to 128 characters, blanks.
const TOKEN_LEN_MAX: u64 = 256;

/// The statuses with which a gateway says that it waited too long for the server behind it, or that this one broke off: 408,
/// 502, 504, and Cloudflare's 520 and 524. Not 503 and 521 to 523, by which nobody took the request.
const GAVE_UP: [u16; 5] = [408, 502, 504, 520, 524];

/// The record of one call and its attempts. Everything from `status` to `usage` is of the last attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The HTTP status, if one came.
    pub status: Option<u16>,
    /// Headers of [`headers_allowed`](crate::headers_allowed), printable ASCII, each at most [`HEADER_VALUE_MAX`] bytes.
    pub headers: BTreeMap<String, String>,
    /// What an error's code fields say, as far as vendors document it; else `other`.
    pub codes: BTreeMap<String, String>,
    /// The body of an answer, unpacked, of its fields only those that evidence needs, addresses taken out, at most
    /// [`BODY_MAX`](crate::BODY_MAX) bytes. Empty for
    /// whatever is no answer: an error, a body that cannot be read, one that was cut off, passed a limit or held the key.
    pub response: Vec<u8>,
    /// The answer, at most [`TEXT_MAX`](crate::TEXT_MAX) bytes. Hostile text: escape it wherever it is shown.
    pub text: Option<String>,
    /// The model's name as returned.
    pub model: Option<String>,
    /// The vendor's id of the request: its header, or else the id in the body.
    pub request_id: Option<String>,
    /// Why the model stopped, as returned (`stop`, `max_tokens`, `SAFETY`, …).
    pub finish_reason: Option<String>,
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
    /// How long the vendor asked to be left alone with the last attempt, in a header or in the body.
    pub(crate) retry_after: Option<Duration>,
    /// What the vendor says with an error of whether to call again (`x-should-retry`, which its own clients obey).
    pub(crate) should_retry: Option<bool>,
    /// The model that was asked for; empty if that is not known.
    pub(crate) asked: String,
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

/// Tokens as the vendor counted them. A count that is missing or no whole number is not known.
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

    /// The counts, where the vendor also says how many these are together: what is above their sum are thoughts, which are
    /// charged like the answer.
    pub(crate) fn with_total(self, total: Option<u64>) -> Self {
        let counted = self.prompt_tokens.zip(self.output_tokens).zip(total);
        let beyond =
            counted.map(|((input, output), total)| total.saturating_sub(input.saturating_add(output)));
        Self {
            output_tokens: self.output_tokens.map(|output| output.saturating_add(beyond.unwrap_or(0))),
            ..self
        }
    }

    /// The counts of a call that was carried out and brought this text. A prompt never has none, and an answer has at
    /// least those that are as long as tokens can be: a count below is none.
    fn of_a_call(self, text: Option<&str>) -> Self {
        let len = u64::try_from(text.map_or(0, str::len)).unwrap_or(u64::MAX);
        Self {
            prompt_tokens: self.prompt_tokens.filter(|input| *input > 0),
            output_tokens: self.output_tokens.filter(|output| *output >= len.div_ceil(TOKEN_LEN_MAX)),
        }
    }
}

impl Evidence {
    /// The record of a call that has just begun.
    pub(crate) fn begun(started_unix_ms: u64) -> Self {
        Self {
            status: None,
            headers: BTreeMap::new(),
            codes: BTreeMap::new(),
            response: Vec::new(),
            text: None,
            model: None,
            request_id: None,
            finish_reason: None,
            usage: Usage::default(),
            started_unix_ms,
            ended_unix_ms: started_unix_ms,
            attempts: Vec::new(),
            cost_microusd: Some(0),
            retry_after: None,
            should_retry: None,
            asked: String::new(),
            failure: None,
        }
    }

    /// As [`absorb`](Self::absorb), beside the tasks of the node: the longest bodies take most of a second.
    pub(crate) async fn absorb_aside(
        &mut self,
        at_unix_ms: u64,
        reply: Result<Reply, NoReply>,
        vendor: &Vendor,
        most: Tokens,
    ) -> Charge {
        let (mut evidence, adapter, secrets) = (self.clone(), vendor.adapter(), vendor.secrets());
        let reading = spawn_blocking(move || {
            let charge = evidence.absorb(at_unix_ms, reply, adapter, &secrets, most);
            (evidence, charge)
        });
        let (evidence, charge) = reading.await.unwrap_or_else(|_| {
            // a body that cannot be read to its end; nothing of it is kept
            let unread = NoReply { failure: Failure::Malformed, may_have_arrived: true };
            let mut evidence = self.clone();
            let charge = evidence.absorb(at_unix_ms, Err(unread), adapter, &[], most);
            (evidence, charge)
        });
        *self = evidence;
        charge
    }

    /// Takes in the outcome of an attempt sent at `at_unix_ms`, in place of the one before; tells what it is charged for.
    /// `most` is what was set aside for it.
    pub(crate) fn absorb(
        &mut self,
        at_unix_ms: u64,
        reply: Result<Reply, NoReply>,
        adapter: Adapter,
        secrets: &[Secret],
        most: Tokens,
    ) -> Charge {
        let (attempts, asked) = (std::mem::take(&mut self.attempts), std::mem::take(&mut self.asked));
        let cost_microusd = self.cost_microusd;
        *self = Self { attempts, asked: asked.clone(), cost_microusd, ..Self::begun(self.started_unix_ms) };
        let mut is_free = reply.as_ref().is_err_and(|none| !none.may_have_arrived);
        self.failure = match reply {
            Ok(reply) => self.read(reply, adapter, &Screen::new(secrets, &asked), &mut is_free),
            Err(none) => Some(none.failure),
        };
        self.doubt(most);
        let outcome = self.failure.map_or(Outcome::Answered, Outcome::Failed);
        self.attempts.push(Attempt { at_unix_ms, outcome });
        match self.usage.tokens() {
            Some(tokens) if tokens.are_within(&most) => Charge::For(tokens),
            // What is above was not set aside, and is not booked.
            Some(_) => Charge::Unknown,
            None if is_free => Charge::Nothing,
            None => Charge::Unknown,
        }
    }

    /// Whether the call is made again: as the vendor says with its error, or else if the failure is one that passes.
    pub(crate) fn is_retried(&self) -> bool {
        match self.failure {
            None | Some(Failure::Http3xx(_)) => false,
            Some(failure) => self.should_retry.unwrap_or(failure.is_transient()),
        }
    }

    fn read(
        &mut self,
        reply: Reply,
        adapter: Adapter,
        screen: &Screen<'_>,
        is_free: &mut bool,
    ) -> Option<Failure> {
        let status = reply.status;
        self.status = Some(status);
        // Vendors charge for answers, not for errors; a redirect is none of theirs. What a gateway gave up waiting for, or lost,
        // may have been answered all the same.
        *is_free = !(200..300).contains(&status) && !GAVE_UP.contains(&status);
        self.keep_headers(&reply.headers, dialect::of(adapter), screen);
        let body = match reply.body {
            Ok(body) => body,
            // The status says enough without the body.
            Err(failure) => return trouble::under(status, b"").failure.or(Some(failure)),
        };
        let origin = Origin { adapter, status, is_framed: reply.is_framed };
        let mut completion = completion::read(origin, &body);
        *is_free |= completion.is_free;
        // an error that names such a status under another one is what it is under its own
        let named = match completion.failure {
            Some(Failure::Http4xx(status) | Failure::Http5xx(status)) => status,
            _ => status,
        };
        *is_free &= ![status, named].iter().any(|status| GAVE_UP.contains(status));
        completion.usage = completion.usage.of_a_call(completion.text.as_deref());
        // what was not read to its end is no answer, either
        let is_unread = matches!(completion.failure, Some(Failure::Malformed | Failure::Connect));
        if completion.trouble.is_some() || is_unread {
            return self.keep_codes(completion, screen);
        }
        if completion.pieces().chain([body.as_slice()]).any(|piece| screen.finds_key(piece)) {
            self.usage = completion.usage;
            return Some(Failure::SecretInResponse);
        }
        self.usage = completion.usage;
        // text and response are made from the same bytes, where these say all that the body did
        let kept = response::kept(&body, dialect::answer_field(dialect::of(adapter)), screen)
            .filter(|kept| completion::read(origin, kept).says_as_much_as(&completion))
            .map(|kept| screen.body(&kept).unwrap_or(kept));
        match kept {
            Some(kept) => self.keep_completion(completion::read(origin, &kept), kept, screen),
            None => self.keep_completion(completion, Vec::new(), screen),
        }
    }

    /// Of an error its codes alone, and of what is no answer its names, each with what it was charged for: the words are the
    /// vendor's, and may be about whoever called.
    fn keep_codes(&mut self, completion: Completion, screen: &Screen<'_>) -> Option<Failure> {
        self.usage = completion.usage;
        match completion.trouble {
            Some(trouble) => {
                // the header may be a proxy's, the body is the vendor's: nobody is called earlier than either asks
                self.retry_after = self.retry_after.max(trouble.retry_after).filter(|asked| !asked.is_zero());
                let kept = |(field, code): (String, String)| Some((field, screen.code(&code)?));
                self.codes = trouble.codes.into_iter().filter_map(kept).collect();
                self.should_retry = self.headers.get("x-should-retry").and_then(|word| word.parse().ok());
            }
            None if !completion.pieces().any(|piece| screen.finds_key(piece)) => {
                self.model = completion.model.map(|name| printable(&screen.name(&name)));
                self.finish_reason = completion.finish.map(|word| end(&word));
                self.request_id = self.request_id.take().or(completion.id.filter(|id| form::is_id(id)));
            }
            None => {}
        }
        completion.failure
    }

    fn keep_completion(
        &mut self,
        completion: Completion,
        body: Vec<u8>,
        screen: &Screen<'_>,
    ) -> Option<Failure> {
        let Completion { text, model, id, finish, failure, .. } = completion;
        let mut in_pieces = false;
        let mut keep = |text: String, cleaned: String| {
            in_pieces |= cleaned != text;
            cleaned
        };
        self.model = model.map(|name| printable(&keep(name.clone(), screen.name(&name))));
        self.finish_reason = finish.map(|word| end(&word));
        self.request_id = self.request_id.take().or(id.filter(|id| form::is_id(id)));
        self.text = text.map(|text| {
            let cleaned = screen.text(&text).unwrap_or_else(|| text.clone());
            keep(text, cleaned)
        });
        // An address that shows only where the pieces of an answer are put together stands in the response as well.
        if failure != Some(Failure::TooLarge) && !in_pieces {
            self.response = body;
        }
        failure
    }

    /// Counts that cannot be are no counts, and what came with them is no answer to this request.
    fn doubt(&mut self, most: Tokens) {
        let Usage { prompt_tokens, output_tokens } = self.usage;
        let counted = Tokens { input: prompt_tokens.unwrap_or(0), output: output_tokens.unwrap_or(0) };
        if counted.can_be(most) {
            return;
        }
        (self.usage, self.text) = (Usage::default(), None);
        if self.failure != Some(Failure::SecretInResponse) {
            self.failure = Some(Failure::AbsurdUsage);
        }
    }

    /// Keeps the allowed headers, screened, and with them the vendor's id of the request.
    fn keep_headers(&mut self, headers: &HeaderMap, dialect: Dialect, screen: &Screen<'_>) {
        for name in dialect::headers_allowed(dialect) {
            let Some(value) = longest(headers, name) else { continue };
            self.headers.insert((*name).to_owned(), printable(&screen.header(name, value.as_bytes())));
        }
        self.retry_after = asked(headers);
        // a no holds for whatever came with it; a yes for errors alone, see below
        self.should_retry =
            self.headers.get("x-should-retry").and_then(|word| word.parse().ok()).filter(|is| !is);
        let id = dialect::request_id_header(dialect).and_then(|name| self.headers.get(name));
        self.request_id = id.filter(|id| *id != form::OTHER).cloned();
    }
}

/// How long the headers ask to be left alone, as they came: what is kept of them may have lost its form. Of no time at all
/// nothing is asked: our own waits hold then.
fn asked(headers: &HeaderMap) -> Option<Duration> {
    let header = |name: &str| longest(headers, name).and_then(|value| value.to_str().ok());
    let in_ms = header("retry-after-ms").and_then(retry_after_ms);
    let in_s = header("retry-after").and_then(|value| retry_after(value, header("date"), SystemTime::now()));
    [in_ms, in_s].into_iter().flatten().find(|asked| !asked.is_zero())
}

/// The value of a header; of several that say how long to wait, that of the longest wait: each server on the way may have
/// its own wish, and nobody is called earlier than asked.
fn longest<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a HeaderValue> {
    let date = headers.get("date").and_then(|date| date.to_str().ok());
    let wait = |value: &&HeaderValue| {
        let text = value.to_str().ok()?;
        match name {
            "retry-after" => retry_after(text, date, SystemTime::now()),
            _ => retry_after_ms(text),
        }
    };
    match name {
        "retry-after" | "retry-after-ms" => headers.get_all(name).iter().rev().max_by_key(wait),
        _ => headers.get(name),
    }
}

/// How an answer ended, as it is kept: a word of the form that such words have.
fn end(word: &str) -> String {
    let is_known_form = form::is_finish(word.strip_prefix(BLOCKED).unwrap_or(word));
    if is_known_form { word } else { form::OTHER }.to_owned()
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
mod tests;
