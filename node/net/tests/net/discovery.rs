use vantage_net::{Bytes, NetConfig, Role, Stream, Verdict};

use crate::world::{Engine, Node, config, hermit, knowing, start, start_with, until};

async fn follows(a: &Node, b: &Node) -> bool {
    a.status().await.peers.iter().any(|p| p.peer == b.id && p.in_network)
}

#[tokio::test(flavor = "multi_thread")]
async fn members_that_know_an_entry_point_become_a_full_mesh() {
    let entry = start(config(Role::Bootstrap)).await;
    let mut members = Vec::new();
    for _ in 0..5 {
        members.push(start(knowing(config(Role::Member), &entry)).await);
    }
    for a in &members {
        for b in members.iter().filter(|b| b.id != a.id) {
            until("each is connected with each", async || follows(a, b).await).await;
        }
    }
    assert_eq!(entry.status().await.mesh_peers, 0, "an entry point carries no gossip");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_restarts_is_found_again() {
    let entry = start(config(Role::Bootstrap)).await;
    let a = start(knowing(config(Role::Member), &entry)).await;
    let settings: NetConfig = knowing(config(Role::Member), &entry);
    let b = start(settings.clone()).await;
    until("they found each other", async || follows(&a, &b).await).await;
    b.net.shutdown().await;
    until("it is gone", async || !a.connected(&b).await).await;
    let b = start(settings).await;
    until("it is back", async || follows(&a, &b).await && follows(&b, &a).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_point_may_come_late_and_restart() {
    let mut settings = config(Role::Bootstrap);
    let entry = start(settings.clone()).await;
    settings.listen = vec![entry.addr().iter().take(2).collect()];
    let known = entry.addr();
    entry.net.shutdown().await;

    let mut member = config(Role::Member);
    member.bootstrap = vec![known];
    let a = start(member.clone()).await;
    until("it was tried", async || !a.status().await.listening.is_empty()).await;
    let entry = start(settings.clone()).await;
    until("it came late", async || entry.connected(&a).await).await;
    entry.net.shutdown().await;
    until("it is gone", async || !a.connected(&entry).await).await;
    let entry = start(settings).await;
    member.transport_seed = [9; 32];
    let b = start(member).await;
    until("it came back and members find each other", async || follows(&a, &b).await).await;
    assert!(entry.connected(&a).await || entry.connected(&b).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_asks_and_fetches_and_shows_itself_to_nobody() {
    let entry = start(config(Role::Bootstrap)).await;
    let member = start(knowing(config(Role::Member), &entry)).await;
    let cid = member.add(crate::world::block(1, 1000));
    member.net.provide(cid);
    let visitor = start(knowing(config(Role::Visitor), &entry)).await;
    until("the record is out", async || visitor.net.find_providers(cid).await == [member.id]).await;
    let data = visitor.net.fetch(cid, Vec::new(), std::time::Duration::from_secs(30)).await.unwrap();
    assert_eq!(data.len(), 1000);
    let answer = visitor.net.request(member.id, Stream::Certs, Bytes::from_static(b"x")).await;
    assert_eq!(answer, Ok(Bytes::from_static(b"x")));
    visitor.net.provide(crate::world::block(2, 10).0);
    assert_eq!(member.net.find_providers(crate::world::block(2, 10).0).await, []);
    until("the DHT knows the member", async || entry.status().await.dht_peers == 1).await;
    assert_eq!(visitor.status().await.external, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volunteer_joins_the_gossip_but_not_the_dht() {
    let entry = start(config(Role::Bootstrap)).await;
    let member = start(knowing(config(Role::Member), &entry)).await;
    let accept = Engine { judge: |_| Some(Verdict::Accept), ..Engine::default() };
    let mut volunteer = start_with(knowing(config(Role::Volunteer), &entry), accept).await;
    until("it found the network", async || follows(&volunteer, &member).await).await;
    until("gossip flows", async || member.status().await.mesh_peers == 1).await;
    member.net.publish(Bytes::from_static(b"hello"));
    assert_eq!(volunteer.hear().await, "hello");
    let cid = volunteer.add(crate::world::block(3, 10));
    volunteer.net.provide(cid);
    assert_eq!(member.net.find_providers(cid).await, []);
    assert_eq!(entry.status().await.dht_peers, 1, "the member alone");
    let answer = member.net.request(volunteer.id, Stream::Log, Bytes::from_static(b"y")).await;
    assert_eq!(answer, Ok(Bytes::from_static(b"y")), "it answers over the connection it made");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_leave_private_addresses_are_neither_dialled_nor_published() {
    let open = start(config(Role::Member)).await;
    let mut closed = config(Role::Member);
    closed.allow_private = false;
    let closed = start(closed).await;
    closed.net.dial(open.addr());
    let refused = closed.net.request(open.id, Stream::Log, Bytes::new()).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(closed.status().await.external, []);
    open.net.dial(closed.addr());
    until("inbound is fine", async || closed.connected(&open).await).await;
    until("the other is known", async || open.status().await.dht_peers == 1).await;
    assert_eq!(closed.status().await.dht_peers, 0, "loopback does not enter its DHT");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_root_of_more_than_a_thousand_is_found() {
    let entry = start(config(Role::Bootstrap)).await;
    let member = start(knowing(hermit(), &entry)).await;
    let cids: Vec<_> = (0..1500).map(|number| crate::world::block(number, 8).0).collect();
    cids.iter().for_each(|cid| member.net.provide(*cid));
    let visitor = start(knowing(config(Role::Visitor), &entry)).await;
    until("all are announced", async || {
        let status = member.status().await;
        status.provided.roots == cids.len() + 1 && status.provided.waiting == 0 && status.dht_peers > 0
    })
    .await;
    for cid in cids.iter().step_by(97).chain(cids.last()) {
        until("it is found", async || visitor.net.find_providers(*cid).await == [member.id]).await;
    }
    let counters = member.status().await.counters;
    assert_eq!((counters["roots_refused"], counters["commands_dropped"]), (0, 0));
    cids.iter().for_each(|cid| member.net.stop_providing(*cid));
    until("they are given up", async || member.status().await.provided.roots == 1).await;
}

/// As Kubo asks on one host or LAN, and as Helia asks by itself: each in the DHT that it knows.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_find_a_root_in_either_dht() {
    let entry = start(config(Role::Bootstrap)).await;
    let member = start(knowing(hermit(), &entry)).await;
    let cid = member.add(crate::world::block(1, 10));
    member.net.provide(cid);
    for protocol in ["/ipfs/lan/kad/1.0.0", "/ipfs/kad/1.0.0"] {
        let mut stranger = crate::stranger::Stranger::new(protocol, &entry).await;
        let (found, addresses) = stranger.who_provides(&cid.hash().to_bytes()).await;
        assert_eq!(found, member.id, "{protocol}");
        assert_eq!(addresses, [member.addr()], "{protocol}");
    }
}
