//! Whose cosignatures count, and how many it takes.

use super::cosignature::{CosignatureLine, witness_name};
use super::note::{ALG_WITNESS, key_id};
use super::origin::Origin;
use super::policy_error::PolicyError;
use super::signed::SignedCheckpoint;
use crate::id::NodeId;
use crate::keys::PublicKey;
use crate::memo::Memo;
use std::collections::BTreeMap;

/// Most signatures of an exported checkpoint, the log's included: as many as signed-note obliges
/// every verifier to accept.
const MAX_EXPORT_SIGNATURES: usize = 16;

/// A member whose cosignature of a checkpoint verified.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cosigner {
    /// Which member.
    pub member: NodeId,
    /// Its earliest time in the note, in POSIX seconds: what "on time" goes by.
    pub first: u64,
    /// Its latest time in the note, in POSIX seconds: what "the deadline is past" goes by.
    pub last: u64,
}

/// Which cosignatures to export when there are more than needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pick {
    /// The earliest of each witness, and of the witnesses those who were first: to show "on time".
    Earliest,
    /// The latest of each witness, and of the witnesses those who were last: to show "past".
    Latest,
}

/// The witness keys that count and the number of distinct members it takes.
#[derive(Clone, Debug)]
pub struct Policy {
    members: Vec<Member>,
    quorum: usize,
    memo: Memo,
}

#[derive(Clone, Debug)]
struct Member {
    node: NodeId,
    name: String,
    key_id: [u8; 4],
    key: PublicKey,
}

impl Policy {
    /// A policy over members, each with the origin of its own log and its witness key. A member
    /// with several keys counts once. A quorum of 0 is raised to 1: no policy takes a note that
    /// nobody cosigned.
    pub fn new(members: Vec<(NodeId, Origin, PublicKey)>, quorum: usize) -> Self {
        let member = |(node, origin, key): (NodeId, Origin, PublicKey)| {
            let name = witness_name(&origin);
            let key_id = key_id(&name, ALG_WITNESS, &key);
            Member { node, name, key_id, key }
        };
        Self {
            members: members.into_iter().map(member).collect(),
            quorum: quorum.max(1),
            memo: Memo::default(),
        }
    }

    /// The same policy, which takes what held before from this memo.
    pub fn remembering(self, memo: &Memo) -> Self {
        Self { memo: memo.clone(), ..self }
    }

    /// What was verified before.
    pub fn memo(&self) -> &Memo {
        &self.memo
    }

    /// Whether the key of this member is among those that count.
    pub fn knows(&self, node: &NodeId) -> bool {
        self.members.iter().any(|member| member.node == *node)
    }

    /// Number of distinct members that a certified checkpoint takes.
    pub fn quorum(&self) -> usize {
        self.quorum
    }

    /// Checks that a quorum of distinct members cosigned, and says when each first did, by node id.
    /// Lines of unknown keys are ignored; an invalid one of a known key is an error even if a
    /// quorum remains. The log's signature is
    /// [`verify_log`](super::SignedCheckpoint::verify_log)'s to check.
    pub fn check(&self, c: &SignedCheckpoint) -> Result<Vec<(NodeId, u64)>, PolicyError> {
        let cosigners = self.cosigners(c)?;
        if cosigners.len() < self.quorum {
            return Err(PolicyError::NoQuorum { have: cosigners.len(), need: self.quorum });
        }
        Ok(cosigners.iter().map(|cosigner| (cosigner.member, cosigner.first)).collect())
    }

    /// The distinct members who cosigned, by node id, whether they are a quorum or not.
    pub fn cosigners(&self, c: &SignedCheckpoint) -> Result<Vec<Cosigner>, PolicyError> {
        let body = c.checkpoint.body();
        for line in &c.cosignatures {
            self.verify(&body, line)?;
        }
        self.verify_others(&body, c)?;
        Ok(self.cosigners_verified(c))
    }

    /// The same of a note whose lines are known to hold.
    pub fn cosigners_verified(&self, c: &SignedCheckpoint) -> Vec<Cosigner> {
        let mut times: BTreeMap<NodeId, (u64, u64)> = BTreeMap::new();
        for line in &c.cosignatures {
            let Some(member) = self.member(line) else { continue };
            let time = line.cosignature.time;
            let (first, last) = times.entry(member.node).or_insert((time, time));
            *first = (*first).min(time);
            *last = (*last).max(time);
        }
        let cosigner = |(member, (first, last))| Cosigner { member, first, last };
        times.into_iter().map(cosigner).collect()
    }

    /// Adds to one note the members' cosignatures from another about the same checkpoint, once
    /// they verify, and drops unknown lines from both. Of one key the earliest and the latest line
    /// are kept. Says whether anything was added. The lines already in `into` are taken as verified.
    pub fn merge(&self, into: &mut SignedCheckpoint, from: &SignedCheckpoint) -> Result<bool, PolicyError> {
        if into.checkpoint != from.checkpoint {
            return Err(PolicyError::OtherCheckpoint);
        }
        let mut verified = Vec::new();
        let body = from.checkpoint.body();
        for line in &from.cosignatures {
            if !into.cosignatures.contains(line) && self.verify(&body, line)?.is_some() {
                verified.push(line.clone());
            }
        }
        self.verify_others(&body, from)?;
        into.forget_others();
        into.cosignatures.retain(|line| self.member(line).is_some());
        let mut changed = false;
        for line in verified {
            changed |= into.insert(line)?;
        }
        Ok(changed)
    }

    /// The note as it goes into proofs: verified, one line per member, a quorum of them but no
    /// more than 16 signatures with the log's.
    pub fn export(&self, c: &SignedCheckpoint, pick: Pick) -> Result<SignedCheckpoint, PolicyError> {
        self.check(c)?;
        // the wanted time first, for both picks
        let rank = |line: &CosignatureLine| match pick {
            Pick::Earliest => i128::from(line.cosignature.time),
            Pick::Latest => -i128::from(line.cosignature.time),
        };
        let mut best: BTreeMap<NodeId, &CosignatureLine> = BTreeMap::new();
        for line in &c.cosignatures {
            let Some(member) = self.member(line) else { continue };
            let kept = best.entry(member.node).or_insert(line);
            if rank(line) < rank(kept) {
                *kept = line;
            }
        }
        let mut lines: Vec<CosignatureLine> = best.into_values().cloned().collect();
        lines.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.rank().cmp(&b.rank())));
        lines.truncate(self.quorum.min(MAX_EXPORT_SIGNATURES - 1));
        lines.sort_by(|a, b| a.rank().cmp(&b.rank()));
        let mut exported = SignedCheckpoint { cosignatures: lines, ..c.clone() };
        exported.forget_others();
        Ok(exported)
    }

    /// The member whose key a line claims; an error if the line is not by it.
    fn verify(&self, body: &str, line: &CosignatureLine) -> Result<Option<&Member>, PolicyError> {
        let Some(member) = self.member(line) else { return Ok(None) };
        let invalid = |_| PolicyError::InvalidSignature { who: member.node };
        line.cosignature.verify_body(body, &member.key, &self.memo).map_err(invalid)?;
        Ok(Some(member))
    }

    /// Lines of no use spoil a note only where they claim a member's key: then each has to be its
    /// cosignature once more.
    fn verify_others(&self, body: &str, c: &SignedCheckpoint) -> Result<(), PolicyError> {
        for line in &c.others {
            let Some(member) = self.known(&line.name, line.key_id) else { continue };
            let who = member.node;
            let cosignature = CosignatureLine::of(line).ok_or(PolicyError::InvalidSignature { who })?;
            self.verify(body, &cosignature)?;
        }
        Ok(())
    }

    fn member(&self, line: &CosignatureLine) -> Option<&Member> {
        self.known(&line.name, line.key_id)
    }

    fn known(&self, name: &str, key_id: [u8; 4]) -> Option<&Member> {
        self.members.iter().find(|member| member.key_id == key_id && member.name == name)
    }
}

#[cfg(test)]
mod tests;
