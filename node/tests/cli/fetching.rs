//! `verify` and `bundle export` by content id: from an honest peer, from a liar beside it, from nobody.

use super::sealed::SEALED;
use super::{ran, text};
use std::collections::BTreeMap;
use std::sync::Arc;
use vantage_net::{BlockSource, Bytes, Multiaddr, NetConfig, NetEvent, NetHandle, Role, Stream};
use vantage_protocol::cid::Cid;
use vantage_protocol::message::{CertsAnswer, CertsRequest};
use vantage_protocol::wire;

/// Serves the sealed job's content, and nothing of the bundle: that comes with the certs.
struct Blocks(BTreeMap<Cid, Vec<u8>>);

impl Blocks {
    fn find(&self, cid: &vantage_net::Cid) -> Option<&Vec<u8>> {
        self.0.get(&Cid::from_bytes(&cid.to_bytes()).ok()?)
    }
}

impl BlockSource for Blocks {
    fn get(&self, cid: &vantage_net::Cid) -> Option<Bytes> {
        self.find(cid).map(|block| Bytes::from(block.clone()))
    }

    fn has(&self, cid: &vantage_net::Cid) -> Option<usize> {
        self.find(cid).map(Vec::len)
    }
}

/// A peer on loopback that answers the certs stream with `answer`.
async fn peer(seed: u8, answer: CertsAnswer) -> (NetHandle, Multiaddr) {
    let mut config = NetConfig::new([seed; 32], SEALED.genesis.net().net16(), Role::Member);
    config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()];
    config.allow_private = true;
    let mut blocks = SEALED.car.blocks.clone();
    blocks.remove(&SEALED.car.root);
    blocks.remove(&SEALED.bundle.certs);
    let (handle, mut events) = vantage_net::spawn(config, Arc::new(Blocks(blocks))).unwrap();
    let addr = loop {
        match events.recv().await.unwrap() {
            NetEvent::Listening(addr) => break addr,
            _ => continue,
        }
    };
    let addr = format!("{addr}/p2p/{}", handle.peer_id()).parse().unwrap();
    let speaker = handle.clone();
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            if let NetEvent::Request { stream: Stream::Certs, data, reply, .. } = event {
                let asked: CertsRequest = wire::decode(&data).unwrap();
                let none = CertsAnswer { bundle: None, certs: None };
                let known = asked.content == SEALED.content && asked.net == SEALED.genesis.net();
                let said = if known { answer.clone() } else { none };
                speaker.reply(reply, Bytes::from(wire::encode(&said)));
            }
        }
    });
    (handle, addr)
}

fn honest() -> CertsAnswer {
    CertsAnswer { bundle: Some(SEALED.bundle.clone()), certs: Some(SEALED.certs.clone()) }
}

/// Certs with the Finals and acks left out, under a head of their own.
fn stripped() -> CertsAnswer {
    let mut certs = SEALED.certs.clone();
    certs.certs.truncate(1);
    let mut bundle = SEALED.bundle.clone();
    bundle.certs = Cid::dag_cbor(&wire::encode(&certs));
    CertsAnswer { bundle: Some(bundle), certs: Some(certs) }
}

async fn vantage(arguments: Vec<String>) -> super::Ran {
    let run = move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        ran(super::program(&arguments).output().unwrap())
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn verify(cid: Cid, peers: &[&Multiaddr]) -> Vec<String> {
    let mut arguments = vec!["verify".to_owned(), cid.to_string()];
    arguments.extend(["--genesis".to_owned(), SEALED.genesis.net().to_string()]);
    peers.iter().for_each(|addr| arguments.extend(["--peer".to_owned(), addr.to_string()]));
    arguments
}

#[tokio::test(flavor = "multi_thread")]
async fn a_content_id_verifies_through_any_one_peer() {
    let (_peer, addr) = peer(41, honest()).await;
    let checked = vantage(verify(SEALED.content, &[&addr])).await;
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    assert!(checked.out.contains("SEALED"));

    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("job.car");
    let mut export = verify(SEALED.content, &[&addr]);
    export[0] = "export".into();
    export.insert(0, "bundle".into());
    export.extend(["--out".to_owned(), text(&file).to_owned(), "--json".to_owned()]);
    let exported = vantage(export.clone()).await;
    assert_eq!(exported.code, 0, "{}", exported.err);
    assert_eq!(std::fs::read(&file).unwrap(), SEALED.car.to_bytes(), "the same file as any publisher's");
    vantage(export).await.refused(1, &["job.car", "nothing is overwritten"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_with_half_the_certs_does_not_spoil_those_of_another() {
    let (_liar, bad) = peer(42, stripped()).await;
    let alone = vantage(verify(SEALED.content, &[&bad])).await;
    assert_eq!(alone.code, 4, "{}{}", alone.out, alone.err);
    let (_honest, good) = peer(43, honest()).await;
    let both = vantage(verify(SEALED.content, &[&bad, &good])).await;
    assert_eq!(both.code, 0, "{}{}", both.out, both.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_without_a_peer_id_will_do() {
    let (_peer, addr) = peer(44, honest()).await;
    let bare: Multiaddr = addr.to_string().split("/p2p/").next().unwrap().parse().unwrap();
    let checked = vantage(verify(SEALED.content, &[&bare])).await;
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_has_is_not_found() {
    let (_peer, addr) = peer(45, honest()).await;
    let mut arguments = verify(Cid::dag_cbor(b"\xa0"), &[&addr]);
    arguments.extend(["--net-timeout".to_owned(), "4s".to_owned()]);
    let refused = vantage(arguments).await;
    refused.refused(1, &["nobody asked has", &addr.to_string(), "--net-timeout"]);
}
