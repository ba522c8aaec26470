//! The DHTs that a node takes part in, as stock IPFS nodes know them: one for the internet, one for hosts on one LAN.

mod records;

use std::collections::HashSet;
use std::time::Duration;

use libp2p::identity::Keypair;
use libp2p::{Multiaddr, PeerId, StreamProtocol, kad};

use crate::address::{is_global, is_usable};
use crate::config::NetConfig;
use crate::limits::{LAN_RECORDS_MAX, WAN_RECORDS_MAX};

pub(crate) use records::{PROVIDER_ADDRESSES_MAX, Records};

/// One DHT in the swarm.
pub(crate) type Kad = kad::Behaviour<Records>;

/// How often the routing table is refreshed; libp2p's default.
const REFRESH_INTERVAL: Duration = Duration::from_secs(300);
/// Overall time of one query; a guess, below libp2p's 60 s, as somebody waits.
const QUERY_TIMEOUT: Duration = Duration::from_secs(20);

/// Which of the two. Kubo speaks both at once; go-libp2p-kad-dht calls the pair a dual DHT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Dht {
    /// That of the internet: public addresses. With `allow_private` it stands for the internet of a test network, and
    /// takes private ones, too.
    Wan,
    /// That of one host or LAN: private and loopback addresses. Runs with `allow_private` only.
    Lan,
}

impl Dht {
    /// Those that a node with this configuration runs.
    pub(crate) fn running(allow_private: bool) -> &'static [Self] {
        if allow_private { &[Self::Wan, Self::Lan] } else { &[Self::Wan] }
    }

    /// Its name on the wire: Helia's and Kubo's.
    pub(crate) fn protocol(self) -> &'static str {
        match self {
            Self::Wan => "/ipfs/kad/1.0.0",
            Self::Lan => "/ipfs/lan/kad/1.0.0",
        }
    }

    /// Whether an address may stand in its routing table and in its records.
    pub(crate) fn admits(self, addr: &Multiaddr, allow_private: bool) -> bool {
        is_usable(addr, allow_private) && (self == Self::Wan || !is_global(addr))
    }

    /// The behaviour. Peers and provider records enter it through the driver only, which looks at their addresses
    /// first; values are refused, as nothing here uses them; the driver renews our own records.
    pub(crate) fn behaviour(self, keypair: &Keypair, config: &NetConfig) -> Kad {
        let peer = keypair.public().to_peer_id();
        let records_max = match self {
            Self::Wan => WAN_RECORDS_MAX,
            Self::Lan => LAN_RECORDS_MAX,
        };
        let mut settings = kad::Config::new(StreamProtocol::new(self.protocol()));
        settings
            .set_kbucket_inserts(kad::BucketInserts::Manual)
            .set_record_filtering(kad::StoreInserts::FilterBoth)
            .set_provider_publication_interval(None)
            .set_periodic_bootstrap_interval(Some(REFRESH_INTERVAL))
            .set_query_timeout(QUERY_TIMEOUT);
        let mut kad = Kad::with_config(peer, Records::new(peer, records_max), settings);
        let mode = if config.role.serves_dht() { kad::Mode::Server } else { kad::Mode::Client };
        kad.set_mode(Some(mode));
        kad
    }
}

/// The peers in a routing table.
pub(crate) fn table(kad: &mut Kad) -> HashSet<PeerId> {
    let buckets = kad.kbuckets();
    buckets.flat_map(|bucket| bucket.iter().map(|e| *e.node.key.preimage()).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_go_where_they_can_be_reached() {
        let admits = |text: &str, allow_private| {
            let addr: Multiaddr = text.parse().unwrap();
            [Dht::Wan, Dht::Lan].map(|dht| dht.admits(&addr, allow_private))
        };
        for public in ["/ip4/8.8.8.8/tcp/1", "/dns4/example.org/tcp/1", "/ip6/2606:4700::1/udp/1/quic-v1"] {
            assert_eq!(admits(public, false), [true, false], "{public}");
            assert_eq!(admits(public, true), [true, false], "{public}");
        }
        for private in ["/ip4/127.0.0.1/tcp/1", "/ip4/192.168.0.1/tcp/1", "/ip6/fd00::1/tcp/1"] {
            assert_eq!(admits(private, false), [false, false], "{private}");
            assert_eq!(admits(private, true), [true, true], "{private}");
        }
        assert_eq!(admits("/ip4/0.0.0.0/tcp/1", true), [false, false]);
    }

    #[test]
    fn a_node_of_the_internet_takes_no_part_in_a_lans() {
        assert_eq!(Dht::running(false), [Dht::Wan]);
        assert_eq!(Dht::running(true), [Dht::Wan, Dht::Lan]);
    }
}
