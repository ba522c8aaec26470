//! From options to a running entry point, until a signal.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, timeout_at};
use tracing_subscriber::EnvFilter;
use vantage_net::{Multiaddr, NetConfig, NetEvent, NetHandle, NoBlocks, PeerId, Role, spawn};

use crate::key;
use crate::options::Options;

/// How long to collect the addresses behind a wildcard, which come one by one.
const WILDCARD_GRACE: Duration = Duration::from_millis(200);
/// How long a listener may take to tell its address.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the state is logged.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

/// Runs until SIGINT or SIGTERM.
pub fn run(options: Options) -> Result<()> {
    start_logging(options.json);
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(serve(options))
}

fn start_logging(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    if json {
        log.json().init();
    } else {
        log.with_ansi(stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()).init();
    }
}

async fn serve(options: Options) -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot watch for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot watch for SIGTERM")?;
    let mut config = NetConfig::new(key::load_or_create(&options.data)?, options.net, Role::Bootstrap);
    config.listen = options.listen;
    config.external = options.external;
    config.bootstrap = options.bootstrap;
    config.allow_private = options.allow_private;
    let wildcard = config.listen.iter().any(is_wildcard);
    let listeners = config.listen.len();
    let (net, mut events) = spawn(config, Arc::new(NoBlocks))?;
    let addrs = listening(&net, &mut events, listeners, wildcard).await?;
    announce(net.peer_id(), &addrs, options.json).context("cannot print the addresses")?;
    watch(&net, &mut events, &mut interrupt, &mut terminate).await?;
    net.shutdown().await;
    tracing::info!("stopped");
    Ok(())
}

fn is_wildcard(addr: &Multiaddr) -> bool {
    let text = addr.to_string();
    text.starts_with("/ip4/0.0.0.0/") || text.starts_with("/ip6/::/")
}

/// Waits until all listeners have told an address; returns them with `/p2p/`.
async fn listening(
    net: &NetHandle,
    events: &mut mpsc::Receiver<NetEvent>,
    listeners: usize,
    wildcard: bool,
) -> Result<Vec<Multiaddr>> {
    let mut addrs = Vec::new();
    let mut deadline = Instant::now() + LISTEN_TIMEOUT;
    while addrs.len() < listeners || wildcard {
        match timeout_at(deadline, events.recv()).await {
            Ok(Some(NetEvent::Listening(addr))) => {
                let full = addr.with_p2p(net.peer_id());
                addrs.push(full.unwrap_or_else(|addr| addr));
                if addrs.len() == listeners {
                    deadline = Instant::now() + WILDCARD_GRACE;
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => bail!("the network task ended at once"),
            Err(_) if addrs.len() >= listeners => break,
            Err(_) => bail!("{} of {listeners} listeners told no address in time", listeners - addrs.len()),
        }
    }
    Ok(addrs)
}

/// Tells whoever started us where we are: the only thing ever written to stdout.
fn announce(peer_id: PeerId, addrs: &[Multiaddr], json: bool) -> std::io::Result<()> {
    let addrs: Vec<String> = addrs.iter().map(Multiaddr::to_string).collect();
    let mut out = stdout().lock();
    if json {
        let line = serde_json::json!({ "listening": addrs, "peer_id": peer_id.to_string() });
        writeln!(out, "{line}")?;
    } else {
        for addr in &addrs {
            writeln!(out, "{addr}")?;
        }
    }
    out.flush()
}

async fn watch(
    net: &NetHandle,
    events: &mut mpsc::Receiver<NetEvent>,
    interrupt: &mut Signal,
    terminate: &mut Signal,
) -> Result<()> {
    let mut report = interval_at(Instant::now() + REPORT_INTERVAL, REPORT_INTERVAL);
    loop {
        tokio::select! {
            _ = interrupt.recv() => { tracing::info!("SIGINT"); return Ok(()) }
            _ = terminate.recv() => { tracing::info!("SIGTERM"); return Ok(()) }
            event = events.recv() => match event {
                Some(NetEvent::PeerUp { peer }) => tracing::debug!(%peer, "connected"),
                Some(NetEvent::PeerDown { peer }) => tracing::debug!(%peer, "disconnected"),
                Some(_) => {}
                None => bail!("the network task ended"),
            },
            _ = report.tick() => if let Some(status) = net.status().await {
                tracing::info!(peers = status.peers.len(), dht_peers = status.dht_peers, "state");
            }
        }
    }
}
