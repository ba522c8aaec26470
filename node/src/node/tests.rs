use super::*;
use crate::testbed::{Bed, REGIONS};
use std::collections::BTreeSet;
use vantage_api::{Backup, Phase, Submit};
use vantage_protocol::attester::OutcomeView;
use vantage_protocol::id::Hash;
use vantage_protocol::proof::{Car, Trust, verify_car};

async fn stop(node: Node) {
    node.stop();
    node.stopped().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_committee_seals_a_job_and_a_stranger_verifies_it() {
    let bed = Bed::new(4).await;
    let mut nodes: Vec<Node> = Vec::new();
    for n in 0..4 {
        let others: Vec<&Node> = nodes.iter().collect();
        nodes.push(bed.start(n, &others).await.unwrap());
    }
    let id = bed.submit(1, &REGIONS, 3, 30).await;
    let mut contents = Vec::new();
    for n in 0..4 {
        let view = bed.done(n, &id).await;
        assert_eq!((view.phase, view.slots.len()), (Phase::Done, 3), "{view:?}");
        assert!(matches!(view.outcome, Some(OutcomeView::Sealed { count: 3, .. })), "{view:?}");
        contents.push(view.content.unwrap());
    }
    assert!(contents.windows(2).all(|pair| pair[0] == pair[1]), "byte-equal on all members");
    assert_eq!(bed.vendor.calls(), 9, "nothing was asked twice");

    let client = bed.client(3).await;
    let bundle = client.job(&id.short()).await.unwrap().bundle.unwrap();
    let mut car = Vec::new();
    let written = client.car(bundle, &mut car).await.unwrap();
    assert_eq!(written, car.len() as u64);
    let verdict = verify_car(&car, &Trust::Genesis(Box::new(bed.genesis.clone())));
    assert_eq!(verdict.summary.word(), "SEALED", "{verdict:?}");
    let status = client.status().await.unwrap();
    assert_eq!((status.blocks_private, status.executing), (0, 0), "all is revealed");
    assert_eq!(status.offers, ["sim:openai"]);
    let peers = client.peers().await.unwrap();
    assert_eq!(peers.iter().filter(|peer| peer.node.is_some()).count(), 3, "{peers:?}");
    for node in nodes {
        stop(node).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_node_goes_on_with_its_job_and_says_nothing_twice() {
    let mut bed = Bed::new(1).await;
    bed.gap_ms = 3_600_000;
    let node = bed.start(0, &[]).await.unwrap();
    let id = bed.submit(0, &["eu"], 3, 600).await;
    while bed.vendor.calls() == 0 || bed.client(0).await.status().await.unwrap().blocks_private < 2 {
        tokio::task::yield_now().await;
    }
    stop(node).await;
    assert_eq!(bed.vendor.calls(), 1, "the pause held the others back");

    bed.gap_ms = 0;
    let node = bed.start(0, &[]).await.unwrap();
    let view = bed.done(0, &id).await;
    assert!(matches!(view.outcome, Some(OutcomeView::Sealed { count: 1, .. })), "{view:?}");
    assert_eq!(bed.vendor.calls(), 3, "what was done was not done again");
    let before = bed.client(0).await.status().await.unwrap();
    stop(node).await;

    let node = bed.start(0, &[]).await.unwrap();
    assert_eq!(bed.done(0, &id).await, view);
    let after = bed.client(0).await.status().await.unwrap();
    assert_eq!((after.log_size, after.certified_size), (before.log_size, before.log_size));
    // jobs of an earlier life are counted as before, once the first input was handled
    let counted = async {
        while bed.client(0).await.status().await.unwrap().jobs != before.jobs {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), counted).await.expect("counts as before");
    assert_eq!(before.jobs.values().sum::<usize>(), 1, "{:?}", before.jobs);
    stop(node).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_runs_on_a_data_directory() {
    let bed = Bed::new(1).await;
    let node = bed.start(0, &[]).await.unwrap();
    let ready: Ready = serde_json::from_slice(&std::fs::read(bed.data(0).join(READY)).unwrap()).unwrap();
    assert_eq!(&ready, node.ready());
    assert!(ready.listen[0].ends_with(&format!("/p2p/{}", ready.peer_id)));
    let error = bed.start(0, &[]).await.unwrap_err().to_string();
    assert!(error.contains(&format!("in use by process {}", std::process::id())), "{error}");
    assert!(bed.data(0).join(READY).exists(), "the second changed nothing");
    stop(node).await;
    assert!(!bed.data(0).join(READY).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_before_the_foundation_is_refused() {
    let bed = Bed::new(1).await;
    let mut config = bed.config(0, &[]);
    config.genesis.founded_s = clock::now_ms() / 1000 + 3600;
    let error = Node::start(config).await.unwrap_err().to_string();
    assert!(error.contains("before the network was founded") && error.contains("set the clock"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_is_said() {
    let bed = Bed::new(1).await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = bed.config(0, &[]);
    let addr = format!("/ip4/127.0.0.1/tcp/{}", taken.local_addr().unwrap().port());
    config.net.listen = vec![addr.parse().unwrap()];
    let error = Node::start(config).await.unwrap_err().to_string();
    assert!(error.contains(&addr) || error.contains("net.listen"), "{error}");
    stop(bed.start(0, &[]).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_stops_the_node_before_it_speaks() {
    let bed = Bed::new(1).await;
    let node = bed.start(0, &[]).await.unwrap();
    let client = bed.client(0).await;
    while client.status().await.unwrap().offers.is_empty() {
        tokio::task::yield_now().await;
    }
    // what a dying disk does, for root too: large blocks cannot be written any more
    std::fs::remove_dir_all(bed.data(0).join("blocks")).unwrap();
    std::fs::write(bed.data(0).join("blocks"), b"").unwrap();
    let (mut order, _) = crate::testbed::order(&["eu"], 1, 30);
    let suite = long_suite();
    order.suite = vantage_protocol::cid::Cid::dag_cbor(&suite);
    let said = client.ask(&Submit { order, suite, study: Vec::new(), key: None }).await;
    assert!(said.is_err(), "nothing was promised");
    let error = node.stopped().await.unwrap_err().to_string();
    assert!(error.contains("the store failed") && error.contains("is the disk full"), "{error}");

    std::fs::remove_file(bed.data(0).join("blocks")).unwrap();
    let node = bed.start(0, &[]).await.unwrap();
    assert_eq!(bed.client(0).await.jobs().await.unwrap().len(), 0, "nothing was said");
    stop(node).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_on_an_old_backup_never_signs_a_second_statement() {
    let bed = Bed::new(4).await;
    let mut nodes: Vec<Node> = Vec::new();
    for n in 0..4 {
        let others: Vec<&Node> = nodes.iter().collect();
        nodes.push(bed.start(n, &others).await.unwrap());
    }
    let id = bed.submit(1, &REGIONS, 1, 30).await;
    bed.done(0, &id).await;
    let file = bed.dir.path().join("old.backup");
    bed.client(0).await.ask(&Backup { out: file.clone(), root_key: false }).await.unwrap();
    let then = bed.client(0).await.status().await.unwrap();
    let id = bed.submit(1, &REGIONS, 1, 30).await;
    bed.done(0, &id).await;
    let now = bed.client(0).await.status().await.unwrap();
    assert!(now.certified_size > then.log_size, "it has said more since");
    stop(nodes.remove(0)).await;

    std::fs::remove_dir_all(bed.data(0)).unwrap();
    vantage_daemon::backup::restore(&file, &bed.data(0)).unwrap();
    let others: Vec<&Node> = nodes.iter().collect();
    for life in 0..2 {
        let node = bed.start(0, &others).await.unwrap();
        let client = bed.client(0).await;
        let status = loop {
            let status = client.status().await.unwrap();
            assert!(status.restored.is_some() || status.lost_own_log.is_some(), "life {life}: {status:?}");
            if status.lost_own_log.is_some() {
                break status;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(status.log_size, then.log_size, "nothing was said");
        assert!(status.lost_own_log.unwrap() > then.log_size);
        let (order, suite) = crate::testbed::order(&["eu"], 1, 30);
        let error =
            client.ask(&Submit { order, suite, study: Vec::new(), key: None }).await.unwrap_err().to_string();
        assert!(error.contains("it signs nothing"), "{error}");
        stop(node).await;
    }
    for node in nodes {
        stop(node).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_on_its_newest_backup_asks_and_then_goes_on() {
    let bed = Bed::new(4).await;
    let mut nodes: Vec<Node> = Vec::new();
    for n in 0..4 {
        let others: Vec<&Node> = nodes.iter().collect();
        nodes.push(bed.start(n, &others).await.unwrap());
    }
    let id = bed.submit(1, &REGIONS, 1, 30).await;
    bed.done(0, &id).await;
    let file = bed.dir.path().join("new.backup");
    stop(nodes.remove(0)).await;
    let store = Store::reopen(&bed.data(0)).unwrap().unwrap();
    vantage_daemon::backup::write(&store, &bed.data(0), &file, false).unwrap();
    drop(store);
    std::fs::remove_dir_all(bed.data(0)).unwrap();
    vantage_daemon::backup::restore(&file, &bed.data(0)).unwrap();

    let alone = bed.start(0, &[]).await.unwrap();
    let client = bed.client(0).await;
    let status = client.status().await.unwrap();
    assert_eq!((status.restored, status.lost_own_log), (Some((0, 3)), None), "nobody is reached");
    let (order, suite) = crate::testbed::order(&["eu"], 1, 30);
    let error =
        client.ask(&Submit { order, suite, study: Vec::new(), key: None }).await.unwrap_err().to_string();
    assert!(error.contains("restored backup") && error.contains("3 members"), "{error}");
    stop(alone).await;

    let others: Vec<&Node> = nodes.iter().collect();
    let node = bed.start(0, &others).await.unwrap();
    let id = bed.submit(0, &REGIONS, 1, 30).await;
    let view = bed.done(0, &id).await;
    assert!(matches!(view.outcome, Some(OutcomeView::Sealed { .. })), "{view:?}");
    assert_eq!(bed.client(0).await.status().await.unwrap().restored, None);
    stop(node).await;
    for node in nodes {
        stop(node).await;
    }
}

/// Waits until the node announces so many roots.
async fn provides(node: &Node, roots: usize) {
    let mut found = 0;
    for _ in 0..3000 {
        found = node.net.status().await.unwrap().provided.roots;
        if found == roots {
            return;
        }
        tokio::time::sleep(LISTEN_POLL).await;
    }
    panic!("{found} roots are announced, not {roots}");
}

/// How many roots the node announces, once that has not changed for a second.
async fn settled(node: &Node) -> usize {
    let mut before = None;
    loop {
        let now = Some(node.net.status().await.unwrap().provided.roots);
        match now {
            Some(roots) if before == now => return roots,
            _ => before = now,
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// All blocks of a job's bundle.
async fn blocks(bed: &Bed, view: &vantage_protocol::attester::JobView) -> BTreeSet<Hash> {
    let mut car = Vec::new();
    bed.client(0).await.car(view.bundle.unwrap(), &mut car).await.unwrap();
    Car::parse(&car).unwrap().blocks.keys().map(|cid| cid.digest).collect()
}

/// Who gives a job's blocks up announces its roots no more. Those of other jobs, each one's first
/// complete bundle included, stay announced.
#[tokio::test(flavor = "multi_thread")]
async fn pruning_a_job_ends_the_announcing_of_its_roots_alone() {
    let bed = Bed::new(1).await;
    let node = bed.start(0, &[]).await.unwrap();
    let mut views = Vec::new();
    for prompts in [1, 2] {
        let id = bed.submit(0, &["eu"], prompts, 30).await;
        views.push(bed.done(0, &id).await);
    }
    let before = settled(&node).await;
    assert!(before >= 4, "{before}");
    let (gone, kept) = (&views[0], &views[1]);
    let needed = blocks(&bed, kept).await;
    let plan = vantage_daemon::upkeep::Plan {
        jobs: vec![gone.id],
        blocks: blocks(&bed, gone).await.difference(&needed).copied().collect(),
        known: 2,
        ..Default::default()
    };
    let (reply, answer) = tokio::sync::oneshot::channel();
    let prune = Command::Prune { plan: Box::new(plan), reply };
    node.events.send(Event::Command(prune)).await.unwrap();
    answer.await.unwrap().unwrap().unwrap();
    provides(&node, before - 2).await;
    let client = bed.client(0).await;
    assert!(client.block(kept.provided.unwrap()).await.is_ok());
    assert!(client.block(gone.provided.unwrap()).await.is_err());
    stop(node).await;
}

/// A node that has run and whose memory is gone does not begin a second log under the same keys.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_its_memory_does_not_start() {
    let bed = Bed::new(1).await;
    stop(bed.start(0, &[]).await.unwrap()).await;
    let (store, away) = (bed.data(0).join("node.redb"), bed.dir.path().join("away"));
    std::fs::rename(&store, &away).unwrap();
    for empty in [false, true] {
        if empty {
            std::fs::write(&store, "").unwrap();
        }
        let error = bed.start(0, &[]).await.err().unwrap().to_string();
        for words in ["contradict its own log", "vantage restore", "vantage init --data NEW"] {
            assert!(error.contains(words), "{words}: {error}");
        }
    }
    std::fs::rename(&away, &store).unwrap();
    stop(bed.start(0, &[]).await.unwrap()).await;
}

/// A node that cannot go on says so at once, to whoever watches over its stop: what ends after that may take its time.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_cannot_go_on_is_stopping_at_once() {
    let bed = Bed::new(1).await;
    let node = bed.start(0, &[]).await.unwrap();
    let stop = node.stop_token();
    node.net.shutdown().await;
    tokio::time::timeout(Duration::from_secs(60), stop.cancelled()).await.expect("it says so by itself");
    let ended = node.stopped().await;
    assert!(matches!(ended, Err(NodeError::Engine(EngineError::Network))), "{ended:?}");
}

/// A released directory's store under a genesis of this edition: the node says what to do, and its keys can be taken along.
#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_an_older_edition_is_refused_and_its_keys_serve_in_a_new_one() {
    let bed = Bed::new(1).await;
    let old =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("daemon/src/store/tests/format_1/node.redb");
    let store = bed.data(0).join("node.redb");
    vantage_daemon::private_file::create(&store, &std::fs::read(old).unwrap()).unwrap();
    let error = bed.start(0, &[]).await.err().unwrap().to_string();
    assert!(error.contains("edition 1") && error.contains("vantage init"), "{error}");
    std::fs::remove_file(store).unwrap();
    stop(bed.start(0, &[]).await.unwrap()).await;
}

/// A suite whose block is kept as a file.
fn long_suite() -> Vec<u8> {
    use vantage_protocol::suite::{Prompt, PromptKind, Suite};
    let prompt = |n: usize| Prompt {
        id: format!("p{n}"),
        topic: "t".into(),
        kind: PromptKind::Open,
        text: "x".repeat(8000),
    };
    vantage_protocol::wire::encode(&Suite {
        v: 1,
        name: "long".into(),
        label: "l".into(),
        tokens_max: 16,
        temperature_milli: Some(0),
        seed: None,
        prompts: (0..10).map(prompt).collect(),
    })
}
