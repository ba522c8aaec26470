//! Bounded JSON lines.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Why a line was not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    /// The connection broke.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Longer than allowed; the rest of it was not read.
    #[error("a line of more than {0} bytes")]
    TooLong(usize),
    /// Not the JSON object that was expected.
    #[error("{0}")]
    Shape(String),
}

/// Reads one line; `None` where the other side has closed.
pub(super) async fn read<T: DeserializeOwned>(
    reader: &mut (impl AsyncBufRead + Unpin),
    bytes_max: usize,
) -> Result<Option<T>, LineError> {
    let mut line = Vec::new();
    let bound = bytes_max as u64 + 1;
    let count = reader.take(bound).read_until(b'\n', &mut line).await?;
    if count == 0 {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') && line.len() > bytes_max {
        return Err(LineError::TooLong(bytes_max));
    }
    serde_json::from_slice(&line).map(Some).map_err(|error| LineError::Shape(error.to_string()))
}

/// Writes one line and flushes.
pub(super) async fn write(writer: &mut (impl AsyncWrite + Unpin), value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    writer.write_all(&line).await?;
    writer.flush().await
}
