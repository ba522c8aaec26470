//! What real servers send that no reference describes: an answer that is there is read, and one that is not is named as
//! what it is. The kinds are those of public bug reports; docs/decisions/0032 says what is decided where they leave it
//! open.

use serde_json::{Value, json};
use vantage_exec::{BODY_MAX, Charge};
use vantage_protocol::target::Dialect;

use crate::support::{failure, outcomes};
use crate::wire::{Response, ask, ask_as, ask_bytes, chat, chat_raw, error, gzip};

/// Asks once and expects an answer in these words at the first attempt.
async fn answers(name: &str, response: Response, words: &str) {
    let asked = ask(&[response]).await;
    assert_eq!(
        (outcomes(&asked.evidence), asked.evidence.text.as_deref()),
        (vec!["answered".into()], Some(words)),
        "{name}"
    );
    assert!(!asked.evidence.response.is_empty(), "{name}");
}

#[tokio::test]
async fn counts_cost_nothing_but_themselves() {
    for (usage, input, output) in [
        (json!({}), None, None),
        (json!(null), None, None),
        (json!([]), None, None),
        (json!("9"), None, None),
        (json!({ "prompt_tokens": null, "completion_tokens": null, "total_tokens": 0 }), None, None),
        (json!({ "prompt_tokens": 41.6, "completion_tokens": 1.0 }), None, Some(1)),
        (json!({ "prompt_tokens": -1, "completion_tokens": 2 }), None, Some(2)),
        (json!({ "prompt_tokens": 9, "completion_tokens": "2" }), Some(9), None),
        (json!({ "prompt_tokens": [9], "completion_tokens": { "n": 2 } }), None, None),
        (json!({ "completion_tokens": 2 }), None, Some(2)),
    ] {
        let asked = ask(&[chat(|body| body["usage"] = usage.clone())]).await;
        let told = asked.evidence.usage;
        assert_eq!(
            (failure(&asked.evidence).as_str(), asked.evidence.text.as_deref()),
            ("", Some("Canberra")),
            "{usage}"
        );
        assert_eq!((told.prompt_tokens, told.output_tokens), (input, output), "{usage}");
        assert_eq!(asked.charges, [Some(Charge::Unknown)], "{usage}");
        assert_eq!(asked.evidence.cost_microusd, None);
    }
}

#[tokio::test]
async fn every_field_is_read_by_itself() {
    for (change, model, id) in [
        (json!({ "id": 17 }), Some("lab-1"), Some("17")),
        (json!({ "id": null, "model": 4.5 }), Some("4.5"), None),
        (json!({ "id": ["c-1"], "model": { "name": "lab" } }), None, None),
        (json!({ "id": true, "model": "" }), None, None),
    ] {
        let asked = ask(&[chat(|body| {
            for (name, value) in change.as_object().unwrap() {
                body[name] = value.clone();
            }
        })])
        .await;
        let evidence = asked.evidence;
        assert_eq!(
            (failure(&evidence).as_str(), evidence.text.as_deref()),
            ("", Some("Canberra")),
            "{change}"
        );
        assert_eq!((evidence.model.as_deref(), evidence.request_id.as_deref()), (model, id), "{change}");
        assert_eq!(evidence.usage.output_tokens, Some(2), "{change}");
    }
    let bare = Response::new(200, r#"{"choices":[{"message":{"content":"Canberra"}}]}"#);
    answers("nothing but a choice", bare, "Canberra").await;
    let odd = r#"{"id":17,"choices":[{"message":{"content":"Canberra"},"finish_reason":"stop","stop_reason":13,
        "logprobs":{"content":[{"token":"C","logprob":-Infinity},{"logprob":NaN}]}}],"created":1e999}"#;
    answers("numbers that are none", Response::new(200, odd), "Canberra").await;
    let twice = r#"{"model":"lab-1","choices":[],"model":"routed","provider":"x","provider":"y",
        "choices":[{"message":{"content":"No","content":"Canberra"},"finish_reason":"stop"}]}"#;
    let asked = ask(&[Response::new(200, twice)]).await;
    assert_eq!(
        (asked.evidence.text.as_deref(), asked.evidence.model.as_deref()),
        (Some("Canberra"), Some("routed"))
    );
}

#[tokio::test]
async fn what_is_told_beside_no_answer_is_in_the_evidence() {
    for (content, model) in
        [(json!(7), "lab-1"), (json!([{ "type": "new", "text": "half" }, "half"]), "lab-192.0.2.7")]
    {
        let asked = ask(&[chat(|body| {
            body["choices"][0]["message"]["content"] = content.clone();
            body["model"] = json!(model);
        })])
        .await;
        let evidence = asked.evidence;
        assert_eq!(outcomes(&evidence), ["malformed"], "{content}");
        assert_eq!(
            (evidence.finish_reason.as_deref(), evidence.request_id.as_deref()),
            (Some("stop"), Some("c-1"))
        );
        assert_eq!(evidence.model, Some(model.replace("192.0.2.7", "[ip]")));
        assert_eq!(
            (evidence.usage.output_tokens, evidence.text, evidence.response.len()),
            (Some(2), None, 0)
        );
    }
}

#[tokio::test]
async fn content_in_parts_is_joined_without_what_was_thought() {
    for (content, words) in [
        (
            json!([{ "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }] }, { "type": "text", "text": "Canberra" }]),
            "Canberra",
        ),
        (json!([{ "type": "text", "text": "Can" }, { "type": "text", "text": "berra" }]), "Canberra"),
        (json!(["Can", "berra"]), "Canberra"),
        (json!([{ "type": "refusal", "refusal": "I won't say." }]), "I won't say."),
    ] {
        answers("parts", chat(|body| body["choices"][0]["message"]["content"] = content.clone()), words)
            .await;
    }
    let spent = chat(|body| {
        body["choices"][0] = json!({ "message": { "content": null, "reasoning": "let me think", "tool_calls": [] },
            "finish_reason": "length" });
    });
    let asked = ask(&[spent]).await;
    assert_eq!(
        (outcomes(&asked.evidence), asked.evidence.finish_reason.as_deref()),
        (vec!["empty".into()], Some("length"))
    );
    assert_eq!(asked.evidence.usage.output_tokens, Some(2), "they are told, and charged");
}

#[tokio::test]
async fn bytes_that_break_the_format_cost_no_answer() {
    for (text, words) in [
        (&br#""ready \ud83d""#[..], "ready \u{fffd}"),
        (br#""\ude00 ready""#, "\u{fffd} ready"),
        (br#""\ud83d\ude00 \ud83d!""#, "\u{1f600} \u{fffd}!"),
        (b"\"ready \xff.\"", "ready \u{fffd}."),
        (b"\"ready \xf0\x9f\"", "ready \u{fffd}"),
        (b"\"two\nlines\"", "two\nlines"),
    ] {
        answers(&String::from_utf8_lossy(text), chat_raw(text), words).await;
    }
    let whole = br#"{"choices":[{"message":{"content":"Canberra"},"finish_reason":"stop"}]}"#;
    for (lead, tail) in
        [(&b"\xef\xbb\xbf"[..], &b""[..]), (b"\n         \n\n  ", b"\n"), (b"\r\n\xef\xbb\xbf", b"\r\n")]
    {
        answers("a lead", Response::new(200, [lead, whole, tail].concat()), "Canberra").await;
    }
}

#[tokio::test]
async fn a_body_that_reads_is_read_whatever_it_is_called() {
    for headers in [
        &[("content-type", "text/plain; charset=utf-8")][..],
        &[("content-type", "application/problem+json")],
        &[("content-type", "")],
        &[],
    ] {
        answers(&format!("{headers:?}"), chat(|_| {}).with_only(headers), "Canberra").await;
    }
    // A stream that nobody asked for is no answer, whole or half, and its name is in the evidence.
    let stream = "data: {\"choices\":[{\"delta\":{\"content\":\"Canberra\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let asked = ask(&[Response::new(200, stream).with_only(&[("content-type", "text/event-stream")])]).await;
    assert_eq!((outcomes(&asked.evidence), asked.evidence.text), (vec!["malformed".into()], None));
    assert_eq!(asked.evidence.headers["content-type"], "text/event-stream");
}

#[tokio::test]
async fn what_is_packed_unasked_is_unpacked_and_kept_so() {
    let plain = br#"{"choices":[{"finish_reason":"stop","message":{"content":"Canberra"}}]}"#;
    // Made by the reference encoder, of the same bytes.
    let asked = ask(&[Response::new(200, plain).gzipped()]).await;
    assert_eq!((failure(&asked.evidence).as_str(), asked.evidence.text.as_deref()), ("", Some("Canberra")));
    assert_eq!(
        (asked.evidence.response.as_slice(), asked.evidence.headers["content-encoding"].as_str()),
        (&plain[..], "gzip")
    );
    assert!(
        asked.requests[0].to_lowercase().contains("\r\naccept-encoding: identity\r\n"),
        "{}",
        asked.requests[0]
    );
    let packed = gzip(plain);
    let halves = [gzip(&plain[..20]), gzip(&plain[20..])].concat();
    for (body, encoding, expected) in [
        (packed.clone(), "GZIP", "answered"),
        (packed.clone(), "x-gzip", "answered"),
        (packed.clone(), "identity, gzip", "answered"),
        (gzip(&packed), "gzip, gzip", "answered"),
        (halves, "gzip", "answered"),
        (plain.to_vec(), "identity", "answered"),
        (plain.to_vec(), "", "answered"),
        (packed.clone(), "zstd", "unknown_encoding"),
        (packed.clone(), "gzip, compress", "unknown_encoding"),
        (packed.clone(), "gzip, gzip", "malformed"),
        (packed.clone(), "br", "malformed"),
        (plain.to_vec(), "gzip", "malformed"),
        (packed[..packed.len() - 9].to_vec(), "gzip", "malformed"),
        (packed.clone(), "gzip,gzip,gzip,gzip,gzip", "unknown_encoding"),
        (gzip(&vec![b' '; BODY_MAX + 1]), "gzip", "too_large"),
        (gzip(&gzip(&vec![0; 8 * BODY_MAX])), "gzip, gzip", "too_large"),
        (vec![], "gzip", "empty"),
    ] {
        let asked = ask(&[Response::new(200, body).with("content-encoding", encoding)]).await;
        assert_eq!(outcomes(&asked.evidence), [expected], "{encoding}");
        assert_eq!(asked.evidence.headers["content-encoding"], encoding);
    }
    // An error is an error, however it is packed.
    let refused = ask(&[Response::new(401, "x").with("content-encoding", "zstd")]).await;
    assert_eq!(outcomes(&refused.evidence), ["refused_by_api(invalid_key)"]);
}

#[tokio::test]
async fn a_torn_answer_is_never_an_answer() {
    let torn = |finish: &str, error: Value| {
        chat(|body| {
            body["choices"][0]["message"]["content"] = json!("The capital is Can");
            body["choices"][0]["finish_reason"] = json!(finish);
            body["choices"][0]["error"] = error;
        })
    };
    for (response, outcome) in [
        (torn("error", json!({ "code": 502, "message": "upstream went away" })), "http_5xx(502)"),
        (torn("error", json!({ "message": "upstream went away" })), "torn"),
        (torn("error", json!(null)), "torn"),
        (torn("stop", json!({ "code": 429 })), "rate_limited"),
        (torn("insufficient_system_resource", json!(null)), "torn"),
        (torn("Abort", json!(null)), "torn"),
    ] {
        let asked = ask(&[response, chat(|_| {})]).await;
        assert_eq!(outcomes(&asked.evidence), [outcome, "answered"]);
    }
    // What stays torn is a failure, and what the vendor counted is charged.
    let asked = ask(&[torn("error", json!({ "code": 502 }))]).await;
    assert_eq!(outcomes(&asked.evidence), ["http_5xx(502)"; 3]);
    assert_eq!((asked.evidence.response.len(), asked.evidence.codes["code"].as_str()), (0, "502"));
    assert!(asked.charges.iter().all(|charge| matches!(charge, Some(Charge::For(_)))), "{:?}", asked.charges);
    for (finish, outcome) in [
        (json!("sensitive"), "content_filter"),
        (json!("content_filter"), "content_filter"),
        (json!("tool_calls"), "tool_call"),
        (json!("of_the_future"), "unknown_finish"),
        (json!("stop "), "unknown_finish"),
        (json!(1), "unknown_finish"),
        (json!(null), "answered"),
        (json!("STOP"), "answered"),
        (json!("length"), "answered"),
    ] {
        let asked = ask(&[chat(|body| body["choices"][0]["finish_reason"] = finish.clone())]).await;
        assert_eq!(outcomes(&asked.evidence), [outcome], "{finish}");
        assert!(!asked.evidence.response.is_empty(), "it is shown: {finish}");
    }
}

#[tokio::test]
async fn an_error_under_200_is_that_error() {
    let asked = ask(&[error(200, json!({ "message": "come back", "code": 502 })), chat(|_| {})]).await;
    assert_eq!(outcomes(&asked.evidence), ["http_5xx(502)", "answered"]);
    assert_eq!(asked.charges[0], Some(Charge::Unknown), "as under its own status");
    let limited =
        error(200, json!({ "message": "too many", "code": 429, "metadata": { "provider_name": "x" } }));
    let asked = ask(&[limited, chat(|_| {})]).await;
    assert_eq!(outcomes(&asked.evidence), ["rate_limited", "answered"]);
    assert_eq!(asked.charges[0], Some(Charge::Nothing), "as under its own status");
    for (status, body, expected) in [
        (
            200,
            json!({ "error": { "message": "no key of org-7 at 192.0.2.7", "type": "authentication_error" } }),
            "refused_by_api(invalid_key)",
        ),
        (200, json!({ "error": { "message": "something of org-7 at 192.0.2.7" } }), "api_error"),
        (
            402,
            json!({ "error": { "message": "Insufficient credits", "code": 402 } }),
            "refused_by_api(insufficient_quota)",
        ),
        (
            400,
            json!([{ "error": { "code": 400, "status": "INVALID_ARGUMENT", "details": [{ "reason": "API_KEY_INVALID" }] } }]),
            "refused_by_api(invalid_key)",
        ),
        (
            400,
            json!({ "error": { "code": "content_filter", "status": 400, "innererror": { "code": "ResponsibleAIPolicyViolation" } } }),
            "content_filter",
        ),
        (
            400,
            json!({ "error": { "message": "'temperature' does not support 0 with this model.", "code": "unsupported_value" } }),
            "http_4xx(400)",
        ),
    ] {
        let asked = ask(&[Response::new(status, body.to_string())]).await;
        assert_eq!(outcomes(&asked.evidence), [expected], "{body}");
        let shown = format!("{:?}", asked.evidence);
        assert!(
            asked.evidence.response.is_empty() && !shown.contains("org-7") && !shown.contains("192.0.2.7"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_refused_call_is_made_again_by_the_rules_of_the_vendors_own_clients() {
    let ok = chat(|_| {});
    for (first, outcome) in [
        (error(408, json!({ "message": "m" })), "http_4xx(408)"),
        (error(409, json!({ "message": "m" })), "http_4xx(409)"),
        (error(400, json!({ "message": "m" })).with("x-should-retry", "true"), "http_4xx(400)"),
    ] {
        let asked = ask(&[first, ok.clone()]).await;
        assert_eq!(outcomes(&asked.evidence), [outcome, "answered"]);
    }
    for lasting in [
        error(429, json!({ "message": "m" })).with("x-should-retry", "false"),
        error(503, json!({ "message": "m" })).with("x-should-retry", "false"),
        error(307, json!({ "message": "m" })).with("x-should-retry", "true"),
        error(400, json!({ "message": "m" })).with("x-should-retry", "perhaps"),
    ] {
        assert_eq!(ask(&[lasting, ok.clone()]).await.evidence.attempts.len(), 1);
    }
    // An answer that is no use does not get better by what its header says.
    let asked = ask(&[Response::new(200, "{").with("x-should-retry", "true"), ok]).await;
    assert_eq!(outcomes(&asked.evidence), ["malformed"]);
}

#[tokio::test]
async fn long_heads_are_read_and_broken_ones_named() {
    let mut many = chat(|_| {});
    for n in 0..400 {
        many = many.with(&format!("x-filler-{n}"), "v");
    }
    answers("many headers", many, "Canberra").await;
    answers("a long header", chat(|_| {}).with("x-filler", &"v".repeat(20_000)), "Canberra").await;
    let lines: String = (0..1100).map(|n| format!("x-{n}: v\r\n")).collect();
    for head in [
        format!("HTTP/1.1 200 OK\r\n{lines}\r\n"),
        format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(1 << 20)),
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n".to_owned(),
        "HTTP/1.1 20 OK\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc".to_owned(),
        "SSH-2.0-OpenSSH_9\r\n".to_owned(),
    ] {
        let asked = ask_bytes("lab", Dialect::OpenAi, vec![head.clone().into_bytes()], |_| {}).await;
        let start: String = head.chars().take(60).collect();
        assert_eq!(outcomes(&asked.evidence), ["bad_response_head"], "{start}");
        assert_eq!(asked.charges, [Some(Charge::Unknown)], "the vendor has answered: {start}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_broken_connection() {
    let ok = chat(|_| {});
    for first in [
        ok.clone().cut(60),
        ok.clone().cut(0),
        ok.clone().unframed().cut(60),
        ok.clone().gzipped().unframed().cut(60),
    ] {
        let asked = ask(&[first, ok.clone()]).await;
        assert_eq!(outcomes(&asked.evidence), ["connect", "answered"]);
    }
    let head =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{\"choice\r\n".to_owned().into_bytes();
    let asked = ask_bytes("lab", Dialect::OpenAi, vec![head], |_| {}).await;
    assert_eq!(outcomes(&asked.evidence), ["connect"; 3]);
    answers("an end by closing", ok.unframed(), "Canberra").await;
    // The status says enough of an error whose body is lost.
    let asked = ask(&[error(429, json!({ "message": "m" })).cut(2), chat(|_| {})]).await;
    assert_eq!(outcomes(&asked.evidence), ["rate_limited", "answered"]);
}

#[tokio::test]
async fn anthropic_is_read_as_leniently() {
    let message = |change: Value| {
        let mut body = json!({ "id": "m-1", "type": "message", "model": "x", "content": [{ "type": "text", "text": "Canberra" }],
            "stop_reason": "end_turn", "usage": { "input_tokens": 3, "output_tokens": 2 } });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        Response::new(200, body.to_string())
    };
    for (change, outcome, output) in [
        (json!({}), "answered", Some(2)),
        (json!({ "usage": { "input_tokens": null, "output_tokens": 2.0 } }), "answered", Some(2)),
        (json!({ "usage": 7, "id": 9, "model": null }), "answered", None),
        (json!({ "content": "Canberra" }), "answered", Some(2)),
        (json!({ "content": [] }), "empty", Some(2)),
        (json!({ "content": [{ "type": "thinking", "thinking": "hm" }] }), "empty", Some(2)),
        (json!({ "stop_reason": "refusal" }), "content_filter", Some(2)),
        (json!({ "stop_reason": "of_the_future" }), "unknown_finish", Some(2)),
        (json!({ "stop_reason": null }), "unknown_finish", Some(2)),
    ] {
        let asked = ask_as("sim:anthropic", Dialect::Anthropic, &[message(change.clone())], |_| {}).await;
        assert_eq!(outcomes(&asked.evidence), [outcome], "{change}");
        assert_eq!(asked.evidence.usage.output_tokens, output, "{change}");
    }
    let overloaded =
        Response::new(529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#)
            .with("x-should-retry", "true");
    let replies = [overloaded.clone(), overloaded, message(json!({}))];
    let asked = ask_as("sim:anthropic", Dialect::Anthropic, &replies, |_| {}).await;
    assert_eq!(outcomes(&asked.evidence), ["overloaded", "overloaded", "answered"]);
}

#[tokio::test]
async fn gemini_is_read_as_leniently() {
    let candidate = |candidate: Value, usage: Value| {
        let body = json!({ "candidates": [candidate], "usageMetadata": usage, "modelVersion": "m", "responseId": 7 });
        Response::new(200, body.to_string())
    };
    let said = json!({ "content": { "parts": [{ "text": "Canberra" }] }, "finishReason": "STOP" });
    for (response, outcome, output) in [
        (
            candidate(said.clone(), json!({ "promptTokenCount": 7, "candidatesTokenCount": 2 })),
            "answered",
            Some(2),
        ),
        (
            candidate(said.clone(), json!({ "promptTokenCount": 7, "candidatesTokenCount": "2" })),
            "answered",
            None,
        ),
        (
            candidate(
                json!({ "finishReason": "MAX_TOKENS" }),
                json!({ "promptTokenCount": 7, "thoughtsTokenCount": 256 }),
            ),
            "empty",
            Some(256),
        ),
        (
            candidate(
                json!({ "finishReason": "OTHER", "content": { "parts": [{ "text": "Can" }] } }),
                json!(null),
            ),
            "torn",
            None,
        ),
        (
            candidate(
                json!({ "finishReason": "OF_THE_FUTURE", "content": { "parts": [{ "text": "Can" }] } }),
                json!(null),
            ),
            "unknown_finish",
            None,
        ),
        (
            Response::new(
                200,
                r#"{"promptFeedback":{"blockReason":"OTHER"},"usageMetadata":{"promptTokenCount":7}}"#,
            ),
            "content_filter",
            Some(0),
        ),
    ] {
        let asked =
            ask_as("sim:gemini", Dialect::Gemini, &[response], |config| config.attempts_max = 1).await;
        assert_eq!(outcomes(&asked.evidence), [outcome]);
        assert_eq!(asked.evidence.usage.output_tokens, output, "{outcome}");
    }
}
