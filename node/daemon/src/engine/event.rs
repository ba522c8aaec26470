//! What happens outside, besides the network and the slots.

use super::Command;
use bytes::Bytes;
use vantage_net::{Stream as NetStream, Verdict as NetVerdict};
use vantage_protocol::attester::{Call, Stream, Verdict};
use vantage_protocol::cid::Cid;

/// Something that a task or a person tells the engine.
#[derive(Debug)]
pub enum Event {
    /// A question that went out has its answer, or none.
    Answer {
        /// Which.
        call: Call,
        /// The answer.
        bytes: Option<Bytes>,
    },
    /// A fetch ended.
    Fetched {
        /// Which block.
        cid: Cid,
        /// Its bytes, which its id names; none if nobody had it.
        bytes: Option<Bytes>,
    },
    /// A person or program wants to know or to order something.
    Command(Command),
}

pub(super) fn stream_in(stream: NetStream) -> Stream {
    match stream {
        NetStream::Witness => Stream::Witness,
        NetStream::Log => Stream::Log,
        NetStream::Certs => Stream::Certs,
    }
}

pub(super) fn stream_out(stream: Stream) -> NetStream {
    match stream {
        Stream::Witness => NetStream::Witness,
        Stream::Log => NetStream::Log,
        Stream::Certs => NetStream::Certs,
    }
}

pub(super) fn verdict_out(verdict: Verdict) -> NetVerdict {
    match verdict {
        Verdict::Accept => NetVerdict::Accept,
        Verdict::Reject => NetVerdict::Reject,
        Verdict::Ignore => NetVerdict::Ignore,
    }
}
