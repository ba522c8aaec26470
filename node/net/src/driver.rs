//! The network task: it owns the swarm, carries out commands and turns what happens into events.
//!
//! It never waits for the caller: events that do not fit are lost, by rules that hurt least (a message is ignored, a
//! request refused, a peer's coming and going told later).

mod announcer;
mod bitswap;
mod commands;
mod connections;
mod discovery;
mod gossip;
mod lookups;
mod queries;
mod reach;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use libp2p::Swarm;
use libp2p::swarm::SwarmEvent;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::address::AddressBook;
use crate::behaviour::{Behaviour, BehaviourEvent};
use crate::command::Command;
use crate::config::{NetConfig, Role};
use crate::counters::{Counters, count};
use crate::dht::Dht;
use crate::event::NetEvent;
use crate::gossip::Verdicts;
use crate::listen::Listeners;
use crate::roots::Roots;
use crate::streams::{InboundLoad, Outbound, Stream};

use announcer::Announcer;
use connections::Peers;
use discovery::Discovery;
use lookups::Lookups;
use queries::Queries;
use reach::Reaches;

/// How often deadlines are looked at.
const TICK: Duration = Duration::from_millis(100);
/// How long closing connections may take at the end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// State of the network task.
pub(crate) struct Driver {
    swarm: Swarm<Behaviour>,
    listeners: Listeners,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<NetEvent>,
    counters: Arc<Counters>,
    role: Role,
    net16: String,
    dhts: &'static [Dht],
    allow_private: bool,
    publish_listening: bool,
    requests_per_peer_max: usize,
    peers_target: usize,
    verdicts: Verdicts,
    outbound: Outbound,
    inbound: InboundLoad,
    book: AddressBook,
    peers: Peers,
    reaches: Reaches,
    discovery: Discovery,
    queries: Queries,
    roots: Arc<Roots>,
    announcer: Announcer,
    lookups: Lookups,
}

impl Driver {
    pub(crate) fn new(
        swarm: Swarm<Behaviour>,
        listeners: Listeners,
        config: &NetConfig,
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<NetEvent>,
        counters: Arc<Counters>,
        roots: Arc<Roots>,
    ) -> Self {
        Self {
            swarm,
            listeners,
            commands,
            events,
            counters,
            role: config.role,
            net16: config.net16.clone(),
            dhts: Dht::running(config.allow_private),
            allow_private: config.allow_private,
            publish_listening: config.role.serves_dht() && config.external.is_empty(),
            requests_per_peer_max: config.limits.requests_per_peer_max,
            peers_target: config.limits.peers_target,
            verdicts: Verdicts::default(),
            outbound: Outbound::default(),
            inbound: InboundLoad::default(),
            book: AddressBook::default(),
            peers: Peers::default(),
            reaches: Reaches::default(),
            discovery: Discovery::new(&config.net16, &config.bootstrap),
            queries: Queries::default(),
            roots,
            announcer: Announcer::new(Instant::now()),
            lookups: Lookups::default(),
        }
    }

    /// Runs until told to stop, or until the last handle is gone.
    pub(crate) async fn run(mut self) {
        self.start_discovery();
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let done = loop {
            tokio::select! {
                command = self.commands.recv() => match command {
                    None => break None,
                    Some(Command::Shutdown(done)) => break Some(done),
                    Some(command) => self.on_command(command),
                },
                event = self.swarm.select_next_some() => self.on_swarm_event(event),
                _ = tick.tick() => self.on_tick(Instant::now()),
            }
        };
        self.close(done).await;
    }

    fn on_tick(&mut self, now: Instant) {
        self.expire_verdicts(now);
        self.outbound.sweep();
        self.sweep_reaches(now);
        self.tell_peers();
        self.discover(now);
        self.take_roots();
        self.announce(now);
    }

    fn on_swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour_event(event),
            SwarmEvent::NewListenAddr { listener_id, address } => {
                self.listeners.told(listener_id);
                self.on_listening(address);
            }
            SwarmEvent::ExpiredListenAddr { address, .. } => {
                self.swarm.remove_external_address(&address);
                self.tell_addresses();
            }
            SwarmEvent::ListenerError { listener_id, error } => {
                tracing::warn!(addr = ?self.listeners.addr(listener_id), %error, "listener");
            }
            SwarmEvent::ListenerClosed { listener_id, reason, .. } => {
                self.listeners.closed(listener_id, &reason)
            }
            SwarmEvent::ConnectionEstablished { peer_id, endpoint, num_established, .. } => {
                self.on_connected(peer_id, &endpoint, num_established.get());
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established, cause, .. } => {
                tracing::debug!(peer = %peer_id, ?cause, left = num_established, "connection closed");
                if num_established == 0 {
                    self.on_disconnected(peer_id);
                }
            }
            SwarmEvent::OutgoingConnectionError { peer_id, error, .. } => {
                tracing::debug!(peer = ?peer_id, %error, "dial failed");
                if let Some(peer) = peer_id {
                    self.on_dial_failed(peer);
                }
            }
            SwarmEvent::IncomingConnectionError { error, .. } => {
                tracing::debug!(%error, "inbound connection")
            }
            _ => {}
        }
    }

    fn on_behaviour_event(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Gossip(event) => self.on_gossip(event),
            BehaviourEvent::Witness(event) => self.on_stream_event(Stream::Witness, event),
            BehaviourEvent::Log(event) => self.on_stream_event(Stream::Log, event),
            BehaviourEvent::Certs(event) => self.on_stream_event(Stream::Certs, event),
            BehaviourEvent::Bitswap(event) => self.on_bitswap(event),
            BehaviourEvent::Wan(event) => self.on_kad(Dht::Wan, event),
            BehaviourEvent::Lan(event) => self.on_kad(Dht::Lan, event),
            BehaviourEvent::Identify(event) => self.on_identify(event),
            BehaviourEvent::Ping(event) => self.on_ping(&event),
            BehaviourEvent::Admission(never)
            | BehaviourEvent::Connections(never)
            | BehaviourEvent::Memory(never) => match never {},
        }
    }

    /// Hands an event to the caller; `false` if there is no room.
    fn tell(&self, event: NetEvent) -> bool {
        let told = self.events.try_send(event).is_ok();
        if !told {
            count(&self.counters.events_dropped);
        }
        told
    }

    /// Closes connections in order, so that peers see an end and not a timeout.
    async fn close(mut self, done: Option<oneshot::Sender<()>>) {
        let connected: Vec<_> = self.swarm.connected_peers().copied().collect();
        for peer in connected {
            let _gone = self.swarm.disconnect_peer_id(peer);
        }
        let closing = async {
            while self.swarm.network_info().num_peers() > 0 {
                self.swarm.next().await;
            }
        };
        if timeout(SHUTDOWN_TIMEOUT, closing).await.is_err() {
            tracing::debug!("connections did not close in time");
        }
        drop(self);
        if let Some(done) = done {
            let _gone = done.send(());
        }
    }
}
