use vantage_net::{Bytes, Verdict};

use crate::world::{Engine, Node, hermit, start, start_with, until};

fn judge_by_name(data: &[u8]) -> Option<Verdict> {
    match data {
        b"bad" => Some(Verdict::Reject),
        b"stale" => Some(Verdict::Ignore),
        b"unjudged" => None,
        _ => Some(Verdict::Accept),
    }
}

/// a - b - c, with b's verdict by the message's name.
async fn line() -> (Node, Node, Node) {
    let b = start_with(hermit(), Engine { judge: judge_by_name, ..Engine::default() }).await;
    let (a, c) = (start(hermit()).await, start(hermit()).await);
    a.join(&b).await;
    c.join(&b).await;
    until("b has both in its mesh", async || b.status().await.mesh_peers == 2).await;
    until("a has b in its mesh", async || a.status().await.mesh_peers == 1).await;
    until("c has b in its mesh", async || c.status().await.mesh_peers == 1).await;
    (a, b, c)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_message_goes_on() {
    let (a, mut b, mut c) = line().await;
    a.net.publish(Bytes::from_static(b"good"));
    assert_eq!(b.hear().await, "good");
    assert_eq!(c.hear().await, "good");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_and_ignored_messages_stay() {
    let (a, mut b, mut c) = line().await;
    for message in ["bad", "stale"] {
        a.net.publish(Bytes::from_static(message.as_bytes()));
        assert_eq!(b.hear().await, message);
    }
    a.net.publish(Bytes::from_static(b"good"));
    assert_eq!(c.hear().await, "good", "messages keep their order along one path");
    until("each was judged once", async || {
        let counters = b.status().await.counters;
        let of = |name: &str| counters[name];
        (of("gossip_received"), of("gossip_accepted"), of("gossip_rejected"), of("gossip_ignored"))
            == (3, 1, 1, 1)
    })
    .await;
    assert!(c.gossip.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_verdict_is_ignored_in_the_end() {
    let (a, mut b, mut c) = line().await;
    a.net.publish(Bytes::from_static(b"unjudged"));
    assert_eq!(b.hear().await, "unjudged");
    until("it counts as ignored", async || b.counter("gossip_ignored").await == 1).await;
    assert_eq!(b.counter("gossip_unjudged").await, 1);
    assert!(c.gossip.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn large_messages_pass_and_oversized_ones_are_not_sent() {
    let (a, mut b, _c) = line().await;
    a.net.publish(Bytes::from(vec![1; 64 * 1024 + 1]));
    until("it was refused", async || a.counter("gossip_unsent").await == 1).await;
    let large = Bytes::from(vec![2; 60 * 1024]);
    a.net.publish(large.clone());
    assert_eq!(b.hear().await, large);
}

#[tokio::test(flavor = "multi_thread")]
async fn networks_do_not_hear_each_other() {
    let mut other = hermit();
    other.net16 = "ffffffffffffffff".to_owned();
    let (a, b) = (start(hermit()).await, start(other).await);
    a.net.dial(b.addr());
    until("they are connected", async || a.connected(&b).await && b.connected(&a).await).await;
    a.net.publish(Bytes::from_static(b"lost"));
    until("nobody takes it", async || a.counter("gossip_unsent").await == 1).await;
    assert!(a.status().await.peers.iter().all(|p| !p.in_network));
}
