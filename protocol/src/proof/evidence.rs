//! Portable evidence: what proves to anyone that a node broke the rules, by its own signatures.
//!
//! The signature of the log's key over a head binds every leaf below it, so a quorum is not needed
//! to accuse. Evidence never voids what was certified.

use crate::genesis::Genesis;
use crate::id::{Hash, JobId, NodeId};
use crate::keyset::Keyset;
use crate::leaf::{Cert, Leaf, Statement};
use crate::log::{MAX_NOTE_BYTES, MAX_PATH_HASHES, SignedCheckpoint, TlogProof, verify_consistency};
use crate::params::LEAF_BYTES_MAX;
use crate::wire::{Wire, rule};
use core::fmt;
use serde::{Deserialize, Serialize};

/// Evidence against one node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Evidence {
    /// Two heads of one size with different roots, as notes.
    Fork {
        /// The one head.
        first: String,
        /// The other.
        second: String,
    },
    /// A head that extends another tree than an earlier head shows.
    Inconsistent {
        /// The earlier head, as a note.
        earlier: String,
        /// The later head, as a note.
        later: String,
        /// The root at the earlier size that the later head extends: not the earlier head's.
        root: Hash,
        /// Consistency proof from that root to the later head.
        proof: Vec<Hash>,
    },
    /// An ack on a job behind the node's Final on it.
    AckAfterFinal {
        /// The Final.
        last: Cert,
        /// The ack.
        ack: Cert,
    },
    /// Two Finals on one job.
    TwoFinals {
        /// The one.
        first: Cert,
        /// The other.
        second: Cert,
    },
}

/// Which rule was broken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offence {
    /// A log was forked.
    Fork,
    /// An ack after the Final.
    AckAfterFinal,
    /// Two Finals on one job.
    TwoFinals,
}

/// Whom evidence convicts, and of what.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accused {
    /// Whose log it is.
    pub node: NodeId,
    /// What it did.
    pub offence: Offence,
    /// On which job.
    pub job: Option<JobId>,
}

impl fmt::Display for Accused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.offence {
            Offence::Fork => "signed two heads that do not go together",
            Offence::AckAfterFinal => "acknowledged after its Final",
            Offence::TwoFinals => "made two Finals",
        };
        write!(f, "{} {what}", self.node.short())?;
        self.job.map_or(Ok(()), |job| write!(f, " on job {}", job.short()))
    }
}

impl Evidence {
    /// Checks the evidence and names the accused. `keysets` must hold that of the accused; it is
    /// checked too. An error says why nobody is convicted.
    pub fn verify(&self, genesis: &Genesis, keysets: &[Keyset]) -> Result<Accused, String> {
        let court = Court { genesis, keysets };
        match self {
            Evidence::Fork { first, second } => {
                let (a, b) = (court.head(first)?, court.head(second)?);
                let (a, b) = (&a.checkpoint, &b.checkpoint);
                if a.origin != b.origin || a.size != b.size || a.root == b.root {
                    return Err("the heads are not of one log and size with different roots".into());
                }
                Ok(Accused { node: a.origin.node, offence: Offence::Fork, job: None })
            }
            Evidence::Inconsistent { earlier, later, root, proof } => {
                let (a, b) = (court.head(earlier)?, court.head(later)?);
                let (a, b) = (&a.checkpoint, &b.checkpoint);
                if a.origin != b.origin || a.root == *root {
                    return Err("the heads are of two logs, or the later one extends the earlier one".into());
                }
                verify_consistency(a.size, root, b.size, &b.root, proof).map_err(|e| e.to_string())?;
                Ok(Accused { node: a.origin.node, offence: Offence::Fork, job: None })
            }
            Evidence::AckAfterFinal { last, ack } => {
                let (last, ack) = (court.leaf(last)?, court.leaf(ack)?);
                match (&last.2.statement, &ack.2.statement) {
                    (Statement::Final(f), Statement::Ack(a))
                        if last.0 == ack.0 && f.job == a.job && last.1 < ack.1 =>
                    {
                        Ok(Accused { node: last.0, offence: Offence::AckAfterFinal, job: Some(f.job) })
                    }
                    _ => Err("not a Final and a later ack by one member on one job".into()),
                }
            }
            Evidence::TwoFinals { first, second } => {
                let (first, second) = (court.leaf(first)?, court.leaf(second)?);
                match (&first.2.statement, &second.2.statement) {
                    (Statement::Final(a), Statement::Final(b))
                        if first.0 == second.0 && a.job == b.job && first.1 != second.1 =>
                    {
                        Ok(Accused { node: first.0, offence: Offence::TwoFinals, job: Some(a.job) })
                    }
                    _ => Err("not two Finals by one member on one job".into()),
                }
            }
        }
    }
}

struct Court<'a> {
    genesis: &'a Genesis,
    keysets: &'a [Keyset],
}

impl Court<'_> {
    fn head(&self, note: &str) -> Result<SignedCheckpoint, String> {
        let head = SignedCheckpoint::parse(note).map_err(|e| e.to_string())?;
        self.signed(&head)?;
        Ok(head)
    }

    fn signed(&self, head: &SignedCheckpoint) -> Result<(), String> {
        let origin = &head.checkpoint.origin;
        if *origin != self.genesis.origin(origin.node) {
            return Err(format!("{origin} is no log of this network"));
        }
        let keyset = self.keysets.iter().find(|k| k.node() == origin.node);
        let keyset = keyset.ok_or_else(|| format!("the keyset of {} is needed", origin.node))?;
        keyset.verify(&self.genesis.net()).map_err(|e| e.to_string())?;
        head.verify_log(&keyset.log).map_err(|e| e.to_string())
    }

    /// A proven leaf by a committee member, with its author and index.
    fn leaf(&self, cert: &Cert) -> Result<(NodeId, u64, Leaf), String> {
        let proof = TlogProof::parse(&cert.proof).map_err(|e| e.to_string())?;
        self.signed(&proof.checkpoint)?;
        proof.verify_inclusion(&cert.leaf).map_err(|e| e.to_string())?;
        let node = proof.checkpoint.checkpoint.origin.node;
        let leaf = Leaf::decode(&cert.leaf, &self.genesis.net()).map_err(|e| e.to_string())?;
        if leaf.author != node {
            return Err("the leaf is by another node than the log's".into());
        }
        if self.genesis.member(&node).is_none() {
            return Err(format!("{node} is no member: acks and Finals of others have no effect"));
        }
        Ok((node, proof.index, leaf))
    }
}

impl Wire for Evidence {
    const NAME: &'static str = "evidence";
    const BYTES_MAX: usize = 2 * (LEAF_BYTES_MAX + MAX_NOTE_BYTES + MAX_PATH_HASHES * 45);

    fn check(&self) -> Result<(), String> {
        match self {
            Evidence::Fork { .. } => Ok(()),
            Evidence::Inconsistent { proof, .. } => rule::at_most("proof", proof.len(), MAX_PATH_HASHES),
            Evidence::AckAfterFinal { last: a, ack: b } | Evidence::TwoFinals { first: a, second: b } => {
                a.check()?;
                b.check()
            }
        }
    }
}

#[cfg(test)]
mod tests;
