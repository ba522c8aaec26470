//! Peers, and nodes whose logs are held.

use crate::call::{Call, Method};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vantage_protocol::attester::KnownNode;
use vantage_protocol::id::NodeId;

/// Connected peers.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListPeers {}

/// Connected peers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Peers {
    /// By peer id.
    pub peers: Vec<Peer>,
}

/// A connected peer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// libp2p peer id.
    pub peer_id: String,
    /// Its node id, once its keyset is known.
    pub node: Option<NodeId>,
    /// Who runs it, once its keyset is known.
    pub operator: Option<String>,
    /// Where the connection comes from or goes to.
    pub addr: String,
    /// Software as the peer tells it: hostile text, printable ASCII.
    pub agent: String,
    /// Last round-trip time, milliseconds, once measured.
    pub rtt_ms: Option<u64>,
    /// Whether it follows this network's gossip.
    pub in_network: bool,
}

impl Call for ListPeers {
    type Reply = Peers;
    const METHOD: Method = Method::Read;
    const PATH: &'static str = "/v1/peers";
    const ABOUT: &'static str = "Connected peers.";
}

/// Nodes whose logs are held, with what they offer.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListNodes {}

/// Nodes whose logs are held.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nodes {
    /// Members first, at most some hundred.
    pub nodes: Vec<KnownNode>,
}

impl Call for ListNodes {
    type Reply = Nodes;
    const METHOD: Method = Method::Read;
    const PATH: &'static str = "/v1/nodes";
    const ABOUT: &'static str = "Nodes whose logs are held, members first, with what they offer.";
}
