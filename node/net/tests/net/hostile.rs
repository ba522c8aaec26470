//! Peers that break the rules.

use futures::future::{Either, select};
use vantage_net::{Bytes, Cid, Stream};

use crate::raw::RawPeer;
use crate::world::{block, hermit, start, until};

const BITSWAP: &str = "/ipfs/bitswap/1.2.0";

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn read_varint(bytes: &[u8]) -> (usize, &[u8]) {
    let len = bytes.iter().position(|b| b & 0x80 == 0).unwrap() + 1;
    let value = bytes[..len].iter().rev().fold(0, |value, b| value << 7 | usize::from(b & 0x7f));
    (value, &bytes[len..])
}

/// A framed bitswap message that wants these blocks.
fn wantlist(cids: &[Cid], full: bool) -> Vec<u8> {
    let mut list = Vec::new();
    for cid in cids {
        let mut entry = [vec![0x0a], varint(cid.to_bytes().len() as u64), cid.to_bytes()].concat();
        entry.extend([0x10, 1, 0x28, 1]);
        list.extend([vec![0x0a], varint(entry.len() as u64), entry].concat());
    }
    list.extend([0x10, u8::from(full)]);
    let body = [vec![0x0a], varint(list.len() as u64), list].concat();
    [varint(body.len() as u64), body].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_announcement_closes_the_stream_at_once() {
    let node = start(hermit()).await;
    for (protocol, announced) in [
        (BITSWAP, 1 << 40),
        (BITSWAP, u64::MAX),
        (BITSWAP, 512 * 1024 + 1),
        ("/vantage/witness/1", 2 * 1024 * 1024 + 1),
        ("/vantage/log/1", 4 * 1024 + 1),
        ("/vantage/certs/1", 1 << 40),
    ] {
        let mut peer = RawPeer::connect(protocol, node.id, node.addr()).await;
        peer.send([varint(announced), vec![0; 1000]].concat());
        let ended = peer.answer().await;
        assert!(ended.as_ref().map_or(true, Vec::is_empty), "{protocol}: {ended:?}");
    }
    assert_eq!(node.counter("requests_received").await, 0);
    until("three were refused", async || node.counter("bitswap_refused").await == 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_closes_the_stream_and_nothing_else() {
    let (node, friend) = (start(hermit()).await, start(hermit()).await);
    let mut peer = RawPeer::connect(BITSWAP, node.id, node.addr()).await;
    for garbage in [vec![5, 0x0a, 0xff, 0xff, 0xff, 0xff], vec![2, 0x0f, 0x00], vec![0x80; 11]] {
        peer.send(garbage);
        let _ended = peer.answer().await;
    }
    until("all were refused", async || node.counter("bitswap_refused").await == 3).await;
    friend.net.dial(node.addr());
    let data = Bytes::from_static(b"still here");
    assert_eq!(friend.net.request(node.id, Stream::Log, data.clone()).await, Ok(data));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_of_ours_exceeds_two_mebibytes_of_blocks() {
    let node = start(hermit()).await;
    let cids: Vec<_> = (0..100).map(|n| node.add(block(n, 256 * 1024))).collect();
    let mut peer = RawPeer::connect(BITSWAP, node.id, node.addr()).await;
    peer.send(wantlist(&cids, false));
    let (mut blocks, mut messages) = (0, 0);
    while blocks < 100 {
        let stream = peer.hear().await;
        let mut rest = stream.as_slice();
        while !rest.is_empty() {
            let (len, body) = read_varint(rest);
            assert!(len <= 2 * 1024 * 1024 + 1024, "{len}");
            blocks += len / (256 * 1024);
            messages += 1;
            rest = &body[len..];
        }
    }
    assert_eq!(blocks, 100);
    assert!(messages >= 13, "{messages}");
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_wantlists_are_bounded_and_odd_ones_answered() {
    let node = start(hermit()).await;
    let mut peer = RawPeer::connect(BITSWAP, node.id, node.addr()).await;
    let absent: Vec<_> = (0..5000).map(|n| block(n, 8).0).collect();
    peer.send(wantlist(&absent, true));
    assert!(!peer.hear().await.is_empty(), "it is told what is not here");
    until("the rest was dropped", async || node.counter("wants_dropped").await == 5000 - 1024).await;

    let digest = *block(1, 8).0.hash();
    let odd = [
        Cid::new_v0(digest).unwrap(),
        Cid::new_v1(0x70, digest),
        Cid::new_v1(0x55, multihash::Multihash::wrap(0, b"identity").unwrap()),
        Cid::new_v1(0x55, multihash::Multihash::wrap(0x1b, &[1; 64]).unwrap()),
    ];
    let present = node.add(block(7, 777));
    let mut peer = RawPeer::connect(BITSWAP, node.id, node.addr()).await;
    peer.send(wantlist(&[&odd[..], &[present]].concat(), false));
    let heard = peer.hear().await;
    assert!(heard.windows(777).any(|w| w == &block(7, 777).1[..]), "the odd ones do not hinder the rest");
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_nobody_wanted_are_dropped_and_false_ones_convince_nobody() {
    let (node, honest) = (start(hermit()).await, start(hermit()).await);
    let (cid, data) = block(1, 500);
    honest.add((cid, data.clone()));
    let mut liar = RawPeer::connect(BITSWAP, node.id, node.addr()).await;
    let hints = vec![liar.id(), honest.id];
    let handle = node.net.clone();
    let fetch =
        tokio::spawn(async move { handle.fetch(cid, hints, std::time::Duration::from_secs(60)).await });
    let asked = liar.hear().await;
    assert!(asked.windows(36).any(|w| w == cid.to_bytes()), "the first hint is asked");
    let block = [vec![0x0a, 4, 0x01, 0x55, 0x12, 0x20, 0x12, 5], b"false".to_vec()].concat();
    let body = [vec![0x1a, block.len() as u8], block].concat();
    liar.send([varint(body.len() as u64), body].concat());
    let idle = async {
        loop {
            liar.hear().await;
        }
    };
    let served = async {
        until("the false one was dropped", async || node.counter("blocks_unwanted").await == 1).await;
        honest.net.dial(node.addr());
        fetch.await.unwrap()
    };
    match select(Box::pin(served), Box::pin(idle)).await {
        Either::Left((fetched, _)) => assert_eq!(fetched, Ok(data)),
        Either::Right(_) => unreachable!("the liar listens for ever"),
    }
}
