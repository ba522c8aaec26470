//! A server that sends what a test wrote, byte for byte, and a client that asks it.

use std::io::Write as _;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use vantage_exec::{Charge, Evidence, VendorClient, VendorConfig};
use vantage_protocol::target::Dialect;

use crate::support::{Tally, allow, call_in, config_for};

/// Heads of the requests that came, as they came.
type Seen = Arc<Mutex<Vec<String>>>;

/// What came of a call.
pub struct Asked {
    pub evidence: Evidence,
    pub charges: Vec<Option<Charge>>,
    /// Heads of the requests.
    pub requests: Vec<String>,
}

/// A response, written out.
#[derive(Clone)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Bytes of the body that are sent; the rest is only announced.
    sent: Option<usize>,
    is_framed: bool,
}

impl Response {
    /// With this body, its length announced, called JSON.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: body.into(), sent: None, is_framed: true }
    }

    /// With one more header.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With these headers and no others.
    pub fn with_only(mut self, headers: &[(&str, &str)]) -> Self {
        self.headers =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self
    }

    /// Its body packed with gzip, and called so.
    pub fn gzipped(mut self) -> Self {
        self.body = gzip(&self.body);
        self.with("content-encoding", "gzip")
    }

    /// The connection is closed after so many bytes of the body.
    pub fn cut(mut self, sent: usize) -> Self {
        self.sent = Some(sent);
        self
    }

    /// Without a length: the end of the connection is the end of the body.
    pub fn unframed(mut self) -> Self {
        self.is_framed = false;
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("HTTP/1.1 {} Spoken\r\nconnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            bytes.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.is_framed {
            bytes.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        let sent = self.sent.unwrap_or(self.body.len());
        [format!("{bytes}\r\n").as_bytes(), &self.body[..sent]].concat()
    }
}

/// These bytes, packed with gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// A whole answer of a compatible server, changed by `change`.
pub fn chat(change: impl FnOnce(&mut Value)) -> Response {
    let mut body = json!({
        "id": "c-1", "object": "chat.completion", "created": 1, "model": "lab-1",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "Canberra" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11 }
    });
    change(&mut body);
    Response::new(200, body.to_string())
}

/// The same, with this text put in the place of its `"Canberra"`, quotes included: for what `serde_json` does not write.
pub fn chat_raw(text: &[u8]) -> Response {
    let body = chat(|_| {}).body;
    let marker = br#""Canberra""#;
    let at = body.windows(marker.len()).position(|window| window == marker).unwrap();
    Response::new(200, [&body[..at], text, &body[at + marker.len()..]].concat())
}

/// An error under this status.
pub fn error(status: u16, error: Value) -> Response {
    Response::new(status, json!({ "error": error }).to_string())
}

/// Asks a compatible endpoint that sends these responses, the last one again and again.
pub async fn ask(responses: &[Response]) -> Asked {
    ask_as("lab", Dialect::OpenAi, responses, |_| {}).await
}

/// As [`ask`], of any vendor and with any configuration.
pub async fn ask_as(
    target: &str,
    dialect: Dialect,
    responses: &[Response],
    change: impl FnOnce(&mut VendorConfig),
) -> Asked {
    ask_bytes(target, dialect, responses.iter().map(Response::bytes).collect(), change).await
}

/// As [`ask_as`], of a server that sends these bytes.
pub async fn ask_bytes(
    target: &str,
    dialect: Dialect,
    responses: Vec<Vec<u8>>,
    change: impl FnOnce(&mut VendorConfig),
) -> Asked {
    let seen = Seen::default();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(serve(listener, responses, seen.clone()));
    let mut config = config_for(&[("eu", address)]);
    config.target = target.to_owned();
    config.attempts_max = 3;
    config.allow_plain_http = true;
    change(&mut config);
    let client = VendorClient::with_roll(config.check(true).unwrap(), Box::new(|| 0)).unwrap();
    let tally = Tally::new(10);
    let evidence = client.execute("eu", &call_in(dialect, "Which city?"), &allow(&tally)).await.unwrap();
    server.abort();
    let requests = seen.lock().unwrap().clone();
    Asked { evidence, charges: tally.charges(), requests }
}

async fn serve(listener: TcpListener, responses: Vec<Vec<u8>>, seen: Seen) {
    let mut number = 0;
    while let Ok((stream, _)) = listener.accept().await {
        let mut stream = BufReader::new(stream);
        let head = read_request(&mut stream).await;
        seen.lock().unwrap().push(head);
        let response = responses.get(number).or(responses.last()).unwrap();
        number += 1;
        let _ = stream.write_all(response).await;
        let _ = stream.shutdown().await;
    }
}

/// Reads a whole request, so that closing the connection resets nothing; returns its head.
async fn read_request(stream: &mut BufReader<TcpStream>) -> String {
    let mut head = String::new();
    while stream.read_line(&mut head).await.is_ok_and(|read| read > 2) {}
    let length = head
        .to_lowercase()
        .lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    let _ = stream.read_exact(&mut body).await;
    head
}
