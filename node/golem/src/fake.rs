//! A daemon for tests that answers as it is told, once a connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// What it answers.
pub(crate) struct Reply {
    status: u16,
    kind: &'static str,
    body: String,
    enough: bool,
}

impl Reply {
    /// As the daemon does.
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self { status, kind: "application/json", body: body.to_owned(), enough: false }
    }

    /// As a proxy does.
    pub(crate) fn page(status: u16) -> Self {
        let body = "<html><body><h1>Internal</h1></body></html>".to_owned();
        Self { status, kind: "text/html", body, enough: false }
    }

    /// Nothing more, and the test has seen enough.
    pub(crate) fn enough() -> Self {
        Self { enough: true, ..Self::json(200, "[]") }
    }
}

/// The daemon; its thread ends with the test's process.
pub(crate) struct Fake {
    /// Where it is.
    pub(crate) address: String,
    /// Cancelled by [`Reply::enough`].
    pub(crate) polled_enough: CancellationToken,
}

impl Fake {
    /// Answers by method and path.
    pub(crate) fn start(answer: impl Fn(&str, &str) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let polled_enough = CancellationToken::new();
        let enough = polled_enough.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let reply = respond(stream.unwrap(), &answer);
                if reply {
                    enough.cancel();
                }
            }
        });
        Self { address, polled_enough }
    }
}

fn respond(stream: TcpStream, answer: &impl Fn(&str, &str) -> Reply) -> bool {
    let mut reader = BufReader::new(&stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    reader.take(length).read_to_end(&mut Vec::new()).unwrap();
    let mut words = first.split(' ');
    let Reply { status, kind, body, enough } =
        answer(words.next().unwrap(), words.next().unwrap().split('?').next().unwrap());
    // the asker may have left
    let _ = write!(
        &stream,
        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    enough
}
