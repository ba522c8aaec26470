//! What can be asked and changes nothing.

use super::route::{Refusal, call};
use super::server::Context;
use crate::engine::{Command, Lookup, Subject, peer_key};
use axum::Router;
use vantage_api::{
    BundleIds, GetBundle, GetJob, GetJobProof, GetLog, GetProof, GetStatus, JobView, Jobs, ListJobs,
    ListNodes, ListPeers, LogPage, Nodes, Peer, Peers, Shown, Status,
};
use vantage_protocol::attester::NotShown;

pub(super) fn routes() -> Router<Context> {
    Router::new()
        .merge(call(status))
        .merge(call(jobs))
        .merge(call(job))
        .merge(call(bundle))
        .merge(call(job_proof))
        .merge(call(peers))
        .merge(call(nodes))
        .merge(call(log))
        .merge(call(proof))
}

async fn status(context: Context, _: GetStatus) -> Result<Status, Refusal> {
    Ok(*context.snapshot().await?.status)
}

async fn jobs(context: Context, page: ListJobs) -> Result<Jobs, Refusal> {
    let asked = context.ask(|reply| Command::Jobs { after: page.after, reply }).await;
    let (jobs, next) = asked.ok_or_else(Refusal::stopping)?;
    Ok(Jobs { jobs, next })
}

async fn job(context: Context, wanted: GetJob) -> Result<JobView, Refusal> {
    context.job(wanted.id).await
}

async fn bundle(context: Context, wanted: GetBundle) -> Result<BundleIds, Refusal> {
    let view = context.job(wanted.id).await?;
    Ok(BundleIds { id: view.id, content: view.content, bundle: view.bundle })
}

async fn job_proof(context: Context, wanted: GetJobProof) -> Result<Shown, Refusal> {
    context.proof(Subject::Job(wanted.id)).await
}

async fn proof(context: Context, wanted: GetProof) -> Result<Shown, Refusal> {
    context.proof(Subject::Leaf(wanted.node, wanted.index)).await
}

async fn log(context: Context, wanted: GetLog) -> Result<LogPage, Refusal> {
    let GetLog { node, start, count } = wanted;
    let page = context.ask(|reply| Command::Log { node, start, count, reply }).await;
    page.ok_or_else(Refusal::stopping)?.map(|page| *page).map_err(not_found)
}

async fn nodes(context: Context, _: ListNodes) -> Result<Nodes, Refusal> {
    context.ask(Command::Known).await.map(|nodes| Nodes { nodes }).ok_or_else(Refusal::stopping)
}

async fn peers(context: Context, _: ListPeers) -> Result<Peers, Refusal> {
    let net = context.net.status().await.ok_or_else(Refusal::stopping)?;
    let keys = net.peers.iter().map(|peer| peer_key(&peer.peer).unwrap_or_default()).collect();
    let nodes =
        context.ask(|reply| Command::Nodes { peers: keys, reply }).await.ok_or_else(Refusal::stopping)?;
    let peers = net.peers.into_iter().zip(nodes).map(|(peer, node)| Peer {
        peer_id: peer.peer.to_string(),
        operator: node.map(|node| context.about.genesis.operator(&node).label().to_owned()),
        node,
        addr: peer.addr.to_string(),
        agent: peer.agent,
        rtt_ms: peer.rtt_ms,
        in_network: peer.in_network,
    });
    Ok(Peers { peers: peers.collect() })
}

impl Context {
    pub(super) async fn job(&self, id: String) -> Result<JobView, Refusal> {
        let found = self.ask(|reply| Command::Job { id, reply }).await.ok_or_else(Refusal::stopping)?;
        found.map_err(not_found)
    }

    async fn proof(&self, subject: Subject) -> Result<Shown, Refusal> {
        let shown =
            self.ask(|reply| Command::Proof { subject, reply }).await.ok_or_else(Refusal::stopping)?;
        shown.map(|shown| *shown).map_err(not_found)
    }
}

/// Why nothing was found, and what to do.
pub(super) fn not_found(error: Lookup) -> Refusal {
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
    Refusal::missing(place, error, help)
}
