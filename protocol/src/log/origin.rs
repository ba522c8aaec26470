//! The name of a log: network, epoch, node.

use super::note::{decimal, is_name};
use crate::id::{BadId, NetId, NodeId, hex, unhex};
use core::fmt;
use core::str::FromStr;

/// The origin line of a node's log, which is also the name of its log key:
/// `vantage/<16 hex of the network>/e<epoch>/<node id>`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Origin {
    /// The first eight bytes of the network's id.
    pub net: [u8; 8],
    /// Number of the epoch, from 0.
    pub epoch: u64,
    /// Whose log it is.
    pub node: NodeId,
}

impl Origin {
    /// The origin of a node's log in one epoch of a network.
    pub fn new(net: &NetId, epoch: u64, node: NodeId) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = net.0;
        Self { net: [a, b, c, d, e, f, g, h], epoch, node }
    }

    /// Whether this is a log of the given network.
    pub fn is_of(&self, net: &NetId) -> bool {
        net.0.starts_with(&self.net)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vantage/{}/e{}/{}", hex(&self.net), self.epoch, self.node)
    }
}

impl FromStr for Origin {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        parse(text).ok_or_else(|| BadId {
            what: "origin",
            expected: "vantage/<16 hex digits>/e<epoch>/<64 hex digits>",
            found: text.chars().take(80).collect(),
        })
    }
}

/// What names a log: the first line of its checkpoints, and the name of its key.
pub trait LogName: Clone + Eq + fmt::Debug + fmt::Display + FromStr {
    /// What it has to be, for errors.
    const FORM: &'static str;
}

impl LogName for Origin {
    const FORM: &'static str = "an origin vantage/<net>/e<epoch>/<node id>";
}

/// The origin of any log, ours or not: whatever can name a key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AnyOrigin(String);

impl LogName for AnyOrigin {
    const FORM: &'static str = "an origin: the name of a key, without blanks and `+`";
}

impl fmt::Display for AnyOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AnyOrigin {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        if is_name(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(BadId { what: "origin", expected: "the name of a key", found: text.chars().take(80).collect() })
    }
}

fn parse(text: &str) -> Option<Origin> {
    let mut parts = text.strip_prefix("vantage/")?.split('/');
    let net = unhex(parts.next()?)?.try_into().ok()?;
    let epoch = decimal(parts.next()?.strip_prefix('e')?)?;
    let node = parts.next()?.parse().ok()?;
    if parts.next().is_some() { None } else { Some(Origin { net, epoch, node }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        Origin::new(&NetId([0xab; 32]), 7, NodeId([0x0c; 32]))
    }

    #[test]
    fn an_origin_prints_and_parses() {
        let text = format!("vantage/abababababababab/e7/{}", "0c".repeat(32));
        assert_eq!(origin().to_string(), text);
        assert_eq!(text.parse::<Origin>().unwrap(), origin());
        assert!(origin().is_of(&NetId([0xab; 32])));
        assert!(!origin().is_of(&NetId([0xac; 32])));
        let last = Origin { epoch: u64::MAX, ..origin() };
        assert_eq!(last.to_string().parse::<Origin>().unwrap(), last);
    }

    #[test]
    fn anything_else_is_refused() {
        let good = origin().to_string();
        let bad = [
            good.replace("vantage/", "Vantage/"),
            good.replace("vantage/", ""),
            good.replace("abab/", "aba/"),
            good.replace("ababab", "ABABAB"),
            good.replace("/e7/", "/7/"),
            good.replace("/e7/", "/e/"),
            good.replace("/e7/", "/e07/"),
            good.replace("/e7/", "/e+7/"),
            good.replace("/e7/", "/e-7/"),
            good.replace("/e7/", "/e18446744073709551616/"),
            good.replace("/e7/", "/e7//"),
            good.replace("0c0c", "0C0C"),
            format!("{good}/witness"),
            format!("{good}/"),
            format!("{good} "),
            format!(" {good}"),
            good[..good.len() - 2].to_owned(),
            String::new(),
        ];
        for text in bad {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
