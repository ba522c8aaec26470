use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use futures::{FutureExt, future};
use vantage_net::{FetchError, Role};

use crate::world::{Node, block, config, hermit, knowing, quic, raw_cid, start, until};

const PATIENCE: Duration = Duration::from_secs(60);

/// Fetches all of them at once and counts the bytes.
async fn fetch_all(from: &Node, to: &Node, cids: &[vantage_net::Cid]) -> usize {
    let fetches = cids.iter().map(|cid| to.net.fetch(*cid, vec![from.id], PATIENCE));
    let blocks = future::join_all(fetches).await;
    blocks
        .into_iter()
        .zip(cids)
        .map(|(data, cid)| {
            let data = data.unwrap();
            assert_eq!(raw_cid(&data), *cid);
            data.len()
        })
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_four_mebibytes_wanted_at_once() {
    for listen in [crate::world::tcp(), quic()] {
        let mut server = hermit();
        server.listen = vec![listen];
        let (a, b) = (start(server).await, start(hermit()).await);
        let cids: Vec<_> = (0..100).map(|n| a.add(block(n, 256 * 1024))).collect();
        b.net.dial(a.addr());
        assert_eq!(fetch_all(&a, &b, &cids).await, 100 * 256 * 1024);
        until("all are counted", async || a.counter("blocks_sent").await == 100).await;
        assert_eq!(b.counter("bitswap_refused").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn largest_blocks_pass() {
    let (a, b) = (start(hermit()).await, start(hermit()).await);
    let cids: Vec<_> = (0..5).map(|n| a.add(block(n, 2 * 1024 * 1024))).collect();
    b.net.dial(a.addr());
    assert_eq!(fetch_all(&a, &b, &cids).await, 5 * 2 * 1024 * 1024);
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_small_blocks_with_hundreds_in_flight() {
    let (a, b) = (start(hermit()).await, start(hermit()).await);
    let cids: Vec<_> = (0..3001).map(|n| a.add(block(n, 100))).collect();
    b.net.dial(a.addr());
    let mut waiting = cids.iter();
    let mut flying = FuturesUnordered::new();
    let mut fetched = 0;
    loop {
        while flying.len() < 500
            && let Some(cid) = waiting.next()
        {
            flying.push(b.net.fetch(*cid, vec![a.id], PATIENCE));
        }
        let Some(data) = flying.next().await else { break };
        assert_eq!(data.unwrap().len(), 100);
        fetched += 1;
    }
    assert_eq!(fetched, 3001);
    assert_eq!(b.counter("blocks_received").await, 3001);
    assert_eq!(a.counter("wants_dropped").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_fetch_for_many_who_want_the_same() {
    let (a, b) = (start(hermit()).await, start(hermit()).await);
    let cid = a.add(block(1, 500_000));
    b.net.dial(a.addr());
    assert_eq!(fetch_all(&a, &b, &[cid; 20]).await, 20 * 500_000);
    assert_eq!(b.counter("blocks_received").await, 1);
    assert_eq!(b.counter("blocks_unwanted").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_arrives_later_is_pushed() {
    let (a, b) = (start(hermit()).await, start(hermit()).await);
    b.net.dial(a.addr());
    until("connected", async || a.connected(&b).await && b.connected(&a).await).await;
    let (cid, data) = block(1, 1000);
    let fetch = b.net.fetch(cid, vec![a.id], PATIENCE);
    let arrive = async {
        until("it was asked for and missed", async || a.counter("wants_missed").await > 0).await;
        a.blocks.add(cid, data.clone());
        a.net.blocks_added(vec![cid]);
    };
    let (fetched, ()) = future::join(fetch, arrive).await;
    assert_eq!(fetched, Ok(data));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_survives_a_reconnect_in_the_middle() {
    let settings = hermit();
    let a = start(settings.clone()).await;
    let mut fixed = settings;
    fixed.listen = vec![a.addr().iter().take(2).collect()];
    let blocks: Vec<_> = (0..200).map(|n| block(n, 200_000)).collect();
    for (cid, data) in &blocks[..100] {
        a.blocks.add(*cid, data.clone());
    }
    let b = start(hermit()).await;
    b.net.dial(a.addr());
    let cids: Vec<_> = blocks.iter().map(|(cid, _)| *cid).collect();
    let fetch = fetch_all(&a, &b, &cids);
    let restart = async {
        until("half is here", async || b.counter("blocks_received").await >= 50).await;
        a.net.shutdown().await;
        until("it is gone", async || !b.connected(&a).await).await;
        let again = start(fixed).await;
        for (cid, data) in &blocks {
            again.blocks.add(*cid, data.clone());
        }
        again.net.blocks_added(cids.clone());
        again
    };
    let (bytes, _again) = future::join(fetch, restart).await;
    assert_eq!(bytes, 200 * 200_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn providers_are_found_with_only_the_entry_point_known() {
    let entry = start(config(Role::Bootstrap)).await;
    let a = start(knowing(hermit(), &entry)).await;
    let cid = a.add(block(1, 100_000));
    a.net.provide(cid);
    let b = start(knowing(hermit(), &entry)).await;
    assert_eq!(b.net.fetch(cid, Vec::new(), PATIENCE).await.unwrap().len(), 100_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_connected_are_asked_without_any_hint() {
    let (a, b, c) = (start(hermit()).await, start(hermit()).await, start(hermit()).await);
    let cid = c.add(block(1, 1000));
    b.net.dial(a.addr());
    b.net.dial(c.addr());
    until("connected", async || b.connected(&a).await && b.connected(&c).await).await;
    assert_eq!(b.net.fetch(cid, vec![a.id], PATIENCE).await.unwrap().len(), 1000);
    assert_eq!(a.counter("blocks_sent").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_blocks_and_other_hashes_fail_in_time() {
    let (a, b) = (start(hermit()).await, start(hermit()).await);
    b.net.dial(a.addr());
    let patience = Duration::from_millis(300);
    let absent = b.net.fetch(block(1, 10).0, vec![a.id, libp2p::PeerId::random()], patience).await;
    assert_eq!(absent, Err(FetchError::NotFound(patience)));
    let identity = vantage_net::Cid::new_v1(0x55, multihash::Multihash::wrap(0, b"abc").unwrap());
    assert_eq!(b.net.fetch(identity, vec![a.id], patience).await, Err(FetchError::UnsupportedHash));
    b.net.shutdown().await;
    let closed = b.net.fetch(block(1, 10).0, vec![a.id], patience).now_or_never();
    assert_eq!(closed, Some(Err(FetchError::Closed)));
}
