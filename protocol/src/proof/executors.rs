//! Who may be assigned: the executor list held against the announces that it names.

use crate::announce::Announce;
use crate::assignment::Candidate;
use crate::genesis::Genesis;
use crate::id::NetId;
use crate::job::Executors;
use crate::leaf::{Leaf, LeafRef, Statement};
use crate::log::leaf_hash;

/// The candidates of a job, in the order of its executor list. `announces` are the leaves that the
/// list names, in its order. An error says which leaf is not the one named.
pub fn candidates(
    net: &NetId,
    genesis: &Genesis,
    executors: &Executors,
    announces: &[Vec<u8>],
) -> Result<Vec<Candidate>, String> {
    if executors.announces.len() != announces.len() {
        let (named, found) = (executors.announces.len(), announces.len());
        return Err(format!("announces: {found} leaves for a list of {named}"));
    }
    executors
        .announces
        .iter()
        .zip(announces)
        .map(|(named, bytes)| {
            let announce = announce(net, named, bytes)
                .map_err(|why| format!("announce of {}: {why}", named.author.short()))?;
            Ok(Candidate { node: named.author, operator: genesis.operator(&named.author), announce })
        })
        .collect()
}

fn announce(net: &NetId, named: &LeafRef, bytes: &[u8]) -> Result<Announce, String> {
    if leaf_hash(bytes) != named.hash {
        return Err("the leaf is not the one that the executor list names".into());
    }
    let leaf = Leaf::decode(bytes, net).map_err(|e| e.to_string())?;
    if leaf.author != named.author {
        return Err("the leaf is by another author".into());
    }
    match leaf.statement {
        Statement::Announce(announce) => Ok(announce),
        other => Err(format!("the leaf is of type {}", other.typ())),
    }
}
