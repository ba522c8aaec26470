//! What the values of headers and of short fields look like. What has another form may name anybody: it is not kept.
//!
//! An id of a request is kept: with it the vendor, and nobody else, finds the call in its own records, which is what
//! makes a receipt checkable. So it has to look like one: drawn by chance, and no name.

use vantage_protocol::finish::{self, filtered};
use vantage_protocol::request::Adapter;

use crate::secret::changes;
use crate::trouble;

/// Stands in evidence where a value was that has no form that is known here.
pub(crate) const OTHER: &str = "[other]";

/// What stands in a receipt for a code that is none of those that vendors document.
const OTHER_CODE: &str = "other";

/// Types and codes of errors that vendors document and that no row of the table of meanings has: OpenAI's `type` of limits
/// and parameters, Anthropic's outer `type`, and those of compatible servers.
const MORE_CODES: [&str; 28] = [
    "bad_response_status_code",
    "cancelled",
    "client_error",
    "data_loss",
    "empty_string",
    "error",
    "exception",
    "http_error",
    "invalid_image",
    "invalid_prompt",
    "invalid_type",
    "invalid_value",
    "missing_required_parameter",
    "new_api_error",
    "proxy_error",
    "requests",
    "string_above_max_length",
    "timeout",
    "tokens",
    "unknown",
    "unknown_error",
    "unknown_parameter",
    "unknown_url",
    "unsupported_model",
    "upstream",
    "user_location_invalid",
    "invalid_tool_call",
    "already_exists",
];

/// Longest number that is kept as a code, in digits.
const CODE_DIGITS_MAX: usize = 6;

/// A code as it is kept: itself if vendors document it or if it is a short number, else `other`, for anything can be written
/// as one word: an account, a project, a host.
pub(crate) fn code(code: &str) -> String {
    let is_number = code.bytes().all(|byte| byte.is_ascii_digit()) && code.len() <= CODE_DIGITS_MAX;
    let plain = |code: &str| code.replace(['_', '-', '.', ' '], "").to_ascii_lowercase();
    let is_known = trouble::is_known(code) || MORE_CODES.iter().any(|known| plain(known) == plain(code));
    if is_number || is_known { code.to_owned() } else { OTHER_CODE.to_owned() }
}

/// Longest word for an end of which nothing is known, in bytes.
const FINISH_MAX: usize = 24;

/// Whether a word for the end of an answer may be kept: one that the protocol lists for some adapter, or a new one of the
/// same form, for that is worth to be seen. The name of a filter that the protocol knows may stand before it. A name looks
/// otherwise, unless somebody makes it look so.
pub(crate) fn is_finish(word: &str) -> bool {
    let word = filtered(word).map_or(word, |(reason, _)| reason);
    let is_listed = |adapter: &Adapter| {
        finish::words(*adapter).iter().any(|(listed, _)| listed.eq_ignore_ascii_case(word))
    };
    let of_one_case = |is_it: fn(&u8) -> bool| word.bytes().all(|byte| byte == b'_' || is_it(&byte));
    Adapter::ALL.iter().any(is_listed)
        || ((1..=FINISH_MAX).contains(&word.len())
            && (of_one_case(u8::is_ascii_lowercase) || of_one_case(u8::is_ascii_uppercase))
            && !word
                .split('_')
                .any(|part| is_account_word(part) || PERSONS.contains(&part.to_ascii_lowercase().as_str())))
}

/// Words in an end that a name follows or stands before.
const PERSONS: [&str; 9] = ["admin", "by", "customer", "for", "from", "host", "member", "name", "owner"];

/// How vendors' ids begin.
const ID_PREFIXES: [&str; 14] = [
    "chat",
    "chatcmpl",
    "cmpl",
    "completion",
    "fp",
    "gen",
    "msg",
    "req",
    "request",
    "resp",
    "response",
    "run",
    "sim",
    "trace",
];

/// Longest id, in bytes.
const ID_MAX: usize = 128;

/// Whether a text looks like the id of a request: known beginnings, and parts that are numbers or were drawn by chance. What
/// reads like a word may be the name of an account, a machine or a person.
pub(crate) fn is_id(id: &str) -> bool {
    let mut parts = id.split(['-', '_']).skip_while(|part| ID_PREFIXES.contains(part)).peekable();
    id.len() <= ID_MAX && parts.peek().is_some() && (is_uuid(id) || parts.all(is_drawn))
}

fn is_uuid(id: &str) -> bool {
    let mut lens = id.split('-').map(str::len);
    [8, 4, 4, 4, 12].iter().all(|len| lens.next() == Some(*len))
        && lens.next().is_none()
        && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn is_drawn(part: &str) -> bool {
    let bytes = part.as_bytes();
    let has_digit = bytes.iter().any(u8::is_ascii_digit);
    let is_hex = has_digit && bytes.iter().all(u8::is_ascii_hexdigit);
    let is_mixed = changes(bytes) > (part.len() / 6).max(1);
    !part.is_empty()
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && (is_hex || is_mixed || part.len() <= 2 || (part.len() >= 24 && has_digit))
}

/// How the ids of accounts, organisations and the like begin, by vendors' references, and the words for them.
const ACCOUNTS: [&str; 20] = [
    "account",
    "accounts",
    "acct",
    "company",
    "customers",
    "org",
    "organisation",
    "organization",
    "organizations",
    "orgs",
    "proj",
    "project",
    "projects",
    "subscription",
    "subscriptions",
    "team",
    "tenant",
    "user",
    "users",
    "workspace",
];

/// Whether a word, with digits behind it or not, says that an account follows.
pub(crate) fn is_account_word(word: &str) -> bool {
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase();
    ACCOUNTS.contains(&word.as_str())
}

/// Programs that answer, as they name themselves in `server`. Any other name may be of a machine.
const SERVERS: [&str; 50] = [
    "aiohttp",
    "akamaighost",
    "akamainetstorage",
    "amazons3",
    "apache",
    "apache-coyote",
    "apisix",
    "awselb",
    "basehttp",
    "bfe",
    "caddy",
    "cherrypy",
    "cloudflare",
    "cloudfront",
    "cowboy",
    "cpython",
    "daphne",
    "elb",
    "envoy",
    "esf",
    "fastly",
    "fly",
    "gfe",
    "google",
    "granian",
    "gunicorn",
    "gws",
    "heroku",
    "hypercorn",
    "istio-envoy",
    "jetty",
    "kestrel",
    "kong",
    "litespeed",
    "llama.cpp",
    "microsoft-httpapi",
    "microsoft-iis",
    "netlify",
    "nginx",
    "openresty",
    "python",
    "railway",
    "scaffolding",
    "simplehttp",
    "tengine",
    "tornadoserver",
    "uvicorn",
    "vercel",
    "werkzeug",
    "yunjiasu-nginx",
];

/// Types of content that are kept by their name.
const TYPES: [&str; 12] = [
    "application/grpc",
    "application/json",
    "application/octet-stream",
    "application/problem+json",
    "application/x-ndjson",
    "application/xml",
    "text/event-stream",
    "text/html",
    "text/json",
    "text/plain",
    "text/xml",
    "image/png",
];

/// The value of an allowed header, if it has the form that the header's values have.
pub(crate) fn header(name: &str, value: &str) -> Option<String> {
    let value = value.trim();
    let all = |is: fn(u8) -> bool| value.len() <= 64 && !value.is_empty() && value.bytes().all(is);
    let is_good = match name {
        "content-type" => return content_type(value),
        "content-encoding" => {
            let codings = ["", "gzip", "x-gzip", "br", "deflate", "zstd", "compress", "identity"];
            value.split(',').all(|coding| codings.contains(&coding.trim().to_ascii_lowercase().as_str()))
        }
        "server" => return server(value),
        // screened by themselves
        "via" | "openai-model" => true,
        "date" => is_date(value),
        "retry-after" => is_date(value) || all(|byte| byte.is_ascii_digit() || byte == b'.'),
        "x-should-retry" => matches!(value, "true" | "false"),
        "x-request-id" | "request-id" => is_id(value),
        "cf-cache-status" => all(|byte| byte.is_ascii_uppercase()) && value.len() <= 16,
        "cf-ray" => value.split_once('-').is_some_and(|(id, place)| {
            id.len() <= 20
                && id.bytes().all(|byte| byte.is_ascii_hexdigit())
                && place.len() == 3
                && place.bytes().all(|byte| byte.is_ascii_uppercase())
        }),
        "server-timing" => value.split(',').all(|metric| {
            let (name, took) = metric.trim().split_once("; dur=").unwrap_or(("", ""));
            name == "gfet4t7" && took.len() <= 16 && took.parse::<f64>().is_ok_and(f64::is_finite)
        }),
        // numbers, spans such as `6m0s`, and dates such as `2026-11-29T06:51:33Z`
        _ => all(|byte| byte.is_ascii_digit() || b"TZ:.-+hms".contains(&byte)),
    };
    is_good.then(|| value.to_owned())
}

fn is_date(value: &str) -> bool {
    let months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let is_word = |word: &str| {
        let word = word.trim_end_matches(',');
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let long = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        (word.len() == 3 && months.contains(word))
            || days.contains(&word)
            || long.contains(&word)
            || matches!(word, "GMT" | "UTC" | "Z" | "+0000" | "-0000")
            || (word.len() <= 10
                && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b':' || byte == b'-'))
    };
    value.len() <= 40 && !value.is_empty() && value.split_ascii_whitespace().all(is_word)
}

/// Type, and the character set where it is the usual one.
fn content_type(value: &str) -> Option<String> {
    let (kind, rest) = value.split_once(';').unwrap_or((value, ""));
    let kind = kind.trim().to_ascii_lowercase();
    let is_utf8 = rest.to_ascii_lowercase().replace(['"', ' '], "") == "charset=utf-8";
    TYPES.contains(&kind.as_str()).then(|| if is_utf8 { format!("{kind}; charset=utf-8") } else { kind })
}

/// The known programs of a `server` header with their versions; the others are left out.
fn server(value: &str) -> Option<String> {
    let known = value.split_ascii_whitespace().filter_map(|product| {
        let (name, version) =
            product.split_once('/').map_or((product, None), |(name, version)| (name, Some(version)));
        let lower = name.to_ascii_lowercase();
        // those of simulated vendors say that they are
        let is_sim = matches!(lower.as_str(), "sim-openai" | "sim-anthropic" | "sim-gemini");
        if !is_sim && !SERVERS.contains(&lower.as_str()) {
            return None;
        }
        let is_version = |version: &&str| {
            version.len() <= 12 && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        };
        Some(version.filter(is_version).map_or(name.to_owned(), |version| format!("{name}/{version}")))
    });
    let known: Vec<String> = known.take(4).collect();
    (!known.is_empty()).then(|| known.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_that_vendors_document_and_short_numbers() {
        for known in [
            "invalid_api_key",
            "RESOURCE_EXHAUSTED",
            "BadRequestError",
            "tokens",
            "1113",
            "429",
            "20012",
            "error",
        ] {
            assert_eq!(code(known), known);
        }
        for made in [
            "org-Zq7Rt2mKp9Lx",
            "proj_Zq7Rt2mKp9Lx",
            "user_1",
            "192-0-2-1",
            "acct-12",
            "alices-laptop",
            "1234567",
            "invalid_api_key_of_alice",
            "throttling-alice",
            "",
        ] {
            let kept = code(made);
            assert!(kept == "other" || made.is_empty(), "{made}: {kept}");
        }
    }

    #[test]
    fn ids_of_requests_look_drawn_by_chance() {
        for id in [
            "req_011CSHoEeqs5C35K2UUqFVbW",
            "chatcmpl-9nKTZQ1wJfWqj0VtXc3mD2aB5eYhR",
            "chatcmpl-123",
            "gen-1764398400-9f2c1a7be04d",
            "123e4567-e89b-12d3-a456-426614174000",
            "abcdefab-abcd-abcd-abcd-abcdefabcdef",
            "msg_sim_9f2c1a",
            "req_sim_0a1b2c3d",
            "r-1",
            "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "QZnJaPXkHbq8kdUP5ZmxyA8",
            "17",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "fp_44709d6fcb",
        ] {
            assert!(is_id(id), "{id}");
        }
        for id in [
            "",
            "req_",
            "org-Zq7Rt2mKp9LxAbCd",
            "user_9f2c1a7be04d",
            "alices-laptop",
            "canary77",
            "req_alice1990",
            "192.0.2.1",
            "req-proj-123",
            "a b",
            "hostname",
            "gw-frankfurt-3",
        ] {
            assert!(!is_id(id), "{id}");
        }
    }

    #[test]
    fn ends_are_words_of_the_list_or_like_them() {
        for word in [
            "stop",
            "STOP",
            "Length",
            "model_context_window_exceeded",
            "BLOCKED:SAFETY",
            "content_filter: PROHIBITED_CONTENT",
            "function_call_filter: MALFORMED_FUNCTION_CALL",
            "content_filter: A_NEW_REASON",
            "a_new_reason",
            "A_NEW_REASON",
            "interrupted",
        ] {
            assert!(is_finish(word), "{word}");
        }
        for word in [
            "",
            "user_jdoe",
            "USER_JDOE",
            "org_acme",
            "project_x",
            "cancelled_by_jdoe",
            "CancelledByJohnSmith",
            "John",
            "jdoe77",
            "org-acme",
            "a word of tomorrow",
            "content_filter: user_jdoe",
            "content_filter: John Smith",
            "jdoe: STOP",
            "a_word_that_is_longer_than_others",
        ] {
            assert!(!is_finish(word), "{word}");
        }
    }

    #[test]
    fn headers_keep_values_of_their_form_alone() {
        for (name, value, kept) in [
            ("content-type", "Application/JSON; charset=UTF-8", Some("application/json; charset=utf-8")),
            ("content-type", "text/html; boundary=alice", Some("text/html")),
            ("content-type", "application/vnd.alice+json", None),
            ("content-encoding", "gzip, br", Some("gzip, br")),
            ("content-encoding", "alice", None),
            ("server", "nginx/1.25.3 (Ubuntu)", Some("nginx/1.25.3")),
            ("server", "scaffolding on HTTPServer2", Some("scaffolding")),
            ("server", "uvicorn", Some("uvicorn")),
            ("server", "alices-laptop", None),
            ("server", "nginx/alice", Some("nginx")),
            ("date", "Sun, 29 Nov 2026 06:51:33 GMT", Some("Sun, 29 Nov 2026 06:51:33 GMT")),
            ("date", "Sun, 29 Nov 2026 alice", None),
            ("retry-after", "2.5", Some("2.5")),
            ("retry-after-ms", "250", Some("250")),
            ("retry-after-ms", "alice", None),
            ("x-should-retry", "false", Some("false")),
            ("x-ratelimit-reset-tokens", "6m0.5s", Some("6m0.5s")),
            ("x-ratelimit-limit-tokens", "org-a1B2", None),
            ("anthropic-ratelimit-tokens-reset", "2026-11-29T06:51:33Z", Some("2026-11-29T06:51:33Z")),
            ("openai-version", "2020-10-01", Some("2020-10-01")),
            ("openai-processing-ms", "41", Some("41")),
            ("cf-ray", "8f1c2d3e4a5b6c7d-FRA", Some("8f1c2d3e4a5b6c7d-FRA")),
            ("cf-ray", "alice-FRA", None),
            ("cf-cache-status", "DYNAMIC", Some("DYNAMIC")),
            ("server-timing", "gfet4t7; dur=123", Some("gfet4t7; dur=123")),
            ("server-timing", "alice; dur=123", None),
            ("x-request-id", "req_9f2c1a7b", Some("req_9f2c1a7b")),
            ("x-request-id", "user-alice", None),
        ] {
            assert_eq!(header(name, value).as_deref(), kept, "{name}: {value}");
        }
    }
}
