//! What travels between nodes: gossiped heads, and the requests and answers of the streams.

use crate::bundle::{Bundle, Certs};
use crate::cid::Cid;
use crate::id::{Hash, NetId, NodeId};
use crate::log::Cosignature;
use crate::params::{
    BLOCK_BYTES_MAX, GOSSIP_BYTES_MAX, LEAF_BYTES_MAX, LOGS_MAX, PUSH_LEAVES_MAX, RANGE_LEAVES_MAX,
};
use crate::wire::{Wire, rule};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// Gossip: a cosigned head and some of the leaves below it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heads {
    /// Network.
    pub net: NetId,
    /// Sender's clock, POSIX seconds: only to tell stale messages; clocks are judged by cosignatures.
    pub sent_s: u64,
    /// The signed checkpoint with the cosignatures that the sender knows.
    pub note: String,
    /// Leaves with their inclusion proofs under the checkpoint, by ascending index.
    pub leaves: Vec<ProvenLeaf>,
}

/// A leaf and its inclusion proof.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenLeaf {
    /// Index in the log.
    pub index: u64,
    /// Canonical bytes.
    pub leaf: ByteBuf,
    /// Inclusion path, from the leaf upwards.
    pub path: Vec<Hash>,
}

/// Stream `witness`: please cosign.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessRequest {
    /// Network.
    pub net: NetId,
    /// Whose cosignature is wanted. Another member passes the request on.
    pub to: NodeId,
    /// The tlog-witness request: old size, consistency proof, signed checkpoint.
    pub add: String,
    /// The leaves from the old size to the new one. Leaf 0, the keyset, comes with the first.
    pub leaves: Vec<ByteBuf>,
}

/// Stream `witness`: the answer, with the codes of tlog-witness.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessAnswer {
    /// 200, 400, 403, 404, 409, 422, 503.
    pub status: u16,
    /// With 409: the size that the witness has cosigned.
    pub size: Option<u64>,
    /// With 503: when to ask again, seconds.
    pub retry_s: Option<u32>,
    /// With 200: the cosignature.
    pub cosignature: Option<Cosignature>,
    /// Otherwise: why, for people.
    pub why: Option<String>,
}

/// Stream `log`: what a node holds of logs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LogRequest {
    /// The latest certified heads, starting after a node id.
    Heads {
        /// Network.
        net: NetId,
        /// Only logs of nodes above this one; none for the first page.
        after: Option<NodeId>,
    },
    /// A head and leaves of one log.
    Range {
        /// Network.
        net: NetId,
        /// Whose log.
        node: NodeId,
        /// First leaf wanted.
        start: u64,
        /// How many at most.
        count: u32,
    },
    /// How much of one log the node has ever seen: what a restored node asks about its own.
    Longest {
        /// Network.
        net: NetId,
        /// Whose log.
        node: NodeId,
    },
    /// The first head over a leaf that a quorum cosigned, in time if a date is given.
    Head {
        /// Network.
        net: NetId,
        /// Whose log.
        node: NodeId,
        /// The leaf that the head is to cover.
        index: u64,
        /// First cosignatures of a quorum are to be dated up to then, POSIX seconds.
        by_s: Option<u64>,
    },
}

/// Stream `log`: the answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LogAnswer {
    /// Heads as notes, by ascending node id, each with leaf 0.
    Heads {
        /// `(note, leaf 0)`.
        heads: Vec<(String, ByteBuf)>,
        /// There are more after the last one.
        more: bool,
    },
    /// Leaves of one log, all below the head in the note.
    Range {
        /// Best head known: certified if there is one.
        note: String,
        /// Leaves from the start asked for; the note's size bounds them.
        leaves: Vec<ByteBuf>,
    },
    /// How much of a log the node has seen. Nothing at all is an answer too.
    Longest {
        /// The largest head held, certified or not, with the log's own signature.
        note: Option<String>,
        /// Size that this node's witness key has cosigned; 0 if none.
        witnessed: u64,
    },
    /// A head by itself.
    Head {
        /// The head, certified.
        note: String,
    },
    /// The node does not hold what was asked for.
    Unknown,
}

/// Stream `certs`: proofs for a content id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertsRequest {
    /// Network.
    pub net: NetId,
    /// Content that is to be proven.
    pub content: Cid,
}

/// Stream `certs`: the answer; the report is a block by its own id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertsAnswer {
    /// The bundle's head, if the node has one for this content.
    pub bundle: Option<Bundle>,
    /// The certs that it links.
    pub certs: Option<Certs>,
}

impl Wire for Heads {
    const NAME: &'static str = "gossip message";
    const BYTES_MAX: usize = GOSSIP_BYTES_MAX;

    fn check(&self) -> Result<(), String> {
        rule::at_most("leaves", self.leaves.len(), PUSH_LEAVES_MAX)?;
        rule::ascending("leaves (by index)", &self.leaves.iter().map(|l| l.index).collect::<Vec<_>>())?;
        self.leaves.iter().try_for_each(|l| {
            rule::within("leaf", l.leaf.len() as u64, 1, LEAF_BYTES_MAX as u64)?;
            rule::at_most("path", l.path.len(), 64)
        })
    }
}

impl Wire for WitnessRequest {
    const NAME: &'static str = "witness request";
    const BYTES_MAX: usize = PUSH_LEAVES_MAX * LEAF_BYTES_MAX + 64 * 1024;

    fn check(&self) -> Result<(), String> {
        rule::at_most("leaves", self.leaves.len(), PUSH_LEAVES_MAX)?;
        self.leaves.iter().try_for_each(|l| rule::within("leaf", l.len() as u64, 1, LEAF_BYTES_MAX as u64))
    }
}

impl Wire for WitnessAnswer {
    const NAME: &'static str = "witness answer";
    const BYTES_MAX: usize = 4 * 1024;

    fn check(&self) -> Result<(), String> {
        if (self.status == 200) != self.cosignature.is_some() {
            return Err("cosignature: comes with status 200 and only then".into());
        }
        self.why.as_ref().map_or(Ok(()), |why| rule::text("why", why, 512))
    }
}

impl Wire for LogRequest {
    const NAME: &'static str = "log request";
    const BYTES_MAX: usize = 1024;

    fn check(&self) -> Result<(), String> {
        match self {
            LogRequest::Heads { .. } | LogRequest::Longest { .. } | LogRequest::Head { .. } => Ok(()),
            LogRequest::Range { count, .. } => {
                rule::within("count", (*count).into(), 0, RANGE_LEAVES_MAX as u64)
            }
        }
    }
}

impl Wire for LogAnswer {
    const NAME: &'static str = "log answer";
    const BYTES_MAX: usize = RANGE_LEAVES_MAX * LEAF_BYTES_MAX + 64 * 1024;

    fn check(&self) -> Result<(), String> {
        match self {
            LogAnswer::Unknown | LogAnswer::Longest { .. } | LogAnswer::Head { .. } => Ok(()),
            LogAnswer::Heads { heads, .. } => rule::at_most("heads", heads.len(), LOGS_MAX),
            LogAnswer::Range { leaves, .. } => rule::at_most("leaves", leaves.len(), RANGE_LEAVES_MAX),
        }
    }
}

impl Wire for CertsRequest {
    const NAME: &'static str = "certs request";
    const BYTES_MAX: usize = 1024;

    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

impl Wire for CertsAnswer {
    const NAME: &'static str = "certs answer";
    const BYTES_MAX: usize = 4 * BLOCK_BYTES_MAX;

    fn check(&self) -> Result<(), String> {
        if self.bundle.is_some() != self.certs.is_some() {
            return Err("bundle, certs: both or none".into());
        }
        self.bundle.as_ref().map_or(Ok(()), Wire::check)?;
        self.certs.as_ref().map_or(Ok(()), Wire::check)
    }
}
