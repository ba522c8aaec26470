//! Bundle files: CARv1 (ipld.io/specs/transport/car/carv1), read strictly and written in one order.
//!
//! Narrowed to one form: a single root, a canonical header, minimal varints, CIDv1 over SHA-256
//! with codec raw or DAG-CBOR, every block true to its id, nothing after the last block. Blocks may
//! stand in any order, and again: what a file proves does not depend on it.

mod damage;
mod kind;

pub use kind::file_kind;

use super::links::{BLOCKS_MAX, closure};
use super::pool::Pool;
use crate::bundle::Certs;
use crate::cid::{Cid, Codec};
use crate::params::BLOCK_BYTES_MAX;
use crate::wire::{self, Wire};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Most bytes of a bundle file: a guess, what a small server holds in memory twice.
pub const CAR_BYTES_MAX: usize = 1 << 30;
/// Most bytes of the header: one root takes 58.
const HEADER_BYTES_MAX: usize = 128;
/// Length of every id that we accept.
const CID_BYTES: usize = 36;
/// Most bytes of a length: 28 bits, enough for the largest block.
const VARINT_BYTES_MAX: usize = 4;

/// A set of blocks and the id of the one to start from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Car {
    /// Where to start. The block itself may be missing: then the file is incomplete.
    pub root: Cid,
    /// Blocks by their ids, each checked against its id.
    pub blocks: BTreeMap<Cid, Vec<u8>>,
}

/// Why bytes are no bundle file of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarError {
    /// Longer than any that we read.
    #[error("bundle file: {found} bytes, at most {CAR_BYTES_MAX} are read")]
    TooLong {
        /// Length found, bytes.
        found: usize,
    },
    /// Another kind of file.
    #[error("the file is {what}")]
    Other {
        /// What it is.
        what: &'static str,
        /// What to do about it.
        help: &'static str,
    },
    /// The file ends in the middle of something.
    #[error("bundle file, byte {at}: {what} begins here, and the file breaks off at byte {end}{}", missing(*wanted))]
    Cut {
        /// Offset where the part begins, bytes.
        at: usize,
        /// The header, or which block, from 1.
        what: String,
        /// Length of the file, bytes.
        end: usize,
        /// How many bytes are missing at least; 0 where that is not known.
        wanted: usize,
    },
    /// After the last block stands something that is none.
    #[error("bundle file, byte {at}: {found} bytes of {what} follow the last block")]
    Padded {
        /// Offset where it begins, bytes.
        at: usize,
        /// How many bytes.
        found: usize,
        /// What they are.
        what: &'static str,
    },
    /// A second file stands behind the first.
    #[error("bundle file, byte {at}: {} begins here: two files were put together", if *same { "the same file again" } else { "another file" })]
    Doubled {
        /// Offset where it begins, bytes.
        at: usize,
        /// Whether the rest is what stands before, byte for byte.
        same: bool,
    },
    /// Something in it is not as this kind of file has it.
    #[error("bundle file, byte {at}: {why}{}", traced(trace.as_deref()))]
    At {
        /// Offset in bytes.
        at: usize,
        /// What is wrong there.
        why: String,
        /// What seems to have happened to the file.
        trace: Option<String>,
    },
    /// A block is not what its id names: the file was damaged or changed. Of what was signed that says nothing.
    #[error("bundle file, byte {at}: {what}, {cid}: its bytes have another hash{}", traced(trace.as_deref()))]
    False {
        /// Offset in bytes.
        at: usize,
        /// Which block, from 1.
        what: String,
        /// The id.
        cid: Cid,
        /// What seems to have happened to the file.
        trace: Option<String>,
    },
    /// A file cannot be written without these blocks.
    #[error("bundle file: {} blocks are missing, the first is {}", .0.len(), .0.first().map(Cid::to_string).unwrap_or_default())]
    Missing(Vec<Cid>),
}

fn missing(wanted: usize) -> String {
    if wanted == 0 { String::new() } else { format!(", {wanted} bytes too early") }
}

fn traced(trace: Option<&str>) -> String {
    trace.map_or_else(String::new, |trace| format!("; {trace}"))
}

impl CarError {
    /// The same error with what the file as a whole shows of its way here.
    fn of(mut self, bytes: &[u8]) -> Self {
        if let Self::At { trace, .. } | Self::False { trace, .. } = &mut self {
            *trace = damage::trace(bytes);
        }
        self
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Other { help, .. } => (*help).to_owned(),
            Self::Cut { .. } => "get the file again: the download broke off, or the disk was full".to_owned(),
            Self::Padded { at, .. } | Self::Doubled { at, .. } => {
                format!("cut it off: head -c {at} FILE > job.car")
            }
            Self::False { .. } => {
                "get the file again, as bytes and not as text: a transfer that was resumed at the \
                                   wrong place, a disk or an edit has changed it; nothing was judged"
                    .to_owned()
            }
            Self::TooLong { .. } | Self::At { .. } | Self::Missing(_) => {
                "get the file again from whoever published it; `vantage bundle export` writes such files"
                    .to_owned()
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    roots: Vec<Cid>,
    version: u64,
}

impl Wire for Header {
    const NAME: &'static str = "CAR header";
    const BYTES_MAX: usize = HEADER_BYTES_MAX;

    fn check(&self) -> Result<(), String> {
        if self.version != 1 {
            return Err(format!("version: {} is not read, only 1", self.version));
        }
        if self.roots.len() == 1 { Ok(()) } else { Err(format!("roots: {}, exactly one", self.roots.len())) }
    }
}

impl Car {
    /// Reads a file.
    pub fn parse(bytes: &[u8]) -> Result<Self, CarError> {
        let (root, sections) = sections(bytes)?;
        let blocks = sections.into_iter().map(|(cid, block)| (cid, block.to_vec())).collect();
        Ok(Self { root, blocks })
    }

    /// Reads a file whose blocks stay where they are.
    pub(super) fn pool(bytes: &[u8]) -> Result<(Cid, Pool<'_>), CarError> {
        let (root, sections) = sections(bytes)?;
        let blocks = sections.into_iter().map(|(cid, block)| (cid, Cow::Borrowed(block)));
        Ok((root, Pool::new(blocks.collect())))
    }

    /// What is linked below the root, or is the root, and is not there.
    pub fn missing(&self) -> Vec<Cid> {
        let closure = closure(self.root, &|cid| self.blocks.get(cid).cloned());
        closure.missing.into_iter().map(|link| link.cid).collect()
    }

    /// Takes out the blocks that nothing below the root links, and tells which they were.
    pub fn take_strays(&mut self) -> Vec<Cid> {
        let held = closure(self.root, &|cid| self.blocks.get(cid).cloned()).held;
        let held: BTreeSet<Cid> = held.into_iter().chain([self.root]).collect();
        self.blocks.extract_if(.., |cid, _| !held.contains(cid)).map(|(cid, _)| cid).collect()
    }

    /// Gathers everything below a root; an error names what is missing.
    pub fn collect(root: Cid, get: &dyn Fn(&Cid) -> Option<Vec<u8>>) -> Result<Self, CarError> {
        let closure = closure(root, get);
        if let Some((link, why)) = closure.malformed.first() {
            return Err(refuse(0, format!("block {}: {why}", link.cid)));
        }
        if !closure.missing.is_empty() {
            return Err(CarError::Missing(closure.missing.iter().map(|l| l.cid).collect()));
        }
        let blocks = closure.held.iter().filter_map(|cid| get(cid).map(|block| (*cid, block))).collect();
        Ok(Self { root, blocks })
    }

    /// The file: the root first, then depth first, links in the order in which they stand in a block's
    /// bytes, each block where it is met first. That is how go-car, Kubo and Helia write the same blocks.
    /// What nothing links comes last, by id. Equal sets of blocks give equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let order = self.walk();
        let linked: BTreeSet<&Cid> = order.iter().collect();
        let rest = self.blocks.keys().filter(|cid| !linked.contains(cid));
        self.write(order.iter().chain(rest))
    }

    /// Blocks below the root in the order in which a program meets them that knows the codec alone.
    fn walk(&self) -> Vec<Cid> {
        let (mut order, mut seen, mut stack) = (Vec::new(), BTreeSet::new(), vec![self.root]);
        while let Some(cid) = stack.pop() {
            let Some(block) = self.blocks.get(&cid).filter(|_| seen.insert(cid)) else { continue };
            order.push(cid);
            if cid.codec == Codec::DagCbor {
                stack.extend(wire::links(block).into_iter().rev());
            }
        }
        order
    }

    /// The file with its blocks in some other order.
    #[cfg(test)]
    pub(super) fn write_in_order(&self, order: &[Cid]) -> Vec<u8> {
        self.write(order.iter())
    }

    fn write<'a>(&'a self, order: impl Iterator<Item = &'a Cid>) -> Vec<u8> {
        let header = wire::encode(&Header { roots: vec![self.root], version: 1 });
        let mut bytes = Vec::new();
        put_varint(&mut bytes, header.len());
        bytes.extend(header);
        for cid in order {
            let Some(block) = self.blocks.get(cid) else { continue };
            put_varint(&mut bytes, CID_BYTES + block.len());
            bytes.extend(cid.to_bytes());
            bytes.extend(block);
        }
        bytes
    }
}

/// Blocks with their ids, where they stand in a file.
type Sections<'a> = Vec<(Cid, &'a [u8])>;

/// The root and all blocks, each true to its id; one may stand again.
fn sections(bytes: &[u8]) -> Result<(Cid, Sections<'_>), CarError> {
    read(bytes).map_err(|error| error.of(bytes))
}

fn read(bytes: &[u8]) -> Result<(Cid, Sections<'_>), CarError> {
    if bytes.len() > CAR_BYTES_MAX {
        return Err(CarError::TooLong { found: bytes.len() });
    }
    if let Some((what, help)) = kind::other_than_car(bytes) {
        return Err(CarError::Other { what, help });
    }
    let mut reader = Reader { bytes, at: 0, blocks: None };
    let (at, header) = reader.section(HEADER_BYTES_MAX)?;
    let header: Header = wire::decode(header).map_err(|e| refuse(at, e))?;
    let root = *header.roots.first().ok_or_else(|| refuse(at, "roots: none"))?;
    let mut sections = Vec::new();
    while !reader.is_empty() {
        reader.blocks = Some(sections.len());
        reader.padding()?;
        let (at, section) = reader.section(CID_BYTES + Certs::BYTES_MAX)?;
        if wire::decode::<Header>(section).is_ok() {
            return Err(CarError::Doubled { at, same: bytes.get(at..) == bytes.get(..at) });
        }
        if sections.len() >= BLOCKS_MAX {
            return Err(refuse(at, format!("over {BLOCKS_MAX} blocks")));
        }
        let (cid, block) = split(section).map_err(|why| refuse(at, format!("{}: {why}", reader.part())))?;
        if !cid.names(block) {
            return Err(CarError::False { at, what: reader.part(), cid, trace: None });
        }
        sections.push((cid, block));
    }
    Ok((root, sections))
}

fn split(section: &[u8]) -> Result<(Cid, &[u8]), String> {
    if let Some(kind) = Cid::other_kind(section) {
        return Err(format!("{kind}; only blocks of the bundle itself are read"));
    }
    let (id, block) = section.split_at_checked(CID_BYTES).ok_or("too short for its id")?;
    let cid = Cid::from_bytes(id).map_err(|e| e.to_string())?;
    let max = if cid.codec == Codec::Raw { BLOCK_BYTES_MAX } else { Certs::BYTES_MAX };
    if block.len() > max {
        return Err(format!("{cid} has {} bytes, at most {max} are allowed", block.len()));
    }
    Ok((cid, block))
}

fn refuse(at: usize, why: impl ToString) -> CarError {
    CarError::At { at, why: why.to_string(), trace: None }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Blocks read so far; none while the header is read.
    blocks: Option<usize>,
}

impl<'a> Reader<'a> {
    fn is_empty(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// What is being read, for errors.
    fn part(&self) -> String {
        self.blocks.map_or_else(|| "the header".to_owned(), |blocks| format!("block {}", blocks + 1))
    }

    fn cut(&self, at: usize, wanted: usize) -> CarError {
        CarError::Cut { at, what: self.part(), end: self.bytes.len(), wanted }
    }

    /// An error if all that is left is what some tools and editors put at the end of a file.
    fn padding(&self) -> Result<(), CarError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let all = |byte: fn(&u8) -> bool| rest.iter().all(byte);
        let what = if rest.first() == Some(&0) && all(|byte| *byte == 0) {
            "zero"
        } else if rest.first().is_some_and(u8::is_ascii_whitespace) && all(|b| b.is_ascii_whitespace()) {
            "line ends and blanks"
        } else {
            return Ok(());
        };
        Err(CarError::Padded { at: self.at, found: rest.len(), what })
    }

    /// A length and so many bytes; with the offset where it began.
    fn section(&mut self, max: usize) -> Result<(usize, &'a [u8]), CarError> {
        let start = self.at;
        let length = self.varint()?;
        if length == 0 || length > max {
            let what = self.part();
            return Err(refuse(start, format!("{what}: a length of {length} bytes, 1 to {max} are allowed")));
        }
        let end = self.at.saturating_add(length);
        let wanted = end.saturating_sub(self.bytes.len());
        let section = self.bytes.get(self.at..end).ok_or_else(|| self.cut(start, wanted))?;
        self.at = end;
        Ok((start, section))
    }

    fn varint(&mut self) -> Result<usize, CarError> {
        let start = self.at;
        let mut value = 0usize;
        for i in 0..VARINT_BYTES_MAX {
            let byte = *self.bytes.get(self.at).ok_or_else(|| self.cut(start, 0))?;
            self.at += 1;
            value |= usize::from(byte & 0x7f) << (7 * i);
            if byte & 0x80 == 0 {
                let minimal = byte != 0 || i == 0;
                return if minimal { Ok(value) } else { Err(refuse(start, "length: not the shortest form")) };
            }
        }
        Err(refuse(start, "length: longer than any block"))
    }
}

fn put_varint(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

#[cfg(test)]
mod tests;
