//! What people may ask about the logs that a node holds: who is known, leaves, proofs, the own remaining slots.

use super::Attester;
use super::log_view::LogView;
use crate::announce::Announce;
use crate::id::{Hash, JobId, NodeId};
use crate::leaf::{LeafRef, Statement};
use crate::log::Policy;
use serde::{Deserialize, Serialize};

/// Leaves of one page: with 16 KiB each an answer stays below 3 MiB.
pub const PAGE_LEAVES_MAX: u32 = 128;

/// A node whose log is held here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KnownNode {
    /// Node id.
    pub node: NodeId,
    /// Whether the genesis names it.
    pub member: bool,
    /// Who stands behind it: a name from the genesis, or `volunteers`.
    pub operator: String,
    /// Region that the genesis declares for it; none for a volunteer.
    pub region: Option<String>,
    /// Leaves of its log that are held.
    pub leaves: u64,
    /// Of these, certified.
    pub certified: u64,
    /// Its latest certified announce.
    pub announce: Option<Announce>,
    /// Latest time that its witness key has signed, POSIX seconds; none for a volunteer.
    pub witness_time_s: Option<u64>,
}

/// Some leaves of one log, in order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LogPage {
    /// Whose.
    pub node: NodeId,
    /// Leaves held.
    pub size: u64,
    /// Of these, certified: every index below.
    pub certified: u64,
    /// Index of the first leaf in `leaves`.
    pub start: u64,
    /// Canonical bytes of the leaves, at most 128 ([`PAGE_LEAVES_MAX`]).
    #[serde(with = "base64_list")]
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
    pub leaves: Vec<Vec<u8>>,
}

/// A certified statement with its proof, and the keysets that it takes to check it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Which leaf.
    pub leaf: LeafRef,
    /// Its canonical bytes.
    #[serde(with = "base64_bytes")]
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub bytes: Vec<u8>,
    /// `c2sp.org/tlog-proof@v1` text: index, inclusion path, checkpoint with a quorum's cosignatures.
    pub proof: String,
    /// The network's genesis, TOML: for convenience, a stranger trusts only the one that he has.
    pub genesis: String,
    /// Leaves 0 of the log and of the committee's members as far as they are known, by node id.
    #[serde(with = "base64_list")]
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
    pub keysets: Vec<Vec<u8>>,
}

/// Why a statement cannot be shown.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotShown {
    /// The log is not followed.
    #[error("no log of {} is held here", .0.short())]
    NoLog(NodeId),
    /// The log is shorter.
    #[error("the log of {} has {held} leaves here, there is none at {index}", .node.short())]
    NoLeaf {
        /// Whose log.
        node: NodeId,
        /// What was asked for.
        index: u64,
        /// Leaves held.
        held: u64,
    },
    /// No quorum has cosigned a head over it, as far as this node has heard.
    #[error("leaf {index} of {} is not certified yet: no quorum has cosigned a head over it", .node.short())]
    NotCertified {
        /// Whose log.
        node: NodeId,
        /// Which leaf.
        index: u64,
    },
}

/// This node's own slots of a job, by what it has said about them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OwnSlots {
    /// Nothing said yet: still to be run, or running.
    pub open: Vec<u32>,
    /// Committed; that stands.
    pub committed: Vec<u32>,
    /// Declined.
    pub declined: Vec<u32>,
}

impl Attester {
    /// Nodes whose logs are held, by id.
    pub fn nodes(&self) -> Vec<NodeId> {
        self.logs.keys().copied().collect()
    }

    /// Whose cosignatures count, as far as keysets are known.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Jobs that this node has said and that no quorum has cosigned yet.
    pub fn jobs_uncertified(&self) -> Vec<LeafRef> {
        let Some(log) = self.own_log() else { return Vec::new() };
        let open = (log.certified()..log.size()).filter_map(|index| {
            let job = matches!(log.entry(index)?.leaf.statement, Statement::Job(_));
            log.reference(index).filter(|_| job)
        });
        open.collect()
    }

    /// What this node has said about its own slots of a job.
    pub fn own_slots(&self, job: &JobId) -> OwnSlots {
        let mut slots = OwnSlots::default();
        let Some((round, log)) = self.rounds.get(job).zip(self.own_log()) else { return slots };
        for (slot, _) in round.pairs().into_iter().filter(|(_, node)| *node == self.node) {
            let said = log.effective(job, slot, false).map(|(_, entry)| &entry.leaf.statement);
            match said {
                None => slots.open.push(slot),
                Some(Statement::Decline(_)) => slots.declined.push(slot),
                Some(_) => slots.committed.push(slot),
            }
        }
        slots
    }

    /// Seconds by which this node's clock runs ahead of the median of the other members' (behind, if
    /// negative); none if no other member was heard within the last minute.
    pub fn clock_ahead_s(&self, now_ms: u64) -> Option<i64> {
        self.clocks.offset_s(&self.node, now_ms)
    }

    /// A node whose log is held.
    pub fn known_node(&self, node: &NodeId) -> Option<KnownNode> {
        self.logs.get(node).map(|log| self.known(log))
    }

    fn known(&self, log: &LogView) -> KnownNode {
        let member = self.config.genesis.member(&log.node);
        let announce = log.latest_announce().and_then(|(_, entry)| match &entry.leaf.statement {
            Statement::Announce(announce) => Some(announce.clone()),
            _ => None,
        });
        KnownNode {
            node: log.node,
            member: member.is_some(),
            operator: self.config.genesis.operator(&log.node).label().to_owned(),
            region: member.map(|m| m.region.clone()),
            leaves: log.size(),
            certified: log.certified(),
            announce,
            witness_time_s: member.and_then(|_| self.clocks.latest_s(&log.node)),
        }
    }
}

/// The hash by which a leaf that is not certified yet would name a job.
pub fn job_of(leaf: &LeafRef) -> JobId {
    let Hash(bytes) = leaf.hash;
    JobId(bytes)
}

/// Bytes as a base64 text, for JSON.
mod base64_bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Bytes as base64 texts, for JSON.
mod base64_list {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(list: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().map(|bytes| STANDARD.encode(bytes)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Vec<u8>>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts.iter().map(|text| STANDARD.decode(text).map_err(D::Error::custom)).collect()
    }
}
