//! One image over HTTP on loopback, for a provider to fetch.

use super::Packed;
use crate::BedError;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Most bytes of a request that are read, and longest time for it: guesses, far above what a client sends.
const REQUEST_BYTES_MAX: u64 = 16 * 1024;
const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);
/// Guests at a time. A guess: one provider fetches an image once.
const GUESTS_MAX: usize = 16;

/// Serves one image until it is dropped.
#[derive(Debug)]
pub struct ImageServer {
    /// Where the image is.
    pub url: String,
    /// What a demand says: `hash:sha3:<SHA3-224>:<url>`.
    pub task_package: String,
    _tasks: JoinSet<()>,
}

impl ImageServer {
    /// Starts to serve an image on a free port.
    pub async fn start(image: &Packed) -> Result<Self, BedError> {
        let failed = |e| BedError::Spawn { program: "image server".to_owned(), why: e };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let name = image.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let url = format!("http://127.0.0.1:{port}/{name}");
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, Arc::new((format!("/{name}"), image.path.clone()))));
        let task_package = format!("hash:sha3:{}:{url}", image.sha3_224);
        Ok(Self { url, task_package, _tasks: tasks })
    }
}

async fn serve(listener: TcpListener, image: Arc<(String, PathBuf)>) {
    let mut guests = JoinSet::new();
    loop {
        while guests.len() >= GUESTS_MAX {
            guests.join_next().await;
        }
        if let Ok((stream, _)) = listener.accept().await {
            let image = Arc::clone(&image);
            guests.spawn(async move {
                // a guest that goes away is no trouble of ours
                let _ = answer(stream, &image.0, &image.1).await;
            });
        }
        while guests.try_join_next().is_some() {}
    }
}

async fn answer(mut stream: TcpStream, path: &str, file: &std::path::Path) -> std::io::Result<()> {
    let (reading, mut writing) = stream.split();
    let mut lines = BufReader::new(reading.take(REQUEST_BYTES_MAX)).lines();
    let request = async {
        let first = lines.next_line().await?.unwrap_or_default();
        while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
        std::io::Result::Ok(first)
    };
    let first = tokio::time::timeout(REQUEST_TIME_MAX, request).await??;
    let mut words = first.split(' ');
    let asked = (words.next(), words.next());
    if asked != (Some("GET"), Some(path)) {
        return writing.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
    }
    let mut file = tokio::fs::File::open(file).await?;
    let length = file.metadata().await?.len();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    writing.write_all(head.as_bytes()).await?;
    tokio::io::copy(&mut file, &mut writing).await?;
    writing.shutdown().await
}
