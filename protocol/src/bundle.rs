//! Bundle: content, report, and the certs that one publisher can show for them.

use crate::cid::Cid;
use crate::id::{JobId, NetId};
use crate::leaf::Cert;
use crate::params::{BLOCK_BYTES_MAX, COMMITTEE_MAX, EXECUTORS_MAX, LEAF_BYTES_MAX, SLOTS_MAX};
use crate::wire::{Wire, rule};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// Root block of a bundle file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Format version, 1.
    pub v: u32,
    /// Network.
    pub net: NetId,
    /// The content: equal for all publishers of a SEALED job.
    pub content: Cid,
    /// The comparison, if the publisher's Finals name one.
    pub report: Option<Cid>,
    /// The certs: may differ from publisher to publisher.
    pub certs: Cid,
}

/// Proofs of job, reveals, declines, acks and Finals, and the keysets to check them with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certs {
    /// Format version, 1.
    pub v: u32,
    /// The job's id.
    pub job: JobId,
    /// Leaf 0 of the logs of committee members, of the job's author and of those whose statements are
    /// listed, as far as the publisher has them, by node id.
    pub keysets: Vec<ByteBuf>,
    /// Proven leaves, sorted by author and index.
    pub certs: Vec<Cert>,
}

/// Most keysets: the committee, the author, the listed executors.
pub const KEYSETS_MAX: usize = COMMITTEE_MAX + 1 + EXECUTORS_MAX;
/// Most certs: job, reveals or declines, and a few acks and one Final a member.
pub const CERTS_MAX: usize = 1 + SLOTS_MAX + COMMITTEE_MAX * 64;

impl Wire for Bundle {
    const NAME: &'static str = "bundle";
    const BYTES_MAX: usize = 1024;

    fn check(&self) -> Result<(), String> {
        rule::within("v", self.v.into(), 1, 1)
    }
}

impl Wire for Certs {
    const NAME: &'static str = "certs";
    const BYTES_MAX: usize = 2 * BLOCK_BYTES_MAX;

    fn check(&self) -> Result<(), String> {
        rule::within("v", self.v.into(), 1, 1)?;
        rule::at_most("keysets", self.keysets.len(), KEYSETS_MAX)?;
        for keyset in &self.keysets {
            rule::within("keysets", keyset.len() as u64, 1, LEAF_BYTES_MAX as u64)?;
        }
        rule::at_most("certs", self.certs.len(), CERTS_MAX)?;
        self.certs.iter().try_for_each(Wire::check)
    }
}
