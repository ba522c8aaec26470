//! A running node: keys, store, network, engine and what it serves put together, started and stopped.

use crate::logging::LogError;
use crate::places::{self, InTheWay};
use crate::socket::{Socket, SocketError};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};
use vantage_api::{READY, Ready};
use vantage_daemon::answers::{About, Context, Upkeep};
use vantage_daemon::backup::{self, BackupError};
use vantage_daemon::clock;
use vantage_daemon::config::{Config, ConfigError};
use vantage_daemon::engine::{Command, EVENTS_MAX, Engine, EngineError, Event, Inbox, Offering, Parts};
use vantage_daemon::execution::Executions;
use vantage_daemon::keys::{self, Identity, KeysError};
use vantage_daemon::ledger::Ledger;
use vantage_daemon::lock::{DataLock, LockError};
use vantage_daemon::policy::{Gate, Policy};
use vantage_daemon::private_file;
use vantage_daemon::pruning;
use vantage_daemon::store::{PublicBlocks, Store, StoreError};
use vantage_exec::TransportError;
use vantage_net::{NetConfig, NetError, NetEvent, NetHandle};
use vantage_protocol::attester::{Attester, Config as CoreConfig};
use vantage_protocol::genesis::Genesis;
use vantage_protocol::id::NodeId;
use vantage_protocol::moment::utc;
use vantage_web::{Look, Metrics, MetricsError};

/// Ends of slots that wait for the engine.
const ENDS_MAX: usize = 64;
/// How long addresses are waited for. Listeners are bound before; a guess.
const LISTEN_PATIENCE: Duration = Duration::from_secs(10);
/// How long the others are waited for once one has told its address. A guess.
const OTHERS_PATIENCE: Duration = Duration::from_secs(2);
/// How often is looked for them.
const LISTEN_POLL: Duration = Duration::from_millis(10);

/// A node that runs until it is stopped or cannot go on.
#[derive(Debug)]
pub struct Node {
    ready: Ready,
    stop: CancellationToken,
    engine: JoinHandle<Result<(), EngineError>>,
    control: JoinHandle<()>,
    net: NetHandle,
    events: mpsc::Sender<Event>,
    ready_file: PathBuf,
    store_closed: CancellationToken,
    /// A node that is dropped stops too; else its thread would keep the runtime.
    _stops: DropGuard,
    _lock: DataLock,
}

/// Why a node does not start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The configuration is at fault.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Another node has the data directory.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The node lives elsewhere.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Something else stands where the node keeps its files.
    #[error(transparent)]
    InTheWay(#[from] InTheWay),
    /// There is no log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The keys are at fault.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The store is at fault.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The network could not be set up.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The HTTP client could not be set up.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The control socket could not be made.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The address for metrics could not be had.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The system's clock is wrong.
    #[error(
        "the system's clock says {}, which is before the network was founded, {}: set the clock, for instance with an NTP \
         client, and start again", utc(*.now_s), utc(*.founded_s)
    )]
    Clock {
        /// POSIX seconds now.
        now_s: u64,
        /// POSIX seconds in the genesis.
        founded_s: u64,
    },
    /// Keys and genesis do not go together.
    #[error("the keys do not fit the network: {0}")]
    Core(String),
    /// The listeners gave no address.
    #[error(
        "net.listen: within {} s none of these gave an address: {}; does this machine have a network interface of their \
         kind?", LISTEN_PATIENCE.as_secs(), .silent.join(", ")
    )]
    Listen {
        /// As they are configured.
        silent: Vec<String>,
    },
    /// It was asked to stop and did not.
    #[error(
        "the node did not stop within {0} s and was ended; what it has said is on disk, and the next start goes on from there"
    )]
    Stuck(u64),
    /// A file could not be written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The engine ended by itself.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A defect: the engine's thread panicked. What the panic says may hold anything, and is not shown.
    #[error("the engine broke down: this is a defect, please report it with what is on standard error")]
    Broken(#[from] JoinError),
}

impl NodeError {
    /// Whether the disk is full: then a start after room was made resumes.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Store(error) | Self::Engine(EngineError::Store(error)) => error.is_full(),
            Self::Backup(BackupError::Store(error)) => error.is_full(),
            Self::Io { source, .. } => source.kind() == std::io::ErrorKind::StorageFull,
            _ => false,
        }
    }
}

impl Node {
    /// Starts a node: replays its past, opens its network, and begins to serve. Needs a tokio runtime with I/O and time.
    pub async fn start(config: Config) -> Result<Self, NodeError> {
        let started_s = clock::now_ms() / 1000;
        if started_s < config.genesis.founded_s {
            return Err(NodeError::Clock { now_s: started_s, founded_s: config.genesis.founded_s });
        }
        backup::refuse_retired(&config.data)?;
        let lock = DataLock::take(&config.data)?;
        backup::refuse_retired(&config.data)?;
        places::refuse(&config.data)?;
        let ready_file = config.data.join(READY);
        forget(&ready_file)?;
        let mut identity = keys::load(&config.data, &config.genesis)?;
        let region = declared_region(&config, &identity.node)?;
        let (store, store_closed) = opened(&config, &identity)?;
        identity.keep(&config.genesis.net())?;
        let attester = replayed(&config, &identity, &store)?;
        let socket = Socket::bind(&config.data)?;
        let control_path = socket.path().display().to_string();
        let metrics = match config.metrics {
            Some(address) => Some(Metrics::bind(address).await?),
            None => None,
        };
        let metrics_address = metrics.as_ref().map(|metrics| metrics.address().to_string());

        let (net, net_events) =
            vantage_net::spawn(net_config(&config, &identity), Arc::new(PublicBlocks(store.clone())))?;
        let stop = CancellationToken::new();
        let about = About { genesis: config.genesis.clone(), node: identity.node, region, started_s };
        let (engine, context) = wire_up(&config, about, attester, &store, &net, net_events, stop.clone())?;
        if let Some(metrics) = metrics {
            tokio::spawn(metrics.serve(look(&context), context.stop.clone()));
        }
        let events = context.events.clone();
        if config.keep.daily {
            tokio::spawn(pruning::prune_daily(events.clone(), store, config.keep, stop.clone()));
        }
        let control = tokio::spawn(serve(socket, context));
        let mut node = Self {
            ready: Ready {
                ready: true,
                pid: std::process::id(),
                node: identity.node,
                net: config.genesis.net(),
                peer_id: net.peer_id().to_string(),
                listen: Vec::new(),
                control: control_path,
                metrics: metrics_address,
            },
            _stops: stop.clone().drop_guard(),
            stop,
            engine,
            control,
            net,
            events,
            ready_file,
            store_closed,
            _lock: lock,
        };
        match node.announce_ready().await {
            Ok(()) => Ok(node),
            Err(error) => {
                node.stop();
                node.stopped().await?;
                Err(error)
            }
        }
    }

    /// Who and where it is.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Asks it to stop; [`Node::stopped`] tells when it has.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// A token that stops it, for signal handlers.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Hands the node another policy while it runs.
    pub fn follower(&self) -> Follower {
        Follower(self.events.clone())
    }

    /// Waits until it has stopped: everything written, workers called off, connections closed, the store let go of by
    /// all that read from it for peers and guests.
    pub async fn stopped(self) -> Result<(), NodeError> {
        let Self { stop, engine, control, ready_file, store_closed, .. } = self;
        let ended = engine.await;
        stop.cancel();
        // It ends by the token; it fails only if it panicked, and then it has ended too.
        let _ = control.await;
        store_closed.cancelled().await;
        forget(&ready_file)?;
        Ok(ended??)
    }

    /// Waits for the addresses, then tells the world by a file.
    async fn announce_ready(&mut self) -> Result<(), NodeError> {
        let began = tokio::time::Instant::now();
        let listening = loop {
            let status = self.net.status().await.ok_or(NodeError::Engine(EngineError::Network))?;
            if status.silent.is_empty() {
                break status.listening;
            }
            let waited = began.elapsed();
            if !status.listening.is_empty() && waited >= OTHERS_PATIENCE {
                let silent = listed(&status.silent);
                tracing::warn!(?silent, "not listened on: no network interface has an address of this kind");
                break status.listening;
            }
            if waited >= LISTEN_PATIENCE {
                return Err(NodeError::Listen { silent: listed(&status.silent) });
            }
            tokio::time::sleep(LISTEN_POLL).await;
        };
        let peer = &self.ready.peer_id;
        self.ready.listen = listening.iter().map(|addr| format!("{addr}/p2p/{peer}")).collect();
        let json = serde_json::to_vec(&self.ready).map_err(std::io::Error::from);
        json.and_then(|json| private_file::replace(&self.ready_file, &json))
            .map_err(|source| NodeError::Io { path: self.ready_file.clone(), source })
    }
}

fn listed(addrs: &[vantage_net::Multiaddr]) -> Vec<String> {
    addrs.iter().map(ToString::to_string).collect()
}

/// Hands a running node another policy.
#[derive(Clone, Debug)]
pub struct Follower(mpsc::Sender<Event>);

impl Follower {
    /// The node follows this policy from now on; what was taken on is finished.
    pub async fn follow(&self, policy: Policy) {
        // A node that is stopping follows none.
        let _ = self.0.send(Event::Command(Command::Policy(Arc::new(policy)))).await;
    }
}

/// The region that a node declares; a node that offers something needs one.
pub(crate) fn declared_region(config: &Config, node: &NodeId) -> Result<Option<String>, ConfigError> {
    let region = config.region_of(node)?;
    if region.is_none() && !config.offers.targets.is_empty() {
        return Err(ConfigError {
            file: config.file.clone(),
            line: None,
            key: Some("region".to_owned()),
            what: "is missing, but targets are offered".to_owned(),
            help: "say where the node stands: region = \"…\"; or offer nothing".to_owned(),
        });
    }
    Ok(region)
}

/// The store, in as little room as it needs, and what tells that it is closed again.
fn opened(config: &Config, identity: &Identity) -> Result<(Arc<Store>, CancellationToken), StoreError> {
    let mut store = Store::open(&config.data, &config.genesis.net(), &identity.node)?;
    let freed_bytes = store.compact(false)?;
    if freed_bytes > 0 {
        tracing::info!(freed_bytes, "the database was compacted");
    }
    let closed = store.closed();
    Ok((Arc::new(store), closed))
}

/// The core without a past.
pub(crate) fn newborn(genesis: &Genesis, identity: &Identity) -> Result<Attester, NodeError> {
    let core = CoreConfig {
        genesis: genesis.clone(),
        log: identity.log.clone(),
        witness: identity.witness.clone(),
        keyset: identity.keyset.clone(),
    };
    Attester::new(core).map_err(NodeError::Core)
}

/// The core with its past.
fn replayed(config: &Config, identity: &Identity, store: &Store) -> Result<Attester, NodeError> {
    let mut attester = newborn(&config.genesis, identity)?;
    let records = store.replay(|record| attester.restore(record))?;
    tracing::info!(records, node = %identity.node, "past replayed");
    Ok(attester)
}

fn net_config(config: &Config, identity: &Identity) -> NetConfig {
    let role = config.role(&identity.node);
    let seed = *identity.transport_seed.expose();
    NetConfig {
        listen: config.net.listen.clone(),
        external: config.net.external.clone(),
        bootstrap: config.net.bootstrap.clone(),
        allow_private: config.net.allow_private,
        ..NetConfig::new(seed, config.genesis.net().net16(), role)
    }
}

/// Starts the engine on a thread of its own, and makes what the control socket is answered from.
fn wire_up(
    config: &Config,
    about: About,
    attester: Attester,
    store: &Arc<Store>,
    net: &NetHandle,
    net_events: mpsc::Receiver<NetEvent>,
    stop: CancellationToken,
) -> Result<(JoinHandle<Result<(), EngineError>>, Context), NodeError> {
    let (ends_out, ends) = mpsc::channel(ENDS_MAX);
    let (events, events_in) = mpsc::channel(EVENTS_MAX);
    let announced = store.announced()?;
    let budget = &config.budget;
    let ledger = Arc::new(Ledger::open(store.clone(), budget.limits.clone(), budget.prices.clone())?);
    let (region, offers) = (about.region.clone(), &config.offers);
    let prices = offers.targets.iter().map(|offer| (offer.target.to_string(), offer.call_microusd)).collect();
    let executions = Executions::new(config, store.clone(), ledger, ends_out)?;
    let spending = executions.spending();
    let parts = Parts {
        attester,
        gate: Gate::new(Arc::new(config.policy.clone()), store.clone(), prices),
        disk: (config.data.clone(), config.disk),
        store: store.clone(),
        net: net.clone(),
        executions,
        offering: Offering::new(region, offers.targets.clone(), offers.slots_max, announced.as_deref()),
        events: events.clone(),
    };
    let (engine, published) = Engine::new(parts)?;
    let inbox = Inbox { net: net_events, ends, events: events_in, stop: stop.clone() };
    let runtime = tokio::runtime::Handle::current();
    let engine = tokio::task::spawn_blocking(move || runtime.block_on(engine.run(inbox)));
    let context = Context {
        events,
        published,
        spending,
        store: store.clone(),
        net: net.clone(),
        about: Arc::new(about),
        upkeep: Arc::new(Upkeep { data: config.data.clone(), keep: config.keep }),
        stop,
    };
    Ok((engine, context))
}

/// Serves reads and orders to the node's operator.
async fn serve(socket: Socket, context: Context) {
    let (listener, file) = socket.into_parts();
    let handlers = context.reads().into_iter().chain(context.orders()).collect();
    vantage_web::serve(listener, handlers, context.stop).await;
    drop(file);
}

/// What metrics are made of.
fn look(context: &Context) -> Look {
    let context = context.clone();
    Arc::new(move || {
        let context = context.clone();
        Box::pin(async move { context.snapshot().await })
    })
}

/// A node that is not up has no ready file.
fn forget(path: &std::path::Path) -> Result<(), NodeError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(NodeError::Io { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod control_tests;
#[cfg(test)]
mod tests;
