//! Which blocks a block links, by the role in which it stands, and everything below a root.

use super::judge::Get;
use super::source::{Lookup, Source};
use crate::bundle::Bundle;
use crate::cid::{Cid, Codec};
use crate::content::Content;
use crate::id::NetId;
use crate::leaf::{Leaf, Statement};
use crate::receipt::Receipts;
use crate::wire::{self, WireError};
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
    /// The study plan.
    Study,
    /// The executor list.
    Executors,
    /// An announce's leaf.
    Announce,
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
            Role::Study => "study plan",
            Role::Executors => "executor list",
            Role::Announce => "announce",
            Role::List => "statement list",
            Role::Statement(_) => "statement",
            Role::Proof => "commit proof",
            Role::Receipts => "receipts",
            Role::Output => "output",
            Role::Response => "response",
        }
    }

    /// A bit for each role. One root leads to one content, hence to statements of one network.
    fn bit(&self) -> u32 {
        1 << match self {
            Role::Root => 0,
            Role::Content => 1,
            Role::Report => 2,
            Role::Certs => 3,
            Role::Genesis => 4,
            Role::Job => 5,
            Role::Suite => 6,
            Role::Executors => 7,
            Role::Announce => 8,
            Role::List => 9,
            Role::Statement(_) => 10,
            Role::Proof => 11,
            Role::Receipts => 12,
            Role::Output => 13,
            Role::Response => 14,
            Role::Study => 15,
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
        Some((Role::Genesis, content.genesis)),
        Some((Role::Job, content.job)),
        Some((Role::Suite, content.suite)),
        content.study.map(|cid| (Role::Study, cid)),
        Some((Role::Executors, content.executors)),
    ];
    let announces = content.announces.iter().map(|cid| (Role::Announce, *cid));
    let statements = content.statements.iter().map(|cid| (statement, *cid));
    let all = single.into_iter().flatten().chain(announces).chain([(Role::List, content.list)]);
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
pub fn closure(root: Cid, get: Get<'_>) -> Closure {
    walk(root, &Lookup(get))
}

/// The same with blocks from anywhere.
pub(super) fn walk(root: Cid, source: &dyn Source) -> Closure {
    let mut closure = Closure::default();
    let mut seen = Seen::default();
    let mut stack = vec![Link { role: Role::Root, cid: root }];
    while let Some(link) = stack.pop() {
        let place = source.place(&link.cid);
        if !seen.follow(&link, place) {
            continue;
        }
        if seen.links > BLOCKS_MAX {
            closure.malformed.push((link, format!("the root leads to over {BLOCKS_MAX} blocks")));
            break;
        }
        if link.cid.codec != link.role.codec() {
            closure.malformed.push((link, format!("{}: the id has the wrong codec", link.role.word())));
            continue;
        }
        let Some(block) = source.bytes(&link.cid) else {
            closure.missing.push(link);
            continue;
        };
        if seen.hold(&link.cid, place) {
            closure.held.push(link.cid);
            closure.bytes += block.len() as u64;
        }
        let below = match link.role {
            Role::Receipts => {
                source.receipts(&link.cid).map(|read| read.map(|receipts| receipt_links(&receipts)))
            }
            role => Some(links(role, &block)),
        };
        match below.unwrap_or_else(|| Ok(Vec::new())) {
            Ok(links) => stack.extend(links.into_iter().rev()),
            Err(why) => closure.malformed.push((link, why.to_string())),
        }
    }
    closure
}

/// Which links were followed and which blocks are held. Blocks that have a place take a mark there,
/// which is what most of a large job takes; others are kept by name.
#[derive(Default)]
struct Seen {
    links: usize,
    marks: Vec<u32>,
    named: BTreeSet<Link>,
    named_held: BTreeSet<Cid>,
}

/// Above the bits of all roles.
const HELD: u32 = 1 << 16;

impl Seen {
    /// Whether the link was not followed before.
    fn follow(&mut self, link: &Link, place: Option<usize>) -> bool {
        let is_new = match place {
            None => self.named.insert(*link),
            Some(place) => self.mark(place, link.role.bit()),
        };
        self.links += usize::from(is_new);
        is_new
    }

    /// Whether the block was not held before.
    fn hold(&mut self, cid: &Cid, place: Option<usize>) -> bool {
        match place {
            None => self.named_held.insert(*cid),
            Some(place) => self.mark(place, HELD),
        }
    }

    fn mark(&mut self, place: usize, bit: u32) -> bool {
        if self.marks.len() <= place {
            self.marks.resize(place + 1, 0);
        }
        let Some(mark) = self.marks.get_mut(place) else { return false };
        let before = *mark;
        *mark |= bit;
        before & bit == 0
    }
}
