//! A landmark on loopback: a web server that answers everything, to which round trips are measured.

use crate::BedError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Most bytes of a request that are read, and longest time for it: guesses, far above what a probe sends.
const REQUEST_BYTES_MAX: u64 = 16 * 1024;
const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);
/// Guests at a time. A guess.
const GUESTS_MAX: usize = 64;

/// Answers every request with nothing, until it is dropped.
#[derive(Debug)]
pub struct LandmarkServer {
    /// Where it is.
    pub url: String,
    requests: Arc<AtomicU64>,
    _tasks: JoinSet<()>,
}

impl LandmarkServer {
    /// Starts on a free port.
    pub async fn start() -> Result<Self, BedError> {
        let failed = |e| BedError::Spawn { program: "landmark server".to_owned(), why: e };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let url = format!("http://{}/", listener.local_addr().map_err(failed)?);
        let requests = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, Arc::clone(&requests)));
        Ok(Self { url, requests, _tasks: tasks })
    }

    /// Requests that were answered so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

async fn serve(listener: TcpListener, requests: Arc<AtomicU64>) {
    let mut guests = JoinSet::new();
    loop {
        while guests.len() >= GUESTS_MAX {
            guests.join_next().await;
        }
        if let Ok((stream, _)) = listener.accept().await {
            let requests = Arc::clone(&requests);
            guests.spawn(async move {
                // a guest that goes away is no trouble of ours
                if answer(stream).await.is_ok() {
                    requests.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        while guests.try_join_next().is_some() {}
    }
}

async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let (reading, mut writing) = stream.split();
    let mut lines = BufReader::new(reading.take(REQUEST_BYTES_MAX)).lines();
    let request = async {
        while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
        std::io::Result::Ok(())
    };
    tokio::time::timeout(REQUEST_TIME_MAX, request).await??;
    writing.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await?;
    writing.shutdown().await
}
