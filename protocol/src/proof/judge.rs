//! Is a reveal ok or bad: a pure function of its bytes and the blocks that it links.
//!
//! Every honest member comes to the same verdict, whatever it happens to hold: what is missing, be
//! it a block or the keyset of a member whose cosignature stands in the proof, gives no verdict
//! yet. The checks run in one order, and each waits for all that it needs.

use super::source::{Lookup, Source, block};
use crate::cid::{Cid, Codec};
use crate::genesis::{EPOCH, Genesis};
use crate::id::{JobId, NetId, NodeId};
use crate::job::Job;
use crate::keyset::Keyset;
use crate::leaf::{Cert, Leaf, Statement};
use crate::log::{Cosigner, Origin, Policy, SignedCheckpoint, TlogProof, leaf_hash, witness_name};
use crate::params::BLOCK_BYTES_MAX;
use crate::receipt::Receipts;
use crate::statement::{BadCode, Reveal, commit_hash};
use crate::suite::Suite;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Room of a response beyond twice the output limit, bytes: JSON escapes and envelope, a guess.
const RESPONSE_ROOM_BYTES: u64 = 64 * 1024;

/// What a reveal is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// Network.
    pub net: NetId,
    /// Its genesis.
    pub genesis: &'a Genesis,
    /// The job's id.
    pub id: JobId,
    /// The job.
    pub job: &'a Job,
    /// Its suite.
    pub suite: &'a Suite,
    /// The committee's witness keys, as far as they are known, with the genesis's quorum. A member
    /// left out delays a verdict and never changes one.
    pub policy: &'a Policy,
    /// Verified keyset of the reveal's author.
    pub executor: &'a Keyset,
}

/// What is to be said of a reveal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// Not yet: these blocks are needed first, all that this stage needs.
    Need(Vec<Cid>),
    /// Not yet: the keysets of these members are not known, and the proof holds lines in their
    /// names.
    Unknown(Vec<NodeId>),
    /// Valid, and every block that it links is held.
    Ok,
    /// Not valid, whoever looks at it; with the reason in words.
    Bad(BadCode, String),
}

/// A block look-up. It must return only bytes that their id names.
pub type Get<'a> = &'a dyn Fn(&Cid) -> Option<Vec<u8>>;

/// Judges a reveal by the executor of the context. `commit_leaf` is the leaf that stands at
/// `reveal.commit` in the executor's log.
pub fn judge_reveal(judge: &Judge<'_>, reveal: &Reveal, commit_leaf: &[u8], get: Get<'_>) -> Judgement {
    judge_from(judge, reveal, commit_leaf, &Lookup(get)).0
}

/// The head under which a commit was certified, and who cosigned it.
pub(super) struct Certified {
    pub(super) head: SignedCheckpoint,
    pub(super) cosigners: Vec<Cosigner>,
}

/// The same with blocks from anywhere; with the commit's head, if it was certified in time.
pub(super) fn judge_from(
    judge: &Judge<'_>,
    reveal: &Reveal,
    commit_leaf: &[u8],
    source: &dyn Source,
) -> (Judgement, Option<Certified>) {
    let mut certified = None;
    let mut stages = || {
        judge.hash(reveal, commit_leaf)?;
        certified = Some(judge.proof(reveal, commit_leaf, source)?);
        let receipts = judge.receipts(reveal, source)?;
        judge.cells(reveal, &receipts)?;
        judge.outputs(&receipts, source)
    };
    let judgement = match stages() {
        Ok(()) => Judgement::Ok,
        Err(judgement) => judgement,
    };
    (judgement, certified)
}

fn bad<T>(code: BadCode, why: impl ToString) -> Result<T, Judgement> {
    Err(Judgement::Bad(code, why.to_string().chars().take(200).collect()))
}

impl Judge<'_> {
    fn executor_id(&self) -> NodeId {
        self.executor.node()
    }

    /// Salt and receipts id give the hash that was committed to.
    fn hash(&self, reveal: &Reveal, commit_leaf: &[u8]) -> Result<(), Judgement> {
        if reveal.job != self.id {
            return bad(BadCode::Hash, "the reveal belongs to another job");
        }
        if reveal.commit.author != self.executor_id() || reveal.commit.hash != leaf_hash(commit_leaf) {
            return bad(BadCode::Hash, "the reveal names another commit");
        }
        let commit = match Leaf::decode(commit_leaf, &self.net) {
            Ok(Leaf { author, statement: Statement::Commit(commit), .. }) if author == self.executor_id() => {
                commit
            }
            _ => return bad(BadCode::Hash, "what the reveal names as its commit is none by its author"),
        };
        let expected = commit_hash(
            &self.net,
            &self.id,
            reveal.slot,
            &self.executor_id(),
            &reveal.salt,
            &reveal.receipts,
        );
        if commit.job != self.id || commit.slot != reveal.slot || commit.hash != expected {
            return bad(BadCode::Hash, "salt and receipts do not give the committed hash");
        }
        Ok(())
    }

    /// The commit was certified in time: a quorum of distinct members cosigned a head over it,
    /// each dated no later than the commit deadline.
    fn proof(
        &self,
        reveal: &Reveal,
        commit_leaf: &[u8],
        source: &dyn Source,
    ) -> Result<Certified, Judgement> {
        if reveal.proof.codec != Codec::DagCbor {
            return bad(BadCode::Proof, "the proof's id is not that of a DAG-CBOR block");
        }
        let cert: Cert = match block(source, &reveal.proof) {
            None => return Err(Judgement::Need(vec![reveal.proof])),
            Some(Err(e)) => return bad(BadCode::Proof, e),
            Some(Ok(cert)) => cert,
        };
        let proof = match TlogProof::parse(&cert.proof) {
            Ok(proof) => proof,
            Err(e) => return bad(BadCode::Proof, e),
        };
        if cert.leaf != commit_leaf || proof.index != reveal.commit.index {
            return bad(BadCode::Proof, "the proof is about another leaf than the commit");
        }
        if proof.checkpoint.checkpoint.origin != Origin::new(&self.net, EPOCH, self.executor_id()) {
            return bad(BadCode::Proof, "the proof is from another log than the executor's");
        }
        if let Err(e) = proof.verify_inclusion(&cert.leaf) {
            return bad(BadCode::Proof, e);
        }
        if let Err(e) = proof.checkpoint.verify_log_by(&self.executor.log, self.policy.memo()) {
            return bad(BadCode::Proof, e);
        }
        let unknown = unknown_members(&self.net, self.genesis, self.policy, &proof);
        if !unknown.is_empty() {
            return Err(Judgement::Unknown(unknown));
        }
        let cosigners = match self.policy.cosigners(&proof.checkpoint) {
            Ok(cosigners) => cosigners,
            Err(e) => return bad(BadCode::Proof, e),
        };
        let by_s = self.job.commit_by_s;
        let (have, need) = (cosigners.iter().filter(|c| c.first <= by_s).count(), self.genesis.quorum());
        if have < need {
            return bad(
                BadCode::Proof,
                format!("{have} members cosigned no later than {by_s}, it takes {need}"),
            );
        }
        Ok(Certified { head: proof.checkpoint, cosigners })
    }

    fn receipts(&self, reveal: &Reveal, source: &dyn Source) -> Result<Rc<Receipts>, Judgement> {
        if reveal.receipts.codec != Codec::DagCbor {
            return bad(BadCode::Receipts, "the receipts' id is not that of a DAG-CBOR block");
        }
        let receipts = match source.receipts(&reveal.receipts) {
            None => return Err(Judgement::Need(vec![reveal.receipts])),
            Some(Err(e)) => return bad(BadCode::Receipts, e),
            Some(Ok(receipts)) => receipts,
        };
        if (receipts.job, receipts.slot, receipts.executor) != (self.id, reveal.slot, self.executor_id()) {
            return bad(BadCode::Receipts, "the receipts are of another job, slot or executor");
        }
        if receipts.links().any(|cid| cid.codec != Codec::Raw) {
            return bad(BadCode::Receipts, "an output or response has an id that is not of a raw block");
        }
        Ok(receipts)
    }

    fn cells(&self, reveal: &Reveal, receipts: &Receipts) -> Result<(), Judgement> {
        let Some(slot) = self.job.slot(reveal.slot) else {
            return bad(BadCode::Cells, "the job has no such slot");
        };
        let wanted = self.job.cells(slot, self.suite);
        let found = receipts.cells.iter().map(|c| (c.prompt, c.repeat));
        if found.eq(wanted.iter().copied()) {
            return Ok(());
        }
        let (wanted, found) = (wanted.len(), receipts.cells.len());
        bad(
            BadCode::Cells,
            format!("{found} receipts are not the {wanted} cells of the slot in canonical order"),
        )
    }

    fn outputs(&self, receipts: &Receipts, source: &dyn Source) -> Result<(), Judgement> {
        let output_max = self.job.output_bytes_max;
        let response_max =
            output_max.saturating_mul(2).saturating_add(RESPONSE_ROOM_BYTES).min(BLOCK_BYTES_MAX as u64);
        let mut missing = BTreeSet::new();
        let mut over = None;
        for receipt in &receipts.cells {
            for (what, cid, max) in
                [("output", receipt.output, output_max), ("response", receipt.response, response_max)]
            {
                let Some(cid) = cid else { continue };
                match source.length(&cid) {
                    None => {
                        missing.insert(cid);
                    }
                    Some(found) if found > max => {
                        let (p, r) = (receipt.prompt, receipt.repeat);
                        over.get_or_insert(format!(
                            "prompt {p}, repeat {r}: {what} of {found} bytes, at most {max}"
                        ));
                    }
                    Some(_) => {}
                }
            }
        }
        match over {
            _ if !missing.is_empty() => Err(Judgement::Need(missing.into_iter().collect())),
            Some(why) => bad(BadCode::Output, why),
            None => Ok(()),
        }
    }
}

/// Committee members in whose names the proof holds lines, but whose keys the policy does not have.
fn unknown_members(net: &NetId, genesis: &Genesis, policy: &Policy, proof: &TlogProof) -> Vec<NodeId> {
    let nodes = genesis.committee.iter().map(|m| m.root.node_id());
    let named = |node: &NodeId| {
        let name = witness_name(&Origin::new(net, EPOCH, *node));
        proof.checkpoint.cosignatures.iter().any(|line| line.name == name)
    };
    nodes.filter(|node| !policy.knows(node) && named(node)).collect()
}
