//! The bytes on a stream: an unsigned varint, then as many bytes as it says.

use std::io;

use bytes::Bytes;
use futures::{AsyncRead, AsyncWrite, AsyncWriteExt};
use libp2p::StreamProtocol;
use libp2p::request_response;
use tokio::sync::OwnedSemaphorePermit;

use super::Stream;
use super::budget::Budgets;
use crate::framing::{read_announced, read_payload};
use crate::varint;

/// A request or response, with its share of the read buffer if it was read.
#[derive(Debug)]
pub(crate) struct Frame {
    /// The payload.
    pub(crate) data: Bytes,
    /// Held until the payload has been dealt with.
    pub(crate) permit: Option<OwnedSemaphorePermit>,
}

impl From<Bytes> for Frame {
    fn from(data: Bytes) -> Self {
        Self { data, permit: None }
    }
}

/// Reads and writes frames of one stream protocol within its limits.
#[derive(Clone)]
pub(crate) struct FrameCodec {
    stream: Stream,
    budgets: Budgets,
}

impl FrameCodec {
    pub(crate) fn new(stream: Stream, budgets: Budgets) -> Self {
        Self { stream, budgets }
    }
}

impl request_response::Codec for FrameCodec {
    type Protocol = StreamProtocol;
    type Request = Frame;
    type Response = Frame;

    async fn read_request<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Frame> {
        let len = read_length(io, self.stream.request_bytes_max()).await?;
        let permit = self.budgets.request(len)?;
        Ok(Frame { data: read_payload(io, len).await?, permit: Some(permit) })
    }

    async fn read_response<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Frame> {
        let len = read_length(io, self.stream.response_bytes_max()).await?;
        let permit = self.budgets.response(len).await?;
        Ok(Frame { data: read_payload(io, len).await?, permit: Some(permit) })
    }

    async fn write_request<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        frame: Frame,
    ) -> io::Result<()> {
        write_frame(io, &frame.data).await
    }

    async fn write_response<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        frame: Frame,
    ) -> io::Result<()> {
        write_frame(io, &frame.data).await
    }
}

async fn read_length<T: AsyncRead + Unpin + Send>(io: &mut T, max: usize) -> io::Result<usize> {
    read_announced(io, || max).await?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

async fn write_frame<T: AsyncWrite + Unpin + Send>(io: &mut T, data: &[u8]) -> io::Result<()> {
    let mut head = Vec::with_capacity(varint::BYTES_MAX);
    varint::push(&mut head, data.len() as u64);
    io.write_all(&head).await?;
    io.write_all(data).await?;
    io.flush().await
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use futures::io::Cursor;
    use libp2p::request_response::Codec;

    use super::*;

    const PROTOCOL: StreamProtocol = StreamProtocol::new("/test/1");

    fn codec() -> FrameCodec {
        FrameCodec::new(Stream::Log, Budgets::new())
    }

    fn written(len: usize) -> Vec<u8> {
        let mut io = Cursor::new(Vec::new());
        block_on(write_frame(&mut io, &vec![7; len])).unwrap();
        io.into_inner()
    }

    #[test]
    fn frames_come_back_as_written_up_to_the_limit() {
        for len in [0, 1, 127, 128, Stream::Log.request_bytes_max()] {
            let mut io = Cursor::new(written(len));
            let frame = block_on(codec().read_request(&PROTOCOL, &mut io)).unwrap();
            assert_eq!(frame.data, vec![7; len]);
        }
        for len in [0, 100_000, Stream::Log.response_bytes_max()] {
            let mut io = Cursor::new(written(len));
            let frame = block_on(codec().read_response(&PROTOCOL, &mut io)).unwrap();
            assert_eq!(frame.data, vec![7; len]);
        }
    }

    #[test]
    fn requests_and_responses_have_limits_of_their_own() {
        let mut io = Cursor::new(written(Stream::Log.request_bytes_max() + 1));
        let error = block_on(codec().read_request(&PROTOCOL, &mut io)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        io.set_position(0);
        assert!(block_on(codec().read_response(&PROTOCOL, &mut io)).is_ok());
    }

    #[test]
    fn a_cut_frame_is_an_error() {
        let mut bytes = written(100);
        bytes.truncate(50);
        assert!(block_on(codec().read_request(&PROTOCOL, &mut Cursor::new(bytes))).is_err());
        assert!(block_on(codec().read_request(&PROTOCOL, &mut Cursor::new(Vec::new()))).is_err());
    }
}
