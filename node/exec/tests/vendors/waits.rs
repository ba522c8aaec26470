//! How long a vendor is left alone, as it asks in headers and bodies.

use serde_json::json;
use vantage_protocol::target::Dialect;

use crate::support::outcomes;
use crate::wire::{ask, ask_as, chat, error};

#[tokio::test]
async fn the_wait_that_is_asked_for_is_understood_in_every_form() {
    let limited = |headers: &[(&str, &str)]| {
        headers
            .iter()
            .fold(error(429, json!({ "message": "m" })), |response, (name, value)| response.with(name, value))
    };
    let by_body =
        error(429, json!({ "status": "RESOURCE_EXHAUSTED", "details": [{ "retryDelay": "1.837906927s" }] }));
    let at = "Sun, 06 Nov 1994 08:49:37 GMT";
    // A wait over the cap ends the call; the next longer cap would wait. Nothing sleeps here.
    for (response, ms) in [
        (limited(&[("retry-after", "2.5")]), 2500),
        (limited(&[("retry-after-ms", "2500"), ("retry-after", "1")]), 2500),
        (limited(&[("retry-after-ms", "soon"), ("retry-after", "3")]), 3000),
        (limited(&[("date", at), ("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT")]), 3000),
        (
            limited(&[
                ("date", "Sat, 06 Nov 2094 08:49:37 GMT"),
                ("retry-after", "Sat, 06 Nov 2094 08:49:40 GMT"),
            ]),
            3000,
        ),
        (limited(&[("retry-after", "3s")]), 3000),
        (limited(&[("retry-after", "\"3\"")]), 3000),
        (limited(&[("retry-after", "+3")]), 3000),
        (limited(&[("retry-after", "1, 3")]), 3000),
        (limited(&[("retry-after", "3, 3")]), 3000),
        (limited(&[("retry-after", "3;comment")]), 3000),
        (limited(&[("retry-after-ms", "2500, 2500")]), 2500),
        (limited(&[("retry-after", "soon"), ("retry-after", "3 seconds")]), 3000),
        (error(429, json!({ "message": "Please try again in 3s." })), 3000),
        (error(429, json!({ "message": "Please try again in 3s." })).with("retry-after", "1"), 3000),
        (error(429, json!({ "message": "Please try again in 3s." })).with("retry-after", "4"), 4000),
        (error(429, json!({ "details": [{ "retryDelay": "3" }] })), 3000),
        (error(200, json!({ "message": "Rate limit reached, retry in 3s" })), 3000),
        (by_body.clone(), 1838),
        (error(200, json!({ "code": 429 })).with("retry-after", "2"), 2000),
        (error(408, json!({ "message": "m" })).with("retry-after", "2"), 2000),
    ] {
        let asked =
            ask_as("lab", Dialect::OpenAi, &[response], |config| config.retry_after_max_ms = ms - 1).await;
        assert_eq!(asked.evidence.attempts.len(), 1, "{ms} {:?}", asked.evidence.headers);
    }
    let asked = ask(&[limited(&[("retry-after-ms", "120.5"), ("retry-after", "0")]), chat(|_| {})]).await;
    assert_eq!(outcomes(&asked.evidence), ["rate_limited", "answered"]);
    let [first, second] = [&asked.evidence.attempts[0], &asked.evidence.attempts[1]];
    assert!(second.at_unix_ms - first.at_unix_ms >= 120, "never earlier than asked");
}
