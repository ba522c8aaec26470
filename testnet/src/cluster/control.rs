//! Speaking with a node over its control socket: one JSON object a line.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::mpsc;

/// Longest wait for one answer: a guess.
const ANSWER_S_MAX: u64 = 60;

/// Why a node did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The socket does not work.
    #[error("control socket {0}: {1}")]
    Socket(PathBuf, std::io::Error),
    /// No answer in time, or the connection was closed.
    #[error("control socket {0}: no answer")]
    Silent(PathBuf),
    /// Not JSON.
    #[error("control socket {0}: {1}")]
    Json(PathBuf, serde_json::Error),
    /// The node says that the request is wrong.
    #[error("control socket {0}: {1}")]
    Refused(PathBuf, Value),
}

/// Sends one request and reads one answer.
pub async fn ask(data: &Path, request: &Value) -> Result<Value, ControlError> {
    let path = data.join("control.sock");
    let mut lines = open(&path, request).await?;
    let limit = Duration::from_secs(ANSWER_S_MAX);
    let line = tokio::time::timeout(limit, lines.next_line())
        .await
        .map_err(|_| ControlError::Silent(path.clone()))?;
    let line =
        line.map_err(|e| ControlError::Socket(path.clone(), e))?.ok_or(ControlError::Silent(path.clone()))?;
    let answer: Value = serde_json::from_str(&line).map_err(|e| ControlError::Json(path.clone(), e))?;
    if let Some(why) = answer.get("error") {
        Err(ControlError::Refused(path, why.clone()))
    } else {
        Ok(answer)
    }
}

/// Sends one request and passes on every answer until the node ends the stream.
pub async fn watch(data: &Path, request: &Value) -> Result<mpsc::Receiver<Value>, ControlError> {
    let path = data.join("control.sock");
    let mut lines = open(&path, request).await?;
    let (sender, receiver) = mpsc::channel(64);
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            let Ok(value) = serde_json::from_str::<Value>(&line) else { break };
            // after an error the node waits for the next request: there is none
            let last = value.get("end").is_some() || value.get("error").is_some();
            if last || sender.send(value).await.is_err() {
                break;
            }
        }
    });
    Ok(receiver)
}

async fn open(path: &Path, request: &Value) -> Result<tokio::io::Lines<BufReader<UnixStream>>, ControlError> {
    let failed = |e| ControlError::Socket(path.to_owned(), e);
    let mut stream = UnixStream::connect(path).await.map_err(failed)?;
    stream.write_all(format!("{request}\n").as_bytes()).await.map_err(failed)?;
    Ok(BufReader::new(stream).lines())
}
