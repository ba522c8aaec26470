//! What a node says once it is up.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vantage_protocol::id::{NetId, NodeId};

/// Name of the file in the data directory that says that the node is up.
pub const READY: &str = "ready.json";

/// What a node says once it is up: the line that `vantage run --json` prints, and the file `ready.json` in the data
/// directory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ready {
    /// Always true.
    pub ready: bool,
    /// Process id.
    pub pid: u32,
    /// Node id.
    pub node: NodeId,
    /// The network.
    pub net: NetId,
    /// libp2p peer id.
    pub peer_id: String,
    /// Addresses to dial, each ending in `/p2p/<peer id>`.
    pub listen: Vec<String>,
    /// Path of the control socket.
    pub control: String,
    /// Address of health and metrics, where they are served.
    #[serde(default)]
    pub metrics: Option<String>,
}
