//! Where a request goes, byte for byte: what a server reads on its first line.

use std::collections::BTreeMap;

use crate::support::{Tally, allow, config_for, failure};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use vantage_exec::{Call, VendorClient};
use vantage_protocol::request::Request;
use vantage_protocol::suite::{Prompt, PromptKind, Suite};

/// The request of a target for some prompt.
fn request(target: &str) -> Request {
    let prompt = Prompt { id: "p".into(), topic: "t".into(), kind: PromptKind::Fact, text: "Why?".into() };
    let suite = Suite {
        v: 1,
        name: "s".into(),
        label: "l".into(),
        tokens_max: 9,
        temperature_milli: None,
        seed: None,
        prompts: vec![prompt.clone()],
    };
    Request::of(&target.parse().unwrap(), &suite, &prompt)
}

/// What a server that speaks no HTTP but this reads of one request: its first line, and its body.
async fn one_request(listener: &TcpListener) -> (String, Vec<u8>) {
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    stream.read_line(&mut first).await.unwrap();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    stream.write_all(answer).await.unwrap();
    (first.trim_end().to_owned(), body)
}

/// Sends the target's request to a base address of this vendor's, and returns what arrived.
async fn sent(vendor: &str, base: &str, target: &str) -> (Request, String, Vec<u8>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let at = listener.local_addr().unwrap();
    let mut config = config_for(&[("eu", format!("http://{at}{base}"))]);
    config.target = vendor.to_owned();
    let client = VendorClient::new(config.check(true).unwrap()).unwrap();
    let request = request(target);
    let Request { method, path, headers, body, .. } = request.clone();
    let call = Call::new(method, path, &headers, body).unwrap();
    let allowance = allow(&Tally::new(1));
    let (evidence, (first, body)) =
        tokio::join!(client.execute("eu", &call, &allowance), one_request(&listener));
    assert_eq!(failure(&evidence.unwrap()), "http_4xx(404)");
    (request, first, body)
}

#[tokio::test]
async fn a_model_of_any_name_stays_one_segment_of_geminis_path() {
    for (model, segment) in [
        ("gemini-2.5-flash", "gemini-2.5-flash"),
        ("models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("..", ".."),
        (".", "."),
        ("../../v1/evil", "..%2F..%2Fv1%2Fevil"),
        ("a:generateContent", "a%3AgenerateContent"),
        ("a%2Fb\\c?d#e", "a%252Fb%5Cc%3Fd%23e"),
        ("Aa~_-.\"<>|`^{}'", "Aa~_-.%22%3C%3E%7C%60%5E%7B%7D%27"),
    ] {
        let (request, first, body) = sent("sim:gemini", "/eu", &format!("gemini/{model}")).await;
        assert_eq!(request.path, format!("/v1beta/models/{segment}:generateContent"), "{model}");
        assert_eq!(first, format!("POST /eu{} HTTP/1.1", request.path), "{model}");
        assert_eq!(body, request.body);
    }
}

#[tokio::test]
async fn a_compatible_endpoint_is_asked_below_its_base_address() {
    for (base, path) in [
        ("/v1", "/v1/chat/completions"),
        ("/v1/", "/v1/chat/completions"),
        ("/api/paas/v4", "/api/paas/v4/chat/completions"),
        ("/v1beta/openai", "/v1beta/openai/chat/completions"),
        ("", "/chat/completions"),
        ("/a%20b/%7Bc%7D", "/a%20b/%7Bc%7D/chat/completions"),
    ] {
        let (request, first, body) = sent("lab", base, "compat:lab/Qwen/Qwen2.5-7B-Instruct").await;
        assert_eq!(first, format!("POST {path} HTTP/1.1"), "{base}");
        assert_eq!(body, request.body);
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&body["model"], &body["stream"]), (&"Qwen/Qwen2.5-7B-Instruct".into(), &false.into()));
    }
}

#[test]
fn the_longest_names_make_calls() {
    let odd = "/".repeat(vantage_protocol::params::MODEL_BYTES_MAX);
    for target in [format!("gemini/{odd}"), format!("openai/{odd}"), format!("compat:lab/{odd}")] {
        let Request { method, path, headers, body, .. } = request(&target);
        assert!(Call::new(method, path, &headers, body).is_ok(), "{target}");
    }
    assert!(Call::new("POST", "/a/../b", &BTreeMap::new(), vec![]).is_err());
}
