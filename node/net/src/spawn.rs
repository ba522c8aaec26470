//! Starting the network task.

use std::sync::Arc;
use std::time::Duration;

use libp2p::swarm::{self, Swarm};
use tokio::sync::mpsc;

use crate::address::check_bootstrap;
use crate::behaviour::Behaviour;
use crate::bitswap::BlockSource;
use crate::config::NetConfig;
use crate::counters::Counters;
use crate::driver::Driver;
use crate::error::NetError;
use crate::event::NetEvent;
use crate::handle::NetHandle;
use crate::limits::{COMMANDS_MAX, EVENTS_MAX};
use crate::listen::Listeners;
use crate::roots::Roots;
use crate::{gossip, identity, transport};

/// A connection that nothing uses is closed after this long. Gossip streams, open requests and wanted blocks count as
/// use; a guess, longer than the pauses between the rounds of a job.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Hexadecimal digits of a short network id.
const NET16_LEN: usize = 16;

/// Starts the network task on the current tokio runtime. All listeners that this
/// machine has are bound when it returns.
///
/// The receiver must be drained: what does not fit into it is lost ([`EVENTS_MAX`]), as gossip and requests can wait
/// for nobody.
pub fn spawn(
    config: NetConfig,
    blocks: Arc<dyn BlockSource>,
) -> Result<(NetHandle, mpsc::Receiver<NetEvent>), NetError> {
    check(&config)?;
    let keypair = identity::keypair(config.transport_seed).ok_or(NetError::Key)?;
    let peer_id = keypair.public().to_peer_id();
    let counters = Arc::new(Counters::default());
    let transport = transport::build(&keypair, config.allow_private)?;
    let behaviour = Behaviour::new(&keypair, &config, blocks, Arc::clone(&counters))?;
    let settings = swarm::Config::with_tokio_executor().with_idle_connection_timeout(IDLE_TIMEOUT);
    let mut swarm = Swarm::new(transport, behaviour, peer_id, settings);
    let listeners = Listeners::begin(&mut swarm, &config.listen)?;
    for addr in &config.external {
        swarm.add_external_address(addr.clone());
    }
    if let Some(gossip) = swarm.behaviour_mut().gossip.as_mut() {
        gossip
            .subscribe(&gossip::topic(&config.net16))
            .map_err(|e| NetError::Setup { part: "gossip topic", reason: e.to_string() })?;
    }
    let (commands, commands_in) = mpsc::channel(COMMANDS_MAX);
    let (events_out, events) = mpsc::channel(EVENTS_MAX);
    let roots = Arc::new(Roots::default());
    let shared = (Arc::clone(&counters), Arc::clone(&roots));
    let driver = Driver::new(swarm, listeners, &config, commands_in, events_out, shared.0, shared.1);
    tokio::spawn(driver.run());
    Ok((NetHandle::new(peer_id, commands, counters, roots), events))
}

fn check(config: &NetConfig) -> Result<(), NetError> {
    let hex = |b: &u8| b.is_ascii_digit() || (b'a'..=b'f').contains(b);
    if config.net16.len() != NET16_LEN || !config.net16.as_bytes().iter().all(hex) {
        return Err(NetError::NetId { net16: config.net16.clone() });
    }
    config.bootstrap.iter().try_for_each(|addr| check_bootstrap(addr, config.allow_private))
}
