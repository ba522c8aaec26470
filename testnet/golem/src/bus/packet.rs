//! Packets of Golem's service bus: each is a length of four bytes, big-endian, and a protobuf message.
//!
//! The field numbers are those of the daemon's published `gsb_api.proto`.

use prost::{Message, Oneof};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Longest packet that is read: a result with a captured output of the longest kind, and room.
const PACKET_BYTES_MAX: u32 = 64 << 20;

/// What travels.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Packet {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 6, 7, 14, 15")]
    pub(super) kind: Option<Kind>,
}

/// The kinds that a service needs.
#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Kind {
    #[prost(message, tag = "1")]
    Hello(Hello),
    #[prost(message, tag = "2")]
    Register(Register),
    #[prost(message, tag = "3")]
    Registered(Registered),
    #[prost(message, tag = "6")]
    Call(Call),
    #[prost(message, tag = "7")]
    Reply(Reply),
    #[prost(message, tag = "14")]
    Ping(Nothing),
    #[prost(message, tag = "15")]
    Pong(Nothing),
}

/// Who one is.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Hello {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) version: String,
    #[prost(bytes = "vec", tag = "3")]
    pub(super) instance_id: Vec<u8>,
}

/// Calls to addresses that start with this are to come here.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Register {
    #[prost(string, tag = "1")]
    pub(super) service_id: String,
}

/// What came of a registration.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Registered {
    #[prost(int32, tag = "1")]
    pub(super) code: i32,
    #[prost(string, tag = "2")]
    pub(super) message: String,
}

/// A question.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Call {
    #[prost(string, tag = "1")]
    pub(super) caller: String,
    #[prost(string, tag = "2")]
    pub(super) address: String,
    #[prost(string, tag = "3")]
    pub(super) request_id: String,
    #[prost(bytes = "vec", tag = "4")]
    pub(super) data: Vec<u8>,
    #[prost(bool, tag = "5")]
    pub(super) no_reply: bool,
}

/// An answer, or a part of one.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Reply {
    #[prost(string, tag = "1")]
    pub(super) request_id: String,
    /// 0, or what kind of failure `data` tells about.
    #[prost(int32, tag = "2")]
    pub(super) code: i32,
    /// [`WHOLE`] or [`PART`].
    #[prost(int32, tag = "3")]
    pub(super) reply_type: i32,
    #[prost(bytes = "vec", tag = "4")]
    pub(super) data: Vec<u8>,
}

/// An empty message.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Nothing {}

/// The only answer, or the end of a stream.
pub(super) const WHOLE: i32 = 0;
/// One of several.
pub(super) const PART: i32 = 1;
/// The service could not answer.
pub(super) const SERVICE_FAILURE: i32 = 500;

/// A packet as it is sent.
pub(super) fn frame(kind: Kind) -> Vec<u8> {
    let body = Packet { kind: Some(kind) }.encode_to_vec();
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], &body].concat()
}

/// Reads the next packet; `None` for a kind that we don't know.
pub(super) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Kind>> {
    let length = from.read_u32().await?;
    if length > PACKET_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a packet of {length} bytes")));
    }
    let mut body = Vec::new();
    from.take(length.into()).read_to_end(&mut body).await?;
    if body.len() < length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let packet = Packet::decode(body.as_slice());
    packet.map(|packet| packet.kind).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes as the `.proto` file has them: field 2 of the packet, then field 1 of a registration.
    #[test]
    fn a_registration_is_the_known_bytes() {
        let bytes = frame(Kind::Register(Register { service_id: "/a".to_owned() }));
        assert_eq!(bytes, [0, 0, 0, 6, 0x12, 4, 0x0a, 2, b'/', b'a']);
    }

    #[tokio::test]
    async fn what_is_too_long_or_cut_is_refused() {
        let call = Call { address: "/x/y".to_owned(), data: vec![7; 300], ..Call::default() };
        let bytes = frame(Kind::Call(call.clone()));
        assert_eq!(read(&mut bytes.as_slice()).await.unwrap(), Some(Kind::Call(call)));
        assert!(read(&mut &bytes[..bytes.len() - 1]).await.is_err());
        let huge = [0xff; 8];
        assert!(read(&mut &huge[..]).await.unwrap_err().to_string().contains("4294967295 bytes"));
        // a broadcast: not for us, and not an error
        assert_eq!(read(&mut &[0, 0, 0, 2, 0x62, 0][..]).await.unwrap(), None);
    }
}
