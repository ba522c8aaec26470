//! Answers to requests.

use super::protocol::{
    CHUNK_BYTES, Fault, JobView, ORDER_KEY_BYTES_MAX, Peer, Phase, Request, Response, Status,
};
use super::server::{Context, Link};
use crate::engine::{Command, Lookup, StoppedHere, Subject, peer_key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;
use tokio::io::AsyncBufReadExt as _;
use vantage_protocol::attester::{JobOrder, NotShown};
use vantage_protocol::bundle::Certs;
use vantage_protocol::cid::Cid;
use vantage_protocol::proof::Car;
use vantage_protocol::suite::Suite;
use vantage_protocol::wire::{self, Wire as _};

/// A watched job is looked at no more often than this. A guess that no person notices.
const WATCH_PAUSE: Duration = Duration::from_millis(100);

/// How a node stands, for people and for metrics.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// What `vantage status` shows.
    pub status: Box<Status>,
    /// Peers in the DHTs' routing tables.
    pub dht_peers: usize,
    /// Counts of the network task since the start, by name.
    pub counters: BTreeMap<&'static str, u64>,
}

/// Answers one request. An error is of the connection alone.
pub(super) async fn answer(request: Request, link: &mut Link, context: &Context) -> io::Result<()> {
    let response = match request {
        Request::Status {} => context.snapshot().await.map(|snapshot| Response::Status(snapshot.status)),
        Request::Jobs {} => {
            context.ask(Command::Jobs).await.map(|views| Response::Jobs { views }).ok_or_else(stopping)
        }
        Request::Job { id } => context.job(id).await.map(|view| Response::Job { view: Box::new(view) }),
        Request::Watch { id } => return watch(id, link, context).await,
        Request::Submit { order, suite, key } => context.submit(order, &suite, key).await,
        Request::Bundle { id } => context.job(id).await.map(|view| Response::Bundle {
            id: view.id,
            content: view.content,
            bundle: view.bundle,
        }),
        Request::Block { cid } => context.block(cid).await,
        Request::Car { root } => return car(root, link, context).await,
        Request::Put { cid, bytes, provide } => context.put(cid, &bytes, provide).await,
        Request::Peers {} => context.peers().await,
        Request::Nodes {} => {
            context.ask(Command::Known).await.map(|nodes| Response::Nodes { nodes }).ok_or_else(stopping)
        }
        Request::Log { node, start, count } => context.log(node, start, count).await,
        Request::Proof { node, index } => context.proof(Subject::Leaf(node, index)).await,
        Request::JobProof { id } => context.proof(Subject::Job(id)).await,
        Request::StopHere { id } => context.stop_here(id).await,
        Request::Backup { out, root_key } => context.backup(out, root_key).await,
        Request::Prune { dry } => context.prune(dry).await,
        Request::Shutdown {} => {
            let said = link.say(&Response::Stopping {}).await;
            context.stop.cancel();
            return said;
        }
    };
    link.say(&response.unwrap_or_else(Response::Error)).await
}

/// Sends a job again whenever it changes, until it is done or the client leaves.
async fn watch(id: String, link: &mut Link, context: &Context) -> io::Result<()> {
    let mut changed = context.changed.clone();
    changed.mark_unchanged();
    let mut view = match context.job(id).await {
        Ok(view) => view,
        Err(fault) => return link.say(&Response::Error(fault)).await,
    };
    link.say(&Response::Job { view: Box::new(view.clone()) }).await?;
    while !is_over(&view) {
        tokio::select! {
            changed = changed.changed() => if changed.is_err() {
                return link.say(&Response::Error(stopping())).await;
            },
            // A client says nothing while it watches: what comes is its end, or the next request, which ends the watch.
            _ = link.reader.fill_buf() => return Ok(()),
        }
        tokio::time::sleep(WATCH_PAUSE).await;
        changed.mark_unchanged();
        let next = match context.job(view.id.to_string()).await {
            Ok(next) => next,
            Err(fault) => return link.say(&Response::Error(fault)).await,
        };
        if next != view {
            link.say(&Response::Job { view: Box::new(next.clone()) }).await?;
            view = next;
        }
    }
    link.say(&Response::End {}).await
}

/// Keys are names that people can read and give again.
fn check_key(key: Option<&str>) -> Result<(), Fault> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    if key.is_none_or(|key| (1..=ORDER_KEY_BYTES_MAX).contains(&key.len()) && key.chars().all(allowed)) {
        return Ok(());
    }
    Err(Fault {
        what: "is no idempotency key".to_owned(),
        place: "key".to_owned(),
        help: format!("give up to {ORDER_KEY_BYTES_MAX} letters, digits, `-`, `_`, `.` and `:`"),
    })
}

/// Nothing more is to come: refused, or done and published here.
fn is_over(view: &JobView) -> bool {
    view.phase == Phase::Refused || (view.phase == Phase::Done && view.content.is_some())
}

/// Sends a root and everything below it.
async fn car(root: Cid, link: &mut Link, context: &Context) -> io::Result<()> {
    let store = context.store.clone();
    let gather = move || Car::collect(root, &|cid| store.public_block(cid)).map(|car| car.to_bytes());
    let bytes = match tokio::task::spawn_blocking(gather).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => {
            let help = "wait until the job is done here, or ask another node";
            return link.fault("root", error, help).await;
        }
        Err(error) => return link.fault("store", error, "see the node's log").await,
    };
    for chunk in bytes.chunks(CHUNK_BYTES) {
        link.say(&Response::Chunk { bytes: STANDARD.encode(chunk) }).await?;
    }
    link.say(&Response::End {}).await
}

impl Context {
    async fn job(&self, id: String) -> Result<JobView, Fault> {
        let found = self.ask(|reply| Command::Job { id, reply }).await.ok_or_else(stopping)?;
        found.map_err(not_found)
    }

    async fn log(&self, node: Option<String>, start: u64, count: u32) -> Result<Response, Fault> {
        let page = self.ask(|reply| Command::Log { node, start, count, reply }).await.ok_or_else(stopping)?;
        page.map(Response::Log).map_err(not_found)
    }

    async fn proof(&self, subject: Subject) -> Result<Response, Fault> {
        let shown = self.ask(|reply| Command::Proof { subject, reply }).await.ok_or_else(stopping)?;
        shown.map(Response::Proof).map_err(not_found)
    }

    async fn stop_here(&self, id: String) -> Result<Response, Fault> {
        let stop = |reply| Command::StopHere { id, done: None, reply };
        let StoppedHere { id, declined_now, declined_before, committed } =
            self.ask(stop).await.ok_or_else(stopping)?.map_err(not_found)?;
        Ok(Response::Stopped { id, declined_now, declined_before, committed })
    }

    async fn submit(&self, order: JobOrder, suite: &str, key: Option<String>) -> Result<Response, Fault> {
        let wrong = |what: String| Fault {
            what,
            place: "suite".to_owned(),
            help: "send the suite's canonical block in base64, and its id in order.suite".to_owned(),
        };
        let suite = STANDARD.decode(suite).map_err(|error| wrong(error.to_string()))?;
        wire::decode::<Suite>(&suite).map_err(|error| wrong(error.to_string()))?;
        if order.suite != Cid::dag_cbor(&suite) {
            return Err(wrong(format!(
                "order.suite is {}, the block is {}",
                order.suite,
                Cid::dag_cbor(&suite)
            )));
        }
        check_key(key.as_deref())?;
        let ordered =
            self.ask(|reply| Command::Submit { order, suite, key, reply }).await.ok_or_else(stopping)?;
        let taken = ordered.map_err(|what| Fault {
            what,
            place: "order".to_owned(),
            help: "correct the order; `vantage status` shows what this node knows of the network".to_owned(),
        })?;
        Ok(Response::Submitted { id: taken.id, again: taken.again })
    }

    async fn block(&self, cid: Cid) -> Result<Response, Fault> {
        let store = self.store.clone();
        let found = tokio::task::spawn_blocking(move || store.public_block(&cid)).await.ok().flatten();
        let bytes = found.ok_or_else(|| Fault {
            what: format!("{cid} is not here, or not public"),
            place: "cid".to_owned(),
            help: "fetch it from the network with any IPFS client, or ask another node".to_owned(),
        })?;
        Ok(Response::Block { cid, bytes: STANDARD.encode(bytes) })
    }

    async fn put(&self, cid: Cid, bytes: &str, provide: bool) -> Result<Response, Fault> {
        let wrong = |what: String| Fault {
            what,
            place: "bytes".to_owned(),
            help: "send the bytes that the id names, in base64".to_owned(),
        };
        let bytes = STANDARD.decode(bytes).map_err(|error| wrong(error.to_string()))?;
        if bytes.len() > Certs::BYTES_MAX {
            return Err(wrong(format!("{} bytes, no block is that long", bytes.len())));
        }
        if !cid.names(&bytes) {
            return Err(wrong(format!("the bytes are not {cid}")));
        }
        let put = self.ask(|reply| Command::Put { cid, bytes, provide, reply }).await.ok_or_else(stopping)?;
        put.map_err(|what| Fault {
            what,
            place: "disk".to_owned(),
            help: "make room below the data directory, or lower disk.free_mib_min".to_owned(),
        })?;
        Ok(Response::Kept {})
    }

    async fn peers(&self) -> Result<Response, Fault> {
        let net = self.net.status().await.ok_or_else(stopping)?;
        let keys = net.peers.iter().map(|peer| peer_key(&peer.peer).unwrap_or_default()).collect();
        let nodes = self.ask(|reply| Command::Nodes { peers: keys, reply }).await.ok_or_else(stopping)?;
        let peers = net.peers.into_iter().zip(nodes).map(|(peer, node)| Peer {
            peer_id: peer.peer.to_string(),
            operator: node.map(|node| self.about.genesis.operator(&node).label().to_owned()),
            node,
            addr: peer.addr.to_string(),
            agent: peer.agent,
            rtt_ms: peer.rtt_ms,
            in_network: peer.in_network,
        });
        Ok(Response::Peers { peers: peers.collect() })
    }

    /// How the node stands, with the counts of its network task.
    pub async fn snapshot(&self) -> Result<Snapshot, Fault> {
        let standing = self.ask(Command::Standing).await.ok_or_else(stopping)?;
        let net = self.net.status().await.ok_or_else(stopping)?;
        let store = self.store.clone();
        let counts = tokio::task::spawn_blocking(move || store.counts()).await;
        let counts = counts.map_err(|error| error.to_string()).and_then(|c| c.map_err(|e| e.to_string()));
        let counts = counts.map_err(|what| Fault {
            what,
            place: "store".to_owned(),
            help: "see the node's log".to_owned(),
        })?;
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
            jobs: standing.jobs,
            executing: standing.executing,
            slots_waiting: standing.waiting,
            vendors: standing.vendors.map_err(|error| Fault {
                what: error,
                place: "ledger".to_owned(),
                help: "see the node's log".to_owned(),
            })?,
            golem: standing.golem.map_err(|error| Fault {
                what: error,
                place: "ledger".to_owned(),
                help: "see the node's log".to_owned(),
            })?,
            records: counts.records,
            blocks: counts.blocks,
            blocks_private: counts.blocks_private,
            forks: standing.forks,
            notices: standing.notices,
        });
        Ok(Snapshot { status, dht_peers: net.dht_peers, counters: net.counters })
    }
}

fn not_found(error: Lookup) -> Fault {
    let (place, help) = match error {
        Lookup::Unknown(_) => ("id", "list them with `vantage job list`"),
        Lookup::Ambiguous(..) => ("id", "give more digits"),
        Lookup::Uncertified(_) => ("id", "`vantage status` shows whether a quorum is heard"),
        Lookup::UnknownNode(_) => ("node", "list them with `vantage peers --known`"),
        Lookup::AmbiguousNode(..) => ("node", "give more digits"),
        Lookup::NotShown(NotShown::NotCertified { .. }) => {
            ("index", "wait until a quorum has cosigned it; `vantage log` shows what is certified")
        }
        Lookup::NotShown(_) => ("index", "`vantage log` shows which leaves there are"),
    };
    Fault { what: error.to_string(), place: place.to_owned(), help: help.to_owned() }
}

fn stopping() -> Fault {
    Fault {
        what: "the node is stopping".to_owned(),
        place: "node".to_owned(),
        help: "start it again, then ask again".to_owned(),
    }
}
