//! What can be asked and changes nothing. It is answered from what the engine has published and from the store; the
//! engine itself is never asked.

use super::Context;
use crate::engine::{Published, peer_key};
use crate::store::{JobPlace, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;
use vantage_api::{
    BODY_BYTES_MAX, BundleIds, GetBundle, GetJob, GetJobProof, GetLog, GetProof, GetStatus, Handlers,
    JOBS_PAGE_MAX, JobView, Jobs, KnownNode, ListJobs, ListNodes, ListPeers, LogPage, Nodes, Peer, Peers,
    Refusal, Shown, Status,
};
use vantage_protocol::attester::NotShown;
use vantage_protocol::id::{JobId, NodeId};

/// Nodes shown at once, members first: bounds an answer to some hundred KiB. A guess.
const NODES_MAX: usize = 512;
/// What a page of jobs may come to: half of what a client reads. With what one job and one slot take at most, about; a job
/// of all slots that there can be fits.
const PAGE_BYTES: usize = BODY_BYTES_MAX / 2;
const JOB_BYTES: usize = 16 * 1024;
const SLOT_BYTES: usize = 512;
/// Longest prefix that an error repeats, characters.
const SHOWN_MAX: usize = 64;

pub(super) fn handlers(handlers: Handlers<Context>) -> Handlers<Context> {
    handlers
        .call(status)
        .call(jobs)
        .call(job)
        .call(bundle)
        .call(job_proof)
        .call(peers)
        .call(nodes)
        .call(log)
        .call(proof)
}

async fn status(context: Context, _: GetStatus) -> Result<Status, Refusal> {
    Ok(*context.snapshot().await?.status)
}

async fn jobs(context: Context, page: ListJobs) -> Result<Jobs, Refusal> {
    let published = context.published();
    let count = JOBS_PAGE_MAX as usize;
    context
        .read(move |store| {
            let after = match page.after {
                None => None,
                Some(id) => match published.job(&id).map(|view| JobPlace::of(view)) {
                    Some(place) => Some(place),
                    None => Some(store.past_place(&id)?.ok_or_else(|| unknown_job(&id.to_string()))?),
                },
            };
            // one more than a page tells whether there are more; what is live stands for what the store may have of it
            let past = store.past_jobs(after, count + 1)?.into_iter().map(|view| (JobPlace::of(&view), view));
            let mut all: BTreeMap<JobPlace, JobView> = past.collect();
            let behind = published.jobs.iter().filter(|(place, _)| after.is_none_or(|after| **place > after));
            all.extend(behind.take(count + 1).map(|(place, view)| (*place, JobView::clone(view))));
            let known = all.len();
            let mut bytes = 0;
            let fits = |view: &JobView| {
                bytes += JOB_BYTES + view.slots.len() * SLOT_BYTES;
                bytes <= PAGE_BYTES
            };
            let jobs: Vec<JobView> = all.into_values().take(count).take_while(fits).collect();
            let more = known > jobs.len();
            let next = jobs.last().map(|view| view.id).filter(|_| more);
            Ok(Jobs { jobs, next })
        })
        .await
}

async fn job(context: Context, wanted: GetJob) -> Result<JobView, Refusal> {
    context.job(wanted.id).await
}

async fn bundle(context: Context, wanted: GetBundle) -> Result<BundleIds, Refusal> {
    let view = context.job(wanted.id).await?;
    Ok(BundleIds { id: view.id, content: view.content, bundle: view.bundle })
}

async fn job_proof(context: Context, wanted: GetJobProof) -> Result<Shown, Refusal> {
    let view = context.job(wanted.id).await?;
    context.proof(view.author, view.index).await
}

async fn proof(context: Context, wanted: GetProof) -> Result<Shown, Refusal> {
    let node = context.published().node_named(&wanted.node)?;
    context.proof(node, wanted.index).await
}

async fn log(context: Context, wanted: GetLog) -> Result<LogPage, Refusal> {
    let published = context.published();
    let node = match &wanted.node {
        Some(prefix) => published.node_named(prefix)?,
        None => context.about.node,
    };
    let known = published.nodes.get(&node).cloned();
    context
        .read(move |store| {
            let (size, certified) = known.map_or((0, 0), |known| (known.leaves, known.certified));
            let leaves = store.leaves(&node, wanted.start, wanted.count)?;
            Ok(LogPage { node, size, certified, start: wanted.start, leaves })
        })
        .await
}

async fn nodes(context: Context, _: ListNodes) -> Result<Nodes, Refusal> {
    let published = context.published();
    let all = || published.nodes.values().map(|known| KnownNode::clone(known));
    let (members, others) = (all().filter(|known| known.member), all().filter(|known| !known.member));
    Ok(Nodes { nodes: members.chain(others).take(NODES_MAX).collect() })
}

async fn peers(context: Context, _: ListPeers) -> Result<Peers, Refusal> {
    let net = context.net.status().await.ok_or_else(Refusal::stopping)?;
    let published = context.published();
    let peers = net.peers.into_iter().map(|peer| {
        let node = peer_key(&peer.peer).and_then(|key| published.peers.get(&key).copied());
        Peer {
            peer_id: peer.peer.to_string(),
            operator: node.map(|node| context.about.genesis.operator(&node).label().to_owned()),
            node,
            addr: peer.addr.to_string(),
            agent: peer.agent,
            rtt_ms: peer.rtt_ms,
            in_network: peer.in_network,
        }
    });
    Ok(Peers { peers: peers.collect() })
}

impl Context {
    /// What the engine shows now.
    pub(super) fn published(&self) -> Arc<Published> {
        self.published.borrow().clone()
    }

    /// Reads the store, on a thread that may wait for the disk.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Store) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let store = self.store.clone();
        let done = tokio::task::spawn_blocking(move || read(&store)).await;
        done.unwrap_or_else(|error| Err(Refusal::failed("store", error, "see the node's log")))
    }

    /// A job, by its id or a prefix that only one has.
    pub(super) async fn job(&self, wanted: String) -> Result<JobView, Refusal> {
        // the picture first: what is over by then is in the store
        let published = self.published();
        self.read(move |store| {
            let id = match wanted.parse::<JobId>() {
                Ok(id) => id,
                Err(_) => job_named(&published, store, &wanted)?,
            };
            let live = published.job(&id).map(|view| JobView::clone(view));
            match live.map_or_else(|| store.past_job(&id), |view| Ok(Some(view)))? {
                Some(view) => Ok(view),
                None => Err(absent(&published, &wanted)),
            }
        })
        .await
    }

    async fn proof(&self, node: NodeId, index: u64) -> Result<Shown, Refusal> {
        let (published, about) = (self.published(), self.about.clone());
        self.read(move |store| {
            let (leaf, cert) = store.proof(&node, index, &published.policy)?.map_err(not_shown)?;
            let wanted = |known: &&Arc<KnownNode>| known.member || known.node == node;
            let mut keysets = Vec::new();
            for known in published.nodes.values().filter(wanted) {
                keysets.extend(store.leaves(&known.node, 0, 1)?);
            }
            let genesis = about.genesis.to_toml();
            Ok(Shown { leaf, bytes: cert.leaf, proof: cert.proof, genesis, keysets })
        })
        .await
    }
}

impl Published {
    /// The node whose id begins so.
    fn node_named(&self, prefix: &str) -> Result<NodeId, Refusal> {
        let help = "list them with `vantage peers --known`";
        let mut named = self.nodes.keys().filter(|node| node.to_string().starts_with(prefix));
        match (named.next(), named.count()) {
            (Some(node), 0) => Ok(*node),
            (Some(_), others) => {
                let what = format!("{} known nodes begin with {:?}", others + 1, shown(prefix));
                Err(Refusal::missing("node", what, "give more digits"))
            }
            (None, _) => {
                let what = format!("no known node begins with {:?}", shown(prefix));
                Err(Refusal::missing("node", what, help))
            }
        }
    }
}

/// The job whose id begins so.
fn job_named(published: &Published, store: &Store, prefix: &str) -> Result<JobId, Refusal> {
    let live = published.jobs.values().map(|view| view.id).filter(|id| id.to_string().starts_with(prefix));
    let mut named: Vec<JobId> = live.take(2).collect();
    // what ended meanwhile may be in both
    named.extend(store.past_jobs_named(prefix, 2)?);
    named.sort_unstable();
    named.dedup();
    match named.as_slice() {
        [one] => Ok(*one),
        [] => Err(absent(published, prefix)),
        _ => {
            let what = format!("several jobs begin with {:?}", shown(prefix));
            Err(Refusal::missing("id", what, "give more digits"))
        }
    }
}

/// That there is no such job, or why it is not shown yet.
fn absent(published: &Published, wanted: &str) -> Refusal {
    match published.uncertified.iter().find(|id| id.to_string().starts_with(wanted)) {
        Some(id) => {
            let what = format!("job {id} is in this node's log, but no quorum has cosigned it yet");
            Refusal::missing("id", what, "`vantage status` shows whether a quorum is heard")
        }
        None => unknown_job(wanted),
    }
}

fn unknown_job(wanted: &str) -> Refusal {
    let what = format!("no job begins with {:?}", shown(wanted));
    Refusal::missing("id", what, "list them with `vantage job list`")
}

fn shown(prefix: &str) -> String {
    prefix.chars().take(SHOWN_MAX).collect()
}

fn not_shown(why: NotShown) -> Refusal {
    let help = match why {
        NotShown::NotCertified { .. } => {
            "wait until a quorum has cosigned it; `vantage log` shows what is certified"
        }
        _ => "`vantage log` shows which leaves there are",
    };
    Refusal::missing("index", why, help)
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::failed("store", error, "see the node's log")
    }
}
