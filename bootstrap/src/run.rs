//! From options to a running entry point, until a signal.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, sleep};
use tracing_subscriber::EnvFilter;
use vantage_net::{Multiaddr, NetConfig, NetEvent, NetHandle, NoBlocks, PeerId, Role, spawn};

use crate::key;
use crate::options::Options;

/// How long to collect the addresses behind a wildcard, which come one by one.
const WILDCARD_GRACE: Duration = Duration::from_millis(200);
/// How long a listener may take to tell its address.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the others are waited for once one has told its address. A guess.
const OTHERS_TIMEOUT: Duration = Duration::from_secs(2);
/// How often is looked for them.
const LISTEN_POLL: Duration = Duration::from_millis(10);
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
    // an empty variable is an unset one
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let asked = set("RUST_LOG").map(|text| text.to_string_lossy().into_owned());
    let parsed = asked.as_deref().map(|text| EnvFilter::builder().parse(text));
    let wrong = parsed.as_ref().and_then(|parsed| parsed.as_ref().err()).map(ToString::to_string);
    let filter = parsed.and_then(Result::ok).unwrap_or_else(|| EnvFilter::new("info"));
    // whoever reads the log may leave, which is no reason to panic
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).log_internal_errors(false).with_writer(stderr);
    if json {
        log.json().init();
    } else {
        log.with_ansi(stderr().is_terminal() && set("NO_COLOR").is_none()).init();
    }
    if let Some(why) = wrong {
        tracing::warn!(why, "RUST_LOG is not understood: `info` is used");
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
    let (net, mut events) = spawn(config, Arc::new(NoBlocks))?;
    let addrs = listening(&net, wildcard).await?;
    match announce(net.peer_id(), &addrs, options.json) {
        // whoever read them has left
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
        told => told.context("cannot print the addresses")?,
    }
    watch(&net, &mut events, &mut interrupt, &mut terminate).await?;
    net.shutdown().await;
    tracing::info!("stopped");
    Ok(())
}

fn is_wildcard(addr: &Multiaddr) -> bool {
    let text = addr.to_string();
    text.starts_with("/ip4/0.0.0.0/") || text.starts_with("/ip6/::/")
}

/// Waits until the listeners have told their addresses; returns them with `/p2p/`. One that tells none for want of an
/// interface of its kind is left out, if another does.
async fn listening(net: &NetHandle, wildcard: bool) -> Result<Vec<Multiaddr>> {
    let began = Instant::now();
    loop {
        let status = net.status().await.context("the network task ended at once")?;
        let (waited, silent) = (began.elapsed(), status.silent);
        if !silent.is_empty() && waited >= LISTEN_TIMEOUT && status.listening.is_empty() {
            bail!("none of these told an address in time: {}", joined(&silent));
        }
        if silent.is_empty() || waited >= OTHERS_TIMEOUT && !status.listening.is_empty() {
            if !silent.is_empty() {
                tracing::warn!(
                    addrs = joined(&silent),
                    "not listened on: no network interface is of this kind"
                );
            }
            break;
        }
        sleep(LISTEN_POLL).await;
    }
    if wildcard {
        sleep(WILDCARD_GRACE).await;
    }
    let status = net.status().await.context("the network task ended")?;
    let full = |addr: Multiaddr| addr.with_p2p(net.peer_id()).unwrap_or_else(|addr| addr);
    Ok(status.listening.into_iter().map(full).collect())
}

fn joined(addrs: &[Multiaddr]) -> String {
    addrs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
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
