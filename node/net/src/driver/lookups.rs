//! Looking up who provides a CID.

use std::collections::{HashMap, HashSet};

use cid::Cid;
use libp2p::PeerId;
use libp2p::kad::RecordKey;
use tokio::sync::oneshot;

use super::Driver;
use super::queries::Query;
use crate::limits::{LOOKUPS_MAX, PROVIDERS_MAX};

/// Who waits for providers.
#[derive(Debug)]
enum Seeker {
    Handle(oneshot::Sender<Vec<PeerId>>, HashSet<PeerId>),
    Bitswap(Cid),
}

/// Provider lookups under way, bounded.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    seekers: HashMap<u64, Seeker>,
    next: u64,
}

/// The DHT's key of a CID is its multihash: version and codec do not count.
pub(super) fn key(cid: &Cid) -> RecordKey {
    RecordKey::new(&cid.hash().to_bytes())
}

impl Driver {
    pub(super) fn find_providers(&mut self, cid: &Cid, providers: oneshot::Sender<Vec<PeerId>>) {
        // a seeker that finds no room gets an empty answer, by being dropped
        self.seek(cid, Seeker::Handle(providers, HashSet::new()));
    }

    /// Finds providers for a block being fetched; `false` if too many lookups run.
    pub(super) fn find_sources(&mut self, cid: Cid) -> bool {
        self.seek(&cid, Seeker::Bitswap(cid))
    }

    fn seek(&mut self, cid: &Cid, seeker: Seeker) -> bool {
        if self.lookups.seekers.len() >= LOOKUPS_MAX {
            return false;
        }
        let number = self.lookups.next;
        self.lookups.next += 1;
        self.lookups.seekers.insert(number, seeker);
        let key = key(cid);
        self.put(&Query::Providers(number), |kad| Some(kad.get_providers(key.clone())))
    }

    /// A DHT named some; `last` if no more will come.
    pub(super) fn on_providers(&mut self, seeker: u64, mut providers: Vec<PeerId>, last: bool) {
        let us = *self.swarm.local_peer_id();
        providers.retain(|peer| *peer != us);
        match self.lookups.seekers.get_mut(&seeker) {
            Some(Seeker::Handle(_, found)) => {
                let room = PROVIDERS_MAX.saturating_sub(found.len());
                found.extend(providers.into_iter().take(room));
            }
            Some(Seeker::Bitswap(cid)) => {
                let cid = *cid;
                self.sources_found(cid, providers, last);
            }
            None => {}
        }
        if last && let Some(Seeker::Handle(waiting, found)) = self.lookups.seekers.remove(&seeker) {
            let _gone = waiting.send(found.into_iter().collect());
        }
    }
}
