//! Putting a job's content and a publisher's bundle together.

use crate::bundle::{Bundle, Certs};
use crate::cid::Cid;
use crate::content::Content;
use crate::genesis::Genesis;
use crate::id::{JobId, NetId, NodeId};
use crate::leaf::{Cert, Leaf, Statement, leaf_cid};
use crate::log::{TlogProof, leaf_hash};
use crate::statement::StatementList;
use crate::wire::{self, Wire};
use serde_bytes::ByteBuf;
use std::collections::BTreeMap;

/// What a job's content is made of, beside the blocks that are stored already: suite, study plan, executor
/// list, commit proofs, receipts, outputs, responses.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The network's genesis.
    pub genesis: &'a Genesis,
    /// The job's leaf.
    pub job_leaf: &'a [u8],
    /// Announce leaves, in the order of the executor list.
    pub announces: &'a [Vec<u8>],
    /// The statements that the content stands for.
    pub list: &'a StatementList,
    /// Their leaves, in the order of the list.
    pub statements: &'a [Vec<u8>],
}

/// A root block and every block that was made with it, the root's included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assembled {
    /// The root.
    pub root: Cid,
    /// Blocks to store, each true to its id. Blocks that were stored before are not repeated.
    pub blocks: Vec<(Cid, Vec<u8>)>,
}

/// Assembles the content of a job: equal parts give equal bytes. An error means that the parts do
/// not belong together.
pub fn assemble(parts: &Parts<'_>) -> Result<Assembled, String> {
    let net = parts.genesis.net();
    let leaf = Leaf::decode(parts.job_leaf, &net).map_err(|e| e.to_string())?;
    let Statement::Job(job) = &leaf.statement else { return Err("job: the leaf holds no job".into()) };
    let id = JobId(leaf_hash(parts.job_leaf).0);
    if parts.list.job != id {
        return Err("statement list: belongs to another job".into());
    }
    let listed = parts.list.statements.iter().map(|s| s.hash);
    if !listed.eq(parts.statements.iter().map(|s| leaf_hash(s))) {
        return Err("statements: not the leaves that the list names, in its order".into());
    }
    let mut blocks = Blocks::default();
    let content = Content {
        v: 3,
        net,
        genesis: blocks.add(parts.genesis.to_block()),
        id,
        job: blocks.add(parts.job_leaf.to_vec()),
        suite: job.suite,
        study: job.study,
        executors: job.executors,
        announces: parts.announces.iter().map(|l| blocks.add(l.clone())).collect(),
        list: blocks.add(wire::encode(parts.list)),
        statements: parts.statements.iter().map(|l| blocks.add(l.clone())).collect(),
    };
    blocks.root(&content)
}

/// Sorts what a publisher can show: keysets (leaf 0) of committee members, of the job's author and of
/// those whose statements are listed; proven leaves of the job, each once.
pub fn certs(net: &NetId, job: JobId, keysets: &[Vec<u8>], certs: &[Cert]) -> Result<Certs, String> {
    let mut by_node: BTreeMap<NodeId, ByteBuf> = BTreeMap::new();
    for bytes in keysets {
        let leaf = Leaf::decode(bytes, net).map_err(|e| e.to_string())?;
        if !matches!(leaf.statement, Statement::Keyset(_)) {
            return Err("keysets: a leaf holds no keyset".into());
        }
        by_node.insert(leaf.author, ByteBuf::from(bytes.clone()));
    }
    let mut by_place: BTreeMap<(NodeId, u64), Cert> = BTreeMap::new();
    for cert in certs {
        let proof = TlogProof::parse(&cert.proof).map_err(|e| format!("certs: {e}"))?;
        by_place.insert((proof.checkpoint.checkpoint.origin.node, proof.index), cert.clone());
    }
    let certs = Certs {
        v: 1,
        job,
        keysets: by_node.into_values().collect(),
        certs: by_place.into_values().collect(),
    };
    certs.check()?;
    Ok(certs)
}

/// Makes a bundle's blocks: its head and its certs. Content and report are stored already.
pub fn bundle(net: NetId, content: Cid, report: Option<Cid>, certs: &Certs) -> Result<Assembled, String> {
    let bytes = wire::encode(certs);
    if bytes.len() > Certs::BYTES_MAX {
        return Err(format!("certs: {} bytes, at most {} are allowed", bytes.len(), Certs::BYTES_MAX));
    }
    let mut blocks = Blocks::default();
    let certs = blocks.add(bytes);
    blocks.root(&Bundle { v: 1, net, content, report, certs })
}

#[derive(Default)]
struct Blocks(BTreeMap<Cid, Vec<u8>>);

impl Blocks {
    fn add(&mut self, bytes: Vec<u8>) -> Cid {
        let cid = leaf_cid(&bytes);
        self.0.insert(cid, bytes);
        cid
    }

    fn root<T: Wire>(mut self, value: &T) -> Result<Assembled, String> {
        value.check()?;
        let bytes = wire::encode(value);
        if bytes.len() > T::BYTES_MAX {
            return Err(format!("{}: {} bytes, at most {} are allowed", T::NAME, bytes.len(), T::BYTES_MAX));
        }
        let root = self.add(bytes);
        Ok(Assembled { root, blocks: self.0.into_iter().collect() })
    }
}
