//! The open model here and on Golem: real daemons and market, a simulated provider, payment on a local chain.

use std::time::Duration;
use vantage_golem_bed::provider::Seen;
use vantage_testnet::cluster::Cluster;
use vantage_testnet::demo::Deadlines;
use vantage_testnet::golem::{Bed, GolemArgs, released, run, start, submit};

/// What the command promises is checked by the command itself: SEALED and verified by a stranger, every cell answered,
/// the answers byte-equal between executors and Golem, every agreement paid on the chain and confirmed, nothing set
/// aside any more. In a test it is the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_answered_the_same_here_and_on_golem_and_paid() {
    let arguments = GolemArgs { json: true, dir: None, image: None, deadlines: Deadlines::default() };
    run(&arguments).await.unwrap_or_else(|error| panic!("{error}"));
}

/// The agreement under which a provider is at work for a node.
async fn works_for(cluster: &Cluster, at: usize) -> Option<String> {
    let status = cluster.status(&cluster.nodes[at]).await.ok()?;
    let golem = status.golem?;
    Some(golem.open.first()?.agreements.iter().find(|deal| deal.activity.is_some())?.agreement.clone())
}

/// A node for which a provider is at work, and the agreement.
async fn at_work(cluster: &Cluster) -> Option<(usize, String)> {
    for at in 0..cluster.nodes.len() {
        if let Some(agreement) = works_for(cluster, at).await {
            return Some((at, agreement));
        }
    }
    None
}

/// Every sum that is set aside at the daemon is one of a node that runs.
async fn belongs_to_others(cluster: &Cluster, bed: &Bed, stopped: usize) -> Option<()> {
    let mut open = 0;
    for (at, node) in cluster.nodes.iter().enumerate() {
        if at != stopped {
            open += cluster.status(node).await.ok()?.golem?.open.len();
        }
    }
    let allocations = bed.pair.requestor.get("/payment-api/v1/allocations").await?;
    (allocations.as_array()?.len() == open).then_some(())
}

/// A node is killed while a provider works for it, and stopped in good order while the next one does. After the kill the next
/// start ends what was left; the stop ends it by itself and gives the money back. The slot goes on, the job is sealed.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_killed_or_stopped_at_work_leaves_nothing_open() {
    let dir = tempfile::tempdir().unwrap();
    let (mut cluster, bed) = start(dir.path()).await.unwrap_or_else(|error| panic!("{error}"));
    let id = submit(&cluster, Deadlines::default()).await.unwrap_or_else(|error| panic!("{error}"));
    let found = cluster.until("a provider works for a node", 120, || at_work(&cluster)).await;
    let (at, killed) = found.unwrap_or_else(|error| panic!("{error}"));
    cluster.nodes[at].process.kill().await;
    cluster.restart(at).await.unwrap_or_else(|error| panic!("{error}"));
    let limit = Duration::from_secs(120);
    let ended = |seen: &Seen| seen.terminated.contains(&killed);
    let seen = bed.provider.until("what was left is ended", limit, ended).await;
    seen.unwrap_or_else(|error| panic!("{error}"));

    let again = async || works_for(&cluster, at).await.filter(|agreement| *agreement != killed);
    let found = cluster.until("a provider works for it again", 120, again).await;
    let stopped = found.unwrap_or_else(|error| panic!("{error}"));
    cluster.nodes[at].process.terminate().await;
    let ended = |seen: &Seen| seen.terminated.contains(&stopped);
    let seen = bed.provider.until("the provider hears of the stop", Duration::from_secs(10), ended).await;
    seen.unwrap_or_else(|error| panic!("{error}"));
    let given_back = async || belongs_to_others(&cluster, &bed, at).await;
    let found = cluster.until("the money of the stopped node is given back", 60, given_back).await;
    found.unwrap_or_else(|error| panic!("{error}"));
    cluster.restart(at).await.unwrap_or_else(|error| panic!("{error}"));

    let sealed = async || {
        let view = cluster.job(&cluster.nodes[at], &id).await.ok()?;
        (view.sealed().is_some() && view.content.is_some()).then_some(())
    };
    cluster.until("the job is sealed", 420, sealed).await.unwrap_or_else(|error| panic!("{error}"));
    let free = async || released(&cluster, &bed).await.ok();
    cluster.until("nothing is set aside", 180, free).await.unwrap_or_else(|error| panic!("{error}"));
    cluster.shutdown().await;
}
