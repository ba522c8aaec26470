//! How long an error asks to wait.

use super::*;

#[test]
fn the_wait_is_read_from_the_body_and_never_shortened() {
    let asked = |delay: Value| {
        let body =
            json!([{ "error": { "code": 429, "details": [{ "@type": "x" }, { "retryDelay": delay }] } }]);
        under(429, body.to_string().as_bytes()).retry_after
    };
    assert_eq!(asked(json!("37s")), Some(Duration::from_secs(37)));
    assert_eq!(asked(json!("1.837906927s")), Some(Duration::from_millis(1838)));
    assert_eq!(asked(json!({ "seconds": "2", "nanos": 500_000_000 })), Some(Duration::from_millis(2500)));
    assert!(asked(json!("1e30s")) > Some(Duration::from_secs(86_400)));
    assert_eq!(
        [asked(json!("37")), asked(json!(37)), asked(json!("0.037e3 s"))],
        [Some(Duration::from_secs(37)); 3]
    );
    for odd in [json!("-1s"), json!("NaNs"), json!("infs"), json!(""), json!(-37), json!(null)] {
        assert_eq!(asked(odd.clone()), None, "{odd}");
    }
}

#[test]
fn the_longest_delay_of_an_error_counts_in_every_form() {
    let asked = |delays: &[Value]| {
        let details: Vec<Value> = delays.iter().map(|delay| json!({ "retryDelay": delay })).collect();
        under(429, json!({ "error": { "details": details } }).to_string().as_bytes()).retry_after
    };
    let ms = |ms| Some(Duration::from_millis(ms));
    assert_eq!(asked(&[json!("0.900s"), json!("2s"), json!("1s")]), ms(2000));
    assert_eq!(asked(&[json!({ "nanos": 900_000_000 })]), ms(900));
    assert_eq!(asked(&[json!({ "seconds": "3", "nanos": 0 })]), ms(3000));
    assert_eq!(asked(&[json!("soon"), json!(null)]), None);
}

#[test]
fn a_wait_is_read_from_fields_and_sentences_of_failures_that_pass() {
    let asked =
        |status: u16, body: &str| under(status, body.as_bytes()).retry_after.map(|wait| wait.as_millis());
    for (body, ms) in [
        (r#"{"error":{"message":"Rate limit reached. Please try again in 3s. Visit x"}}"#, Some(3000)),
        (r#"{"error":{"message":"Please try again in 7m12.5s."}}"#, Some(432_500)),
        (r#"{"error":{"message":"Please retry after 26 seconds."}}"#, Some(26_000)),
        (r#"{"error":{"message":"try again in 2s, or rather retry in 4s"}}"#, Some(4000)),
        (r#"{"error":{"message":"m","retry_after":1.5}}"#, Some(1500)),
        (r#"{"error":{"message":"m"},"retry_after_ms":1500}"#, Some(1500)),
        (r#"{"message":"m","retry_after_ms":"1500"}"#, Some(1500)),
        (r#"{"message":"m","retryAfter":2,"retry_after_seconds":"3"}"#, Some(3000)),
        (r#"{"error":{"message":"try again in a few seconds"}}"#, None),
        (r#"{"error":{"message":"retry after 3 attempts"}}"#, None),
        ("Slow down: wait 3s", Some(3000)),
        ("Slow down. Retry-After: 2", Some(2000)),
        ("Retry after: 2", Some(2000)),
        ("retry_after=2", Some(2000)),
        (r#"{"error":{"message":"Please retry your request after 2 seconds."}}"#, Some(2000)),
        (r#"{"error":{"message":"Limit reached, resets in 2s."}}"#, Some(2000)),
        (r#"{"error":{"message":"Please retry in 00:00:02."}}"#, Some(2000)),
        (r#"{"error":{"message":"Try again in about 2 minutes."}}"#, Some(120_000)),
        (r#"{"error":{"message":"Retry after -2s"}}"#, None),
        (r#"{"error":{"message":"The prompt 'wait 2 hours' came too early"}}"#, None),
    ] {
        assert_eq!(asked(429, body), ms, "{body}");
        assert_eq!(asked(503, body), ms, "{body}");
    }
    let said = r#"{"error":{"message":"your prompt says: try again in 3 hours"}}"#;
    assert_eq!([asked(400, said), asked(401, said), asked(200, said)], [None; 3]);
}
