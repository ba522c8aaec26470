//! The requestor against the real daemons and a provider that works, and one that does each thing wrong that it can.

use super::{World, code, now_ms};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use vantage_golem::{Command, Image, Landmark, Nano, Ran, Session};
use vantage_golem_bed::image::{ImageServer, Packed, pack};
use vantage_golem_bed::provider::Faults;
use vantage_golem_bed::{ProviderOptions, SimProvider};

/// Longest output that these tests take, bytes.
const OUTPUT_BYTES_MAX: usize = 100;

/// An image with one program, which says what it was told, after some seconds and with an exit code if it was told any.
fn image(dir: &Path) -> Packed {
    let tree = dir.join("tree");
    std::fs::create_dir_all(tree.join("app")).unwrap();
    let program = tree.join("app/say");
    std::fs::write(&program, "#!/bin/sh\nsleep \"${3:-0}\"; echo \"says $1\"; exit \"${2:-0}\"\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    pack(&tree, &dir.join("say.gvmi")).unwrap()
}

/// A world with an image and one provider.
pub struct Bench {
    pub world: World,
    pub provider: SimProvider,
    _server: ImageServer,
    _dir: tempfile::TempDir,
}

impl Bench {
    pub async fn start(faults: Faults) -> Self {
        Self::start_with(ProviderOptions { faults, ..ProviderOptions::default() }).await
    }

    async fn start_with(options: ProviderOptions) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let packed = image(dir.path());
        let server = ImageServer::start(&packed).await.unwrap();
        let mut world = World::start().await;
        let order = &mut world.requestor.order;
        order.image = Image { url: server.url.clone(), sha3_224: packed.sha3_224 };
        (order.caps.cpu_second, order.caps.start) = (Nano(100_000), Nano(1_000_000));
        let provider = SimProvider::start(&world.pair.provider, &world.pair.subnet, options).await.unwrap();
        Self { world, provider, _server: server, _dir: dir }
    }

    /// Everything is ended and given back.
    pub async fn is_clean(&self) {
        assert_eq!((self.world.allocations().await, self.world.kept.open().len()), (0, 0));
    }
}

pub async fn say(session: &mut Session, args: &[&str]) -> Ran<Vec<u8>> {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    let command = Command { program: "/app/say".into(), args, output_bytes_max: OUTPUT_BYTES_MAX };
    let cancel = CancellationToken::new();
    let read = |bytes: &[u8]| match bytes.starts_with(b"says ") {
        true => Ok(bytes.to_vec()),
        false => Err("it does not say anything".to_owned()),
    };
    session.run(&command, now_ms() + 120_000, &cancel, read).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_agreement_serves_many_commands_and_its_bill_is_accepted() {
    let bench = Bench::start(Faults::default()).await;
    let mut session = bench.world.open().await;
    for n in ["1", "2", "3"] {
        let ran = say(&mut session, &[n]).await;
        assert_eq!(ran.result.as_ref().unwrap(), format!("says {n}\n").as_bytes(), "{ran:?}");
        let worker = ran.attempts[0].on.as_ref().unwrap();
        assert!(worker.runtime.starts_with("sim-exeunit ") && worker.activity.is_some());
        assert_eq!(worker.provider, bench.world.pair.provider.node_id());
    }
    let closed = session.close().await;
    assert_eq!((closed.left_open, closed.account.deals.len()), (None, 1));
    assert!(closed.account.deals[0].invoiced && closed.account.spent() > Nano::ZERO, "{:?}", closed.account);
    let accepted = bench.provider.until("the invoice is accepted", Duration::from_secs(30), |seen| {
        seen.invoices.values().any(|bill| bill.state == "ACCEPTED")
    });
    let seen = accepted.await.unwrap();
    let bill = seen.invoices.values().next().unwrap();
    assert_eq!((seen.approved.len(), seen.runs, Nano(bill.nano)), (1, 3, closed.account.spent()));
    bench.is_clean().await;
}

/// What a provider does wrong, and the code that its attempt has.
async fn fails(faults: Faults, expected: &str) {
    let bench = Bench::start(faults).await;
    let mut session = bench.world.open().await;
    let began = Instant::now();
    let ran = say(&mut session, &["hello"]).await;
    let first = ran.attempts[0].failure.as_ref().unwrap_or_else(|| panic!("{expected}: {ran:?}"));
    assert_eq!(first.code(), expected, "{ran:?}");
    // it is the only one, and is not asked again
    assert_eq!(code(&ran), "golem_no_provider", "{ran:?}");
    assert!(session.close().await.left_open.is_none());
    assert!(began.elapsed() < Duration::from_secs(100), "{expected}: {:?}", began.elapsed());
    bench.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_killed_in_the_middle_is_lost() {
    fails(Faults { dies_at_run: Some(1), ..Faults::default() }, "golem_provider_lost").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn output_over_the_limit_is_no_result() {
    fails(Faults { output_bytes: Some(OUTPUT_BYTES_MAX + 1), ..Faults::default() }, "too_large").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_bytes_are_no_result() {
    fails(Faults { output_bytes: Some(20), ..Faults::default() }, "golem_output").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activity_without_a_runtime_is_given_up() {
    fails(Faults { no_exeunit: true, ..Faults::default() }, "golem_activity").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_above_its_usage_is_never_accepted() {
    let bench = Bench::start(Faults { bills_times: Some(1_000_000), ..Faults::default() }).await;
    let mut session = bench.world.open().await;
    say(&mut session, &["hello"]).await.result.unwrap();
    let closed = session.close().await;
    assert_eq!((closed.left_open, closed.account.spent()), (None, Nano::ZERO));
    let rejected = bench.provider.until("the invoice is rejected", Duration::from_secs(30), |seen| {
        seen.invoices.values().any(|bill| bill.state == "REJECTED")
    });
    rejected.await.unwrap();
    bench.is_clean().await;
}

/// A bill that the time could explain: it is known for what it is by the usage that debit notes tell.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_whose_notes_are_above_their_usage_gets_neither_work_nor_money() {
    let notes_every = Some(Duration::from_millis(100));
    let bench = Bench::start(Faults { bills_times: Some(2), notes_every, ..Faults::default() }).await;
    let mut session = bench.world.open().await;
    say(&mut session, &["hello"]).await.result.unwrap();
    let noted = async {
        while !bench.world.kept.open()[0].deals[0].suspect {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), noted).await.expect("a note is judged");
    let ran = say(&mut session, &["again"]).await;
    assert_eq!(code(&ran), "golem_no_provider", "{ran:?}");
    let closed = session.close().await;
    assert_eq!((closed.left_open, closed.account.spent()), (None, Nano::ZERO));
    bench.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_sign_is_an_attempt_of_its_own() {
    let bench = Bench::start(Faults { never_approves: true, ..Faults::default() }).await;
    let mut session = bench.world.open().await;
    let ran = say(&mut session, &["hello"]).await;
    let (first, on) = (&ran.attempts[0], ran.attempts[0].on.as_ref().unwrap());
    assert_eq!(first.failure.as_ref().unwrap().code(), "golem_agreement", "{ran:?}");
    assert_eq!((on.provider.as_str(), on.agreement.is_empty()), (bench.world.pair.provider.node_id(), false));
    // it is the only one, and is not asked again
    assert_eq!(code(&ran), "golem_no_provider", "{ran:?}");
    assert!(session.close().await.left_open.is_none());
    bench.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_image_is_not_started() {
    let mut bench = Bench::start(Faults::default()).await;
    bench.world.requestor.order.image.sha3_224 = "0".repeat(56);
    let mut session = bench.world.open().await;
    let ran = say(&mut session, &["hello"]).await;
    let first = ran.attempts[0].failure.as_ref().unwrap();
    assert_eq!(first.code(), "golem_start", "{ran:?}");
    assert!(first.to_string().contains("sha3-224"), "{first}");
    assert!(session.close().await.left_open.is_none());
    bench.is_clean().await;
}

/// A world in which a landmark is to be reached; the probe says something and ends with a code.
async fn with_landmark(options: ProviderOptions, code: &str) -> Bench {
    let mut bench = Bench::start_with(options).await;
    let landmark = Landmark { name: "eu-1".into(), region: "eu".into(), url: "http://127.0.0.1:1/".into() };
    bench.world.requestor.order.landmarks = vec![landmark];
    let args = vec!["probe".to_owned(), code.to_owned()];
    bench.world.requestor.probe =
        Some(Command { program: "/app/say".into(), args, output_bytes_max: OUTPUT_BYTES_MAX });
    bench
}

/// Two commands in one attempt each; what the probe printed by then, and how many programs ran.
async fn probed(bench: &Bench) -> (Option<Vec<u8>>, u64) {
    let mut session = bench.world.open().await;
    let mut found = Vec::new();
    for n in ["1", "2"] {
        let ran = say(&mut session, &[n]).await;
        assert_eq!(ran.result.as_ref().unwrap(), format!("says {n}\n").as_bytes(), "{ran:?}");
        assert_eq!(ran.attempts.len(), 1, "{ran:?}");
        found.push(ran.attempts[0].on.as_ref().unwrap().probed.clone());
    }
    assert_eq!(found[0], found[1], "once a rental");
    assert!(session.close().await.left_open.is_none());
    bench.is_clean().await;
    (found.remove(0), bench.provider.seen().begun)
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_way_out_is_granted_the_probe_runs_once() {
    let bench = with_landmark(ProviderOptions::default(), "0").await;
    assert_eq!(probed(&bench).await, (Some(b"says probe\n".to_vec()), 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_way_out_is_offered_work_is_done_unmeasured() {
    let bench = with_landmark(ProviderOptions { outbound: false, ..ProviderOptions::default() }, "0").await;
    assert_eq!(probed(&bench).await, (None, 2));
}

/// It offers a way out, and says no to whoever asks for it.
#[tokio::test(flavor = "multi_thread")]
async fn where_a_way_out_is_refused_it_is_done_without() {
    let faults = Faults { refuses_way_out: true, ..Faults::default() };
    let bench = with_landmark(ProviderOptions { faults, ..ProviderOptions::default() }, "0").await;
    assert_eq!(probed(&bench).await, (None, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_that_fails_costs_no_attempt() {
    let bench = with_landmark(ProviderOptions::default(), "7").await;
    assert_eq!(probed(&bench).await, (None, 3));
}
