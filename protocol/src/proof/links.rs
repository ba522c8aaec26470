//! Which blocks a block links, by the role in which it stands, and everything below a root.

use crate::bundle::Bundle;
use crate::cid::{Cid, Codec};
use crate::content::Content;
use crate::id::NetId;
use crate::leaf::{Leaf, Statement};
use crate::receipt::Receipts;
use crate::wire::{self, Wire, WireError};
use std::collections::BTreeSet;

/// Most blocks below one root: a guess, a hundred thousand answers with their responses.
pub const BLOCKS_MAX: usize = 1 << 18;

/// What a block stands for where it is linked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// A bundle or a content.
    Root,
    /// Root of a job's content.
    Content,
    /// The comparison.
    Report,
    /// A publisher's certs.
    Certs,
    /// The network's genesis.
    Genesis,
    /// The job's leaf.
    Job,
    /// The suite.
    Suite,
    /// The executor list.
    Executors,
    /// An announce's leaf.
    Announce,
    /// A keyset's leaf.
    Keyset,
    /// The statement list.
    List,
    /// The leaf of a listed reveal or decline of this network.
    Statement(NetId),
    /// The on-time proof of a commit.
    Proof,
    /// A slot's receipts.
    Receipts,
    /// An answer.
    Output,
    /// A response as it came.
    Response,
}

impl Role {
    /// The word used in messages.
    pub fn word(&self) -> &'static str {
        match self {
            Role::Root => "root",
            Role::Content => "content",
            Role::Report => "report",
            Role::Certs => "certs",
            Role::Genesis => "genesis",
            Role::Job => "job",
            Role::Suite => "suite",
            Role::Executors => "executor list",
            Role::Announce => "announce",
            Role::Keyset => "keyset",
            Role::List => "statement list",
            Role::Statement(_) => "statement",
            Role::Proof => "commit proof",
            Role::Receipts => "receipts",
            Role::Output => "output",
            Role::Response => "response",
        }
    }

    /// How a block in this role is encoded.
    pub fn codec(&self) -> Codec {
        match self {
            Role::Output | Role::Response => Codec::Raw,
            _ => Codec::DagCbor,
        }
    }
}

/// A block in a role.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Link {
    /// In which role.
    pub role: Role,
    /// Which block.
    pub cid: Cid,
}

/// The links of a block in this role, in the order of its fields.
pub fn links(role: Role, block: &[u8]) -> Result<Vec<Link>, WireError> {
    match role {
        Role::Root => match wire::decode::<Bundle>(block) {
            Ok(bundle) => Ok(bundle_links(&bundle)),
            Err(bundle) => match wire::decode::<Content>(block) {
                Ok(content) => Ok(content_links(&content)),
                Err(content) => Err(WireError::Shape {
                    name: "root",
                    why: format!("neither a bundle ({bundle}) nor a content ({content})"),
                }),
            },
        },
        Role::Content => Ok(content_links(&wire::decode(block)?)),
        Role::Statement(net) => Ok(statement_links(&Leaf::decode(block, &net)?.statement)),
        Role::Receipts => Ok(receipt_links(&wire::decode(block)?)),
        _ => Ok(Vec::new()),
    }
}

fn bundle_links(bundle: &Bundle) -> Vec<Link> {
    let mut links = vec![Link { role: Role::Content, cid: bundle.content }];
    links.extend(bundle.report.map(|cid| Link { role: Role::Report, cid }));
    links.push(Link { role: Role::Certs, cid: bundle.certs });
    links
}

fn content_links(content: &Content) -> Vec<Link> {
    let statement = Role::Statement(content.net);
    let single = [
        (Role::Genesis, content.genesis),
        (Role::Job, content.job),
        (Role::Suite, content.suite),
        (Role::Executors, content.executors),
    ];
    let announces = content.announces.iter().map(|cid| (Role::Announce, *cid));
    let keysets = content.keysets.iter().map(|cid| (Role::Keyset, *cid));
    let statements = content.statements.iter().map(|cid| (statement, *cid));
    let all = single.into_iter().chain(announces).chain(keysets).chain([(Role::List, content.list)]);
    all.chain(statements).map(|(role, cid)| Link { role, cid }).collect()
}

fn statement_links(statement: &Statement) -> Vec<Link> {
    match statement {
        Statement::Reveal(reveal) => vec![
            Link { role: Role::Proof, cid: reveal.proof },
            Link { role: Role::Receipts, cid: reveal.receipts },
        ],
        _ => Vec::new(),
    }
}

fn receipt_links(receipts: &Receipts) -> Vec<Link> {
    let output = |cid| Link { role: Role::Output, cid };
    let response = |cid| Link { role: Role::Response, cid };
    let cells = receipts.cells.iter();
    cells.flat_map(|c| [c.output.map(output), c.response.map(response)]).flatten().collect()
}

/// Everything below a root, as far as it is held.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Closure {
    /// Blocks held, each once, the root first, then depth first in the order of links.
    pub held: Vec<Cid>,
    /// Bytes of the blocks held.
    pub bytes: u64,
    /// Links to blocks that are not held, in the order met.
    pub missing: Vec<Link>,
    /// Links to blocks that are not what their role asks for, and why. What they would link is not
    /// known.
    pub malformed: Vec<(Link, String)>,
}

/// Walks everything below a bundle or content. `get` must return only bytes that their id names.
pub fn closure(root: Cid, get: &dyn Fn(&Cid) -> Option<Vec<u8>>) -> Closure {
    let mut closure = Closure::default();
    let mut seen: BTreeSet<Link> = BTreeSet::new();
    let mut held: BTreeSet<Cid> = BTreeSet::new();
    let mut stack = vec![Link { role: Role::Root, cid: root }];
    while let Some(link) = stack.pop() {
        if !seen.insert(link) {
            continue;
        }
        if seen.len() > BLOCKS_MAX {
            closure.malformed.push((link, format!("the root leads to over {BLOCKS_MAX} blocks")));
            break;
        }
        if link.cid.codec != link.role.codec() {
            closure.malformed.push((link, format!("{}: the id has the wrong codec", link.role.word())));
            continue;
        }
        let Some(block) = get(&link.cid) else {
            closure.missing.push(link);
            continue;
        };
        if held.insert(link.cid) {
            closure.held.push(link.cid);
            closure.bytes += block.len() as u64;
        }
        match links(link.role, &block) {
            Ok(links) => stack.extend(links.into_iter().rev()),
            Err(why) => closure.malformed.push((link, why.to_string())),
        }
    }
    closure
}

/// Decodes the block behind an id, if it is held.
pub(super) fn block<T: Wire>(
    get: &dyn Fn(&Cid) -> Option<Vec<u8>>,
    cid: &Cid,
) -> Option<Result<T, WireError>> {
    get(cid).map(|bytes| wire::decode(&bytes))
}
