use vantage_net::{Bytes, RequestError, Role, Stream};

use crate::world::{Engine, config, hermit, knowing, quic, start, start_with, until};

#[tokio::test(flavor = "multi_thread")]
async fn every_stream_answers_over_tcp_and_quic() {
    for listen in [crate::world::tcp(), quic()] {
        let mut server = hermit();
        server.listen = vec![listen];
        let (a, b) = (start(hermit()).await, start(server).await);
        a.net.dial(b.addr());
        for stream in Stream::ALL {
            let data = Bytes::from(vec![7; stream.request_bytes_max().min(stream.response_bytes_max())]);
            assert_eq!(a.net.request(b.id, stream, data.clone()).await, Ok(data));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_answers_come_whole() {
    const LEN: usize = 4 * 1024 * 1024;
    let answer = |_: &[u8]| Some(Bytes::from(vec![9; LEN]));
    let (a, b) = (start(hermit()).await, start_with(hermit(), Engine { answer, ..Engine::default() }).await);
    a.net.dial(b.addr());
    let certs = a.net.request(b.id, Stream::Certs, Bytes::new()).await.unwrap();
    assert_eq!(certs.len(), LEN);
    let too_large = a.net.request(b.id, Stream::Log, Bytes::new()).await;
    assert!(matches!(too_large, Err(RequestError::Refused(_))), "{too_large:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_is_found_by_id_through_an_entry_point() {
    let entry = start(config(Role::Bootstrap)).await;
    let (a, b) = (start(knowing(hermit(), &entry)).await, start(knowing(hermit(), &entry)).await);
    until("the entry point knows both", async || entry.status().await.dht_peers == 2).await;
    until("both know the entry point", async || {
        a.status().await.dht_peers > 0 && b.status().await.dht_peers > 0
    })
    .await;
    let data = Bytes::from_static(b"who are you");
    assert_eq!(a.net.request(b.id, Stream::Log, data.clone()).await, Ok(data));
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_say_whose_they_are() {
    let a = start(hermit()).await;
    let nobody = libp2p::PeerId::random();
    let oversized = Bytes::from(vec![0; Stream::Log.request_bytes_max() + 1]);
    let too_large = a.net.request(nobody, Stream::Log, oversized).await;
    assert!(matches!(too_large, Err(RequestError::TooLarge { .. })), "{too_large:?}");
    let unknown = a.net.request(nobody, Stream::Log, Bytes::new()).await;
    assert_eq!(unknown, Err(RequestError::NotFound(nobody)));

    let visitor = start(config(Role::Visitor)).await;
    visitor.net.dial(a.addr());
    until("the visitor is here", async || a.connected(&visitor).await).await;
    let unsupported = a.net.request(visitor.id, Stream::Certs, Bytes::new()).await;
    assert_eq!(unsupported, Err(RequestError::Unsupported("/vantage/certs/1")));

    a.net.shutdown().await;
    assert_eq!(a.net.request(visitor.id, Stream::Log, Bytes::new()).await, Err(RequestError::Closed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_with_too_many_open_requests_is_refused() {
    let mut server = hermit();
    server.limits.requests_per_peer_max = 2;
    let answer = |data: &[u8]| (data != b"never").then(Bytes::new);
    let b = start_with(server, Engine { answer, ..Engine::default() }).await;
    let (a, c) = (start(hermit()).await, start(hermit()).await);
    a.net.dial(b.addr());
    c.net.dial(b.addr());
    let never = || a.net.request(b.id, Stream::Witness, Bytes::from_static(b"never"));
    let open = futures::future::join(never(), never());
    let refused = async {
        until("two are open", async || b.counter("requests_received").await == 2).await;
        let third = a.net.request(b.id, Stream::Log, Bytes::new()).await;
        assert!(matches!(third, Err(RequestError::Refused(_))), "{third:?}");
        c.net.request(b.id, Stream::Log, Bytes::new()).await.expect("others are served");
    };
    tokio::select! {
        _ = open => panic!("they are never answered"),
        () = refused => {}
    }
}
