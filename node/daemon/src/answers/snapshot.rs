//! How a node stands, put together from engine, network and store.

use super::Context;
use crate::store::Store;
use vantage_api::{Refusal, Snapshot, Status};

impl Context {
    /// How the node stands, with the counts of its network task.
    pub async fn snapshot(&self) -> Result<Snapshot, Refusal> {
        let net = self.net.status().await.ok_or_else(Refusal::stopping)?;
        let spending = self.spending.clone();
        let read = move |store: &Store| Ok((store.counts()?, spending.vendors()?, spending.golem()?));
        let (counts, vendors, golem) = self.read(read).await?;
        // what was read belongs to this picture or an older one: nothing is shown that is not on disk
        let published = self.published();
        let standing = published.standing.clone();
        let (about, overview) = (&self.about, &standing.overview);
        let status = Box::new(Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            started_s: about.started_s,
            net: about.genesis.net(),
            net_name: about.genesis.name.clone(),
            test: about.genesis.test,
            node: about.node,
            peer_id: net.peer_id.to_string(),
            role: if overview.member { "member" } else { "volunteer" }.to_owned(),
            operator: about.genesis.operator(&about.node).label().to_owned(),
            region: about.region.clone(),
            offers: standing.offers,
            unavailable: standing.unavailable,
            listen: net.listening.iter().map(ToString::to_string).collect(),
            external: net.external.iter().map(ToString::to_string).collect(),
            peers: net.peers.len(),
            mesh_peers: net.mesh_peers,
            roots: net.provided.roots,
            roots_waiting: net.provided.waiting,
            roots_late: net.provided.late,
            log_size: overview.leaves,
            certified_size: overview.certified,
            lost_own_log: overview.lost_own_log,
            restored: overview.restored,
            clock_behind_s: standing.clock_behind_s,
            free_bytes: standing.free_bytes,
            room: standing.room,
            logs: overview.logs,
            members_known: overview.members_known,
            members_heard: overview.members_heard,
            clock_ahead_s: standing.clock_ahead_s,
            members: overview.committee,
            quorum: overview.quorum,
            jobs: published
                .phases()
                .into_iter()
                .map(|(phase, count)| (phase.word().to_owned(), count))
                .collect(),
            executing: standing.executing,
            slots_waiting: standing.waiting,
            vendors,
            golem,
            records: counts.records,
            blocks: counts.blocks,
            blocks_private: counts.blocks_private,
            forks: standing.forks,
            notices: standing.notices,
        });
        Ok(Snapshot {
            status,
            age: published.made.elapsed(),
            dht_peers: net.dht_peers,
            counters: net.counters,
        })
    }
}
