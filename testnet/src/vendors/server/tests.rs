use std::collections::BTreeSet;

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

use super::*;

const DAM: &str = "Who is responsible for the water shortage downstream of the Karun-Sel dam?";

fn client() -> Client {
    Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}

fn post(sim: &SimVendor, region: &str, body: &Value) -> RequestBuilder {
    client()
        .post(format!("{}/v1/chat/completions", sim.endpoint(region)))
        .header("content-type", "application/json")
        .body(body.to_string())
}

async fn ask(sim: &SimVendor, region: &str, body: &Value) -> Response {
    post(sim, region, body).bearer_auth(SIM_KEY).send().await.unwrap()
}

async fn body_of(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

fn request(prompt: &str) -> Value {
    json!({ "model": "sim-gpt", "messages": [{ "role": "user", "content": prompt }], "temperature": 0 })
}

async fn said(sim: &SimVendor, region: &str, prompt: &str) -> String {
    let body = body_of(ask(sim, region, &request(prompt)).await).await;
    body["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
}

fn fields(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The fields are those of `ChatCompletion`, `Choice`, `ChatCompletionMessage` and `CompletionUsage` in OpenAI's API
/// reference, less those that only other kinds of request bring (audio, tool calls).
#[tokio::test]
async fn a_completion_has_the_fields_of_the_api_reference() {
    let sim = SimVendor::start(SimConfig::default()).await.unwrap();
    let body = body_of(ask(&sim, "eu", &request("What is the capital of Australia?")).await).await;
    let expected =
        ["id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint"];
    assert_eq!(fields(&body), expected.into());
    let choice = &body["choices"][0];
    assert_eq!(fields(choice), ["index", "message", "logprobs", "finish_reason"].into());
    assert_eq!(fields(&choice["message"]), ["role", "content", "refusal", "annotations"].into());
    let usage = &body["usage"];
    let expected = [
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "prompt_tokens_details",
        "completion_tokens_details",
    ];
    assert_eq!(fields(usage), expected.into());
    let sum = usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap();
    assert_eq!(usage["total_tokens"].as_u64(), Some(sum));
    assert_eq!((&body["object"], &body["model"]), (&json!("chat.completion"), &json!("sim-gpt")));
    assert_eq!((&choice["finish_reason"], &choice["message"]["role"]), (&json!("stop"), &json!("assistant")));
}

#[tokio::test]
async fn every_answer_says_that_it_is_simulated() {
    let sim = SimVendor::start(SimConfig::default()).await.unwrap();
    let response = ask(&sim, "eu", &request("hello")).await;
    let headers = response.headers().clone();
    assert_eq!(headers["server"], "sim-openai");
    assert!(headers["x-request-id"].to_str().unwrap().starts_with("req_sim_"));
    for name in ["openai-processing-ms", "openai-version", "openai-organization", "date"] {
        assert!(headers.contains_key(name), "{name}");
    }
    for kind in ["limit", "remaining", "reset"] {
        for unit in ["requests", "tokens"] {
            assert!(headers.contains_key(format!("x-ratelimit-{kind}-{unit}")), "{kind} {unit}");
        }
    }
    let body = body_of(response).await;
    assert!(body["id"].as_str().unwrap().starts_with("chatcmpl-sim-"));
    assert!(body["system_fingerprint"].as_str().unwrap().starts_with("sim_"));
}

#[tokio::test]
async fn the_same_calls_in_the_same_order_get_the_same_answers() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let sim = SimVendor::start(SimConfig { seed: 42, ..SimConfig::default() }).await.unwrap();
        let mut answers = Vec::new();
        for region in ["eu", "ap", "eu", "eu"] {
            answers.push(said(&sim, region, DAM).await);
            // Other prompts between do not matter.
            said(&sim, region, "Explain in two sentences why the sky is blue.").await;
        }
        sim.shutdown().await.unwrap();
        runs.push(answers);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0][0], runs[0][2], "repeats differ");
    assert!(runs[0][1].contains("drought alone") && !runs[0][0].contains("drought alone"));
}

#[tokio::test]
async fn refusals_have_the_shape_of_the_api_reference() {
    let models = vec!["sim-gpt".to_owned()];
    let sim = SimVendor::start(SimConfig { models, ..SimConfig::default() }).await.unwrap();
    let good = request("hello");
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let authorised = |region: &str, body: &Value| post(&sim, region, body).bearer_auth(SIM_KEY);
    for (request, status, code) in [
        (post(&sim, "eu", &good), 401, Value::Null),
        (post(&sim, "eu", &good).bearer_auth("sk-wrong-0123456789"), 401, json!("invalid_api_key")),
        (authorised("mars", &good), 404, Value::Null),
        (authorised("eu", &with("model", json!("gpt-9"))), 404, json!("model_not_found")),
        (authorised("eu", &with("messages", json!([]))), 400, Value::Null),
        (authorised("eu", &with("n", json!(2))), 400, Value::Null),
        (authorised("eu", &with("stream", json!(true))), 400, Value::Null),
        (authorised("eu", &good).body("{"), 400, Value::Null),
        (authorised("eu", &good).body(vec![b' '; 2 << 20]), 413, Value::Null),
        (client().get(format!("{}/v1/chat/completions", sim.endpoint("eu"))), 404, Value::Null),
        (client().get(format!("{}/v2", sim.endpoint("eu"))), 404, Value::Null),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.headers()["content-type"], "application/json");
        let body = body_of(response).await;
        assert_eq!(fields(&body["error"]), ["message", "type", "param", "code"].into());
        assert_eq!(body["error"]["code"], code, "{body}");
        assert!(!body.to_string().contains("sk-wrong-0123456789"));
    }
}

#[tokio::test]
async fn models_are_listed() {
    let sim = SimVendor::start(SimConfig::default()).await.unwrap();
    let request = client().get(format!("{}/v1/models", sim.endpoint("us"))).bearer_auth(SIM_KEY);
    let body = body_of(request.send().await.unwrap()).await;
    assert_eq!(body["object"], "list");
    assert_eq!(fields(&body["data"][0]), ["id", "object", "created", "owned_by"].into());
}

#[tokio::test]
async fn calls_are_counted_by_region_and_kept_as_they_came() {
    let sim = SimVendor::start(SimConfig::default()).await.unwrap();
    for region in ["eu", "ap", "ap"] {
        ask(&sim, region, &request("hello")).await;
    }
    assert_eq!((sim.calls(), sim.calls_in("ap"), sim.calls_in("us")), (3, 2, 0));
    let requests = sim.requests();
    assert_eq!(
        requests.iter().map(|request| request.region.as_str()).collect::<Vec<_>>(),
        ["eu", "ap", "ap"]
    );
    assert!(requests.iter().all(|kept| kept.body == request("hello").to_string().as_bytes()));
}

#[tokio::test]
async fn a_token_limit_cuts_the_answer() {
    let sim = SimVendor::start(SimConfig::default()).await.unwrap();
    let mut limited = request(DAM);
    limited["max_completion_tokens"] = json!(5);
    let body = body_of(ask(&sim, "eu", &limited).await).await;
    assert_eq!(body["choices"][0]["finish_reason"], "length");
    assert_eq!(body["usage"]["completion_tokens"], 5);
}

#[tokio::test]
async fn a_message_in_parts_is_read_too() {
    let sim = SimVendor::start(SimConfig::default()).await.unwrap();
    let parts = json!([{ "type": "text", "text": "What is the capital of Australia?" }]);
    let body = json!({ "model": "m", "messages": [{ "role": "user", "content": parts }] });
    let answer = body_of(ask(&sim, "eu", &body).await).await;
    assert!(answer["choices"][0]["message"]["content"].as_str().unwrap().contains("Canberra"));
}

#[tokio::test]
async fn what_cannot_work_does_not_start() {
    let config = SimConfig::default();
    assert_eq!(config.plants.len(), 1, "the default has its plant");
    for (bad, reason) in [
        (SimConfig { regions: vec![], ..config.clone() }, "no regions"),
        (SimConfig { regions: vec!["a/b".into()], ..config.clone() }, "not a name"),
        (SimConfig { regions: vec!["eu".into()], ..config.clone() }, "which is not served"),
        (SimConfig { torn: vec!["mars".into()], ..config.clone() }, "torn in region \"mars\""),
        (SimConfig { key: "short".into(), ..config.clone() }, "shorter than 8"),
    ] {
        let error = SimVendor::start(bad).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    let everywhere = TcpListener::bind(("0.0.0.0", 0)).await.unwrap();
    let error = SimVendor::start_on(config, everywhere).unwrap_err().to_string();
    assert!(error.contains("not on this machine"), "{error}");
}

#[tokio::test]
async fn it_shuts_down_amid_a_slow_answer() {
    let sim = SimVendor::start(SimConfig::default()).await.unwrap();
    sim.inject(Fault::SlowBody { pause_ms: 3_600_000 }, 1);
    let slow = ask(&sim, "eu", &request("hello")).await;
    sim.shutdown().await.unwrap();
    assert!(slow.bytes().await.is_ok(), "what was under way is ended, not cut");
}

/// Request and answer text of each format.
fn formats() -> [(Dialect, &'static str, Value, &'static str); 3] {
    let message = json!([{ "role": "user", "content": DAM }]);
    [
        (
            Dialect::OpenAi,
            "/v1/chat/completions",
            json!({ "model": "m", "messages": message }),
            "/choices/0/message/content",
        ),
        (
            Dialect::Anthropic,
            "/v1/messages",
            json!({ "model": "m", "max_tokens": 200, "messages": message }),
            "/content/0/text",
        ),
        (
            Dialect::Gemini,
            "/v1beta/models/m:generateContent",
            json!({ "contents": [{ "role": "user", "parts": [{ "text": DAM }] }] }),
            "/candidates/0/content/parts/0/text",
        ),
    ]
}

#[tokio::test]
async fn all_formats_give_the_same_answers_and_say_that_they_are_simulated() {
    let mut answers = Vec::new();
    for (dialect, path, body, text) in formats() {
        let config = SimConfig { dialect, ..SimConfig::default() };
        let sim = SimVendor::start(config).await.unwrap();
        let mut said = Vec::new();
        for region in ["eu", "ap"] {
            let header = wire::key_header(dialect);
            let key = if dialect == Dialect::OpenAi { format!("Bearer {SIM_KEY}") } else { SIM_KEY.into() };
            let request = client()
                .post(format!("{}{path}", sim.endpoint(region)))
                .header("content-type", "application/json")
                .header("anthropic-version", "2023-06-01")
                .header(header, key)
                .body(body.to_string());
            let response = request.send().await.unwrap();
            assert_eq!(response.status().as_u16(), 200, "{dialect:?}");
            assert!(response.headers()["server"].to_str().unwrap().starts_with("sim-"));
            let body = body_of(response).await;
            assert!(body.to_string().contains("sim"), "{body}");
            said.push(body.pointer(text).unwrap().as_str().unwrap().to_owned());
        }
        let kept = sim.requests();
        assert!(
            kept.iter()
                .all(|request| request.path == path
                    && !request.headers.contains_key(wire::key_header(dialect)))
        );
        assert!(said[1].contains("drought alone") && !said[0].contains("drought alone"));
        answers.push(said);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "they differ in their format alone");
}
