//! The open model here and on Golem: real daemons and market, a simulated provider, payment on a local chain.

use serde_json::Value;
use std::time::Duration;
use tokio::sync::Mutex;
use vantage_golem_bed::provider::Seen;
use vantage_testnet::cluster::Cluster;
use vantage_testnet::golem::{GolemArgs, released, run, start, submit};

/// Each of these tests fills two processors: one after the other, each has the time that its job gives.
static TURN: Mutex<()> = Mutex::const_new(());

/// What the command promises is checked by the command itself: SEALED and verified by a stranger, every cell answered,
/// the answers byte-equal between executors and Golem, every agreement paid on the chain and confirmed, nothing set
/// aside any more. In a test it is the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_answered_the_same_here_and_on_golem_and_paid() {
    let _turn = TURN.lock().await;
    let arguments = GolemArgs { json: true, dir: None, image: None };
    run(&arguments).await.unwrap_or_else(|error| panic!("{error}"));
}

/// A node for which a provider is at work, and the agreement.
async fn at_work(cluster: &Cluster) -> Option<(usize, String)> {
    for (at, node) in cluster.nodes.iter().enumerate() {
        let status = cluster.status(node).await.ok()?;
        let Some(deal) = status.pointer("/golem/open/0/agreements/0") else { continue };
        if deal.get("activity").is_some_and(Value::is_string) {
            return Some((at, deal.get("agreement")?.as_str()?.to_owned()));
        }
    }
    None
}

/// A node is killed while a provider works for it: the next start ends what was left, the slot goes on, the job is
/// sealed, and no money stays anywhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_killed_at_work_leaves_nothing_open() {
    let _turn = TURN.lock().await;
    let dir = tempfile::tempdir().unwrap();
    let (mut cluster, bed) = start(dir.path()).await.unwrap_or_else(|error| panic!("{error}"));
    let id = submit(&cluster).await.unwrap_or_else(|error| panic!("{error}"));
    let found = cluster.until("a provider works for a node", 120, || at_work(&cluster)).await;
    let (at, agreement) = found.unwrap_or_else(|error| panic!("{error}"));
    cluster.nodes[at].process.kill().await;
    cluster.restart(at).await.unwrap_or_else(|error| panic!("{error}"));
    let ended = |seen: &Seen| seen.terminated.contains(&agreement);
    let limit = Duration::from_secs(120);
    bed.provider
        .until("what was left is ended", limit, ended)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let sealed = async || {
        let view = cluster.job(&cluster.nodes[at], &id).await.ok()?;
        (view.pointer("/outcome/sealed").is_some() && view["content"].is_string()).then_some(())
    };
    cluster.until("the job is sealed", 420, sealed).await.unwrap_or_else(|error| panic!("{error}"));
    let free = async || released(&cluster, &bed).await.ok();
    cluster.until("nothing is set aside", 180, free).await.unwrap_or_else(|error| panic!("{error}"));
    cluster.shutdown().await;
}
