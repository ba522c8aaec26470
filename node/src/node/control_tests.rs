use crate::testbed::{Bed, order};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use vantage_api::{
    BODY_BYTES_MAX, Call as _, Client, ClientError, Fault, GetJobProof, GetLog, GetProof, GetStatus, Phase,
    PutBlock, SOCKET, Shutdown, StopHere, Submit, Submitted,
};
use vantage_protocol::attester::JobOrder;
use vantage_protocol::cid::Cid;
use vantage_protocol::log::TlogProof;

/// Sends bytes and reads what comes back: status and body.
async fn say(data: &Path, bytes: &[u8]) -> (u16, String) {
    let mut stream = UnixStream::connect(data.join(SOCKET)).await.unwrap();
    // the node may close before it has read all of a body that is too long
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0), body.to_owned())
}

/// A request of one line of head and a body.
fn request(line: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("{line} HTTP/1.1\r\nhost: node\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

fn submit(order: JobOrder, suite: &[u8], key: Option<&str>) -> Submit {
    Submit { order, suite: suite.to_vec(), study: Vec::new(), key: key.map(str::to_owned) }
}

fn refused(error: ClientError) -> Fault {
    match error {
        ClientError::Refused(fault) => fault,
        other => panic!("{other}"),
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

    for (line, body, status, place) in [
        ("GET /v1/dance", "", 404, "path"),
        ("GET /v1/job", "", 400, "call"),
        ("GET /v1/job?id=7&more=1", "", 400, "call"),
        ("GET /v1/log?start=-1&count=1", "", 400, "call"),
        ("POST /v1/job/stop-here", "{}", 400, "call"),
        ("POST /v1/job/stop-here", "{\"id\":7}", 400, "call"),
        ("POST /v1/prune", "\u{fffd}", 400, "call"),
    ] {
        let (found, body) = say(&data, &request(line, body)).await;
        let fault: Fault =
            serde_json::from_str(&body).unwrap_or_else(|error| panic!("{line}: {error}: {body}"));
        assert_eq!((found, fault.place.as_str()), (status, place), "{line}: {fault}");
    }
    for line in ["GET /v1/shutdown", "POST /v1/status"] {
        let (status, body) = say(&data, &request(line, "")).await;
        let fault: Fault = serde_json::from_str(&body).unwrap();
        assert_eq!((status, fault.place.as_str()), (405, "method"), "{line}: {fault}");
    }
    every_described_path_is_served(&data).await;
    assert_eq!(say(&data, b"hello\n\n").await.0, 400);
    let endless = request("POST /v1/prune", &" ".repeat(BODY_BYTES_MAX + 1));
    assert!(matches!(say(&data, &endless).await.0, 400 | 413));

    let client = bed.client(0).await;
    let status = client.status().await.unwrap();
    assert_eq!((status.node, status.members, status.quorum), (node.ready().node, 1, 1));
    assert_eq!((status.role.as_str(), status.region.as_deref()), ("member", Some("eu")));
    assert_eq!(client.jobs().await.unwrap().len(), 0);
    assert_eq!(client.peers().await.unwrap().len(), 0);
    let unknown = refused(client.job("ab").await.unwrap_err());
    assert!(unknown.what.contains("no job begins with \"ab\"") && unknown.place == "id", "{unknown}");
    refused(client.watch("ab").await.unwrap_err());
    let absent = Cid::raw(b"absent");
    assert!(refused(client.block(absent).await.unwrap_err()).what.contains("not here"));
    let absent = Cid::dag_cbor(b"absent");
    assert!(refused(client.car(absent, &mut Vec::new()).await.unwrap_err()).what.contains("missing"));
    let kept = PutBlock { cid: Cid::raw(b"kept"), bytes: b"kept".to_vec(), provide: true };
    client.ask(&kept).await.unwrap();
    assert_eq!(client.block(Cid::raw(b"kept")).await.unwrap(), b"kept");
    let other = PutBlock { cid: absent, bytes: b"other".to_vec(), provide: false };
    assert!(refused(client.ask(&other).await.unwrap_err()).what.contains("the bytes are not"));

    // a client that says half a sentence and then nothing keeps nobody from stopping
    let mut silent = UnixStream::connect(data.join(SOCKET)).await.unwrap();
    silent.write_all(b"GET /v1/status HTTP/1.1\r\nhost: n").await.unwrap();
    client.status().await.unwrap();
    node.stop();
    let stopped = tokio::time::timeout(std::time::Duration::from_secs(20), node.stopped()).await;
    stopped.expect("in time").unwrap();
    assert!(!data.join(SOCKET).exists());
    assert!(matches!(Client::connect(&data).await, Err(ClientError::Connect { .. })));
}

async fn every_described_path_is_served(data: &Path) {
    let described = vantage_api::openapi();
    for (path, item) in described["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            // a field that no call has, a body that is no JSON: nothing is carried out
            let line =
                format!("{} {path}{}", method.to_uppercase(), if method == "get" { "?none=1" } else { "" });
            let (status, body) = say(data, &request(&line, "{")).await;
            let fault: Fault =
                serde_json::from_str(&body).unwrap_or_else(|error| panic!("{line}: {error}: {body}"));
            assert_eq!((status, fault.place.as_str()), (400, "call"), "{line}: {fault}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_order_is_refused_with_the_reason() {
    let bed = Bed::new(1).await;
    let node = bed.start(0, &[]).await.unwrap();
    let client = bed.client(0).await;
    let (good, suite) = order(&["eu"], 2, 20);
    let wrong = refused(client.ask(&submit(good.clone(), b"no suite", None)).await.unwrap_err());
    assert_eq!(wrong.place, "suite");
    let (_, another) = order(&["eu"], 3, 20);
    let wrong = refused(client.ask(&submit(good.clone(), &another, None)).await.unwrap_err());
    assert!(wrong.what.contains("order.suite is"), "{wrong}");
    bed.submit(0, &["eu"], 1, 20).await;
    let mut nowhere = good.clone();
    nowhere.regions = vec!["moon".into()];
    let wrong = refused(client.ask(&submit(nowhere, &suite, None)).await.unwrap_err());
    assert!(wrong.place == "order" && wrong.what.contains("no executor"), "{wrong}");
    let mut hasty = good;
    hasty.commit_s = 1;
    let wrong = refused(client.ask(&submit(hasty, &suite, None)).await.unwrap_err());
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
    let client = bed.client(0).await;
    let (wanted, suite) = order(&["eu"], 2, 20);
    let taken = client.ask(&submit(wanted.clone(), &suite, Some("monday"))).await.unwrap();
    assert!(!taken.again && taken.id != first);
    let again = Submitted { again: true, ..taken };
    assert_eq!(client.ask(&submit(wanted.clone(), &suite, Some("monday"))).await.unwrap(), again);
    let (other, other_suite) = order(&["eu"], 3, 20);
    let wrong = refused(client.ask(&submit(other, &other_suite, Some("monday"))).await.unwrap_err());
    assert!(wrong.what.contains("another order") && wrong.what.contains(&taken.id.to_string()), "{wrong}");
    for odd in ["", "two words", "café", &"k".repeat(65)] {
        let wrong = refused(client.ask(&submit(wanted.clone(), &suite, Some(odd))).await.unwrap_err());
        assert_eq!(wrong.place, "key", "{odd:?}");
    }
    let size = client.status().await.unwrap().log_size;
    drop(client);
    node.stop();
    node.stopped().await.unwrap();

    let node = bed.start(0, &[]).await.unwrap();
    let client = bed.client(0).await;
    assert_eq!(client.ask(&submit(wanted, &suite, Some("monday"))).await.unwrap(), again, "after a restart");
    assert!(client.status().await.unwrap().log_size >= size);
    assert_eq!(client.jobs().await.unwrap().len(), 2);
    node.stop();
    node.stopped().await.unwrap();
}

/// Those that come when all places are taken wait, and are served once one is free.
#[tokio::test(flavor = "multi_thread")]
async fn places_for_connections_are_bounded_and_come_back() {
    let bed = Bed::new(1).await;
    let node = bed.start(0, &[]).await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..vantage_web::CONNECTIONS_MAX {
        silent.push(UnixStream::connect(bed.data(0).join(SOCKET)).await.unwrap());
    }
    let line = format!("GET {}", GetStatus::PATH);
    let data = bed.data(0);
    let waiting = tokio::spawn(async move { say(&data, &request(&line, "")).await });
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(!waiting.is_finished());
    silent.pop();
    assert_eq!(waiting.await.unwrap().0, 200);
    drop(silent);
    node.stop();
    node.stopped().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_stops_when_its_owner_says_so() {
    let bed = Bed::new(1).await;
    let node = bed.start(0, &[]).await.unwrap();
    let id = bed.submit(0, &["eu"], 2, 20).await;
    assert_eq!(bed.done(0, &id).await.phase, Phase::Done);
    bed.client(0).await.ask(&Shutdown {}).await.unwrap();
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
    let client = bed.client(1).await;
    let status = client.status().await.unwrap();
    assert!(status.clock_ahead_s.is_some_and(|ahead_s| ahead_s.abs() < 30), "{:?}", status.clock_ahead_s);
    let nodes = client.nodes().await.unwrap();
    assert_eq!(nodes.len(), 2);
    assert!(nodes.iter().all(|node| node.member && node.announce.is_some() && node.witness_time_s.is_some()));

    let author = first.ready().node.to_string();
    let page = client.ask(&GetLog { node: Some(author[..8].to_owned()), start: 0, count: 2 }).await.unwrap();
    assert_eq!((page.node, page.leaves.len()), (first.ready().node, 2));
    assert!(page.size >= page.certified && page.certified > 2);
    let unknown =
        refused(client.ask(&GetLog { node: Some("zz".into()), start: 0, count: 1 }).await.unwrap_err());
    assert!(unknown.what.contains("no known node") && unknown.place == "node", "{unknown}");
    let shown = client.ask(&GetJobProof { id: id.to_string()[..10].to_owned() }).await.unwrap();
    assert_eq!((shown.leaf.author, shown.keysets.len()), (first.ready().node, 2));
    let proof = TlogProof::parse(&shown.proof).unwrap();
    proof.verify_inclusion(&shown.bytes).unwrap();
    let beyond = refused(client.ask(&GetProof { node: author, index: 9999 }).await.unwrap_err());
    assert!(beyond.what.contains("there is none at 9999"), "{beyond}");

    second.stop();
    second.stopped().await.unwrap();
    let client = bed.client(0).await;
    let (order, suite) = order(&["eu"], 1, 30);
    let waiting = client.ask(&submit(order, &suite, None)).await.unwrap().id;
    let uncertified = refused(client.ask(&StopHere { id: waiting.to_string() }).await.unwrap_err());
    assert!(uncertified.what.contains("no quorum has cosigned it yet"), "{uncertified}");
    first.stop();
    first.stopped().await.unwrap();
}
