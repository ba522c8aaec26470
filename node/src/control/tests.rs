use super::protocol::{CLIENTS_MAX, Fault, LINE_BYTES_MAX, Phase, Request, Response, SOCKET};
use super::{Client, ClientError};
use crate::engine::Taken;
use crate::testbed::{Bed, order};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use vantage_protocol::cid::Cid;
use vantage_protocol::log::TlogProof;

/// Sends bytes and reads one line.
async fn say(data: &Path, bytes: &[u8]) -> Response {
    let mut stream = BufReader::new(UnixStream::connect(data.join(SOCKET)).await.unwrap());
    // the node may close before it has read all of a line that is too long
    let _ = stream.write_all(bytes).await;
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

fn fault(response: Response) -> Fault {
    match response {
        Response::Error(fault) => fault,
        other => panic!("{other:?}"),
    }
}

fn refused(error: ClientError) -> Fault {
    match error {
        ClientError::Refused(fault) => fault,
        other => panic!("{other}"),
    }
}

#[test]
fn requests_and_answers_are_one_object_a_line() {
    let request = serde_json::to_string(&Request::Job { id: "3f".into() }).unwrap();
    assert_eq!(request, "{\"job\":{\"id\":\"3f\"}}");
    assert_eq!(serde_json::to_string(&Request::Status {}).unwrap(), "{\"status\":{}}");
    let fault = Fault { what: "a".into(), place: "b".into(), help: "c".into() };
    let line = serde_json::to_string(&Response::Error(fault)).unwrap();
    assert_eq!(line, "{\"error\":{\"what\":\"a\",\"where\":\"b\",\"help\":\"c\"}}");
    for bad in
        ["{\"job\":{}}", "{\"job\":{\"id\":\"a\",\"b\":1}}", "{\"status\":{\"a\":1}}", "{\"dance\":{}}", "[]"]
    {
        assert!(serde_json::from_str::<Request>(bad).is_err(), "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_answers_its_owner_and_survives_nonsense() {
    let bed = Bed::new(1).await;
    let node = bed.start(0, &[]).await.unwrap();
    let data = bed.data(0);
    let meta = std::fs::metadata(data.join(SOCKET)).unwrap();
    assert!(meta.file_type().is_socket());
    assert_eq!(meta.permissions().mode() & 0o777, 0o600);

    for nonsense in
        [&b"\n"[..], b"hello\n", b"{}\n", b"\xff\xfe\n", b"{\"job\":{\"id\":7}}\n", b"{\"status\":{}} x\n"]
    {
        let fault = fault(say(&data, nonsense).await);
        assert!(fault.place == "request" && fault.what.contains("not understood"), "{fault}");
    }
    let endless = vec![b' '; LINE_BYTES_MAX + 2];
    assert!(fault(say(&data, &endless).await).what.contains("more than"));

    let mut client = bed.client(0).await;
    let status = client.status().await.unwrap();
    assert_eq!((status.node, status.members, status.quorum), (node.ready().node, 1, 1));
    assert_eq!((status.role.as_str(), status.region.as_deref()), ("member", Some("eu")));
    assert_eq!(client.jobs().await.unwrap().len(), 0);
    assert_eq!(client.peers().await.unwrap().len(), 0);
    let unknown = refused(client.job("ab").await.unwrap_err());
    assert!(unknown.what.contains("no job begins with \"ab\"") && unknown.place == "id", "{unknown}");
    client.watch("ab").await.unwrap();
    refused(client.next_view().await.unwrap_err());
    let absent = Cid::raw(b"absent");
    assert!(refused(client.block(absent).await.unwrap_err()).what.contains("not here"));
    let absent = Cid::dag_cbor(b"absent");
    assert!(refused(client.car(absent, &mut Vec::new()).await.unwrap_err()).what.contains("missing"));
    client.put(Cid::raw(b"kept"), b"kept", true).await.unwrap();
    assert_eq!(client.block(Cid::raw(b"kept")).await.unwrap(), b"kept");
    assert!(
        refused(client.put(absent, b"other", false).await.unwrap_err()).what.contains("the bytes are not")
    );

    node.stop();
    node.stopped().await.unwrap();
    assert!(!data.join(SOCKET).exists());
    assert!(matches!(Client::connect(&data).await, Err(ClientError::Connect { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_order_is_refused_with_the_reason() {
    let bed = Bed::new(1).await;
    let node = bed.start(0, &[]).await.unwrap();
    let mut client = bed.client(0).await;
    let (good, suite) = order(&["eu"], 2, 20);
    let wrong = refused(client.submit(good.clone(), b"no suite").await.unwrap_err());
    assert_eq!(wrong.place, "suite");
    let (_, another) = order(&["eu"], 3, 20);
    let wrong = refused(client.submit(good.clone(), &another).await.unwrap_err());
    assert!(wrong.what.contains("order.suite is"), "{wrong}");
    bed.submit(0, &["eu"], 1, 20).await;
    let mut nowhere = good.clone();
    nowhere.regions = vec!["moon".into()];
    let wrong = refused(client.submit(nowhere, &suite).await.unwrap_err());
    assert!(wrong.place == "order" && wrong.what.contains("no executor"), "{wrong}");
    let mut hasty = good;
    hasty.commit_s = 1;
    let wrong = refused(client.submit(hasty, &suite).await.unwrap_err());
    assert!(wrong.what.contains("commit_by_s: must be at least 2 s"), "{wrong}");
    node.stop();
    node.stopped().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_under_the_same_key_is_carried_out_once() {
    let bed = Bed::new(1).await;
    let node = bed.start(0, &[]).await.unwrap();
    // only the prompts tell this job from those below
    let first = bed.submit(0, &["eu"], 1, 20).await;
    let mut client = bed.client(0).await;
    let (wanted, suite) = order(&["eu"], 2, 20);
    let taken = client.submit_as(Some("monday"), wanted.clone(), &suite).await.unwrap();
    assert!(!taken.again && taken.id != first);
    let again = Taken { again: true, ..taken };
    assert_eq!(client.submit_as(Some("monday"), wanted.clone(), &suite).await.unwrap(), again);
    let (other, other_suite) = order(&["eu"], 3, 20);
    let wrong = refused(client.submit_as(Some("monday"), other, &other_suite).await.unwrap_err());
    assert!(wrong.what.contains("another order") && wrong.what.contains(&taken.id.to_string()), "{wrong}");
    for odd in ["", "two words", "café", &"k".repeat(65)] {
        let wrong = refused(client.submit_as(Some(odd), wanted.clone(), &suite).await.unwrap_err());
        assert_eq!(wrong.place, "key", "{odd:?}");
    }
    let size = client.status().await.unwrap().log_size;
    drop(client);
    node.stop();
    node.stopped().await.unwrap();

    let node = bed.start(0, &[]).await.unwrap();
    let mut client = bed.client(0).await;
    assert_eq!(client.submit_as(Some("monday"), wanted, &suite).await.unwrap(), again, "after a restart");
    assert!(client.status().await.unwrap().log_size >= size);
    assert_eq!(client.jobs().await.unwrap().len(), 2);
    node.stop();
    node.stopped().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn places_for_clients_are_bounded_and_come_back() {
    let bed = Bed::new(1).await;
    let node = bed.start(0, &[]).await.unwrap();
    let mut clients = Vec::new();
    for _ in 0..CLIENTS_MAX {
        let mut client = bed.client(0).await;
        client.status().await.unwrap();
        clients.push(client);
    }
    let fault = fault(say(&bed.data(0), b"{\"status\":{}}\n").await);
    assert!(fault.what.contains("clients are served already"), "{fault}");
    clients.pop();
    while bed.client(0).await.status().await.is_err() {
        tokio::task::yield_now().await;
    }
    drop(clients);
    node.stop();
    node.stopped().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_stops_when_its_owner_says_so() {
    let bed = Bed::new(1).await;
    let node = bed.start(0, &[]).await.unwrap();
    let id = bed.submit(0, &["eu"], 2, 20).await;
    assert_eq!(bed.done(0, &id).await.phase, Phase::Done);
    bed.client(0).await.shutdown().await.unwrap();
    node.stopped().await.unwrap();
}

/// Two members: each shows the other's log, with a proof that holds, and how far apart their clocks are. An order that
/// no quorum has cosigned is in the log all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_shows_what_others_have_said() {
    let bed = Bed::new(2).await;
    let first = bed.start(0, &[]).await.unwrap();
    let second = bed.start(1, &[&first]).await.unwrap();
    let id = bed.submit(0, &["eu", "us"], 1, 30).await;
    bed.done(1, &id).await;
    let mut client = bed.client(1).await;
    let status = client.status().await.unwrap();
    assert!(status.clock_ahead_s.is_some_and(|ahead_s| ahead_s.abs() < 30), "{:?}", status.clock_ahead_s);
    let nodes = client.nodes().await.unwrap();
    assert_eq!(nodes.len(), 2);
    assert!(nodes.iter().all(|node| node.member && node.announce.is_some() && node.witness_time_s.is_some()));

    let author = first.ready().node.to_string();
    let page = client.log(Some(author[..8].to_owned()), 0, 2).await.unwrap();
    assert_eq!((page.node, page.leaves.len()), (first.ready().node, 2));
    assert!(page.size >= page.certified && page.certified > 2);
    let unknown = refused(client.log(Some("zz".into()), 0, 1).await.unwrap_err());
    assert!(unknown.what.contains("no known node") && unknown.place == "node", "{unknown}");
    let shown = client.job_proof(&id.to_string()[..10]).await.unwrap();
    assert_eq!((shown.leaf.author, shown.keysets.len()), (first.ready().node, 2));
    let proof = TlogProof::parse(&shown.proof).unwrap();
    proof.verify_inclusion(&shown.bytes).unwrap();
    let beyond = refused(client.proof(&author, 9999).await.unwrap_err());
    assert!(beyond.what.contains("there is none at 9999"), "{beyond}");

    second.stop();
    second.stopped().await.unwrap();
    let mut client = bed.client(0).await;
    let (order, suite) = order(&["eu"], 1, 30);
    let waiting = client.submit(order, &suite).await.unwrap();
    let uncertified = refused(client.stop_here(&waiting.to_string()).await.unwrap_err());
    assert!(uncertified.what.contains("no quorum has cosigned it yet"), "{uncertified}");
    first.stop();
    first.stopped().await.unwrap();
}
