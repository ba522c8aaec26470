//! Bitswap in the swarm: joins connections, the client, and the peers' ledgers.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use cid::Cid;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::{
    ConnectionClosed, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NotifyHandler, THandler,
    THandlerInEvent, THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};
use tokio::sync::oneshot;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

use super::client::{Action, Client};
use super::handler::{Handler, Send, Told};
use super::message::{Message, Want};
use super::peer::Peer;
use super::server::{self, Findings, Found, LookUp};
use super::source::BlockSource;
use crate::counters::{Counters, add, count};
use crate::limits::{BITSWAP_OUTBOUND_BYTES_MAX, BLOCK_READS_MAX};

/// How often fetches are looked at for deadlines.
const TICK: Duration = Duration::from_millis(200);
/// Wants looked up in one go; a reply is full long before with blocks of usual size.
const LOOK_UP_MAX: usize = 256;
/// Blocks that came while lookups ran and are remembered for them; beyond it, all misses are looked up again.
const ADDED_MAX: usize = 4096;

/// What bitswap needs of the rest.
#[derive(Debug)]
pub(crate) enum Event {
    /// A connection with this peer.
    Connect(PeerId),
    /// The DHT's word on who provides this.
    FindProviders(Cid),
}

/// State of bitswap with all peers.
pub(crate) struct Behaviour {
    source: Arc<dyn BlockSource>,
    counters: Arc<Counters>,
    client: Client,
    peers: HashMap<PeerId, Peer>,
    sessions: u64,
    reads: FuturesUnordered<LookUp>,
    /// Bytes of blocks handed to connections and not sent yet.
    outbound_bytes: usize,
    added: HashSet<Cid>,
    events: VecDeque<ToSwarm<Event, Send>>,
    tick: Interval,
    waker: Option<Waker>,
}

impl Behaviour {
    /// Needs a tokio runtime around it.
    pub(crate) fn new(source: Arc<dyn BlockSource>, counters: Arc<Counters>) -> Self {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            source,
            counters,
            client: Client::default(),
            peers: HashMap::new(),
            sessions: 0,
            reads: FuturesUnordered::new(),
            outbound_bytes: 0,
            added: HashSet::new(),
            events: VecDeque::new(),
            tick,
            waker: None,
        }
    }

    /// Starts a fetch, or joins the one under way.
    pub(crate) fn fetch(&mut self, cid: Cid, hints: Vec<PeerId>, block: oneshot::Sender<Bytes>) {
        self.client.fetch(cid, hints, block, Instant::now());
        self.wake();
    }

    /// These blocks are in the source now.
    pub(crate) fn blocks_added(&mut self, cids: &[Cid]) {
        let cids: HashSet<Cid> = cids.iter().copied().collect();
        for peer in self.peers.values_mut() {
            peer.ledger.added(&cids);
        }
        if !self.reads.is_empty() && self.added.len() <= ADDED_MAX {
            self.added.extend(cids);
        }
        self.wake();
    }

    /// A peer that [`Event::Connect`] named cannot be reached.
    pub(crate) fn unreachable(&mut self, peer: PeerId) {
        self.client.unreachable(peer, Instant::now());
        self.wake();
    }

    /// Providers of a CID that [`Event::FindProviders`] named; `last` if no more will come.
    pub(crate) fn providers(&mut self, cid: Cid, providers: Vec<PeerId>, last: bool) {
        self.client.providers(cid, providers, last, Instant::now());
        self.wake();
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn on_message(&mut self, from: PeerId, message: Message) {
        let now = Instant::now();
        self.client.heard(&from, now);
        for (cid, data) in message.blocks {
            if self.client.received(from, cid, &data) {
                count(&self.counters.blocks_received);
                add(&self.counters.block_bytes_received, data.len());
            } else {
                count(&self.counters.blocks_unwanted);
            }
        }
        for (cid, have) in message.presences {
            self.client.presence(from, cid, have, now);
        }
        if message.wants.is_empty() && !message.full {
            return;
        }
        let Some(peer) = self.peers.get_mut(&from) else { return };
        let dropped = peer.ledger.update(message.wants, message.full);
        add(&self.counters.wants_dropped, dropped.len());
        for want in dropped.into_iter().filter(|want| want.send_dont_have) {
            peer.presence(want.cid, false);
        }
    }

    /// Queues what was found for a peer, and lets what was not wait in its ledger.
    fn on_findings(&mut self, findings: Findings) {
        let Some(peer) = self.peers.get_mut(&findings.peer).filter(|p| p.session == findings.session) else {
            return;
        };
        peer.reading = false;
        for want in findings.rest {
            peer.ledger.put_back(want);
        }
        let all_added = self.added.len() > ADDED_MAX;
        let mut blocks = Vec::new();
        for (want, found) in findings.found {
            match found {
                Found::Block(data) if peer.ledger.served(&want.cid) => blocks.push((want.cid, data)),
                Found::Have if peer.ledger.served(&want.cid) => peer.presence(want.cid, true),
                Found::Nothing if all_added || self.added.contains(&want.cid) => peer.ledger.put_back(want),
                Found::Nothing if peer.ledger.missing(&want.cid) => {
                    count(&self.counters.wants_missed);
                    if want.send_dont_have {
                        peer.presence(want.cid, false);
                    }
                }
                Found::Block(_) | Found::Have | Found::Nothing => {}
            }
        }
        let presences = peer.take_presences();
        for message in server::pack(blocks, presences) {
            self.send(findings.peer, message);
        }
    }

    /// Hands a message to the peer's connection.
    fn send(&mut self, to: PeerId, message: Message) {
        let Some(peer) = self.peers.get_mut(&to) else { return };
        let Some(connection) = peer.sending(&message) else { return };
        self.outbound_bytes += message.block_bytes();
        let handler = NotifyHandler::One(connection);
        self.events.push_back(ToSwarm::NotifyHandler { peer_id: to, handler, event: Send(message) });
    }

    fn on_told(&mut self, from: PeerId, connection: ConnectionId, told: Told) {
        let now = Instant::now();
        match told {
            Told::Received(message) => self.on_message(from, message),
            Told::Sent => {
                let Some(sent) = self.peers.get_mut(&from).and_then(|p| p.sent(connection)) else { return };
                add(&self.counters.blocks_sent, sent.blocks.len());
                add(&self.counters.block_bytes_sent, sent.bytes);
                self.outbound_bytes = self.outbound_bytes.saturating_sub(sent.bytes);
            }
            Told::SendFailed => {
                let Some(lost) = self.peers.get_mut(&from).and_then(|p| p.sent(connection)) else { return };
                self.outbound_bytes = self.outbound_bytes.saturating_sub(lost.bytes);
                if lost.wants {
                    self.client.failed(from, now);
                }
            }
            Told::Unsupported => self.client.unsupported(from, now),
        }
    }

    fn on_connected(&mut self, peer: PeerId, connection: ConnectionId) {
        let sessions = &mut self.sessions;
        let state = self.peers.entry(peer).or_insert_with(|| {
            *sessions += 1;
            Peer::new(*sessions)
        });
        state.connections.push(connection);
        if state.connections.len() == 1 {
            self.client.connected(peer, Instant::now());
        }
    }

    fn on_closed(&mut self, id: PeerId, connection: ConnectionId, left: usize) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.connections.retain(|c| *c != connection);
        let lost = peer.lost(connection);
        let wants_lost = lost.iter().any(|sent| sent.wants);
        for sent in lost {
            self.outbound_bytes = self.outbound_bytes.saturating_sub(sent.bytes);
            for cid in sent.blocks {
                peer.ledger.restore(Want::block(cid));
            }
        }
        if left == 0 {
            self.peers.remove(&id);
            self.client.disconnected(id, Instant::now());
        } else if wants_lost {
            self.client.failed(id, Instant::now());
        }
    }

    /// Carries out what the client decided.
    fn act(&mut self) {
        while let Some(action) = self.client.next_action() {
            match action {
                Action::Want(peer, want) => {
                    if let Some(peer) = self.peers.get_mut(&peer) {
                        peer.want(want);
                    }
                }
                Action::Connect(peer) => self.events.push_back(ToSwarm::GenerateEvent(Event::Connect(peer))),
                Action::FindProviders(cid) => {
                    self.events.push_back(ToSwarm::GenerateEvent(Event::FindProviders(cid)));
                }
            }
        }
    }

    /// Sends wants and presences, and starts lookups, where there is room.
    fn pump(&mut self) {
        let mut messages = Vec::new();
        for (id, peer) in &mut self.peers {
            if let Some(message) = peer.next_message() {
                messages.push((*id, message));
            }
            let room = self.reads.len() < BLOCK_READS_MAX && self.outbound_bytes < BITSWAP_OUTBOUND_BYTES_MAX;
            if room && peer.ready_to_read() {
                let wants = peer.ledger.take(LOOK_UP_MAX);
                if !wants.is_empty() {
                    peer.reading = true;
                    self.reads.push(server::look_up(Arc::clone(&self.source), *id, peer.session, wants));
                }
            }
        }
        for (peer, message) in messages {
            self.send(peer, message);
        }
    }

    fn poll_reads(&mut self, cx: &mut Context<'_>) -> bool {
        let mut progress = false;
        while let Poll::Ready(Some(findings)) = self.reads.poll_next_unpin(cx) {
            progress = true;
            self.on_findings(findings);
            if self.reads.is_empty() {
                self.added.clear();
            }
        }
        progress
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Event;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::new(Arc::clone(&self.counters)))
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::new(Arc::clone(&self.counters)))
    }

    fn on_swarm_event(&mut self, event: FromSwarm) {
        match event {
            FromSwarm::ConnectionEstablished(new) => self.on_connected(new.peer_id, new.connection_id),
            FromSwarm::ConnectionClosed(ConnectionClosed {
                peer_id,
                connection_id,
                remaining_established,
                ..
            }) => self.on_closed(peer_id, connection_id, remaining_established),
            _ => return,
        }
        self.wake();
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        self.on_told(peer, connection, event);
        self.wake();
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Event, THandlerInEvent<Self>>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Poll::Ready(event);
            }
            let ticked = self.tick.poll_tick(cx).is_ready();
            if ticked {
                self.client.tick(Instant::now());
            }
            let read = self.poll_reads(cx);
            self.act();
            self.pump();
            if !ticked && !read && self.events.is_empty() {
                break;
            }
        }
        self.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}
