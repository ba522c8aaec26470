//! The leaves that a publisher proves, and the heads under which they stand.

use super::super::evidence::Evidence;
use super::super::verdict::Span;
use super::keyring::Keyring;
use super::plan::Plan;
use super::problems::Problems;
use crate::bundle::Certs;
use crate::genesis::{EPOCH, Genesis};
use crate::id::{Hash, NetId, NodeId};
use crate::leaf::{Cert, Leaf, LeafRef, Statement};
use crate::log::{Cosigner, Origin, SignedCheckpoint, TlogProof, leaf_hash, witness_name};
use std::collections::{BTreeMap, BTreeSet};

/// A leaf that is in its author's log, by the author's signature.
pub(super) struct Proven {
    pub(super) at: LeafRef,
    pub(super) leaf: Leaf,
    pub(super) cert: Cert,
    /// Members who cosigned the head.
    pub(super) cosigners: Vec<Cosigner>,
    quorum: usize,
}

impl Proven {
    /// A quorum cosigned it.
    pub(super) fn is_certified(&self) -> bool {
        self.cosigners.len() >= self.quorum
    }

    /// A quorum cosigned it no later than this.
    pub(super) fn is_certified_by(&self, by_s: u64) -> bool {
        self.cosigners.iter().filter(|c| c.first <= by_s).count() >= self.quorum
    }

    /// When its cosigners did.
    pub(super) fn span(&self) -> Option<Span> {
        span(&self.cosigners)
    }
}

/// First times of some cosigners.
pub(super) fn span(cosigners: &[Cosigner]) -> Option<Span> {
    let one = |c: &Cosigner| Some(Span { earliest_s: c.first, latest_s: c.first });
    cosigners.iter().map(one).fold(None, Span::join)
}

/// Everything that the certs show.
pub(super) struct Shown {
    proven: BTreeMap<(NodeId, u64), Proven>,
    heads: BTreeMap<(NodeId, u64), (Hash, String)>,
    cosigners: BTreeSet<NodeId>,
}

impl Shown {
    pub(super) fn read(
        net: &NetId,
        genesis: &Genesis,
        plan: &Plan,
        keyring: &Keyring,
        certs: &Certs,
        problems: &mut Problems,
    ) -> Self {
        let mut shown = Self { proven: BTreeMap::new(), heads: BTreeMap::new(), cosigners: BTreeSet::new() };
        let mut last = None;
        let mut checked = None;
        for cert in &certs.certs {
            let mut reader = Reader { net, genesis, plan, keyring, cert, checked: &mut checked };
            let (at, proof) = match reader.place() {
                Ok(read) => read,
                Err(why) => {
                    problems.invalid(format!("certs: {why}"));
                    continue;
                }
            };
            let what = format!("certs: leaf {} of {}", at.index, at.author.short());
            if last.replace((at.author, at.index)) >= Some((at.author, at.index)) {
                problems.invalid(format!("{what}: not sorted by author and index, nothing twice"));
            }
            match reader.read(at, &proof) {
                Ok(Some(proven)) => {
                    if !proven.is_certified() {
                        let (have, need) = (proven.cosigners.len(), proven.quorum);
                        let typ = proven.leaf.statement.typ();
                        problems.incomplete(format!(
                            "{what} ({typ}): cosigned by {have} of the {need} members that it takes"
                        ));
                    }
                    shown.see(&proof.checkpoint, &proven.cosigners, problems);
                    shown.proven.insert((at.author, at.index), proven);
                }
                Ok(None) => problems.incomplete(format!("keyset of {}: it is not shown", at.author)),
                Err(why) => problems.invalid(format!("{what}: {why}")),
            }
        }
        shown
    }

    /// Takes note of a verified head. Two heads of one size with different roots are a fork.
    pub(super) fn see(&mut self, head: &SignedCheckpoint, cosigners: &[Cosigner], problems: &mut Problems) {
        self.cosigners.extend(cosigners.iter().map(|c| c.member));
        let checkpoint = &head.checkpoint;
        let key = (checkpoint.origin.node, checkpoint.size);
        let (root, first) = self.heads.entry(key).or_insert_with(|| (checkpoint.root, head.to_note()));
        if *root != checkpoint.root {
            let why = format!("log of {}: two heads of size {} with different roots", key.0, key.1);
            problems.convicts(why.clone(), Evidence::Fork { first: first.clone(), second: head.to_note() });
            problems.invalid(why);
        }
    }

    /// The proven leaf at a place, if it is the one named and a quorum cosigned it. Otherwise the
    /// gap or the contradiction is said.
    pub(super) fn certified(&self, at: &LeafRef, what: &str, problems: &mut Problems) -> Option<&Proven> {
        let name = format!("{what}: leaf {} of {}", at.index, at.author.short());
        let Some(proven) = self.proven.get(&(at.author, at.index)) else {
            problems.incomplete(format!("{name}: no cert is shown"));
            return None;
        };
        if proven.at != *at {
            problems.invalid(format!("{name}: the log holds another leaf there"));
            return None;
        }
        // if it is not certified that is said already
        Some(proven).filter(|proven| proven.is_certified())
    }

    /// The job's leaf, wherever it stands in its author's log, if a quorum cosigned it. Otherwise the gap is said.
    pub(super) fn job(&self, plan: &Plan, problems: &mut Problems) -> Option<&Proven> {
        let of_author = self.proven.range((plan.author, 0)..=(plan.author, u64::MAX));
        let mut found = of_author.map(|(_, p)| p).filter(|p| p.at.hash.0 == plan.id.0).peekable();
        if found.peek().is_none() {
            problems.incomplete(format!("job: leaf of {}: no cert is shown", plan.author.short()));
        }
        // if it is not certified that is said already
        found.find(|proven| proven.is_certified())
    }

    /// All proven leaves by author and index.
    pub(super) fn proven(&self) -> impl Iterator<Item = &Proven> {
        self.proven.values()
    }

    /// Members whose cosignatures were verified.
    pub(super) fn cosigners(&self) -> &BTreeSet<NodeId> {
        &self.cosigners
    }
}

struct Reader<'a> {
    net: &'a NetId,
    genesis: &'a Genesis,
    plan: &'a Plan,
    keyring: &'a Keyring,
    cert: &'a Cert,
    /// The last head whose signatures were checked, and its cosigners: leaves that were certified
    /// together come one after the other, under equal heads.
    checked: &'a mut Option<(SignedCheckpoint, Vec<Cosigner>)>,
}

impl Reader<'_> {
    /// Where the leaf says it stands.
    fn place(&self) -> Result<(LeafRef, TlogProof), String> {
        let proof = TlogProof::parse(&self.cert.proof).map_err(|e| e.to_string())?;
        let origin = &proof.checkpoint.checkpoint.origin;
        if *origin != Origin::new(self.net, EPOCH, origin.node) {
            return Err(format!("{origin} is no log of this network"));
        }
        let at = LeafRef { author: origin.node, index: proof.index, hash: leaf_hash(&self.cert.leaf) };
        Ok((at, proof))
    }

    /// Checks the leaf; none if its author's keyset is not there.
    fn read(&mut self, at: LeafRef, proof: &TlogProof) -> Result<Option<Proven>, String> {
        let leaf = Leaf::decode(&self.cert.leaf, self.net).map_err(|e| e.to_string())?;
        if leaf.author != at.author {
            return Err("the leaf is by another author than the log's".into());
        }
        self.belongs(&at, &leaf)?;
        if proof.extra.is_some() {
            return Err("the proof carries data that nothing vouches for".into());
        }
        proof.verify_inclusion(&self.cert.leaf).map_err(|e| e.to_string())?;
        let Some(cosigners) = self.cosigners(&at, proof)? else { return Ok(None) };
        let (cert, quorum) = (self.cert.clone(), self.genesis.quorum());
        Ok(Some(Proven { at, leaf, cert, cosigners, quorum }))
    }

    /// Who cosigned the head, all its signatures checked; none if the author's keyset is not there.
    fn cosigners(&mut self, at: &LeafRef, proof: &TlogProof) -> Result<Option<Vec<Cosigner>>, String> {
        let head = &proof.checkpoint;
        // equal in every byte, origin and signatures included
        if let Some((_, cosigners)) = self.checked.as_ref().filter(|(checked, _)| checked == head) {
            return Ok(Some(cosigners.clone()));
        }
        let Some(keyset) = self.keyring.get(&at.author) else { return Ok(None) };
        head.verify_log(&keyset.log).map_err(|e| e.to_string())?;
        let cosigners = self.keyring.policy.cosigners(head).map_err(|e| e.to_string())?;
        self.own_lines(proof, &cosigners)?;
        *self.checked = Some((head.clone(), cosigners.clone()));
        Ok(Some(cosigners))
    }

    /// Nothing in a bundle is there without a reason.
    fn belongs(&self, at: &LeafRef, leaf: &Leaf) -> Result<(), String> {
        let member = self.genesis.member(&at.author).is_some();
        let belongs = match &leaf.statement {
            Statement::Keyset(_) => false,
            Statement::Announce(_) => self.plan.executors.announces.contains(at),
            Statement::Job(_) => at.author == self.plan.author && at.hash.0 == self.plan.id.0,
            Statement::Ack(s) => member && s.job == self.plan.id,
            Statement::Final(s) => member && s.job == self.plan.id,
            Statement::Finding(s) => member && s.job == self.plan.id,
            other => other.job() == Some(self.plan.id),
        };
        if belongs { Ok(()) } else { Err(format!("a {} that has no place here", leaf.statement.typ())) }
    }

    /// Every line is in the name of a member, and by its key where that is known: an export holds
    /// nothing else.
    fn own_lines(&self, proof: &TlogProof, cosigners: &[Cosigner]) -> Result<(), String> {
        if let Some(line) = proof.checkpoint.others.first() {
            return Err(format!("a line in the name {:?}, which is no member's cosignature", line.name));
        }
        let members = self.genesis.committee.iter().map(|m| m.root.node_id());
        let names: BTreeMap<String, NodeId> =
            members.map(|node| (witness_name(&Origin::new(self.net, EPOCH, node)), node)).collect();
        let mut keys: BTreeMap<NodeId, BTreeSet<[u8; 4]>> = BTreeMap::new();
        for line in &proof.checkpoint.cosignatures {
            let Some(node) = names.get(&line.name) else {
                return Err(format!("a cosignature in the name {:?}, which is no member's", line.name));
            };
            keys.entry(*node).or_default().insert(line.key_id);
        }
        for (node, ids) in keys {
            let verified = usize::from(cosigners.iter().any(|c| c.member == node));
            if self.keyring.policy.knows(&node) && ids.len() > verified {
                return Err(format!("a cosignature in the name of member {node} is by another key"));
            }
        }
        Ok(())
    }
}
