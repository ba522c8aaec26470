//! Bitswap messages on a stream: an unsigned varint, then as many bytes as it says.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::message::Message;
use crate::framing::{read_announced, read_payload};
use crate::limits::BITSWAP_MESSAGE_BYTES_MAX;

/// A stream on which the next message does not begin for this long is closed; a guess.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);
/// A message that takes longer than this to arrive or to go out is given up: 4 MiB in a minute are 70 KB/s.
pub(super) const MESSAGE_TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes per permit of a read budget.
const GRAIN_BYTES: usize = 1024;

/// Bytes of messages that one connection may have under way to us: two of the largest.
pub(super) fn read_budget() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(2 * BITSWAP_MESSAGE_BYTES_MAX.div_ceil(GRAIN_BYTES)))
}

/// Reads and decodes the next message; `None` at the end of the stream. No message longer than `max`
/// is read.
pub(super) async fn read<T: AsyncRead + Unpin + Send>(
    io: &mut T,
    max: impl Fn() -> usize,
    budget: &Semaphore,
) -> io::Result<Option<Message>> {
    let Some(len) = timeout(IDLE_TIMEOUT, read_announced(io, max)).await?? else { return Ok(None) };
    let grains = u32::try_from(len.div_ceil(GRAIN_BYTES)).map_err(invalid)?;
    let _room = budget.acquire_many(grains).await.map_err(io::Error::other)?;
    let body = timeout(MESSAGE_TIMEOUT, read_payload(io, len)).await??;
    Message::decode(&body).map(Some).map_err(invalid)
}

/// Writes a message.
pub(super) async fn write<T: AsyncWrite + Unpin + Send>(io: &mut T, message: &Message) -> io::Result<()> {
    let framed = message.encode_framed();
    timeout(MESSAGE_TIMEOUT, async {
        io.write_all(&framed).await?;
        io.flush().await
    })
    .await?
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use futures::io::Cursor;

    use super::*;

    #[tokio::test]
    async fn messages_follow_each_other_to_the_end() {
        let mut io = Cursor::new(Vec::new());
        let message = Message { full: true, ..Message::default() };
        for _ in 0..3 {
            write(&mut io, &message).await.unwrap();
        }
        io.set_position(0);
        for _ in 0..3 {
            let read = read(&mut io, || 1024, &read_budget()).await.unwrap();
            assert_eq!(read.as_ref(), Some(&message));
        }
        assert_eq!(read(&mut io, || 1024, &read_budget()).await.unwrap(), None);
    }
}
