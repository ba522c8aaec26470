//! The client in every dialect: every way in which a vendor can answer, or fail to.

use crate::support::{DIALECTS, bench_of, call_in, failure, outcomes};
use vantage_exec::{BODY_MAX, Evidence, TEXT_MAX};
use vantage_protocol::target::Dialect;
use vantage_testnet::vendors::{EchoPlace, Fault, SIM_KEY};

fn limited(retry_after: Option<&str>) -> Fault {
    Fault::RateLimited { retry_after: retry_after.map(str::to_owned) }
}

#[tokio::test]
async fn an_answer_comes_with_its_evidence() {
    for (dialect, model, finish, id, server) in [
        (Dialect::OpenAi, "sim-gpt-1", "stop", "req_sim_", "sim-openai"),
        (Dialect::Anthropic, "sim-claude-1", "end_turn", "req_sim_", "sim-anthropic"),
        (Dialect::Gemini, "sim-gemini-1", "STOP", "sim-", "sim-gemini"),
    ] {
        let bench = bench_of(dialect, |_| {}).await;
        let evidence = bench.ask().await;
        assert!(evidence.text.as_deref().unwrap().contains("Canberra"), "{dialect:?}");
        assert_eq!((evidence.status, evidence.failure), (Some(200), None));
        assert_eq!(evidence.model.as_deref(), Some(model));
        assert_eq!(evidence.finish_reason.as_deref(), Some(finish));
        assert!(evidence.request_id.as_deref().unwrap().starts_with(id), "{:?}", evidence.request_id);
        assert!(evidence.usage.tokens().is_some_and(|tokens| tokens.input > 0 && tokens.output > 0));
        assert_eq!(outcomes(&evidence), ["answered"]);
        assert!(evidence.started_unix_ms <= evidence.attempts[0].at_unix_ms);
        assert!(evidence.attempts[0].at_unix_ms <= evidence.ended_unix_ms);
        assert_eq!(evidence.headers["server"], server);
        for private in ["openai-organization", "anthropic-organization-id"] {
            assert!(!evidence.headers.contains_key(private));
        }
        assert!(serde_json::from_slice::<serde_json::Value>(&evidence.response).is_ok());
    }
}

#[tokio::test]
async fn what_the_core_made_is_what_the_vendor_gets() {
    for dialect in DIALECTS {
        let bench = bench_of(dialect, |_| {}).await;
        bench.ask().await;
        let [got]: [_; 1] = bench.sim.requests().try_into().unwrap();
        let made = call_in(dialect, "What is the capital of Australia?");
        assert_eq!((got.path.as_str(), got.body.as_slice()), (made.path(), made.body()));
        assert_eq!(got.headers["content-type"], "application/json");
        let version = got.headers.get("anthropic-version").map(String::as_str);
        assert_eq!(version, (dialect == Dialect::Anthropic).then_some("2023-06-01"));
        // Nothing that says where or who the caller is, beside what HTTP itself needs.
        let names: Vec<&str> = got.headers.keys().map(String::as_str).collect();
        let needed = [
            "accept",
            "accept-encoding",
            "anthropic-version",
            "content-length",
            "content-type",
            "host",
            "user-agent",
        ];
        assert!(names.iter().all(|name| needed.contains(name)), "{names:?}");
    }
}

#[tokio::test]
async fn transient_failures_are_retried_until_an_answer() {
    for dialect in DIALECTS {
        let overloaded = match dialect {
            Dialect::OpenAi => "http_5xx(503)",
            Dialect::Anthropic | Dialect::Gemini => "overloaded",
        };
        for (fault, outcome) in [
            (limited(None), "rate_limited"),
            (limited(Some("0")), "rate_limited"),
            (limited(Some("soon, maybe")), "rate_limited"),
            (limited(Some("Sun, 06 Nov 1994 08:49:37 GMT")), "rate_limited"),
            (Fault::Overloaded, overloaded),
            (Fault::Status(500), "http_5xx(500)"),
            (Fault::Status(529), "http_5xx(529)"),
            (Fault::CutBody, "connect"),
        ] {
            let bench = bench_of(dialect, |_| {}).await;
            let evidence = bench.ask_with(fault.clone(), 2).await;
            assert_eq!(evidence.failure, None, "{dialect:?} {fault:?}");
            assert_eq!(outcomes(&evidence), [outcome, outcome, "answered"], "{dialect:?} {fault:?}");
            assert_eq!(bench.tally.calls(), 3, "every attempt is counted");
            assert!(bench.tally.charges().iter().all(Option::is_some), "and settled");
            assert_eq!(bench.sim.calls(), 3);
        }
    }
}

#[tokio::test]
async fn lasting_failures_are_not_retried() {
    for dialect in DIALECTS {
        for (fault, expected) in [
            (Fault::Status(400), "http_4xx(400)"),
            (Fault::Status(401), "refused_by_api(invalid_key)"),
            (Fault::Status(404), "http_4xx(404)"),
            (Fault::ModelRetired, "refused_by_api(model_not_found)"),
            (Fault::PlaceNotSupported, "refused_by_api(region_not_supported)"),
            (Fault::InsufficientQuota, "refused_by_api(insufficient_quota)"),
            (Fault::Redirect, "http_3xx(307)"),
            (Fault::MalformedJson, "malformed"),
            (Fault::EmptyBody, "empty"),
            (Fault::EmptyText, "empty"),
            (Fault::HugeBody { bytes: 16 << 20 }, "too_large"),
            (Fault::HugeText { bytes: TEXT_MAX + 1 }, "too_large"),
            (Fault::HugeText { bytes: 8 << 20 }, "too_large"),
            (Fault::ContentFilter, "content_filter"),
            (Fault::Blocked, "content_filter"),
        ] {
            let bench = bench_of(dialect, |_| {}).await;
            let evidence = bench.ask_with(fault.clone(), 1).await;
            assert_eq!(failure(&evidence), expected, "{dialect:?} {fault:?}");
            assert_eq!((evidence.attempts.len(), bench.sim.calls()), (1, 1), "{dialect:?} {fault:?}");
            assert!(evidence.response.len() <= BODY_MAX);
            assert!(evidence.status.is_some() && evidence.headers.contains_key("server"), "{fault:?}");
        }
    }
}

#[tokio::test]
async fn answers_at_the_limit_in_parts_and_in_words_of_refusal_are_answers() {
    for dialect in DIALECTS {
        let bench = bench_of(dialect, |_| {}).await;
        let longest = bench.ask_with(Fault::HugeText { bytes: TEXT_MAX }, 1).await;
        assert_eq!((longest.failure, longest.text.unwrap().len()), (None, TEXT_MAX), "{dialect:?}");
        let refused = bench.ask_with(Fault::Refusal, 1).await;
        assert_eq!(refused.failure, None);
        assert!(refused.text.unwrap().contains("can't help"));
        let named_wrongly = bench.ask_with(Fault::WrongContentType, 1).await;
        assert_eq!(
            (named_wrongly.failure, named_wrongly.headers["content-type"].as_str()),
            (None, "text/html")
        );
        let parts = bench.ask_with(Fault::InParts, 1).await;
        assert_eq!(parts.text.as_deref(), Some("A simulated answer to a call with a planned fault."));
        for (filter, finish) in [
            (Fault::ContentFilter, ["content_filter", "refusal", "SAFETY"]),
            (Fault::Blocked, ["content_filter", "refusal", "BLOCKED:PROHIBITED_CONTENT"]),
        ] {
            let filtered = bench.ask_with(filter, 1).await;
            assert!(
                finish.contains(&filtered.finish_reason.as_deref().unwrap()),
                "{:?}",
                filtered.finish_reason
            );
        }
    }
}

fn assert_no_key(evidence: &Evidence) {
    let shown = format!(
        "{evidence:?} {} {} {}",
        String::from_utf8_lossy(&evidence.response),
        evidence.text.as_deref().unwrap_or_default(),
        failure(evidence)
    );
    // Nor half of it: vendors quote a refused key with its ends in clear.
    for part in [SIM_KEY, &SIM_KEY[..16], &SIM_KEY[SIM_KEY.len() - 16..]] {
        assert!(!shown.to_lowercase().contains(&part.to_lowercase()), "{shown}");
    }
}

#[tokio::test]
async fn an_echoed_key_is_kept_nowhere() {
    for dialect in DIALECTS {
        for place in [EchoPlace::Text, EchoPlace::EscapedText, EchoPlace::Header, EchoPlace::ErrorMessage] {
            let bench = bench_of(dialect, |_| {}).await;
            let evidence = bench.ask_with(Fault::EchoKey(place), 1).await;
            assert_no_key(&evidence);
            assert_eq!(evidence.attempts.len(), 1);
            let is_answer = matches!(place, EchoPlace::Text | EchoPlace::EscapedText);
            assert_eq!(failure(&evidence) == "secret_in_response", is_answer, "{dialect:?} {place:?}");
            assert!(!is_answer || (evidence.text.is_none() && evidence.response.is_empty()));
            let is_header = matches!(place, EchoPlace::Header);
            assert_eq!(format!("{:?}", evidence.headers).contains("[redacted:key]"), is_header, "{place:?}");
        }
    }
}

#[tokio::test]
async fn a_wrong_key_is_refused_and_nothing_of_the_refusal_is_kept() {
    let wrong = "sk-wrong-Zq7Rt2mKp9Lx4Wv8BnC1";
    for dialect in DIALECTS {
        let key_dir = tempfile::tempdir().unwrap();
        let path = crate::support::key_file(&key_dir, wrong);
        let bench = bench_of(dialect, |config| config.key = vantage_exec::KeySource::File(path)).await;
        let evidence = bench.ask().await;
        assert_eq!(failure(&evidence), "refused_by_api(invalid_key)", "{dialect:?}");
        assert!(evidence.response.is_empty() && evidence.status.is_some());
        let shown = format!("{:?} {:?}", bench.client, bench.client.vendor());
        assert!(!shown.contains(wrong) && shown.contains("***"), "{shown}");
    }
}

#[tokio::test]
async fn no_key_at_all_is_said_by_the_vendor() {
    for dialect in DIALECTS {
        let bench = bench_of(dialect, |config| config.key = vantage_exec::KeySource::None).await;
        assert_eq!(failure(&bench.ask().await), "refused_by_api(invalid_key)", "{dialect:?}");
    }
}
