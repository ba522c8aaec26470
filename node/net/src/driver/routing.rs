//! The DHT: provider records out and in, lookups, and what they find.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use cid::Cid;
use libp2p::PeerId;
use libp2p::kad::store::RecordStore;
use libp2p::kad::{
    Event, GetClosestPeersError, GetClosestPeersOk, GetProvidersOk, InboundRequest, ProviderRecord, QueryId,
    QueryResult, RecordKey,
};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Driver;
use crate::address::is_usable;
use crate::limits::{LOOKUPS_MAX, PROVIDED_KEYS_MAX, PROVIDERS_MAX};

/// Announcements under way at once; a guess.
const ANNOUNCEMENTS_MAX: usize = 32;
/// Between two announcements of everything.
const ANNOUNCE_ALL_PAUSE: Duration = Duration::from_secs(2);
/// After a DHT server came: others may come at the same time.
const ANNOUNCE_DELAY: Duration = Duration::from_millis(200);
/// In a routing table smaller than kad's replication factor each newcomer gets our records; in a larger one the
/// renewal every hour does.
const SMALL_TABLE: usize = 20;
/// Addresses kept per provider record of others.
const PROVIDER_ADDRESSES_MAX: usize = 4;

/// Our own provider records and when to announce them.
#[derive(Debug, Default)]
pub(super) struct Announcer {
    keys: HashSet<RecordKey>,
    queue: VecDeque<RecordKey>,
    running: HashSet<QueryId>,
    all_due: Option<Instant>,
    all_last: Option<Instant>,
}

/// Who waits for providers.
#[derive(Debug)]
enum Seeker {
    Handle(oneshot::Sender<Vec<PeerId>>, HashSet<PeerId>),
    Bitswap(Cid),
}

/// Provider lookups under way, bounded.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    running: HashMap<QueryId, Seeker>,
}

/// The DHT's key of a CID is its multihash: version and codec do not count.
fn key(cid: &Cid) -> RecordKey {
    RecordKey::new(&cid.hash().to_bytes())
}

impl Driver {
    pub(super) fn dht_peers(&mut self) -> usize {
        self.swarm.behaviour_mut().kad.kbuckets().map(|bucket| bucket.num_entries()).sum()
    }

    pub(super) fn provide(&mut self, cid: &Cid, now: Instant) {
        if !self.role.provides() {
            return tracing::debug!(%cid, role = ?self.role, "this role does not provide");
        }
        self.provide_key(key(cid), now);
    }

    pub(super) fn provide_key(&mut self, key: RecordKey, now: Instant) {
        if self.announcer.keys.len() >= PROVIDED_KEYS_MAX && !self.announcer.keys.contains(&key) {
            return tracing::warn!(
                max = PROVIDED_KEYS_MAX,
                "too many provided roots: this one is not announced"
            );
        }
        self.announcer.keys.insert(key.clone());
        self.announcer.queue.push_back(key);
        self.announce(now);
    }

    pub(super) fn stop_providing(&mut self, cid: &Cid) {
        let key = key(cid);
        self.announcer.keys.remove(&key);
        self.swarm.behaviour_mut().kad.stop_providing(&key);
    }

    /// Starts as many announcements as may run.
    pub(super) fn announce(&mut self, now: Instant) {
        let announcer = &mut self.announcer;
        if announcer.all_due.is_some_and(|due| due <= now) {
            announcer.all_due = None;
            announcer.all_last = Some(now);
            announcer.queue = announcer.keys.iter().cloned().collect();
        }
        while announcer.running.len() < ANNOUNCEMENTS_MAX {
            let Some(key) = announcer.queue.pop_front() else { return };
            if !announcer.keys.contains(&key) {
                continue;
            }
            match self.swarm.behaviour_mut().kad.start_providing(key) {
                Ok(query) => _ = announcer.running.insert(query),
                Err(error) => tracing::warn!(%error, "provider record not announced"),
            }
        }
    }

    /// A DHT server is connected: it may lack our records, and may know our network.
    pub(super) fn on_dht_server(&mut self, peer: PeerId, now: Instant) {
        tracing::debug!(%peer, "DHT server");
        self.discovery.hurry(now);
        if self.dht_peers() <= SMALL_TABLE && self.announcer.all_due.is_none() {
            let earliest = self.announcer.all_last.map_or(now, |last| last + ANNOUNCE_ALL_PAUSE);
            self.announcer.all_due = Some(earliest.max(now + ANNOUNCE_DELAY));
        }
    }

    pub(super) fn find_providers(&mut self, cid: &Cid, providers: oneshot::Sender<Vec<PeerId>>) {
        if self.lookups.running.len() < LOOKUPS_MAX {
            let query = self.swarm.behaviour_mut().kad.get_providers(key(cid));
            self.lookups.running.insert(query, Seeker::Handle(providers, HashSet::new()));
        }
    }

    /// Finds providers for a block being fetched; `false` if too many lookups run.
    pub(super) fn find_sources(&mut self, cid: Cid) -> bool {
        let room = self.lookups.running.len() < LOOKUPS_MAX;
        if room {
            let query = self.swarm.behaviour_mut().kad.get_providers(key(&cid));
            self.lookups.running.insert(query, Seeker::Bitswap(cid));
        }
        room
    }

    pub(super) fn on_kad(&mut self, event: Event) {
        match event {
            Event::OutboundQueryProgressed { id, result, step, .. } => self.on_query(id, result, step.last),
            Event::InboundRequest { request: InboundRequest::AddProvider { record: Some(record) } } => {
                self.on_provider_record(record);
            }
            _ => {}
        }
    }

    fn on_query(&mut self, id: QueryId, result: QueryResult, last: bool) {
        match result {
            QueryResult::GetProviders(found) => {
                let providers = match found {
                    Ok(GetProvidersOk::FoundProviders { providers, .. }) => providers,
                    Ok(GetProvidersOk::FinishedWithNoAdditionalRecord { .. }) | Err(_) => HashSet::new(),
                };
                self.on_providers(id, providers.into_iter().take(PROVIDERS_MAX).collect(), last);
            }
            QueryResult::GetClosestPeers(found) if last => {
                let (Ok(GetClosestPeersOk { peers, .. }) | Err(GetClosestPeersError::Timeout { peers, .. })) =
                    found;
                self.on_closest_peers(id, peers);
            }
            QueryResult::StartProviding(outcome) => {
                if let Err(error) = outcome {
                    tracing::debug!(%error, "announcement");
                }
                self.announcer.running.remove(&id);
                self.announce(Instant::now());
            }
            QueryResult::Bootstrap(Err(error)) => tracing::debug!(%error, "routing table refresh"),
            _ => {}
        }
    }

    fn on_providers(&mut self, id: QueryId, mut providers: Vec<PeerId>, last: bool) {
        let us = *self.swarm.local_peer_id();
        providers.retain(|peer| *peer != us);
        if self.on_rendezvous(id, &providers, last) {
            return;
        }
        match self.lookups.running.get_mut(&id) {
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
        if last && let Some(Seeker::Handle(waiting, found)) = self.lookups.running.remove(&id) {
            let _gone = waiting.send(found.into_iter().collect());
        }
    }

    /// Keeps another's provider record, with those of its addresses that we would dial ourselves.
    fn on_provider_record(&mut self, mut record: ProviderRecord) {
        record.addresses.retain(|addr| is_usable(addr, self.allow_private));
        record.addresses.truncate(PROVIDER_ADDRESSES_MAX);
        if let Err(error) = self.swarm.behaviour_mut().kad.store_mut().add_provider(record) {
            tracing::debug!(%error, "provider record not kept");
        }
    }
}
