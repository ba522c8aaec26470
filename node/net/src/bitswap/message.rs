//! Bitswap messages and their protobuf, written by hand: six small messages, read with limits.
//!
//! The schema is `message.proto` of the bitswap specification (1.2.0). Unknown fields are skipped; entries whose CID
//! cannot be read are skipped too, as one odd want must not cost a peer its whole list.

use bytes::Bytes;
use cid::Cid;
use multihash::Multihash;
use sha2::{Digest, Sha256};

use crate::limits::{BITSWAP_ITEMS_MAX, BLOCK_BYTES_MAX};
use crate::varint;

/// SHA2-256 in the multihash table.
const SHA2_256: u64 = 0x12;
/// Longest CID read, in bytes: two varints and a 64-byte multihash.
const CID_BYTES_MAX: usize = 96;

/// What a peer wants, or no longer wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Want {
    /// Which block.
    pub(crate) cid: Cid,
    /// The peer's own ordering; not used here.
    pub(crate) priority: i32,
    /// Takes an earlier want back.
    pub(crate) cancel: bool,
    /// Asks whether the block is there, not for the block.
    pub(crate) have: bool,
    /// Asks to be told if it is not there.
    pub(crate) send_dont_have: bool,
}

impl Want {
    /// Asks for a block, and to be told if it is not there.
    pub(crate) fn block(cid: Cid) -> Self {
        Self { cid, priority: 1, cancel: false, have: false, send_dont_have: true }
    }

    /// Asks whether a block is there.
    pub(crate) fn have(cid: Cid) -> Self {
        Self { have: true, ..Self::block(cid) }
    }

    /// Takes a want back.
    pub(crate) fn cancel(cid: Cid) -> Self {
        Self { cid, priority: 0, cancel: true, have: false, send_dont_have: false }
    }
}

/// One message, in either direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// Changes to the sender's wantlist.
    pub(crate) wants: Vec<Want>,
    /// The wants are the whole list and replace what was known.
    pub(crate) full: bool,
    /// Blocks; read ones have been hashed, so the CID is true.
    pub(crate) blocks: Vec<(Cid, Bytes)>,
    /// Whether the sender has a block.
    pub(crate) presences: Vec<(Cid, bool)>,
}

/// Why bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("a field is cut short")]
    Cut,
    #[error("an unknown kind of field")]
    WireType,
    #[error("a block of more than {BLOCK_BYTES_MAX} bytes")]
    BlockTooLarge,
}

impl Message {
    /// Whether there is nothing to say.
    pub(crate) fn is_empty(&self) -> bool {
        self.wants.is_empty() && !self.full && self.blocks.is_empty() && self.presences.is_empty()
    }

    /// Bytes of all blocks.
    pub(crate) fn block_bytes(&self) -> usize {
        self.blocks.iter().map(|(_, data)| data.len()).sum()
    }

    /// The message's bytes, behind their length.
    pub(crate) fn encode_framed(&self) -> Vec<u8> {
        let mut body =
            Vec::with_capacity(self.block_bytes() + 64 * (1 + self.blocks.len() + self.wants.len()));
        if !self.wants.is_empty() || self.full {
            let mut list = Vec::new();
            for want in &self.wants {
                push_bytes(&mut list, 1, &encode_want(want));
            }
            push_flag(&mut list, 2, self.full);
            push_bytes(&mut body, 1, &list);
        }
        for (cid, data) in &self.blocks {
            let prefix = encode_prefix(cid);
            let len = bytes_len(1, prefix.len()) + bytes_len(2, data.len());
            push_key(&mut body, 3, 2);
            varint::push(&mut body, len as u64);
            push_bytes(&mut body, 1, &prefix);
            push_bytes(&mut body, 2, data);
        }
        for (cid, have) in &self.presences {
            let mut presence = Vec::new();
            push_bytes(&mut presence, 1, &cid.to_bytes());
            push_flag(&mut presence, 2, !have);
            push_bytes(&mut body, 4, &presence);
        }
        let mut framed = Vec::with_capacity(varint::BYTES_MAX + body.len());
        varint::push(&mut framed, body.len() as u64);
        framed.append(&mut body);
        framed
    }

    /// Reads a message (without its length) and hashes its blocks. Beyond [`BITSWAP_ITEMS_MAX`] of a kind, items are
    /// skipped. Blocks under a hash other than SHA2-256 are skipped: nobody here asked for them.
    pub(crate) fn decode(body: &Bytes) -> Result<Self, Malformed> {
        let mut message = Self::default();
        for field in Fields::of(body) {
            match field? {
                Field { number: 1, value: Value::Bytes(list) } => message.decode_wantlist(list)?,
                Field { number: 3, value: Value::Bytes(block) } => {
                    if let Some(block) = decode_block(body, block)?
                        && message.blocks.len() < BITSWAP_ITEMS_MAX
                    {
                        message.blocks.push(block);
                    }
                }
                Field { number: 4, value: Value::Bytes(presence) } => {
                    if let Some(presence) = decode_presence(presence)?
                        && message.presences.len() < BITSWAP_ITEMS_MAX
                    {
                        message.presences.push(presence);
                    }
                }
                _ => {}
            }
        }
        Ok(message)
    }

    fn decode_wantlist(&mut self, list: &[u8]) -> Result<(), Malformed> {
        for field in Fields::of(list) {
            match field? {
                Field { number: 1, value: Value::Bytes(entry) } => {
                    if let Some(want) = decode_want(entry)?
                        && self.wants.len() < BITSWAP_ITEMS_MAX
                    {
                        self.wants.push(want);
                    }
                }
                Field { number: 2, value: Value::Number(full) } => self.full = full != 0,
                _ => {}
            }
        }
        Ok(())
    }
}

fn encode_want(want: &Want) -> Vec<u8> {
    let mut entry = Vec::new();
    push_bytes(&mut entry, 1, &want.cid.to_bytes());
    if want.priority != 0 {
        push_key(&mut entry, 2, 0);
        varint::push(&mut entry, i64::from(want.priority) as u64);
    }
    push_flag(&mut entry, 3, want.cancel);
    push_flag(&mut entry, 4, want.have);
    push_flag(&mut entry, 5, want.send_dont_have);
    entry
}

fn decode_want(entry: &[u8]) -> Result<Option<Want>, Malformed> {
    let mut cid = None;
    let (mut priority, mut cancel, mut have, mut send_dont_have) = (1, false, false, false);
    for field in Fields::of(entry) {
        match field? {
            Field { number: 1, value: Value::Bytes(bytes) } => cid = decode_cid(bytes),
            Field { number: 2, value: Value::Number(number) } => priority = number as i32,
            Field { number: 3, value: Value::Number(number) } => cancel = number != 0,
            Field { number: 4, value: Value::Number(number) } => have = number == 1,
            Field { number: 5, value: Value::Number(number) } => send_dont_have = number != 0,
            _ => {}
        }
    }
    Ok(cid.map(|cid| Want { cid, priority, cancel, have, send_dont_have }))
}

fn decode_presence(presence: &[u8]) -> Result<Option<(Cid, bool)>, Malformed> {
    let (mut cid, mut have) = (None, true);
    for field in Fields::of(presence) {
        match field? {
            Field { number: 1, value: Value::Bytes(bytes) } => cid = decode_cid(bytes),
            Field { number: 2, value: Value::Number(kind) } => have = kind == 0,
            _ => {}
        }
    }
    Ok(cid.map(|cid| (cid, have)))
}

/// Reads a block and names it by its prefix and the hash of its bytes.
fn decode_block(body: &Bytes, block: &[u8]) -> Result<Option<(Cid, Bytes)>, Malformed> {
    let (mut prefix, mut data): (&[u8], &[u8]) = (&[], &[]);
    for field in Fields::of(block) {
        match field? {
            Field { number: 1, value: Value::Bytes(bytes) } => prefix = bytes,
            Field { number: 2, value: Value::Bytes(bytes) } => data = bytes,
            _ => {}
        }
    }
    if data.len() > BLOCK_BYTES_MAX {
        return Err(Malformed::BlockTooLarge);
    }
    // A small block that shared the message's bytes would keep all of them in memory.
    let shares = data.len() > body.len() / 2;
    let data = if shares { body.slice_ref(data) } else { Bytes::copy_from_slice(data) };
    Ok(name_block(prefix, &data).map(|cid| (cid, data)))
}

fn name_block(mut prefix: &[u8], data: &[u8]) -> Option<Cid> {
    let version = varint::take(&mut prefix)?;
    let codec = varint::take(&mut prefix)?;
    let hash = varint::take(&mut prefix)?;
    let len = varint::take(&mut prefix)?;
    if hash != SHA2_256 || len != 32 {
        return None;
    }
    let multihash = Multihash::wrap(SHA2_256, &Sha256::digest(data)).ok()?;
    match version {
        0 => Cid::new_v0(multihash).ok(),
        1 => Some(Cid::new_v1(codec, multihash)),
        _ => None,
    }
}

fn encode_prefix(cid: &Cid) -> Vec<u8> {
    let mut prefix = Vec::with_capacity(8);
    varint::push(&mut prefix, u64::from(cid.version()));
    varint::push(&mut prefix, cid.codec());
    varint::push(&mut prefix, cid.hash().code());
    varint::push(&mut prefix, u64::from(cid.hash().size()));
    prefix
}

fn decode_cid(bytes: &[u8]) -> Option<Cid> {
    if bytes.len() > CID_BYTES_MAX {
        return None;
    }
    Cid::try_from(bytes).ok()
}

fn push_key(out: &mut Vec<u8>, number: u64, wire_type: u64) {
    varint::push(out, number << 3 | wire_type);
}

fn push_bytes(out: &mut Vec<u8>, number: u64, bytes: &[u8]) {
    push_key(out, number, 2);
    varint::push(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Absent means false, as proto3 has it.
fn push_flag(out: &mut Vec<u8>, number: u64, flag: bool) {
    if flag {
        push_key(out, number, 0);
        out.push(1);
    }
}

/// Length of what [`push_bytes`] writes.
fn bytes_len(number: u64, len: usize) -> usize {
    varint::len(number << 3) + varint::len(len as u64) + len
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed,
}

struct Field<'a> {
    number: u64,
    value: Value<'a>,
}

/// The fields of one protobuf message, in order.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], Malformed> {
        let len = usize::try_from(len).map_err(|_| Malformed::Cut)?;
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Malformed::Cut)?;
        self.rest = rest;
        Ok(taken)
    }

    fn field(&mut self) -> Result<Field<'a>, Malformed> {
        let key = varint::take(&mut self.rest).ok_or(Malformed::Cut)?;
        let value = match key & 7 {
            0 => Value::Number(varint::take(&mut self.rest).ok_or(Malformed::Cut)?),
            1 => self.take(8).map(|_| Value::Fixed)?,
            2 => {
                let len = varint::take(&mut self.rest).ok_or(Malformed::Cut)?;
                Value::Bytes(self.take(len)?)
            }
            5 => self.take(4).map(|_| Value::Fixed)?,
            _ => return Err(Malformed::WireType),
        };
        Ok(Field { number: key >> 3, value })
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

#[cfg(test)]
mod tests;
