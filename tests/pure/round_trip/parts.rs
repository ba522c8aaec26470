//! What values are made of.

use proptest::prelude::*;
use std::collections::BTreeSet;
use vantage_protocol::cid::Cid;
use vantage_protocol::cid::Codec;
use vantage_protocol::id::{Hash, JobId, NetId, NodeId, Salt, Signature};
use vantage_protocol::keys::{LogKey, PublicKey};
use vantage_protocol::leaf::LeafRef;
use vantage_protocol::target::Target;

pub fn hash32() -> impl Strategy<Value = [u8; 32]> {
    any::<[u8; 32]>()
}

pub fn net() -> impl Strategy<Value = NetId> {
    hash32().prop_map(NetId)
}

pub fn node() -> impl Strategy<Value = NodeId> {
    hash32().prop_map(NodeId)
}

pub fn job_id() -> impl Strategy<Value = JobId> {
    hash32().prop_map(JobId)
}

pub fn hash() -> impl Strategy<Value = Hash> {
    hash32().prop_map(Hash)
}

pub fn salt() -> impl Strategy<Value = Salt> {
    hash32().prop_map(Salt)
}

pub fn key() -> impl Strategy<Value = PublicKey> {
    hash32().prop_map(|seed| LogKey::from_seed(&seed).public())
}

pub fn signature() -> impl Strategy<Value = Signature> {
    [hash32(), hash32()].prop_map(|[r, s]| {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&r);
        bytes[32..].copy_from_slice(&s);
        Signature(bytes)
    })
}

pub fn cid() -> impl Strategy<Value = Cid> {
    let codec = prop_oneof![Just(Codec::Raw), Just(Codec::DagCbor)];
    (codec, hash()).prop_map(|(codec, digest)| Cid { codec, digest })
}

pub fn reference() -> impl Strategy<Value = LeafRef> {
    (node(), any::<u64>(), hash()).prop_map(|(author, index, hash)| LeafRef { author, index, hash })
}

/// Names as rules allow them.
pub fn name() -> impl Strategy<Value = String> {
    "[a-z0-9_.:/-]{1,24}"
}

/// Text without control characters, at most 60 bytes.
pub fn text() -> impl Strategy<Value = String> {
    "\\PC{1,15}"
}

/// Any text at all.
pub fn any_text() -> impl Strategy<Value = String> {
    ".{0,60}"
}

pub fn target() -> impl Strategy<Value = Target> {
    let texts = prop_oneof![
        "open:[a-z0-9-]{1,16}",
        "openai/[!-~]{1,128}",
        "anthropic/[!-~]{1,16}",
        "gemini/[!-~]{1,16}",
        "compat:lab-[a-z]{1,8}/[!-~]{1,16}",
        "sim:(openai|anthropic|gemini)",
    ];
    texts.prop_map(|text| text.parse().expect("a target"))
}

/// Different items in ascending order.
pub fn ascending<T: Ord + std::fmt::Debug>(
    item: impl Strategy<Value = T>,
    count: std::ops::RangeInclusive<usize>,
) -> impl Strategy<Value = Vec<T>> {
    prop::collection::btree_set(item, count).prop_map(|items: BTreeSet<T>| items.into_iter().collect())
}

/// Bytes of a leaf, as far as those who pass it on look at it.
pub fn leaf_bytes() -> impl Strategy<Value = serde_bytes::ByteBuf> {
    prop::collection::vec(any::<u8>(), 1..64).prop_map(serde_bytes::ByteBuf::from)
}
