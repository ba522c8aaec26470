//! Carrying out commands.

use std::collections::BTreeMap;

use libp2p::Multiaddr;
use libp2p::swarm::dial_opts::DialOpts;

use super::Driver;
use crate::address::split_peer;
use crate::command::Command;
use crate::status::{NetStatus, PeerStatus};

impl Driver {
    pub(super) fn on_command(&mut self, command: Command) {
        match command {
            Command::Publish(data) => self.publish(data),
            Command::Verdict(token, verdict) => self.judge(&token.id, token.source, verdict),
            Command::Ask(question) => self.ask(question),
            Command::Reply(token, data) => self.reply(token, data),
            Command::Fetch { cid, hints, block } => self.fetch(cid, hints, block),
            Command::BlocksAdded(cids) => self.blocks_added(&cids),
            Command::FindProviders(cid, providers) => self.find_providers(&cid, providers),
            Command::Dial(addr) => self.dial(addr),
            Command::Status(status) => {
                let _gone = status.send(self.status());
            }
            Command::Shutdown(done) => {
                let _gone = done.send(());
            }
        }
    }

    fn dial(&mut self, addr: Multiaddr) {
        if let Some((peer, bare)) = split_peer(&addr) {
            self.book.add(peer, bare);
            return self.reach(peer);
        }
        let opts = DialOpts::unknown_peer_id().address(addr.clone()).build();
        if let Err(error) = self.swarm.dial(opts) {
            tracing::debug!(%addr, %error, "cannot dial");
        }
    }

    fn status(&mut self) -> NetStatus {
        let mut peers: Vec<PeerStatus> = self.peers.statuses().collect();
        peers.sort_unstable_by_key(|p| p.peer.to_base58());
        let counters: BTreeMap<_, _> = self.counters.snapshot();
        NetStatus {
            peer_id: *self.swarm.local_peer_id(),
            listening: self.swarm.listeners().cloned().collect(),
            silent: self.listeners.silent(),
            unbound: self.listeners.unbound(),
            external: self.swarm.external_addresses().cloned().collect(),
            mesh_peers: self.swarm.behaviour().gossip.as_ref().map_or(0, |g| g.all_mesh_peers().count()),
            dht_peers: self.dht_peers(),
            provided: self.announcer.status(),
            peers,
            counters,
        }
    }
}
