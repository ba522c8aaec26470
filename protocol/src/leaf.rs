//! Leaves: everything that a node says, one after the other, in its own log.

use crate::announce::Announce;
use crate::cid::Cid;
use crate::genesis::EPOCH;
use crate::id::{JobId, NetId, NodeId};
use crate::job::Job;
use crate::keyset::Keyset;
pub use crate::leaf_ref::LeafRef;
use crate::log::{Pick, Policy, SignedCheckpoint, TlogProof, Tree, leaf_hash};
use crate::params::LEAF_BYTES_MAX;
use crate::statement::{Ack, Commit, Decline, Final, Finding, Reveal};
use crate::wire::{self, Wire, WireError, rule};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

/// One statement in a log: `{v, net, epoch, author, typ, body}`. It carries no signature of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// Network.
    pub net: NetId,
    /// Whose log.
    pub author: NodeId,
    /// What is said.
    pub statement: Statement,
}

/// Everything that can be said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Statement {
    /// The node's keys; leaf 0 and nowhere else.
    Keyset(Box<Keyset>),
    /// What an executor offers.
    Announce(Announce),
    /// A job.
    Job(Job),
    /// A commit to a slot's receipts.
    Commit(Commit),
    /// A slot that is not taken on.
    Decline(Decline),
    /// The receipts behind a commit.
    Reveal(Reveal),
    /// What a member has validated and holds.
    Ack(Ack),
    /// A member's last word on a job.
    Final(Final),
    /// Why a member found a statement bad.
    Finding(Finding),
}

impl Statement {
    /// The type's name on the wire.
    pub fn typ(&self) -> &'static str {
        match self {
            Statement::Keyset(_) => "keyset",
            Statement::Announce(_) => "announce",
            Statement::Job(_) => "job",
            Statement::Commit(_) => "commit",
            Statement::Decline(_) => "decline",
            Statement::Reveal(_) => "reveal",
            Statement::Ack(_) => "ack",
            Statement::Final(_) => "final",
            Statement::Finding(_) => "finding",
        }
    }

    /// The job that it speaks of, if it speaks of one that exists already.
    pub fn job(&self) -> Option<JobId> {
        match self {
            Statement::Keyset(_) | Statement::Announce(_) | Statement::Job(_) => None,
            Statement::Commit(s) => Some(s.job),
            Statement::Decline(s) => Some(s.job),
            Statement::Reveal(s) => Some(s.job),
            Statement::Ack(s) => Some(s.job),
            Statement::Final(s) => Some(s.job),
            Statement::Finding(s) => Some(s.job),
        }
    }

    fn check(&self) -> Result<(), String> {
        match self {
            Statement::Keyset(_) | Statement::Commit(_) | Statement::Reveal(_) => Ok(()),
            Statement::Announce(s) => s.check(),
            Statement::Job(s) => s.check(),
            Statement::Decline(s) => s.check(),
            Statement::Ack(s) => s.check(),
            Statement::Final(s) => s.check(),
            Statement::Finding(s) => s.check(),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<B> {
    v: u32,
    net: NetId,
    epoch: u64,
    author: NodeId,
    typ: String,
    body: B,
}

impl Leaf {
    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        match &self.statement {
            Statement::Keyset(s) => self.envelope(s),
            Statement::Announce(s) => self.envelope(s),
            Statement::Job(s) => self.envelope(s),
            Statement::Commit(s) => self.envelope(s),
            Statement::Decline(s) => self.envelope(s),
            Statement::Reveal(s) => self.envelope(s),
            Statement::Ack(s) => self.envelope(s),
            Statement::Final(s) => self.envelope(s),
            Statement::Finding(s) => self.envelope(s),
        }
    }

    fn envelope<B: Serialize>(&self, body: &B) -> Vec<u8> {
        let typ = self.statement.typ().to_owned();
        wire::encode(&Envelope { v: 1, net: self.net, epoch: EPOCH, author: self.author, typ, body })
    }

    /// Reads canonical bytes of this network. Bytes of another network are refused (I12).
    pub fn decode(bytes: &[u8], net: &NetId) -> Result<Self, WireError> {
        let name = "leaf";
        let rule = |why: String| WireError::Rule { name, why };
        if bytes.len() > LEAF_BYTES_MAX {
            return Err(WireError::TooLong { name, found: bytes.len(), max: LEAF_BYTES_MAX });
        }
        let head: Envelope<IgnoredAny> = shape(bytes)?;
        rule::within("v", head.v.into(), 1, 1).map_err(rule)?;
        rule::within("epoch", head.epoch, EPOCH, EPOCH).map_err(rule)?;
        if head.net != *net {
            return Err(rule(format!("belongs to network {}, not to {}", head.net.short(), net.short())));
        }
        let statement = match head.typ.as_str() {
            "keyset" => Statement::Keyset(body(bytes)?),
            "announce" => Statement::Announce(body(bytes)?),
            "job" => Statement::Job(body(bytes)?),
            "commit" => Statement::Commit(body(bytes)?),
            "decline" => Statement::Decline(body(bytes)?),
            "reveal" => Statement::Reveal(body(bytes)?),
            "ack" => Statement::Ack(body(bytes)?),
            "final" => Statement::Final(body(bytes)?),
            "finding" => Statement::Finding(body(bytes)?),
            other => {
                return Err(rule(format!("unknown type {:?}", other.chars().take(32).collect::<String>())));
            }
        };
        let leaf = Self { net: head.net, author: head.author, statement };
        if leaf.encode() != bytes {
            return Err(WireError::NotCanonical { name });
        }
        leaf.statement.check().map_err(|why| rule(format!("{}: {why}", leaf.statement.typ())))?;
        Ok(leaf)
    }

    /// The network that bytes in the form of a leaf name, whether they are one or not.
    pub fn net_of(bytes: &[u8]) -> Option<NetId> {
        shape::<Envelope<IgnoredAny>>(bytes).ok().map(|head| head.net)
    }

    /// The reference to this leaf at an index.
    pub fn reference(&self, index: u64) -> LeafRef {
        LeafRef { author: self.author, index, hash: leaf_hash(&self.encode()) }
    }
}

fn shape<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    serde_ipld_dagcbor::from_slice(bytes)
        .map_err(|e| WireError::Shape { name: "leaf", why: wire::words(e).chars().take(200).collect() })
}

fn body<B: DeserializeOwned>(bytes: &[u8]) -> Result<B, WireError> {
    Ok(shape::<Envelope<B>>(bytes)?.body)
}

/// A leaf as a content-addressed block.
pub fn leaf_cid(bytes: &[u8]) -> Cid {
    Cid::dag_cbor(bytes)
}

/// A leaf with its tlog-proof: proof of a statement, for anyone with the committee's keys.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cert {
    /// The leaf's canonical bytes.
    #[serde(with = "serde_bytes")]
    pub leaf: Vec<u8>,
    /// `c2sp.org/tlog-proof@v1` text: index, inclusion path, cosigned checkpoint.
    pub proof: String,
}

impl Cert {
    /// Proves a leaf of a log under a head that a quorum has cosigned; none if it is not below that head, or none has.
    pub fn under(
        head: &SignedCheckpoint,
        policy: &Policy,
        tree: &Tree,
        index: u64,
        leaf: Vec<u8>,
    ) -> Option<Self> {
        let checkpoint = policy.export(head, Pick::Earliest).ok()?;
        let path = tree.inclusion(index, checkpoint.checkpoint.size)?;
        Some(Self { leaf, proof: TlogProof { index, path, checkpoint, extra: None }.to_text() })
    }
}

impl Wire for Cert {
    const NAME: &'static str = "certificate";
    const BYTES_MAX: usize = LEAF_BYTES_MAX + 16 * 1024;

    fn check(&self) -> Result<(), String> {
        rule::within("leaf", self.leaf.len() as u64, 1, LEAF_BYTES_MAX as u64)
    }
}
