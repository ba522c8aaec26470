//! The open model here and on Golem: real daemons and market, a simulated provider, payment on a local chain.

use vantage_testnet::golem::{GolemArgs, run};

/// What the command promises is checked by the command itself: SEALED and verified by a stranger, every cell answered,
/// the answers byte-equal between executors and Golem, every agreement paid on the chain and confirmed, nothing set
/// aside any more. In a test it is the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_answered_the_same_here_and_on_golem_and_paid() {
    let arguments = GolemArgs { json: true, dir: None };
    run(&arguments).await.unwrap_or_else(|error| panic!("{error}"));
}
