//! `vantage run`: a node in this process, until it is told to stop.

use crate::logging;
use crate::node::{Follower, Node, NodeError};
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use vantage_daemon::config::Config;

/// How long a node may take to stop in good order, beside ending its agreements on Golem. A guess: slots are called off
/// at once, and the longest write is a group of 4 MiB; service managers wait for 90 s.
const STOP_S_MAX: u64 = 30;
/// What a shell reports for a program that a signal has ended: this, and the signal's number.
const SIGNALLED: i32 = 128;

/// How a node is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RunOptions {
    /// Print one JSON object on standard output once the node is up, and log as JSON lines.
    pub json: bool,
}

/// Runs a node until SIGINT or SIGTERM, a shutdown over the control socket, or until it cannot go on. A second signal
/// ends the process at once; so does the end of the time that stopping may take. SIGHUP reads the policy again. Logs go
/// to standard error and to the files that the configuration names; `RUST_LOG` chooses how much.
pub fn run(config: Config, options: RunOptions) -> Result<(), NodeError> {
    // Dropped last: what waits to be logged is written then.
    let _log = logging::start(&config.log, options.json)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("vantage")
        .build()
        .map_err(|source| NodeError::Io { path: "the runtime".into(), source })?;
    let ended = runtime.block_on(serve(config, options));
    if let Err(NodeError::Stuck(_)) = ended {
        // what does not stop would be waited for here, for ever
        runtime.shutdown_background();
    }
    ended
}

async fn serve(config: Config, options: RunOptions) -> Result<(), NodeError> {
    // Asked for before the start, so that no signal finds the node without its handler.
    let failed = |source| NodeError::Io { path: "signal handler".into(), source };
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let hangup = signal(SignalKind::hangup()).map_err(failed)?;
    let file = config.file.clone();
    let stop_s_max = STOP_S_MAX + config.golem.as_ref().map_or(0, |golem| golem.close_max().as_secs());
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
    tokio::spawn(obey(interrupt, terminate, stop.clone()));
    tokio::spawn(read_policy_again(node.follower(), file, hangup, stop.clone()));
    let too_late = async {
        stop.cancelled().await;
        tokio::time::sleep(Duration::from_secs(stop_s_max)).await;
    };
    tokio::select! {
        stopped = node.stopped() => stopped?,
        () = too_late => return Err(NodeError::Stuck(stop_s_max)),
    }
    tracing::info!("the node has stopped");
    Ok(())
}

/// The first signal stops the node in good order, the second ends the process.
async fn obey(mut interrupt: Signal, mut terminate: Signal, stop: CancellationToken) {
    signalled(&mut interrupt, &mut terminate).await;
    tracing::info!("stopping; a second signal ends the node at once");
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    stop.cancel();
    let kind = signalled(&mut interrupt, &mut terminate).await;
    tracing::warn!("ended at once; what was said is on disk");
    std::process::exit(SIGNALLED + kind.as_raw_value());
}

async fn signalled(interrupt: &mut Signal, terminate: &mut Signal) -> SignalKind {
    tokio::select! {
        _ = interrupt.recv() => SignalKind::interrupt(),
        _ = terminate.recv() => SignalKind::terminate(),
    }
}

/// Each SIGHUP: the policy as the configuration says it now. With a mistake in it the node goes on as before.
async fn read_policy_again(follower: Follower, file: PathBuf, mut hangup: Signal, stop: CancellationToken) {
    loop {
        tokio::select! {
            signal = hangup.recv() => if signal.is_none() { return },
            () = stop.cancelled() => return,
        }
        let path = file.clone();
        let read = tokio::task::spawn_blocking(move || Config::load(&path)).await;
        match read {
            Ok(Ok(config)) => follower.follow(config.policy).await,
            Ok(Err(error)) => {
                tracing::error!(%error, "the policy stays as it was: the configuration is not valid")
            }
            Err(error) => tracing::error!(%error, "the policy stays as it was"),
        }
    }
}
