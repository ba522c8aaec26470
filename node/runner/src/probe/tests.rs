use super::*;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Longest try in these tests: short, so that those who never answer take little time.
const SHORT: Duration = Duration::from_millis(200);

/// A server on loopback that does something with each guest; its address.
fn server(serve: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || listener.incoming().flatten().for_each(serve));
    address
}

/// Reads a request, then writes an answer after a while.
fn answers(after: Duration, answer: &'static [u8]) -> String {
    server(move |mut stream| {
        let _ = stream.read(&mut [0; 1024]);
        thread::sleep(after);
        let _ = stream.write_all(answer);
    })
}

fn outcomes(urls: &[&str]) -> Vec<TripOutcome> {
    let landmarks: Vec<_> =
        urls.iter().map(|url| ("x".to_owned(), Address::parse(url).expect("an address"))).collect();
    let probed = measure(&landmarks, Instant::now() + 10 * SHORT, SHORT);
    probed.trips.into_iter().map(|trip| trip.outcome).collect()
}

#[test]
fn the_time_until_the_first_byte_is_measured_whatever_the_status() {
    const WAIT: Duration = Duration::from_millis(20);
    for answer in [&b"HTTP/1.1 204 No Content\r\n\r\n"[..], b"HTTP/1.0 404 x\r\n"] {
        let [TripOutcome::RoundTripUs(us)] = outcomes(&[&answers(WAIT, answer)])[..] else { panic!() };
        assert!((20_000..200_000).contains(&us), "{us}");
    }
}

#[test]
fn whoever_cannot_be_measured_has_a_reason_and_holds_nobody_up() {
    let good = answers(Duration::ZERO, b"HTTP/1.1 200 OK\r\n\r\n");
    let refuses = {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    let silent = answers(Duration::from_secs(60), b"");
    let garbage = answers(Duration::ZERO, b"\xff\x00garbage without end");
    let short = answers(Duration::ZERO, b"HT");
    let began = Instant::now();
    let found = outcomes(&[&refuses, &silent, &garbage, &short, &good, "http://no-such-name.invalid/"]);
    assert!(began.elapsed() < 12 * SHORT, "{:?}", began.elapsed());
    let failed = TripOutcome::Failed;
    assert_eq!(found[0], failed(TripFailure::Unreachable));
    assert_eq!(found[1], failed(TripFailure::Timeout));
    assert_eq!(found[2], failed(TripFailure::NoHttp));
    assert!(matches!(found[3], TripOutcome::Failed(TripFailure::Closed)), "{:?}", found[3]);
    assert!(matches!(found[4], TripOutcome::RoundTripUs(_)), "{:?}", found[4]);
    assert!(
        matches!(found[5], TripOutcome::Failed(TripFailure::Unresolved | TripFailure::Timeout)),
        "{:?}",
        found[5]
    );
}

/// What it measured would be the time to look, and not the way.
#[test]
fn a_server_that_speaks_before_it_is_asked_is_not_measured() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut guest, _) = listener.accept().unwrap();
    guest.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    // it is there once this returns
    assert_eq!(stream.peek(&mut [0]).unwrap(), 1);
    let limit = Instant::now() + Duration::from_secs(10);
    assert_eq!(trip::over(stream, "GET / HTTP/1.1\r\n\r\n", limit), Err(TripFailure::NoHttp));
}

#[test]
fn the_shortest_try_counts_and_a_failure_takes_nothing_back() {
    let ms = Duration::from_millis;
    let mut best = TripOutcome::Failed(TripFailure::Timeout);
    for (tried, expected) in [
        (Err(TripFailure::Closed), TripOutcome::Failed(TripFailure::Closed)),
        (Ok(ms(3)), TripOutcome::RoundTripUs(3000)),
        (Ok(ms(2)), TripOutcome::RoundTripUs(2000)),
        (Ok(ms(4)), TripOutcome::RoundTripUs(2000)),
        (Err(TripFailure::Closed), TripOutcome::RoundTripUs(2000)),
    ] {
        best = better(best, tried);
        assert_eq!(best, expected);
    }
}

#[test]
fn one_line_comes_out_and_only_that_is_read() {
    let url = answers(Duration::ZERO, b"HTTP/1.1 200 OK\r\n\r\n");
    let order = vec![ProbeLandmark { name: "eu-1".to_owned(), url }];
    let mut output = Vec::new();
    probe(&serde_json::to_string(&order).unwrap(), &mut output).unwrap();
    assert_eq!(output.iter().filter(|byte| **byte == b'\n').count(), 1);
    let probed = Probed::read(&output).unwrap();
    assert_eq!(probed.trips.len(), 1);
    assert_eq!(probed.trips[0].landmark, "eu-1");
    for bad in [
        &b""[..],
        b"{}",
        br#"{"trips":[],"x":1}"#,
        br#"{"trips":[{"landmark":"a","outcome":{"round_trip_us":-1}}]}"#,
        br#"{"trips":[{"landmark":"a","outcome":{"failed":"other"}}]}"#,
        br#"{"trips":[]}{}"#,
    ] {
        assert!(Probed::read(bad).is_err(), "{}", String::from_utf8_lossy(bad));
    }
    let failed = Probed::read(br#"{"trips":[{"landmark":"a","outcome":{"failed":"no_http"}}]}"#).unwrap();
    assert_eq!(failed.trips[0].outcome, TripOutcome::Failed(TripFailure::NoHttp));
}

#[test]
fn the_longest_result_fits() {
    let trip = |outcome| Trip { landmark: "\u{1}".repeat(NAME_BYTES_MAX), outcome };
    for outcome in [TripOutcome::RoundTripUs(u64::MAX), TripOutcome::Failed(TripFailure::Unreachable)] {
        let probed = Probed { trips: vec![trip(outcome); LANDMARKS_MAX] };
        assert!(serde_json::to_vec(&probed).unwrap().len() < PROBE_BYTES_MAX);
    }
}

#[test]
fn what_is_no_order_is_refused() {
    let many = vec![ProbeLandmark { name: "a".into(), url: "http://a/".into() }; LANDMARKS_MAX + 1];
    let many = serde_json::to_string(&many).unwrap();
    let long = " ".repeat(ORDER_BYTES_MAX + 1);
    for bad in [
        "",
        "[]",
        r#"[{"name":"a"}]"#,
        r#"[{"name":"a","url":"http://a/","x":1}]"#,
        r#"[{"name":"a","url":"https://a/"}]"#,
        r#"[{"name":"","url":"http://a/"}]"#,
        many.as_str(),
        long.as_str(),
    ] {
        let mut output = Vec::new();
        assert!(matches!(probe(bad, &mut output), Err(ProbeError::Order(_))), "{bad}");
        assert!(output.is_empty());
    }
}
