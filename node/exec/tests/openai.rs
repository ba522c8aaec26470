//! The executor against `sim:openai`: every way a vendor can answer, or fail to.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use support::{allow, bench, call, config_for, failure, outcomes, record_in};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use vantage_exec::{Allowance, CallBudget, Evidence, OpenAi, TEXT_MAX};
use vantage_testnet::vendors::{EchoPlace, Fault, SIM_KEY};

#[tokio::test]
async fn an_answer_comes_with_its_evidence() {
    let bench = bench(|_| {}).await;
    let evidence = bench.ask().await;
    assert!(evidence.text.as_deref().unwrap().contains("Canberra"));
    assert_eq!((evidence.status, evidence.failure), (Some(200), None));
    assert_eq!(evidence.model.as_deref(), Some("sim-gpt"));
    assert_eq!(evidence.finish_reason.as_deref(), Some("stop"));
    assert!(evidence.request_id.as_deref().unwrap().starts_with("req_sim_"));
    assert!(evidence.usage.is_some_and(|usage| usage.prompt_tokens > 0 && usage.output_tokens > 0));
    assert_eq!(outcomes(&evidence), ["answered"]);
    assert!(evidence.started_unix_ms <= evidence.attempts[0].at_unix_ms);
    assert!(evidence.attempts[0].at_unix_ms <= evidence.ended_unix_ms);
    assert_eq!(evidence.headers["server"], "sim-openai");
    assert!(!evidence.headers.contains_key("openai-organization"));
    let body: serde_json::Value = serde_json::from_slice(&evidence.response).unwrap();
    assert_eq!(body["choices"][0]["message"]["content"].as_str(), evidence.text.as_deref());
}

#[tokio::test]
async fn exactly_the_given_bytes_go_to_the_region_and_nowhere_else() {
    let bench = bench(|_| {}).await;
    let odd = br#"{ "messages":[ {"content":"hi","role":"user"}],   "model" : "m\u00e9"}"#.to_vec();
    let odd = vantage_exec::Call::new("POST", "/v1/chat/completions", odd).unwrap();
    let allowance = allow(10, &bench.recorded);
    for region in ["us", "eu"] {
        assert_eq!(bench.executor.execute(region, &odd, &allowance).await.unwrap().failure, None);
    }
    let requests = bench.sim.requests();
    assert_eq!(requests.iter().map(|request| request.region.as_str()).collect::<Vec<_>>(), ["us", "eu"]);
    assert!(requests.iter().all(|request| request.body == odd.body()));
}

#[tokio::test]
async fn a_region_without_an_endpoint_is_never_served_by_another() {
    let bench = bench(|_| {}).await;
    let allowance = allow(10, &bench.recorded);
    let evidence = bench.executor.execute("ap", &call("hi"), &allowance).await.unwrap();
    assert_eq!((failure(&evidence).as_str(), evidence.attempts.len()), ("no_endpoint", 0));
    assert_eq!((bench.sim.calls(), bench.recorded.load(Ordering::SeqCst)), (0, 0));
}

#[tokio::test]
async fn transient_failures_are_retried_until_an_answer() {
    let limited =
        |retry_after: Option<&str>| Fault::RateLimited { retry_after: retry_after.map(str::to_owned) };
    for (fault, outcome) in [
        (limited(None), "rate_limited"),
        (limited(Some("0")), "rate_limited"),
        (limited(Some("soon, maybe")), "rate_limited"),
        (limited(Some("Sun, 06 Nov 1994 08:49:37 GMT")), "rate_limited"),
        (Fault::Status(500), "http_5xx(500)"),
        (Fault::Status(529), "http_5xx(529)"),
        (Fault::CutBody, "connect"),
    ] {
        let bench = bench(|_| {}).await;
        let evidence = bench.ask_with(fault.clone(), 2).await;
        assert_eq!(evidence.failure, None, "{fault:?}");
        assert_eq!(outcomes(&evidence), [outcome, outcome, "answered"], "{fault:?}");
        assert_eq!(bench.recorded.load(Ordering::SeqCst), 3, "every attempt is counted");
        assert_eq!(bench.sim.calls(), 3);
    }
}

#[tokio::test]
async fn lasting_failures_are_not_retried() {
    for (fault, expected) in [
        (Fault::Status(400), "http_4xx(400)"),
        (Fault::Status(401), "refused_by_api(invalid_key)"),
        (Fault::Status(404), "http_4xx(404)"),
        (Fault::InsufficientQuota, "refused_by_api(insufficient_quota)"),
        (Fault::Redirect, "http_3xx(307)"),
        (Fault::MalformedJson, "malformed"),
        (Fault::WrongContentType, "malformed"),
        (Fault::EmptyBody, "empty"),
        (Fault::EmptyText, "empty"),
        (Fault::HugeBody { bytes: 16 << 20 }, "too_large"),
        (Fault::HugeText { bytes: TEXT_MAX + 1 }, "too_large"),
        (Fault::HugeText { bytes: 8 << 20 }, "too_large"),
        (Fault::ContentFilter, "content_filter"),
    ] {
        let bench = bench(|_| {}).await;
        let evidence = bench.ask_with(fault.clone(), 1).await;
        assert_eq!(failure(&evidence), expected, "{fault:?}");
        assert_eq!((evidence.attempts.len(), bench.sim.calls()), (1, 1), "{fault:?}");
        assert!(evidence.response.len() <= vantage_exec::BODY_MAX);
        assert!(evidence.status.is_some() && evidence.headers.contains_key("x-request-id"), "{fault:?}");
    }
}

#[tokio::test]
async fn the_longest_text_allowed_is_an_answer_and_so_is_a_refusal_in_words() {
    let bench = bench(|_| {}).await;
    let evidence = bench.ask_with(Fault::HugeText { bytes: TEXT_MAX }, 1).await;
    assert_eq!((evidence.failure, evidence.text.unwrap().len()), (None, TEXT_MAX));
    let evidence = bench.ask_with(Fault::Refusal, 1).await;
    assert_eq!(evidence.failure, None);
    assert!(evidence.text.unwrap().contains("can't help"));
    let evidence = bench.ask_with(Fault::ContentFilter, 1).await;
    assert_eq!(evidence.finish_reason.as_deref(), Some("content_filter"));
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
    let mut allowance = allow(10, &bench.recorded);
    allowance.deadline = Some(Instant::now() + Duration::from_secs(30));
    let evidence = bench.executor.execute("eu", &call("hi"), &allowance).await.unwrap();
    assert_eq!((failure(&evidence).as_str(), bench.sim.calls()), ("rate_limited", 1));

    // Other calls leave the server alone as well, and say why they came to nothing.
    allowance.deadline = Some(Instant::now() + Duration::from_millis(50));
    let evidence = bench.executor.execute("us", &call("hi"), &allowance).await.unwrap();
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
    let mut allowance = allow(10, &bench.recorded);
    allowance.deadline = Some(Instant::now() + Duration::from_millis(200));
    let evidence = bench.executor.execute("eu", &call("hi"), &allowance).await.unwrap();
    // On a busy machine the deadline may pass before the request is sent.
    assert!(failure(&evidence) == "timeout" && evidence.attempts.len() <= 1);
}

#[tokio::test]
async fn a_call_can_be_called_off_amid_a_request_and_before_one() {
    let bench = bench(|_| {}).await;
    bench.sim.inject(Fault::SlowBody { pause_ms: 3_600_000 }, 1);
    let allowance = allow(10, &bench.recorded);
    let cancel_once_asked = async {
        while bench.sim.calls() == 0 {
            tokio::task::yield_now().await;
        }
        allowance.cancel.cancel();
    };
    let hi = call("hi");
    let (evidence, ()) = tokio::join!(bench.executor.execute("eu", &hi, &allowance), cancel_once_asked);
    assert_eq!(outcomes(&evidence.unwrap()), ["cancelled"]);
    let evidence = bench.executor.execute("eu", &hi, &allowance).await.unwrap();
    assert_eq!((failure(&evidence).as_str(), evidence.attempts.len()), ("cancelled", 0));
    assert_eq!(bench.sim.calls(), 1);
}

#[tokio::test]
async fn the_budget_holds_over_retries_and_restarts() {
    let bench = bench(|config| config.attempts_max = 10).await;
    bench.sim.inject(Fault::Status(500), 3);
    let first = allow(3, &bench.recorded);
    let evidence = bench.executor.execute("eu", &call("hi"), &first).await.unwrap();
    assert_eq!((failure(&evidence).as_str(), evidence.attempts.len()), ("budget", 3));
    let resumed = allow(3, &bench.recorded);
    let evidence = bench.executor.execute("eu", &call("hi"), &resumed).await.unwrap();
    assert_eq!((failure(&evidence).as_str(), evidence.attempts.len()), ("budget", 0));
    assert_eq!(bench.sim.calls(), 3);
}

#[tokio::test]
async fn nothing_is_sent_before_it_is_recorded() {
    let bench = bench(|_| {}).await;
    let refused = CallBudget::new(9, 0, Box::new(|_| Box::pin(async { Err("disk full".to_owned()) })));
    let allowance = Allowance { budget: Arc::new(refused), deadline: None, cancel: CancellationToken::new() };
    let error = bench.executor.execute("eu", &call("hi"), &allowance).await.unwrap_err().to_string();
    assert!(error.contains("disk full"), "{error}");
    assert_eq!(bench.sim.calls(), 0);
}

#[tokio::test]
async fn many_calls_at_once_stay_within_the_budget() {
    let bench = Arc::new(bench(|config| config.concurrency_max = 8).await);
    let allowance = allow(5, &bench.recorded);
    let calls: Vec<_> = (0..12)
        .map(|_| {
            let (bench, allowance) = (bench.clone(), allowance.clone());
            tokio::spawn(async move { bench.executor.execute("eu", &call("hi"), &allowance).await.unwrap() })
        })
        .collect();
    let mut answered = 0;
    for call in calls {
        answered += usize::from(call.await.unwrap().failure.is_none());
    }
    assert_eq!((answered, bench.sim.calls()), (5, 5));
}

fn assert_no_key(evidence: &Evidence) {
    let shown = format!(
        "{evidence:?} {} {} {}",
        String::from_utf8_lossy(&evidence.response),
        evidence.text.as_deref().unwrap_or_default(),
        failure(evidence)
    );
    // Nor half of it: vendors quote a refused key with its ends in clear.
    for part in [SIM_KEY, &SIM_KEY[..16], &SIM_KEY[SIM_KEY.len() - 16..]] {
        assert!(!shown.to_lowercase().contains(&part.to_lowercase()), "{shown}");
    }
}

#[tokio::test]
async fn an_echoed_key_is_redacted_wherever_it_comes_back() {
    for place in [EchoPlace::Text, EchoPlace::EscapedText, EchoPlace::Header, EchoPlace::ErrorMessage] {
        let bench = bench(|_| {}).await;
        let evidence = bench.ask_with(Fault::EchoAuthorization(place), 1).await;
        assert_eq!(failure(&evidence), "secret_in_response", "{place:?}");
        assert_no_key(&evidence);
        let kept = format!("{:?} {}", evidence.headers, String::from_utf8_lossy(&evidence.response));
        assert!(kept.contains("[redacted:key]"), "{place:?}: {kept}");
        assert_eq!(evidence.attempts.len(), 1);
    }
}

#[tokio::test]
async fn a_wrong_key_is_refused_and_not_even_its_ends_are_kept() {
    let wrong = "sk-wrong-0123456789abcdefghijklmnop";
    let key_dir = tempfile::tempdir().unwrap();
    let path = support::key_file(&key_dir, wrong);
    let bench = bench(|config| config.key = vantage_exec::KeySource::File(path)).await;
    let evidence = bench.ask().await;
    assert_eq!(failure(&evidence), "refused_by_api(invalid_key)");
    let kept = String::from_utf8(evidence.response).unwrap();
    assert!(kept.contains("[redacted:key]") && !kept.contains("sk-wr") && !kept.contains("mnop"), "{kept}");
    let shown = format!("{:?} {:?}", bench.executor, bench.executor.vendor());
    assert!(!shown.contains(wrong) && shown.contains("***"), "{shown}");
}

async fn ask_at(address: String) -> Evidence {
    let mut config = config_for(&[("eu", address)]);
    config.target = "compatible".to_owned();
    config.attempts_max = 2;
    config.allow_plain_http = true;
    let executor = OpenAi::with_roll(config.check(false).unwrap(), Box::new(|| 0)).unwrap();
    executor.execute("eu", &call("hi"), &allow(10, &Arc::default())).await.unwrap()
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
async fn what_is_not_http_is_a_broken_connection() {
    let header = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(1 << 20)).into_bytes();
    for bytes in [b"SSH-2.0-OpenSSH_9\r\n".to_vec(), vec![], header] {
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
    child.args(["--exact", "a_proxy_in_the_environment_is_not_used"]).env("VANTAGE_TEST_PROXIED", "1");
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        child.env(name, &address);
    }
    child.env_remove("NO_PROXY").env_remove("no_proxy");
    let output = child.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(!used.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_recorded_count_is_never_below_the_calls_sent() {
    let bench = bench(|_| {}).await;
    let recorded = Arc::new(AtomicU32::new(0));
    let budget = Arc::new(CallBudget::new(100, 0, record_in(&recorded)));
    bench.sim.inject(Fault::SlowBody { pause_ms: 3_600_000 }, 100);
    for sent in 1..=5 {
        let allowance =
            Allowance { budget: budget.clone(), deadline: None, cancel: CancellationToken::new() };
        let hi = call("hi");
        let asked = async {
            while bench.sim.calls() < sent {
                tokio::task::yield_now().await;
            }
        };
        // The call's future is dropped amid the request, as when the process is killed.
        tokio::select! {
            _ = bench.executor.execute("eu", &hi, &allowance) => panic!("the answer is an hour away"),
            () = asked => {}
        }
        assert!(u64::from(recorded.load(Ordering::SeqCst)) >= bench.sim.calls());
    }
}
