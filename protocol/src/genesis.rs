//! The genesis: who may cosign, under which limits. Its hash names the network.

use crate::cid::Cid;
use crate::hash::sha256;
use crate::id::{NetId, NodeId};
use crate::keys::PublicKey;
use crate::log::Origin;
use crate::params::{COMMITTEE_MAX, GAP_S_MIN, GAP_S_MIN_TEST, OUTPUT_BYTES_MAX};
use crate::wire::{self, Wire, WireError, rule};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A network's founding document. Written as TOML, hashed as canonical DAG-CBOR.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// The protocol's edition, [`EDITION`].
    pub v: u32,
    /// Name for people.
    pub name: String,
    /// When it was made, POSIX seconds.
    pub founded_s: u64,
    /// A test network: short gaps and simulated targets are allowed, and everything says so.
    pub test: bool,
    /// Smallest gap between a job's deadlines, seconds.
    pub gap_s_min: u64,
    /// Largest output of one cell, bytes.
    pub output_bytes_max: u64,
    /// Who founded it, for people.
    pub founders: Vec<String>,
    /// The committee of the one epoch, in ascending order of root keys.
    pub committee: Vec<Member>,
}

/// A committee member as the founders vouch for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Root public key = node id.
    pub root: PublicKey,
    /// Who runs it: the unit of independence.
    pub operator: String,
    /// Where its operator says it stands.
    pub region: String,
}

/// Who stands behind an executor.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Operator {
    /// An operator that genesis vouches for.
    Vouched(String),
    /// All volunteers together count as one.
    Volunteers,
}

impl Operator {
    /// Label for tables.
    pub fn label(&self) -> &str {
        match self {
            Operator::Vouched(name) => name,
            Operator::Volunteers => "volunteers",
        }
    }
}

/// The edition of the protocol that this program speaks, and no other.
pub const EDITION: u32 = 2;

/// The only epoch of this edition.
pub const EPOCH: u64 = 0;

impl Genesis {
    /// Reads the TOML form that people write. Unknown keys are refused.
    pub fn from_toml(text: &str) -> Result<Self, WireError> {
        let rule = |why| WireError::Rule { name: Self::NAME, why };
        if let Some(other) = wire::toml_version(text).filter(|v| *v != i64::from(EDITION)) {
            return Err(rule(not_this_edition(other)));
        }
        let mut genesis: Self = wire::read_toml(text, EDITION)?;
        genesis.committee.sort_by_key(|m| m.root);
        genesis.check().map_err(rule)?;
        Ok(genesis)
    }

    /// The TOML form.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// The canonical block.
    pub fn to_block(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// The network's name: SHA-256 of the canonical block.
    pub fn net(&self) -> NetId {
        NetId(sha256(&self.to_block()).0)
    }

    /// The genesis as a content-addressed block; its digest is the network's name.
    pub fn cid(&self) -> Cid {
        Cid::dag_cbor(&self.to_block())
    }

    /// Committee size n.
    pub fn size(&self) -> usize {
        self.committee.len()
    }

    /// Quorum q = floor(2n/3) + 1; all members where n < 4, since then none may fail.
    pub fn quorum(&self) -> usize {
        if self.size() < 4 { self.size() } else { 2 * self.size() / 3 + 1 }
    }

    /// Members f that may be faulty: floor((n-1)/3), none where n < 4.
    pub fn faults(&self) -> usize {
        self.size().saturating_sub(1) / 3
    }

    /// The member of this id.
    pub fn member(&self, node: &NodeId) -> Option<&Member> {
        self.committee.iter().find(|m| m.root.node_id() == *node)
    }

    /// Who stands behind a node.
    pub fn operator(&self, node: &NodeId) -> Operator {
        self.member(node).map_or(Operator::Volunteers, |m| Operator::Vouched(m.operator.clone()))
    }

    /// The origin of a node's log in this network.
    pub fn origin(&self, node: NodeId) -> Origin {
        Origin::new(&self.net(), EPOCH, node)
    }
}

impl Wire for Genesis {
    const NAME: &'static str = "genesis";
    const BYTES_MAX: usize = 64 * 1024;

    fn check(&self) -> Result<(), String> {
        if self.v != EDITION {
            return Err(not_this_edition(self.v.into()));
        }
        rule::text("name", &self.name, 64)?;
        rule::within("founded_s", self.founded_s, 1, 1 << 40)?;
        let gap_s_min = if self.test { GAP_S_MIN_TEST } else { GAP_S_MIN };
        rule::within("gap_s_min", self.gap_s_min, gap_s_min, 24 * 3600)?;
        rule::within("output_bytes_max", self.output_bytes_max, 1024, OUTPUT_BYTES_MAX)?;
        rule::at_most("founders", self.founders.len(), 64)?;
        for founder in &self.founders {
            rule::text("founders", founder, 128)?;
        }
        rule::some("committee", self.committee.len(), COMMITTEE_MAX)?;
        let roots: Vec<_> = self.committee.iter().map(|m| m.root).collect();
        rule::ascending("committee (by root key)", &roots)?;
        for member in &self.committee {
            rule::name("committee.operator", &member.operator)?;
            if member.operator == Operator::Volunteers.label() {
                return Err(
                    "committee.operator: \"volunteers\" stands for all whom genesis does not name".into()
                );
            }
            rule::name("committee.region", &member.region)?;
        }
        if self.test { Ok(()) } else { Err(OPEN.to_owned()) }
    }
}

/// Why there are test networks only.
const OPEN: &str = "test: edition 2 of the protocol is not closed yet and may still change, so all its networks are test \
    networks: set test = true (`vantage genesis create --test`)";

/// Why a genesis of another edition is none here.
fn not_this_edition(v: i64) -> String {
    let which = match v {
        1 => "networks of edition 1 existed in tests only, and end with it: found the network anew with `vantage genesis create`, \
              and give each node a new data directory"
            .to_owned(),
        _ => format!("a program of edition {v} is needed, or another genesis"),
    };
    format!("v: is {v}, and this program speaks edition {EDITION} of the protocol; {which}")
}

/// Regions that a committee declares, sorted.
pub fn regions(genesis: &Genesis) -> BTreeSet<String> {
    genesis.committee.iter().map(|m| m.region.clone()).collect()
}
