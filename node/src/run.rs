//! `vantage run`: a node in this process, until it is told to stop.

use crate::config::Config;
use crate::node::{Node, NodeError};
use std::io::Write as _;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How a node is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RunOptions {
    /// Print one JSON object on standard output once the node is up, and log as JSON lines.
    pub json: bool,
}

/// Runs a node until SIGINT or SIGTERM, a shutdown over the control socket, or until it cannot go on. Logs go to
/// standard error; `RUST_LOG` chooses how much.
pub fn run(config: Config, options: RunOptions) -> Result<(), NodeError> {
    start_log(options.json);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("vantage")
        .build()
        .map_err(|source| NodeError::Io { path: "the runtime".into(), source })?;
    runtime.block_on(serve(config, options))
}

async fn serve(config: Config, options: RunOptions) -> Result<(), NodeError> {
    // Asked for before the start, so that no signal finds the node without its handler.
    let failed = |source| NodeError::Io { path: "signal handler".into(), source };
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let node = tokio::select! {
        node = Node::start(config) => node?,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    let ready = node.ready();
    tracing::info!(node = %ready.node, control = ready.control, "the node is up");
    for addr in &ready.listen {
        tracing::info!("reachable at {addr}");
    }
    // systemd waits for this where the service is of type notify; elsewhere nobody listens
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    if options.json {
        let line = serde_json::to_string(ready).unwrap_or_default();
        // Nobody may be reading: the node runs all the same.
        let _ = writeln!(std::io::stdout(), "{line}");
    }
    let stop = node.stop_token();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        stop.cancel();
    });
    node.stopped().await?;
    tracing::info!("stopped in good order");
    Ok(())
}

/// A program that embeds the node may have a log of its own: then this does nothing.
fn start_log(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = if json { log.json().try_init() } else { log.try_init() };
}
