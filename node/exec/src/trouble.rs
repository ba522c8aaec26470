//! What an error says, whoever says it and wherever it stands: under its own status, under 200, in an array, in a choice.
//!
//! A code goes before a status, and words are looked at where neither says more: `401` is a wrong key, and a `400` whose
//! code is `1113` is an account in arrears. What is kept of an error are its codes; its sentences name accounts and
//! addresses.

mod numbers;
mod place;
mod quotes;
mod table;
mod waits;
mod words;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};
use vantage_protocol::receipt::{CODE_FIELDS, is_code};

use crate::failure::{ApiRefusal, Failure};
use crate::json;
use place::{base_resp, decoded, innermost, is_error, is_filled};
use quotes::{is_open, whole, without_quotes};
use table::{BASE_RESP, CODES, OF_FIELDS, WORDS, WORDS_OF_LOAD};
use waits::asked;
use words::Sentences;

/// How deep an error is looked into: gateways wrap an upstream's error in a string within their own.
const DEPTH_MAX: usize = 6;
/// Most entries of a list in an error that are looked at. A guess: honest ones have three.
const ENTRIES_MAX: usize = 16;
/// Most bytes of an error's sentences that are looked at.
const WORDS_MAX: usize = 16 * 1024;
/// Most codes of one body that are looked up, and the longest of them, bytes. A guess: honest errors have five.
const CODES_MAX: usize = 64;
const CODE_MAX: usize = 80;
/// Most objects of one body that are looked into, errors within sentences included: without a bound in all, strings that
/// hold JSON that holds strings would cost a node seconds.
const OBJECTS_MAX: usize = 256;
/// Most errors that are written out within sentences of one body, and their longest, bytes.
const INNER_MAX: usize = 8;
const INNER_BYTES_MAX: usize = 64 * 1024;

/// The fields that hold codes, the plainest first.
const CODE_NAMES: [&str; 13] = [
    "code",
    "reason",
    "status",
    "type",
    "error_code",
    "error_type",
    "status_code",
    "statusCode",
    "http_code",
    "http_status",
    "__type",
    "Code",
    "error_name",
];
/// The fields of an error that hold sentences, or further errors.
const INNER_NAMES: [&str; 16] = [
    "innererror",
    "details",
    "raw",
    "metadata",
    "error",
    "errors",
    "detail",
    "message",
    "msg",
    "error_message",
    "error_msg",
    "status_msg",
    "base_resp",
    "title",
    "violations",
    "Message",
];

/// What a code, or a sentence, means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    Key,
    Quota,
    Model,
    Region,
    Filter,
    Rate,
    Overload,
    /// No more than this status does.
    Http(u16),
}

/// What an error says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// None if nothing in it is known here.
    pub(crate) failure: Option<Failure>,
    /// How long the vendor asks to be left alone, where it says so in the body.
    pub(crate) retry_after: Option<Duration>,
    /// Its code fields, as a receipt takes them.
    pub(crate) codes: BTreeMap<String, String>,
}

/// Reads the body of an answer whose status is none of success. What cannot be read adds nothing to the status.
pub(crate) fn under(status: u16, body: &[u8]) -> Trouble {
    let body =
        json::read(body, "").map(|body| body.value).unwrap_or_else(|_| match std::str::from_utf8(body) {
            Ok(text) if !text.trim_start().starts_with('<') => text.into(),
            _ => Value::Null,
        });
    of(&decoded(&body), status)
}

/// The error that a body under a status of success is, or holds beside an answer, if any.
pub(crate) fn within(body: &Value, has_answer: bool) -> Option<Trouble> {
    let body = &decoded(body);
    if is_error(body, has_answer, DEPTH_MAX) {
        return Some(of(body, 200));
    }
    // a text or a number is an error if it names one
    let is_alone = !has_answer && (body.is_string() || body.is_number());
    is_alone.then(|| of(body, 200)).filter(|trouble| trouble.failure.is_some())
}

/// The error of one choice of several that an answer might have.
pub(crate) fn of_choice(choice: &Value) -> Option<Trouble> {
    choice.get("error").filter(|error| is_filled(Some(error))).map(|error| of(error, 200))
}

/// A code's text: a string or a whole number.
fn spelled(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        Value::Number(number) => {
            number.as_f64().filter(|number| number.fract() == 0.0).map(|n| format!("{n:.0}"))
        }
        _ => None,
    }
}

/// The number that a code is or begins with, as a status line does: `429`, `429 Too Many Requests`, `HTTP 429`.
fn number(code: &str) -> Option<u16> {
    let code = code.trim();
    let bare = match code.split_at_checked(4) {
        Some((lead, rest)) if lead.eq_ignore_ascii_case("http") => {
            rest.trim_start_matches([' ', '_', '-', ':'])
        }
        _ => code,
    };
    let digits = bare.split(|c: char| !c.is_alphanumeric()).next()?;
    digits.parse().ok().filter(|_| !bare.starts_with('+') && (digits.len() == 3 || digits == bare))
}

/// Whether a number is a status of errors.
fn is_of_error(number: Option<u16>) -> bool {
    number.is_some_and(|number| (400..600).contains(&number))
}

/// Classifies an error that came under `status`.
fn of(body: &Value, status: u16) -> Trouble {
    let object = innermost(body);
    let mut said = Said::default();
    said.gather(object, DEPTH_MAX);
    // what stands beside an error object says less than what stands in it
    CODE_NAMES.iter().filter_map(|name| body.get(*name)).for_each(|code| said.code(spelled(code)));
    let means = match base_resp(body) {
        // The same numbers mean other things elsewhere.
        Some(code) => {
            said.codes.retain(|said| *said != code);
            looked_up(&BASE_RESP, &code).or_else(|| said.means(status))
        }
        None => said.means(status),
    };
    let failure = means.and_then(Means::failure).or_else(|| Failure::of_status(status));
    // of a failure that lasts, a sentence is about something else: the vendor would be left alone for nothing
    let in_words = failure.filter(Failure::is_transient).and_then(|_| waits::in_words(&said.words));
    let retry_after = said.retry_after.max(asked(body)).max(in_words);
    Trouble { failure, retry_after, codes: codes(object) }
}

/// The code fields that a receipt takes, of an error and of what it holds; the outermost of a name counts.
fn codes(error: &Value) -> BTreeMap<String, String> {
    let mut codes = BTreeMap::new();
    let details = error.get("details").and_then(Value::as_array).into_iter().flatten();
    for object in [error].into_iter().chain(error.get("innererror")).chain(details.take(ENTRIES_MAX)) {
        for name in CODE_NAMES {
            // The longer names are other spellings of the plainest.
            let field = if CODE_FIELDS.contains(&name) { name } else { "code" };
            let code = object.get(name).and_then(spelled).filter(|code| is_code(field, code));
            if let (Some(code), false) = (code, codes.contains_key(field)) {
                codes.insert(field.to_owned(), code);
            }
        }
    }
    codes
}

/// What an error says in all of its parts.
#[derive(Debug, Default)]
struct Said {
    /// Its codes, those of inner errors first.
    codes: Vec<String>,
    /// Its sentences, in lower case, without what they quote.
    words: String,
    /// What a number means in the field that it stands in, as one vendor alone has it.
    by_field: Option<(String, Means)>,
    /// It is about a field of the request: what its sentences quote is the request's.
    is_of_field: bool,
    /// A moderation of the prompt is described, as OpenRouter does.
    is_moderated: bool,
    /// A quota by the day is used up, as Gemini names them; one by the minute is a rate.
    is_used_up_for_today: bool,
    retry_after: Option<Duration>,
    /// Objects that were looked into.
    objects: usize,
    /// Errors within sentences that were looked into.
    inner: usize,
}

impl Said {
    fn gather(&mut self, value: &Value, depth: usize) {
        let Some(deeper) = depth.checked_sub(1) else { return };
        if self.objects >= OBJECTS_MAX {
            return;
        }
        match value {
            Value::String(text) => self.read(text, deeper),
            Value::Array(list) => list.iter().take(ENTRIES_MAX).for_each(|entry| self.gather(entry, deeper)),
            Value::Object(map) => {
                self.objects += 1;
                self.is_of_field |= is_of_field(map);
                if self.by_field.is_none() {
                    self.by_field = numbers::means(map);
                }
                for inner in INNER_NAMES.iter().filter_map(|name| map.get(*name)) {
                    self.gather(inner, deeper);
                }
                CODE_NAMES.iter().filter_map(|name| map.get(*name)).for_each(|code| self.code(spelled(code)));
                let is_moderated = map.get("reasons").is_some_and(|reasons| is_filled(Some(reasons)))
                    || is_filled(map.get("flagged_input"));
                self.is_moderated |= is_moderated;
                let quota = map.get("quotaId").and_then(Value::as_str);
                self.is_used_up_for_today |= quota.is_some_and(|id| id.contains("PerDay"));
                self.retry_after = self.retry_after.max(asked(value));
            }
            // a code alone, where others have an object
            Value::Number(_) => self.code(spelled(value)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Takes a code in, while there is room.
    fn code(&mut self, code: Option<String>) {
        if let Some(code) = code.filter(|code| code.len() <= CODE_MAX && self.codes.len() < CODES_MAX) {
            self.codes.push(code);
        }
    }

    /// Takes a sentence in, and an error that is written out within it. One word may be a code.
    fn read(&mut self, text: &str, deeper: usize) {
        let word = text.trim();
        if !word.is_empty() && !word.contains(char::is_whitespace) {
            self.code(Some(word.to_owned()));
        }
        let inner = match word.starts_with(['"', '[']) {
            true => Some(word),
            false => {
                let text = whole(word);
                let start = text.find('{').filter(|from| !text.get(..*from).is_some_and(is_open));
                start.zip(text.rfind('}')).and_then(|(from, to)| text.get(from..=to))
            }
        };
        let is_looked_into = |inner: &&str| inner.len() <= INNER_BYTES_MAX && self.inner < INNER_MAX;
        if let Some(inner) = inner.filter(is_looked_into).filter(|_| !self.is_of_field) {
            self.inner += 1;
            // gateways in Python write the upstream's error out as that language does
            let read =
                || json::read(inner.as_bytes(), "").or_else(|_| json::read(as_json(inner).as_bytes(), ""));
            if let Ok(inner) = read() {
                self.gather(&inner.value, deeper);
            }
        }
        let room = WORDS_MAX.saturating_sub(self.words.len());
        let start: String = text.chars().take(room / 4).collect();
        self.words.extend(without_quotes(&start).chars().flat_map(char::to_lowercase));
        self.words.push('\n');
    }

    /// Whether this is one of its codes.
    fn says_code(&self, known: &str) -> bool {
        self.codes.iter().any(|code| code.eq_ignore_ascii_case(known))
    }

    /// What it means, under `status`.
    fn means(&self, status: u16) -> Option<Means> {
        let known =
            |code: &String| looked_up(&CODES, code).filter(|means| is_said_under(status, code, *means));
        let by_field = self.by_field.iter().filter(|(code, means)| is_said_under(status, code, *means));
        let by_code: Vec<Means> =
            by_field.map(|(_, means)| *means).chain(self.codes.iter().filter_map(known)).collect();
        let by_number: Vec<u16> = self.codes.iter().filter_map(|code| number(code)).collect();
        let is_plain = |means: &&Means| matches!(means, Means::Http(_));
        let mut exact = by_code.iter().find(|means| !is_plain(means)).copied();
        if self.is_moderated {
            exact = exact.or(Some(Means::Filter));
        }
        if self.is_used_up_for_today && exact == Some(Means::Rate) {
            exact = Some(Means::Quota);
        }
        let of_status = |status: &u16| match status {
            401 => Some(Means::Key),
            402 => Some(Means::Quota),
            429 => Some(Means::Rate),
            _ => None,
        };
        let numbered = by_number.iter().copied().find(|number| is_of_error(Some(*number)));
        let plain = by_code.iter().find(is_plain).copied();
        let stood_for = match (status, numbered, plain) {
            (200..=299, Some(number), _) => Some(number),
            (200..=299, None, Some(Means::Http(status))) => Some(status),
            (200..=299, None, _) => None,
            (status, _, _) => Some(status),
        };
        exact
            .or_else(|| by_number.iter().find_map(of_status))
            .or_else(|| self.by_words(stood_for, status))
            .or_else(|| of_status(&stood_for?))
            .or_else(|| stood_for.filter(|_| (200..300).contains(&status)).map(Means::Http))
    }

    /// What the sentences mean, where `stood_for` leaves room for it.
    fn by_words(&self, stood_for: Option<u16>, status: u16) -> Option<Means> {
        if self.is_of_field {
            return None;
        }
        let sentences = Sentences::of(&self.words);
        let among = |rows: &[(Means, &[&str])]| {
            let is_said =
                |(_, phrases): &&(Means, &[&str])| phrases.iter().any(|phrase| sentences.say(phrase));
            rows.iter().find(is_said).map(|(means, _)| *means)
        };
        match stood_for {
            Some(401 | 402 | 408 | 409 | 500..) => None,
            // It may be a rate or an account without credit.
            Some(429) => among(&WORDS).filter(|means| *means == Means::Quota),
            // Anthropic, where it does not serve; elsewhere the sentence may mean anything
            Some(403) if self.says_code("forbidden") && sentences.say("^ request not allowed $") => {
                Some(Means::Region)
            }
            _ => {
                among(&WORDS).or_else(|| among(&WORDS_OF_LOAD).filter(|_| matches!(status, 200..=299 | 403)))
            }
        }
    }
}

impl Means {
    fn failure(self) -> Option<Failure> {
        Some(match self {
            Self::Key => Failure::RefusedByApi(ApiRefusal::InvalidKey),
            Self::Quota => Failure::RefusedByApi(ApiRefusal::InsufficientQuota),
            Self::Model => Failure::RefusedByApi(ApiRefusal::ModelNotFound),
            Self::Region => Failure::RefusedByApi(ApiRefusal::RegionNotSupported),
            Self::Filter => Failure::ContentFilter,
            Self::Rate => Failure::RateLimited,
            Self::Overload => Failure::Overloaded,
            Self::Http(status) => return Failure::of_status(status),
        })
    }
}

/// Whether a code can mean this under a status. Vendors number their errors as they like, and the number of one's wrong
/// key is another's failure that passes.
fn is_said_under(status: u16, code: &str, means: Means) -> bool {
    if !code.bytes().all(|byte| byte.is_ascii_digit()) || matches!(means, Means::Http(_)) {
        return true;
    }
    match status {
        408 | 409 | 500.. => false,
        429 => matches!(means, Means::Quota | Means::Rate | Means::Overload),
        _ => true,
    }
}

fn looked_up(rows: &[(Means, &[&str])], code: &str) -> Option<Means> {
    let find = |code: &str| {
        let code = folded(code);
        rows.iter()
            .find(|(_, codes)| codes.iter().any(|known| folded(known) == code))
            .map(|(means, _)| *means)
    };
    // the kinds of problems of RFC 9457 are addresses, which end with a name
    // (and those of AWS may have their namespace before them)
    let is_address = |code: &&str| code.contains("://") || code.starts_with("urn:") || code.contains('#');
    let last = || Some(code).filter(is_address)?.trim_end_matches('/').rsplit(['/', '#', ':']).next();
    find(code).or_else(|| find(code.split_once('.')?.0)).or_else(|| find(last()?))
}

/// Whether vendors document this code.
pub(crate) fn is_known(code: &str) -> bool {
    let code = folded(code);
    let rows = CODES.iter().chain(&BASE_RESP);
    rows.flat_map(|(_, codes)| codes.iter()).chain(&OF_FIELDS).any(|known| folded(known) == code)
}

/// A code as it is compared; what is too long for one is none.
fn folded(code: &str) -> String {
    let letters = code.chars().take(80).filter(|c| !matches!(c, '_' | '-' | '.' | ' '));
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether an error is about a field of the request, by a code that says no more, or by the field's name. Some servers say
/// so of a model that they do not have, and of a prompt that they do not take.
fn is_of_field(error: &Map<String, Value>) -> bool {
    let codes = || CODE_NAMES.iter().filter_map(|name| spelled(error.get(*name)?));
    let is_known = |code: String| OF_FIELDS.iter().any(|known| folded(known) == folded(&code));
    let param = error.get("param").and_then(Value::as_str).map(|param| param.trim().to_ascii_lowercase());
    let says_more = |param: &str| matches!(param, "" | "model" | "prompt" | "none" | "null");
    codes().any(is_known) || param.is_some_and(|param| !says_more(&param))
}

/// What Python writes of an object, as JSON, as far as that is told from its quotes alone.
fn as_json(text: &str) -> String {
    let words = [(": None", ": null"), (": True", ": true"), (": False", ": false"), ("'", "\"")];
    words.iter().fold(text.to_owned(), |text, (python, json)| text.replace(python, json))
}

#[cfg(test)]
mod tests;
