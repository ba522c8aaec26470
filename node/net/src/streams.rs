//! Request and response streams: one question, one answer, each a byte string behind its length.

mod budget;
mod codec;
mod inbound;
mod outbound;

use libp2p::StreamProtocol;
use libp2p::request_response::{self, ProtocolSupport};

use crate::limits::{
    CERTS_RESPONSE_BYTES_MAX, LOG_RESPONSE_BYTES_MAX, QUERY_BYTES_MAX, REQUEST_TIMEOUT,
    STREAMS_PER_CONNECTION_MAX, WITNESS_REQUEST_BYTES_MAX, WITNESS_RESPONSE_BYTES_MAX,
};

pub(crate) use budget::Budgets;
pub(crate) use codec::{Frame, FrameCodec};
pub(crate) use inbound::InboundLoad;
pub(crate) use outbound::{Outbound, Question};

/// A libp2p behaviour for one stream protocol.
pub(crate) type Behaviour = request_response::Behaviour<FrameCodec>;
/// What such a behaviour tells.
pub(crate) type Event = request_response::Event<Frame, Frame>;

/// The stream protocols of PROTOCOL section 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// `/vantage/witness/1`: add-checkpoint.
    Witness,
    /// `/vantage/log/1`: leaves and heads by origin and range.
    Log,
    /// `/vantage/certs/1`: certs for a content CID.
    Certs,
}

impl Stream {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Witness, Self::Log, Self::Certs];

    /// The libp2p protocol's name.
    pub const fn protocol(self) -> &'static str {
        match self {
            Self::Witness => "/vantage/witness/1",
            Self::Log => "/vantage/log/1",
            Self::Certs => "/vantage/certs/1",
        }
    }

    /// Longest request, in bytes.
    pub const fn request_bytes_max(self) -> usize {
        match self {
            Self::Witness => WITNESS_REQUEST_BYTES_MAX,
            Self::Log | Self::Certs => QUERY_BYTES_MAX,
        }
    }

    /// Longest response, in bytes.
    pub const fn response_bytes_max(self) -> usize {
        match self {
            Self::Witness => WITNESS_RESPONSE_BYTES_MAX,
            Self::Log => LOG_RESPONSE_BYTES_MAX,
            Self::Certs => CERTS_RESPONSE_BYTES_MAX,
        }
    }
}

/// The behaviour of one protocol. A bootstrap or a visitor only asks; it offers nobody an answer.
pub(crate) fn behaviour(stream: Stream, answers: bool, budgets: &Budgets) -> Behaviour {
    let support = if answers { ProtocolSupport::Full } else { ProtocolSupport::Outbound };
    let config = request_response::Config::default()
        .with_request_timeout(REQUEST_TIMEOUT)
        .with_max_concurrent_streams(STREAMS_PER_CONNECTION_MAX);
    Behaviour::with_codec(
        FrameCodec::new(stream, budgets.clone()),
        [(StreamProtocol::new(stream.protocol()), support)],
        config,
    )
}
