//! Questions to the DHTs: each is put to all that run, and is over with the last answer.

use std::collections::HashMap;

use libp2p::PeerId;
use libp2p::kad::{
    Event, GetClosestPeersError, GetClosestPeersOk, GetProvidersOk, InboundRequest, ProviderRecord, QueryId,
    QueryResult, RecordKey, store::RecordStore,
};
use tokio::time::Instant;

use super::Driver;
use crate::dht::{Dht, Kad, table};
use crate::limits::PROVIDERS_MAX;

/// What is asked, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Query {
    /// Take note that we provide this.
    Announce(RecordKey),
    /// Who provides what this seeker looks for?
    Providers(u64),
    /// Who is in our network?
    Rendezvous,
    /// Where is this peer?
    Peer(PeerId),
}

/// Queries under way. Bounded by those who ask: announcements, seekers, reaches.
#[derive(Debug, Default)]
pub(super) struct Queries {
    running: HashMap<(Dht, QueryId), Query>,
}

impl Queries {
    /// Whether a DHT still has to answer.
    pub(super) fn is_open(&self, query: &Query) -> bool {
        self.running.values().any(|asked| asked == query)
    }
}

impl Driver {
    /// Puts a question to each DHT. `false` if none takes it.
    pub(super) fn put(&mut self, query: &Query, ask: impl Fn(&mut Kad) -> Option<QueryId>) -> bool {
        let mut put = false;
        for dht in self.dhts {
            let id = self.swarm.behaviour_mut().dht(*dht).and_then(&ask);
            if let Some(id) = id {
                self.queries.running.insert((*dht, id), query.clone());
                put = true;
            }
        }
        put
    }

    /// Peers in the routing tables, each once.
    pub(super) fn dht_peers(&mut self) -> usize {
        let behaviour = self.swarm.behaviour_mut();
        let tables = self.dhts.iter().filter_map(|dht| behaviour.dht(*dht).map(table));
        tables.reduce(|all, table| &all | &table).map_or(0, |all| all.len())
    }

    pub(super) fn on_kad(&mut self, dht: Dht, event: Event) {
        match event {
            Event::OutboundQueryProgressed { id, result, step, .. } => {
                self.on_progress(dht, id, result, step.last);
            }
            Event::InboundRequest { request: InboundRequest::AddProvider { record: Some(record) } } => {
                self.on_provider_record(dht, record);
            }
            _ => {}
        }
    }

    fn on_progress(&mut self, dht: Dht, id: QueryId, result: QueryResult, last: bool) {
        if let QueryResult::Bootstrap(Err(error)) = &result {
            tracing::debug!(?dht, %error, "routing table refresh");
        }
        let asked = self.queries.running.get(&(dht, id)).cloned();
        let Some(query) = asked else { return };
        if last {
            self.queries.running.remove(&(dht, id));
        }
        let last = last && !self.queries.is_open(&query);
        match (query, result) {
            (Query::Announce(key), QueryResult::StartProviding(outcome)) => {
                self.on_announced(&key, outcome.is_ok(), last, Instant::now());
            }
            (Query::Providers(seeker), QueryResult::GetProviders(found)) => {
                self.on_providers(seeker, providers(found), last);
            }
            (Query::Rendezvous, QueryResult::GetProviders(found)) => {
                self.on_rendezvous(&providers(found));
            }
            (Query::Peer(peer), QueryResult::GetClosestPeers(found)) => {
                let (Ok(GetClosestPeersOk { peers, .. }) | Err(GetClosestPeersError::Timeout { peers, .. })) =
                    found;
                self.on_closest_peers(peer, peers, last);
            }
            (query, result) => tracing::error!(?query, ?result, "the DHT answers something else"),
        }
    }

    /// Keeps another's provider record, with those of its addresses that belong into this DHT.
    fn on_provider_record(&mut self, dht: Dht, mut record: ProviderRecord) {
        record.addresses.retain(|addr| dht.admits(addr, self.allow_private));
        let Some(kad) = self.swarm.behaviour_mut().dht(dht) else { return };
        if let Err(error) = kad.store_mut().add_provider(record) {
            tracing::debug!(?dht, %error, "provider record not kept");
        }
    }
}

/// At most as many as anybody takes.
fn providers(found: Result<GetProvidersOk, libp2p::kad::GetProvidersError>) -> Vec<PeerId> {
    match found {
        Ok(GetProvidersOk::FoundProviders { providers, .. }) => {
            providers.into_iter().take(PROVIDERS_MAX).collect()
        }
        Ok(GetProvidersOk::FinishedWithNoAdditionalRecord { .. }) | Err(_) => Vec::new(),
    }
}
