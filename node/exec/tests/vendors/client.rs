//! The client against a simulated vendor: where it goes, what it waits for, when it stops. `dialects.rs` has every way in
//! which a vendor can answer, or fail to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::{Tally, allow, bench, call, config_for, failure, outcomes, raw_call};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use vantage_exec::{Allowance, Charge, Evidence, Meter, MeterError, Pending, Ticket, Tokens, VendorClient};
use vantage_testnet::vendors::Fault;

#[tokio::test]
async fn exactly_the_given_bytes_go_to_the_region_and_nowhere_else() {
    let bench = bench(|_| {}).await;
    let odd = br#"{ "messages":[ {"content":"hi","role":"user"}],   "model" : "m\u00e9"}"#.to_vec();
    let odd = raw_call(&odd);
    let allowance = allow(&bench.tally);
    for region in ["us", "eu"] {
        assert_eq!(bench.client.execute(region, &odd, &allowance).await.unwrap().failure, None);
    }
    let requests = bench.sim.requests();
    assert_eq!(requests.iter().map(|request| request.region.as_str()).collect::<Vec<_>>(), ["us", "eu"]);
    assert!(requests.iter().all(|request| request.body == odd.body()));
}

#[tokio::test]
async fn a_region_without_an_endpoint_is_never_served_by_another() {
    let bench = bench(|_| {}).await;
    let allowance = allow(&bench.tally);
    let evidence = bench.client.execute("ap", &call("hi"), &allowance).await.unwrap();
    assert_eq!((failure(&evidence).as_str(), evidence.attempts.len()), ("no_endpoint", 0));
    assert_eq!((bench.sim.calls(), bench.tally.calls()), (0, 0));
}

#[tokio::test]
async fn attempts_are_capped() {
    let bench = bench(|config| config.attempts_max = 3).await;
    let evidence = bench.ask_with(Fault::Status(503), 10).await;
    assert_eq!(outcomes(&evidence), ["http_5xx(503)"; 3]);
    assert_eq!(failure(&evidence), "http_5xx(503)");
    assert_eq!(bench.sim.calls(), 3);
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let bench = bench(|_| {}).await;
    let evidence = bench.ask_with(Fault::RateLimited { retry_after: Some("1".into()) }, 1).await;
    assert_eq!(outcomes(&evidence), ["rate_limited", "answered"]);
    assert!(evidence.attempts[1].at_unix_ms - evidence.attempts[0].at_unix_ms >= 1000);
}

#[tokio::test]
async fn a_retry_after_beyond_the_cap_or_the_deadline_ends_the_call() {
    let capped = bench(|config| config.retry_after_max_ms = 1000).await;
    let evidence = capped.ask_with(Fault::RateLimited { retry_after: Some("2".into()) }, 1).await;
    assert_eq!((outcomes(&evidence), capped.sim.calls()), (vec!["rate_limited".to_owned()], 1));
    assert_eq!(evidence.headers["retry-after"], "2");

    let bench = bench(|_| {}).await;
    bench.sim.inject(Fault::RateLimited { retry_after: Some("50".into()) }, 1);
    let mut allowance = allow(&bench.tally);
    allowance.deadline = Some(Instant::now() + Duration::from_secs(30));
    let evidence = bench.client.execute("eu", &call("hi"), &allowance).await.unwrap();
    assert_eq!((failure(&evidence).as_str(), bench.sim.calls()), ("rate_limited", 1));

    // Other calls leave the server alone as well, and say why they came to nothing.
    allowance.deadline = Some(Instant::now() + Duration::from_millis(50));
    let evidence = bench.client.execute("us", &call("hi"), &allowance).await.unwrap();
    assert_eq!((failure(&evidence).as_str(), evidence.attempts.len()), ("rate_limited", 0));
    assert_eq!(bench.sim.calls(), 1);
}

#[tokio::test]
async fn a_slow_answer_times_out_and_is_tried_again() {
    let bench = bench(|config| config.timeout_ms = 300).await;
    let evidence = bench.ask_with(Fault::SlowBody { pause_ms: 3_600_000 }, 1).await;
    assert_eq!(outcomes(&evidence).first().map(String::as_str), Some("timeout"));
    assert!(evidence.attempts.len() >= 2);
}

#[tokio::test]
async fn a_slow_answer_within_the_time_is_an_answer() {
    let bench = bench(|_| {}).await;
    let evidence = bench.ask_with(Fault::SlowBody { pause_ms: 20 }, 1).await;
    assert_eq!(outcomes(&evidence), ["answered"]);
}

#[tokio::test]
async fn the_deadline_ends_a_call_under_way() {
    let bench = bench(|_| {}).await;
    bench.sim.inject(Fault::SlowBody { pause_ms: 3_600_000 }, 1);
    let mut allowance = allow(&bench.tally);
    allowance.deadline = Some(Instant::now() + Duration::from_millis(200));
    let evidence = bench.client.execute("eu", &call("hi"), &allowance).await.unwrap();
    // On a busy machine the deadline may pass before the request is sent.
    assert!(failure(&evidence) == "timeout" && evidence.attempts.len() <= 1);
}

#[tokio::test]
async fn a_call_can_be_called_off_amid_a_request_and_before_one() {
    let bench = bench(|_| {}).await;
    bench.sim.inject(Fault::SlowBody { pause_ms: 3_600_000 }, 1);
    let allowance = allow(&bench.tally);
    let cancel_once_asked = async {
        while bench.sim.calls() == 0 {
            tokio::task::yield_now().await;
        }
        allowance.cancel.cancel();
    };
    let hi = call("hi");
    let (evidence, ()) = tokio::join!(bench.client.execute("eu", &hi, &allowance), cancel_once_asked);
    assert_eq!(outcomes(&evidence.unwrap()), ["cancelled"]);
    let evidence = bench.client.execute("eu", &hi, &allowance).await.unwrap();
    assert_eq!((failure(&evidence).as_str(), evidence.attempts.len()), ("cancelled", 0));
    assert_eq!(bench.sim.calls(), 1);
}

#[tokio::test]
async fn the_budget_holds_over_retries() {
    let bench = bench(|config| config.attempts_max = 10).await;
    bench.sim.inject(Fault::Status(500), 3);
    let three = Tally::new(3);
    for (attempts, expected) in [(3, "http_5xx(500)"), (0, "budget")] {
        let evidence = bench.client.execute("eu", &call("hi"), &allow(&three)).await.unwrap();
        assert_eq!((failure(&evidence).as_str(), evidence.attempts.len()), (expected, attempts));
        assert_eq!(evidence.cost_microusd, Some(0), "errors are not charged");
    }
    assert_eq!(bench.sim.calls(), 3);
}

/// A ledger whose disk is full.
#[derive(Debug)]
struct Broken;

impl Meter for Broken {
    fn reserve(&self, _: Tokens) -> Pending<'_, Ticket> {
        Box::pin(async { Err(MeterError::NotRecorded("disk full".into())) })
    }

    fn settle(&self, _: Ticket, _: Charge) -> Pending<'_, Option<u64>> {
        Box::pin(async { Err(MeterError::NotRecorded("disk full".into())) })
    }
}

#[tokio::test]
async fn nothing_is_sent_before_it_is_recorded() {
    let bench = bench(|_| {}).await;
    let allowance = Allowance { meter: Arc::new(Broken), deadline: None, cancel: CancellationToken::new() };
    let error = bench.client.execute("eu", &call("hi"), &allowance).await.unwrap_err().to_string();
    assert!(error.contains("disk full"), "{error}");
    assert_eq!(bench.sim.calls(), 0);
}

#[tokio::test]
async fn what_is_set_aside_is_the_most_and_what_is_settled_is_what_the_vendor_counted() {
    let bench = bench(|_| {}).await;
    let hi = call("What is the capital of Australia?");
    let most = bench.client.most(&hi);
    // a vendor may count some of its own in both
    assert_eq!((most.input, most.output), (hi.body().len() as u64 + 1024, 4096 + 1024));
    assert_eq!(bench.client.most(&raw_call(b"{}")).output, u64::MAX, "without a limit there is no most");
    let evidence = bench.client.execute("eu", &hi, &allow(&bench.tally)).await.unwrap();
    let tokens = evidence.usage.tokens().unwrap();
    assert_eq!(bench.tally.charges(), [Some(Charge::For(tokens))]);
    assert!(tokens.input <= most.input && tokens.output <= most.output);
    assert_eq!(evidence.cost_microusd, Some(tokens.input + tokens.output));
    // One attempt of unknown cost makes the cost of the call unknown.
    bench.sim.inject(Fault::CutBody, 1);
    let evidence = bench.client.execute("eu", &hi, &allow(&bench.tally)).await.unwrap();
    assert_eq!((evidence.failure, evidence.cost_microusd), (None, None));
    assert_eq!(bench.tally.charges()[1], Some(Charge::Unknown));
}

#[tokio::test]
async fn a_vendor_that_asks_for_less_gets_less_and_everybody_waits() {
    let bench = Arc::new(
        bench(|config| {
            config.concurrency_max = 8;
            config.attempts_max = 6;
        })
        .await,
    );
    bench.sim.inject(Fault::RateLimited { retry_after: None }, 8);
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let bench = bench.clone();
            tokio::spawn(async move { bench.ask().await })
        })
        .collect();
    let mut slowest = 8;
    while calls.iter().any(|call| !call.is_finished()) {
        slowest = slowest.min(bench.client.pace().at_once);
        tokio::task::yield_now().await;
    }
    for call in calls {
        assert_eq!(call.await.unwrap().failure, None);
    }
    assert!(slowest < 8, "the vendor asked for less");
    let pace = bench.client.pace();
    assert_eq!((pace.in_flight, pace.at_once_max, pace.throttled_in_row), (0, 8, 0));
}

#[tokio::test]
async fn many_calls_at_once_stay_within_the_budget() {
    let bench = Arc::new(bench(|config| config.concurrency_max = 8).await);
    let allowance = allow(&Tally::new(5));
    let calls: Vec<_> = (0..12)
        .map(|_| {
            let (bench, allowance) = (bench.clone(), allowance.clone());
            tokio::spawn(async move { bench.client.execute("eu", &call("hi"), &allowance).await.unwrap() })
        })
        .collect();
    let mut answered = 0;
    for call in calls {
        answered += usize::from(call.await.unwrap().failure.is_none());
    }
    assert_eq!((answered, bench.sim.calls()), (5, 5));
}

async fn ask_at(address: String) -> Evidence {
    let mut config = config_for(&[("eu", address)]);
    config.target = "compatible".to_owned();
    config.attempts_max = 2;
    config.allow_plain_http = true;
    let client = VendorClient::with_roll(config.check(false).unwrap(), Box::new(|| 0)).unwrap();
    client.execute("eu", &call("hi"), &allow(&Tally::new(10))).await.unwrap()
}

#[tokio::test]
async fn a_dead_endpoint_is_a_failure_to_connect() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for host in ["127.0.0.1", "localhost"] {
        let evidence = ask_at(format!("http://{host}:{port}")).await;
        assert_eq!(outcomes(&evidence), ["connect", "connect"], "{host}");
        assert_eq!((evidence.status, evidence.response.len()), (None, 0));
    }
}

#[tokio::test]
async fn a_name_that_cannot_be_resolved_is_a_dns_failure() {
    // A label of more than 63 characters fails without a question to any name server (RFC 1035, 2.3.4).
    let evidence = ask_at(format!("http://{}.invalid", "x".repeat(64))).await;
    assert_eq!(outcomes(&evidence), ["dns", "dns"]);
}

/// A server that answers every connection with `bytes` and closes it.
async fn raw_server(bytes: Vec<u8>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut begun = [0; 1024];
            let _ = stream.read(&mut begun).await;
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

#[tokio::test]
async fn no_tls_on_the_other_side_is_a_tls_failure_and_not_tried_again() {
    let port = raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()).await;
    let evidence = ask_at(format!("https://127.0.0.1:{port}")).await;
    assert_eq!(outcomes(&evidence), ["tls"]);
}

#[tokio::test]
async fn what_ends_amid_its_head_is_a_broken_connection() {
    for bytes in [vec![], b"HTTP/1.1 200 OK\r\nserver: ".to_vec()] {
        let port = raw_server(bytes).await;
        assert_eq!(outcomes(&ask_at(format!("http://127.0.0.1:{port}")).await), ["connect", "connect"]);
    }
}

#[tokio::test]
async fn an_announced_length_beyond_the_limit_is_not_even_read() {
    let header = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n";
    let port = raw_server(header.to_vec()).await;
    assert_eq!(outcomes(&ask_at(format!("http://127.0.0.1:{port}")).await), ["too_large"]);
}

#[tokio::test]
async fn a_proxy_in_the_environment_is_not_used() {
    // Environment variables belong to the process, so the check runs in one of its own.
    if std::env::var_os("VANTAGE_TEST_PROXIED").is_some() {
        let bench = bench(|_| {}).await;
        assert_eq!(bench.ask().await.failure, None);
        return;
    }
    let used = Arc::new(AtomicBool::new(false));
    let proxy = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let seen = used.clone();
    tokio::spawn(async move {
        while proxy.accept().await.is_ok() {
            seen.store(true, Ordering::SeqCst);
        }
    });
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", "client::a_proxy_in_the_environment_is_not_used"])
        .env("VANTAGE_TEST_PROXIED", "1");
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        child.env(name, &address);
    }
    child.env_remove("NO_PROXY").env_remove("no_proxy");
    let output = child.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(!used.load(Ordering::SeqCst));
}

#[tokio::test]
async fn what_never_left_is_not_charged_and_what_may_have_is() {
    let tally = Tally::new(10);
    let ask = async |address: String| {
        let mut config = config_for(&[("eu", address)]);
        config.target = "compatible".to_owned();
        config.attempts_max = 1;
        config.allow_plain_http = true;
        let client = VendorClient::with_roll(config.check(false).unwrap(), Box::new(|| 0)).unwrap();
        client.execute("eu", &call("hi"), &allow(&tally)).await.unwrap()
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let dead = listener.local_addr().unwrap().port();
    drop(listener);
    ask(format!("http://127.0.0.1:{dead}")).await;
    ask(format!("http://{}.invalid", "x".repeat(64))).await;
    ask(format!("http://127.0.0.1:{}", raw_server(vec![]).await)).await;
    assert_eq!(tally.charges(), [Some(Charge::Nothing), Some(Charge::Nothing), Some(Charge::Unknown)]);
}

#[tokio::test]
async fn a_recorded_count_is_never_below_the_calls_sent() {
    let bench = bench(|config| config.concurrency_max = 8).await;
    bench.sim.inject(Fault::SlowBody { pause_ms: 3_600_000 }, 100);
    for sent in 1..=5 {
        let (hi, allowance) = (call("hi"), allow(&bench.tally));
        let asked = async {
            while bench.sim.calls() < sent {
                tokio::task::yield_now().await;
            }
        };
        // The call's future is dropped amid the request, as when the process is killed.
        tokio::select! {
            _ = bench.client.execute("eu", &hi, &allowance) => panic!("the answer is an hour away"),
            () = asked => {}
        }
        assert!(bench.tally.calls() >= bench.sim.calls());
    }
    assert!(bench.tally.charges().iter().all(Option::is_none), "the ledger settles them at its next start");
}
