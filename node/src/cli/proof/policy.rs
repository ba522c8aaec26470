//! The keys against which a proof is checked, as a stock policy file (c2sp.org/tlog-policy).
//!
//! ```text
//! log vantage/…+5a3f…+AQ…
//! witness acme-62ebe90f vantage/…/witness+93ba…+BA…
//! group committee 3 acme-62ebe90f …
//! quorum committee
//! # keyset pmF2AWNuZXRYI…
//! ```
//!
//! Stock tools stop at the keys. We go on to the comments: each holds a node's leaf 0, in which its root key, which the
//! genesis names, signs the others; and the keys of the lines must be those that the keysets and the genesis give.

mod written;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::{BTreeMap, BTreeSet};
use vantage_api::Shown;
use vantage_protocol::genesis::{EPOCH, Genesis};
use vantage_protocol::id::{NetId, NodeId};
use vantage_protocol::keys::PublicKey;
use vantage_protocol::keyset::Keyset;
use vantage_protocol::leaf::{Leaf, Statement};
use vantage_protocol::log::{ALG_LOG, ALG_WITNESS, Origin, Policy, key_id, witness_name};
pub(super) use written::Written;

/// How the comment with a keyset is written.
const KEYSET: &str = "# keyset ";
/// Most keysets of a file: the committee's and the log's.
const KEYSETS_MAX: usize = vantage_protocol::params::COMMITTEE_MAX + 1;

/// Why a policy is not gone by.
pub(super) enum Refusal {
    /// It does not say what is needed: it was cut, or is for other logs or other programs.
    Silent(String),
    /// A part of it is not as it was written: what was signed says nothing of it.
    Torn(String),
    /// All that is needed is whole, and says something else than the genesis.
    Bad(String),
}

impl Refusal {
    /// What is wrong.
    pub(super) fn why(&self) -> &str {
        match self {
            Self::Silent(why) | Self::Torn(why) | Self::Bad(why) => why,
        }
    }

    /// A key in a policy that is not the one it should be: another one, or no key as anybody wrote it.
    fn of_key(key: &str, why: String) -> Self {
        if is_whole(key) { Self::Bad(why) } else { Self::Torn(why) }
    }
}

/// Keysets that verify, and the network's rule over them.
pub(super) struct PolicyFile {
    net: NetId,
    log: NodeId,
    keysets: BTreeMap<NodeId, (Keyset, Vec<u8>)>,
    committee: BTreeMap<NodeId, String>,
    quorum: usize,
}

impl PolicyFile {
    /// What a node shows along with a proof.
    pub(super) fn of(shown: &Shown, genesis: &Genesis) -> Result<Self, Refusal> {
        Self::new(shown.leaf.author, shown.keysets.iter().map(Vec::as_slice), genesis)
    }

    /// Holds what a file says of one log against the genesis: the same keys, and as many of them, in any order and under
    /// any name. Other logs' lines may stand there, too.
    pub(super) fn held(written: &Written<'_>, log: NodeId, genesis: &Genesis) -> Result<Self, Refusal> {
        let net = genesis.net();
        let file = Self::new(log, written.keysets.iter().map(Vec::as_slice), genesis)?;
        let origin = Origin::new(&net, EPOCH, log).to_string();
        let mut keys = written.logs.iter().filter(|key| key.split('+').next() == Some(origin.as_str()));
        let key = keys.next().ok_or_else(|| {
            Refusal::Silent(format!("it has no `log` line for the log that the proof is of, {origin}"))
        })?;
        let ours = file.log_key(&log).ok_or_else(|| {
            Refusal::Silent(format!("it has no keyset of node {}, whose log the proof is of", log.short()))
        })?;
        let ours = vkey(&origin, ALG_LOG, &ours);
        if let Some(other) = std::iter::once(key).chain(keys).find(|key| canonical(key) != ours) {
            return Err(Refusal::of_key(
                other,
                format!("the log's key {} is not the keyset's", short(other)),
            ));
        }
        let (keys, needed) = written.quorum().map_err(Refusal::Silent)?;
        let keys: BTreeSet<String> = keys.into_iter().map(canonical).collect();
        let ours: BTreeSet<String> = file.witnesses().map(|(_, key)| key).collect();
        let absent = genesis.committee.iter().map(|member| member.root.node_id());
        let absent: Vec<NodeId> = absent.filter(|node| !file.keysets.contains_key(node)).collect();
        for key in keys.difference(&ours) {
            let is_of = |node: &&NodeId| {
                key.split('+').next() == Some(&witness_name(&Origin::new(&net, EPOCH, **node)))
            };
            if let Some(node) = absent.iter().find(is_of) {
                return Err(Refusal::Silent(format!("it has no keyset of member {}", node.short())));
            }
        }
        if let Some(foreign) = keys.difference(&ours).next() {
            let why =
                format!("the key {} is not that of a member, by the keysets and the genesis", short(foreign));
            return Err(Refusal::of_key(foreign, why));
        }
        if let Some(missing) = ours.difference(&keys).next() {
            return Err(Refusal::Bad(format!("the member's key {} does not count", short(missing))));
        }
        if needed != file.quorum {
            let quorum = file.quorum;
            return Err(Refusal::Bad(format!(
                "{needed} members are enough by the policy, and {quorum} by the genesis"
            )));
        }
        Ok(file)
    }

    fn new<'a>(
        log: NodeId,
        leaves: impl Iterator<Item = &'a [u8]>,
        genesis: &Genesis,
    ) -> Result<Self, Refusal> {
        let net = genesis.net();
        let mut keysets = BTreeMap::new();
        for bytes in leaves.take(KEYSETS_MAX + 1) {
            let (author, keyset) = keyset(bytes, &net).map_err(|why| match Leaf::net_of(bytes) {
                Some(other) if other != net && keyset(bytes, &other).is_ok() => Refusal::Bad(why),
                _ => Refusal::Torn(why),
            })?;
            keysets.insert(author, (keyset, bytes.to_vec()));
        }
        keysets.retain(|node, _| *node == log || genesis.member(node).is_some());
        let committee =
            genesis.committee.iter().map(|member| (member.root.node_id(), member.operator.clone()));
        let committee = committee.filter(|(node, _)| keysets.contains_key(node)).collect();
        Ok(Self { net, log, keysets, committee, quorum: genesis.quorum() })
    }

    /// The file.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        if let Some(key) = self.log_key(&self.log) {
            text += &format!("log {}\n", vkey(&self.origin(&self.log), ALG_LOG, &key));
        }
        let names: Vec<String> =
            self.committee.iter().map(|(node, operator)| format!("{operator}-{}", node.short())).collect();
        for (name, (_, key)) in names.iter().zip(self.witnesses()) {
            text += &format!("witness {name} {key}\n");
        }
        text += &format!("group committee {} {}\nquorum committee\n", self.quorum, names.join(" "));
        for (_, bytes) in self.keysets.values() {
            text += &format!("{KEYSET}{}\n", STANDARD.encode(bytes));
        }
        text
    }

    fn origin(&self, node: &NodeId) -> String {
        Origin::new(&self.net, EPOCH, *node).to_string()
    }

    /// The witness keys that count, by node.
    fn witnesses(&self) -> impl Iterator<Item = (NodeId, String)> {
        self.committee.keys().filter_map(|node| {
            let (keyset, _) = self.keysets.get(node)?;
            let name = witness_name(&Origin::new(&self.net, EPOCH, *node));
            Some((*node, vkey(&name, ALG_WITNESS, &keyset.witness)))
        })
    }

    /// The key of a node's log.
    pub(super) fn log_key(&self, node: &NodeId) -> Option<PublicKey> {
        self.keysets.get(node).map(|(keyset, _)| keyset.log)
    }

    /// Whose cosignatures count.
    pub(super) fn committee(&self) -> Policy {
        let member = |node: &NodeId| {
            let (keyset, _) = self.keysets.get(node)?;
            Some((*node, Origin::new(&self.net, EPOCH, *node), keyset.witness))
        };
        Policy::new(self.committee.keys().filter_map(member).collect(), self.quorum)
    }
}

/// The keyset in a leaf of a network, signed by all its keys.
fn keyset(bytes: &[u8], net: &NetId) -> Result<(NodeId, Keyset), String> {
    let leaf = Leaf::decode(bytes, net).map_err(|error| error.to_string())?;
    let Statement::Keyset(keyset) = leaf.statement else {
        return Err(format!("a {} stands where a keyset should", leaf.statement.typ()));
    };
    keyset.verify(net).map_err(|error| error.to_string())?;
    if keyset.node() != leaf.author {
        return Err("a keyset is in another node's name".to_owned());
    }
    Ok((leaf.author, *keyset))
}

/// Whether the id in a verifier key is that of its name and its key, as whoever wrote it made it.
fn is_whole(vkey: &str) -> bool {
    let mut parts = vkey.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let bytes = STANDARD.decode(key).unwrap_or_default();
    let Some((algorithm, key)) = bytes.split_first() else { return false };
    let Ok(key) = <[u8; 32]>::try_from(key) else { return false };
    let hex = |id: [u8; 4]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    PublicKey::from_bytes(&key)
        .is_ok_and(|key| hex(key_id(name, *algorithm, &key)) == id.to_ascii_lowercase())
}

/// A verifier key as stock tools write it: name, key id, algorithm and key.
fn vkey(name: &str, algorithm: u8, key: &PublicKey) -> String {
    let id: String = key_id(name, algorithm, key).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut bytes = vec![algorithm];
    bytes.extend(key.to_bytes());
    format!("{name}+{id}+{}", STANDARD.encode(bytes))
}

/// A verifier key with its id in lower case, as [`vkey`] writes it.
fn canonical(vkey: &str) -> String {
    let mut parts = vkey.splitn(3, '+');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(name), Some(id), Some(key)) => format!("{name}+{}+{key}", id.to_ascii_lowercase()),
        _ => vkey.to_owned(),
    }
}

/// The beginning of a key, for errors.
fn short(vkey: &str) -> String {
    vkey.chars().take(80).collect()
}
