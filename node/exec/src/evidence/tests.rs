use super::*;

use crate::secret::REDACTED;

const KEY: &str = "sk-evidence-7193058264";
const MOST: Tokens = Tokens { input: 1000, output: 100 };

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
    evidence.absorb(2, Ok(reply), Adapter::CompatibleChat, &[Secret::new(KEY).unwrap()], MOST);
    evidence
}

/// Everything that is kept, as text.
fn kept(evidence: &Evidence) -> String {
    format!("{evidence:?} {}", String::from_utf8_lossy(&evidence.response))
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
            ("server", "nginx ".repeat(500)),
            ("openai-processing-ms", "1".repeat(5000)),
            ("set-cookie", "session=1".into()),
            ("openai-organization", "org-private".into()),
            ("x-forwarded-for", "192.0.2.1".into()),
        ],
        &answer("yes"),
    ));
    let names: Vec<_> = evidence.headers.keys().map(String::as_str).collect();
    assert_eq!(names, ["content-type", "openai-processing-ms", "server", "x-request-id"]);
    assert!(evidence.headers.values().all(|value| value.len() <= HEADER_VALUE_MAX));
    assert_eq!(evidence.headers["openai-processing-ms"], "[other]");
    assert_eq!(evidence.request_id.as_deref(), Some("req_1"));
    assert_eq!(evidence.failure, None);
}

#[test]
fn a_header_of_another_form_is_not_kept() {
    let mut raw = reply(200, &[], &answer("yes"));
    raw.headers.insert("server", reqwest::header::HeaderValue::from_bytes(b"nginx a\tb\xff").unwrap());
    raw.headers.insert("x-request-id", "user_a1B2c3D4".parse().unwrap());
    raw.headers.insert("via", "1.1 google, 1.1 alices-laptop (squid)".parse().unwrap());
    let evidence = absorbed(raw);
    let headers = &evidence.headers;
    assert_eq!((headers["server"].as_str(), headers["via"].as_str()), ("nginx", "1.1 google, 1.1 [host]"));
    assert_eq!(
        (headers["x-request-id"].as_str(), evidence.request_id.as_deref()),
        ("[other]", Some("chatcmpl-1"))
    );
}

#[test]
fn each_vendor_has_its_own_headers_and_request_id() {
    let headers = [("request-id", "req_a".to_owned()), ("x-request-id", "req_o".to_owned())];
    let body = r#"{"type":"message","id":"msg_1","content":[{"type":"text","text":"yes"}]}"#;
    let mut evidence = Evidence::begun(1);
    let charge = evidence.absorb(2, Ok(reply(200, &headers, body)), Adapter::AnthropicMessages, &[], MOST);
    assert_eq!((evidence.request_id.as_deref(), charge), (Some("req_a"), Charge::Unknown));
    assert!(!evidence.headers.contains_key("x-request-id"));
    let body = r#"{"candidates":[{"content":{"parts":[{"text":"yes"}]}}],"responseId":"r-1",
        "usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1}}"#;
    let charge = evidence.absorb(3, Ok(reply(200, &headers, body)), Adapter::GeminiGenerate, &[], MOST);
    assert_eq!(evidence.request_id.as_deref(), Some("r-1"));
    assert_eq!(charge, Charge::For(Tokens { input: 3, output: 1 }));
}

#[test]
fn what_cannot_have_cost_anything_is_told_from_what_may_have() {
    let charge = |reply| Evidence::begun(1).absorb(2, reply, Adapter::OpenAiChat, &[], MOST);
    let none = |failure, may_have_arrived| Err(NoReply { failure, may_have_arrived });
    assert_eq!(charge(none(Failure::Connect, false)), Charge::Nothing);
    assert_eq!(charge(none(Failure::Connect, true)), Charge::Unknown);
    assert_eq!(charge(none(Failure::Timeout, true)), Charge::Unknown);
    assert_eq!(charge(Ok(reply(429, &[], "{}"))), Charge::Nothing);
    assert_eq!(charge(Ok(reply(200, &[], "{"))), Charge::Unknown);
    for (status, booked) in [
        (408, Charge::Unknown),
        (502, Charge::Unknown),
        (504, Charge::Unknown),
        (520, Charge::Unknown),
        (524, Charge::Unknown),
        (500, Charge::Nothing),
        (503, Charge::Nothing),
        (521, Charge::Nothing),
    ] {
        for body in ["", "<html>", r#"{"error":{"code":"x"}}"#] {
            assert_eq!(charge(Ok(reply(status, &[], body))), booked, "{status} {body}");
        }
    }
}

#[test]
fn a_key_in_an_answer_leaves_nothing_of_it() {
    let escaped: String = KEY.chars().map(|c| format!("\\u{:04X}", u32::from(c))).collect();
    let in_pieces = serde_json::json!({ "type": "message", "id": "msg_1", "content": [
        { "type": "text", "text": "nce-71" }, { "type": "text", "text": "9305" },
    ]});
    let mut evidence = Evidence::begun(1);
    let key = Secret::new(KEY).unwrap();
    evidence.absorb(2, Ok(reply(200, &[], &in_pieces.to_string())), Adapter::AnthropicMessages, &[key], MOST);
    let whole = [
        answer(&format!("your key is {KEY}")),
        answer("it ends in 93058264"),
        answer("yes").replace("yes", &escaped),
        answer("yes").replace("chatcmpl-1", KEY),
        answer("yes").replace("\"id\"", &format!("\"echo\":\"{KEY}\",\"id\"")),
    ];
    for evidence in whole.iter().map(|body| absorbed(reply(200, &[], body))).chain([evidence]) {
        assert_eq!(evidence.failure, Some(Failure::SecretInResponse));
        assert_eq!((evidence.text.as_ref(), evidence.response.len()), (None, 0), "{evidence:?}");
        let shown = kept(&evidence);
        assert!(
            !shown.contains("9305") && evidence.model.is_none() && evidence.request_id.is_none(),
            "{shown}"
        );
    }
}

#[test]
fn a_key_in_a_header_is_redacted_and_the_answer_stands() {
    let evidence = absorbed(reply(
        200,
        &[("server", "Bearer sk-evidence-71930582".into()), ("x-request-id", "r-93058264".into())],
        &answer("yes"),
    ));
    assert_eq!((evidence.failure, evidence.text.as_deref()), (None, Some("yes")));
    assert_eq!(evidence.headers["server"], REDACTED);
    assert_eq!(evidence.request_id.as_deref(), Some(REDACTED));
}

#[test]
fn of_what_is_no_answer_the_body_is_not_kept() {
    let page = format!("<h1>Blocked</h1> 203.0.113.7, org-secret, {KEY}");
    let masked =
        r#"{"error":{"code":"invalid_api_key","message":"Incorrect API key provided: sk-ev****8264."}}"#;
    for (status, body, failure) in [
        (403, page.as_str(), "http_4xx(403)"),
        (200, page.as_str(), "malformed"),
        (302, page.as_str(), "http_3xx(302)"),
        (500, page.as_str(), "http_5xx(500)"),
        (401, masked, "refused_by_api(invalid_key)"),
    ] {
        let evidence = absorbed(reply(status, &[], body));
        assert_eq!(evidence.failure.map(|failure| failure.to_string()).as_deref(), Some(failure));
        let shown = kept(&evidence);
        assert!(evidence.response.is_empty() && evidence.text.is_none(), "{shown}");
        for canary in ["Blocked", "203.0", "org-secret", "8264"] {
            assert!(!shown.contains(canary), "{shown}");
        }
    }
}

#[test]
fn of_a_body_that_broke_off_nothing_is_kept() {
    let torn = "{\"choices\":[{\"message\":{\"content\":\"org-secret";
    let evidence = absorbed(Reply { is_framed: false, ..reply(200, &[], torn) });
    assert_eq!((evidence.failure, evidence.response.len()), (Some(Failure::Connect), 0));
    assert!(!kept(&evidence).contains("org-secret"));
}

#[test]
fn addresses_go_alike_from_everything_that_is_kept() {
    let body = answer("You called from 203.0.113.7 and [2001:db8::7]:443.")
        .replace("203.0.113.7", r"203\u002e0.113.7");
    let body = body.replace("chatcmpl-1", "id-203.0.113.7").replace("\"m\"", "\"m-2001:db8::7\"");
    let evidence = absorbed(reply(
        200,
        &[("x-request-id", "ip-203-0-113-7".into()), ("server", "edge 203.0.113.7:80".into())],
        &body,
    ));
    assert_eq!(evidence.text.as_deref(), Some("You called from [ip] and [ip]."));
    assert_eq!(evidence.model.as_deref(), Some("m-[ip]"));
    let shown = kept(&evidence);
    assert!(!shown.contains("113") && !shown.contains("db8"), "{shown}");
    let again = absorbed(reply(200, &[], &String::from_utf8(evidence.response).unwrap()));
    assert_eq!(again.text, evidence.text, "the response says what the text says");
}

#[test]
fn an_address_in_pieces_takes_the_response_with_it() {
    let pieces = serde_json::json!({ "type": "message", "stop_reason": "end_turn", "content": [
        { "type": "text", "text": "at 203.0." }, { "type": "text", "text": "113.7" },
    ]});
    let mut evidence = Evidence::begun(1);
    evidence.absorb(2, Ok(reply(200, &[], &pieces.to_string())), Adapter::AnthropicMessages, &[], MOST);
    assert_eq!((evidence.text.as_deref(), evidence.response.len()), (Some("at [ip]"), 0));
}

#[test]
fn a_models_file_in_a_users_directory_tells_no_user() {
    let body = answer("yes").replace("\"m\"", "\"/srv/alice/q.gguf\"");
    let evidence = absorbed(reply(200, &[], &body));
    assert_eq!((evidence.text.as_deref(), evidence.model.as_deref()), (Some("yes"), Some("q.gguf")));
    assert!(!kept(&evidence).contains("alice") && !evidence.response.is_empty(), "{}", kept(&evidence));
}

#[test]
fn a_models_name_is_the_one_asked_for_or_a_public_one() {
    let named = |name: &str, asked: &str| {
        let mut evidence = Evidence::begun(1);
        evidence.asked = asked.to_owned();
        let body = answer("yes").replace("\"m\"", &format!("{name:?}"));
        evidence.absorb(2, Ok(reply(200, &[], &body)), Adapter::CompatibleChat, &[], MOST);
        assert!(!evidence.response.is_empty());
        let response = String::from_utf8(evidence.response).unwrap();
        let model = evidence.model.unwrap();
        assert!(response.contains(&format!("{model:?}")), "{response}");
        assert!(model == name || !response.contains(name), "{response}");
        (model, evidence.asked)
    };
    let own = "ft:gpt-4o-mini:acme:jdoe:9x8y7z";
    for (name, asked, kept) in [
        (own, own, own),
        (own, "gpt-4o-mini", "[other]"),
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
        ("llama", "gpt-4o-mini", "llama"),
        ("accounts/jdoe-9f3a/models/llama", "llama", "[other]"),
        ("jdoe-laptop.local:llama", "llama", "[other]"),
    ] {
        assert_eq!(named(name, asked), (kept.to_owned(), asked.to_owned()), "{name}");
    }
}

#[test]
fn what_a_vendor_says_of_its_account_is_not_kept() {
    let told =
        r#""user":"alice","organization":"alice","metadata":{"a":"alice"},"service_tier":"alice","id""#;
    let odd = answer("yes").replace("\"id\"", told).replace("chatcmpl-1", "user_alice1");
    let odd = odd.replace("\"message\"", "\"finish_reason\":\"org-alice\",\"message\"");
    let evidence = absorbed(reply(200, &[], &odd));
    assert_eq!(
        (evidence.failure, evidence.finish_reason.as_deref()),
        (Some(Failure::UnknownFinish), Some("[other]"))
    );
    assert!(!kept(&evidence).contains("alice") && !evidence.response.is_empty(), "{}", kept(&evidence));
    let error = r#"{"error":{"code":"org-alice","type":"invalid_request_error","status":"4011234567","reason":"1113"}}"#;
    let evidence = absorbed(reply(400, &[], error));
    let codes: Vec<_> = evidence.codes.iter().map(|(field, code)| (field.as_str(), code.as_str())).collect();
    let expected =
        [("code", "other"), ("reason", "1113"), ("status", "other"), ("type", "invalid_request_error")];
    assert_eq!(codes, expected);
}

/// A worker of the runtime that read the longest body itself would serve nobody for most of a second.
/// The only thread for such work is taken here, so that reading can't be over at the first look.
#[test]
fn a_body_is_read_beside_the_tasks_of_the_node() {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    let config = "target = \"lab\"\nendpoints = { eu = \"http://127.0.0.1:9/v1\" }";
    let vendor = toml::from_str::<crate::VendorConfig>(config).unwrap().check(false).unwrap();
    let mut evidence = Evidence::begun(1);
    let (release, held) = std::sync::mpsc::channel::<()>();
    runtime.block_on(async {
        let taken = tokio::task::spawn_blocking(move || held.recv());
        let mut absorbing =
            Box::pin(evidence.absorb_aside(2, Ok(reply(200, &[], &answer("yes"))), &vendor, MOST));
        let at_once =
            std::future::poll_fn(|context| std::task::Poll::Ready(absorbing.as_mut().poll(context))).await;
        assert!(at_once.is_pending(), "it is handed over");
        release.send(()).unwrap();
        taken.await.unwrap().unwrap();
        absorbing.await;
    });
    assert_eq!(evidence.text.as_deref(), Some("yes"));
}

#[test]
fn counts_that_cannot_be_are_a_failure_of_their_own() {
    let counted = |input: u64, output: u64| {
        let usage = format!("\"usage\":{{\"prompt_tokens\":{input},\"completion_tokens\":{output}}},\"id\"");
        let mut evidence = Evidence::begun(1);
        let reply = reply(200, &[], &answer("yes").replace("\"id\"", &usage));
        let charge = evidence.absorb(2, Ok(reply), Adapter::CompatibleChat, &[], MOST);
        (evidence, charge)
    };
    let (evidence, charge) = counted(MOST.input, MOST.output);
    assert_eq!((evidence.failure, charge), (None, Charge::For(MOST)));
    // thoughts beside the limit: an answer, of which no more is booked than was set aside
    for (input, output) in [(1001, 1), (1, 101), (1000 + (32 << 10), 100 + (128 << 10))] {
        let (evidence, charge) = counted(input, output);
        assert_eq!((evidence.failure, charge), (None, Charge::Unknown), "{input} {output}");
        assert_eq!(evidence.usage.tokens(), Some(Tokens { input, output }));
    }
    for (input, output) in
        [(1001 + (32 << 10), 1), (1, 101 + (128 << 10)), (u64::MAX, u64::MAX), (1, u64::MAX)]
    {
        let (evidence, charge) = counted(input, output);
        assert_eq!(
            (evidence.failure, charge),
            (Some(Failure::AbsurdUsage), Charge::Unknown),
            "{input} {output}"
        );
        assert_eq!((evidence.text, evidence.usage), (None, Usage::default()));
    }
}

#[test]
fn counts_below_what_came_are_none() {
    let charge = |text: &str, usage: &str| {
        let body = answer(text).replace("\"id\"", &format!("\"usage\":{usage},\"id\""));
        let mut evidence = Evidence::begun(1);
        let charge = evidence.absorb(2, Ok(reply(200, &[], &body)), Adapter::CompatibleChat, &[], MOST);
        assert_eq!(evidence.failure, None);
        charge
    };
    for usage in [
        r#"{"prompt_tokens":0,"completion_tokens":0}"#,
        r#"{"prompt_tokens":0,"completion_tokens":1}"#,
        r#"{"prompt_tokens":1,"completion_tokens":0}"#,
        r#"{"prompt_tokens":-1,"completion_tokens":0.5}"#,
        "{}",
    ] {
        assert_eq!(charge("yes", usage), Charge::Unknown, "{usage}");
    }
    let one = r#"{"prompt_tokens":1,"completion_tokens":1}"#;
    assert_eq!(charge("yes", one), Charge::For(Tokens { input: 1, output: 1 }));
    assert_eq!(charge(&"yes ".repeat(100), one), Charge::Unknown, "400 bytes are two tokens or more");
    let more = r#"{"prompt_tokens":1,"completion_tokens":1,"total_tokens":52}"#;
    assert_eq!(charge("yes", more), Charge::For(Tokens { input: 1, output: 51 }));
}

#[test]
fn a_later_attempt_leaves_nothing_of_an_earlier_one() {
    let mut evidence = absorbed(reply(500, &[("server", "old".into())], "broken"));
    let none = NoReply { failure: Failure::Timeout, may_have_arrived: true };
    evidence.absorb(3, Err(none), Adapter::OpenAiChat, &[], MOST);
    assert_eq!((evidence.status, evidence.headers.len(), evidence.response.len()), (None, 0, 0));
    assert_eq!(evidence.failure, Some(Failure::Timeout));
    let outcomes: Vec<_> = evidence.attempts.iter().map(|attempt| attempt.outcome.to_string()).collect();
    assert_eq!(outcomes, ["http_5xx(500)", "timeout"]);
}

#[test]
fn of_several_wishes_the_longest_counts() {
    let mut headers = HeaderMap::new();
    for wish in ["1", "3", "2"] {
        headers.append("retry-after", wish.parse().unwrap());
    }
    headers.append("server", "first".parse().unwrap());
    headers.append("server", "second".parse().unwrap());
    assert_eq!(longest(&headers, "retry-after").unwrap(), "3");
    headers.append("date", "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
    headers.append("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT".parse().unwrap());
    headers.append("retry-after", "soon".parse().unwrap());
    assert_eq!(longest(&headers, "retry-after").unwrap(), "Sun, 06 Nov 1994 08:50:37 GMT");
    assert_eq!(longest(&headers, "server").unwrap(), "first");
    assert_eq!(longest(&headers, "retry-after-ms"), None);
}

#[test]
fn a_no_to_another_attempt_holds_whatever_came_with_it() {
    let torn = r#"{"choices":[{"message":{"content":"half"},"finish_reason":"error"}]}"#;
    let no = [("x-should-retry", "false".to_owned())];
    assert!(absorbed(reply(200, &[], torn)).is_retried());
    assert!(!absorbed(reply(200, &no, torn)).is_retried());
    let cut = |headers: &[(&'static str, String)]| {
        absorbed(Reply { body: Err(Failure::Connect), ..reply(200, headers, "") })
    };
    assert!(cut(&[]).is_retried() && !cut(&no).is_retried());
    // a yes is no reason to ask again for what came whole
    let yes = [("x-should-retry", "true".to_owned())];
    assert!(!absorbed(reply(200, &yes, &answer(" "))).is_retried());
}
