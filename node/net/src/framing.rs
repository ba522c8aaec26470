//! Length-prefixed byte strings off a stream, with the length checked before anything is buffered.

use std::io;

use bytes::Bytes;
use futures::{AsyncRead, AsyncReadExt};

use crate::varint;

/// How much is buffered ahead of what has arrived.
const CHUNK_BYTES: usize = 64 * 1024;

/// Reads the announced length; `None` if the stream ends before it. More than `max` (asked once the length is here)
/// is an error.
pub(crate) async fn read_announced<T: AsyncRead + Unpin + Send>(
    io: &mut T,
    max: impl Fn() -> usize,
) -> io::Result<Option<usize>> {
    let Some(announced) = varint::read(io).await? else { return Ok(None) };
    let max = max();
    match usize::try_from(announced) {
        Ok(len) if len <= max => Ok(Some(len)),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("announces {announced} bytes, at most {max} are allowed"),
        )),
    }
}

/// Reads that many bytes; memory grows with what arrives, not with what was announced.
pub(crate) async fn read_payload<T: AsyncRead + Unpin + Send>(io: &mut T, len: usize) -> io::Result<Bytes> {
    let mut payload = Vec::with_capacity(len.min(CHUNK_BYTES));
    while payload.len() < len {
        let start = payload.len();
        payload.resize(len.min(start.saturating_add(CHUNK_BYTES.max(start))), 0);
        io.read_exact(payload.get_mut(start..).unwrap_or_default()).await?;
    }
    Ok(payload.into())
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use futures::io::Cursor;

    use super::*;

    #[test]
    fn an_oversized_announcement_is_refused_unread() {
        for announced in [1025, 1 << 40, u64::MAX] {
            let mut bytes = Vec::new();
            varint::push(&mut bytes, announced);
            let error = block_on(read_announced(&mut Cursor::new(bytes), || 1024)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
        assert_eq!(block_on(read_announced(&mut Cursor::new([0x80, 8u8]), || 1024)).unwrap(), Some(1024));
        assert_eq!(block_on(read_announced(&mut Cursor::new([0u8; 0]), || 1024)).unwrap(), None);
    }

    #[test]
    fn payloads_are_read_whole_or_not_at_all() {
        for len in [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 5 * CHUNK_BYTES] {
            let bytes = vec![7; len];
            assert_eq!(block_on(read_payload(&mut Cursor::new(&bytes), len)).unwrap(), bytes);
            assert!(block_on(read_payload(&mut Cursor::new(&bytes), len + 1)).is_err());
        }
    }
}
