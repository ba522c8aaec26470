//! Against the real daemons.

use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use vantage_golem_bed::{PairOptions, Yagna, YagnaPair};

#[tokio::test]
async fn two_daemons_start_and_leave_nothing_behind() {
    let yagna = Yagna::install().unwrap();
    let started = Instant::now();
    let mut pair = YagnaPair::start(&yagna, &PairOptions::default()).await.unwrap();
    eprintln!("both daemons up in {:?}", started.elapsed());
    for daemon in [&pair.requestor, &pair.provider] {
        assert!(daemon.node_id().starts_with("0x"), "{}", daemon.node_id());
        for path in ["/version/get", "/market-api/v1/demands", "/payment-api/v1/allocations"] {
            assert!(daemon.get(path).await.is_some(), "{path}");
        }
    }
    assert_ne!(pair.requestor.node_id(), pair.provider.node_id());

    let (id, pid) = (pair.requestor.node_id().to_owned(), pair.requestor.pid());
    pair.requestor.stop();
    assert!(pair.requestor.get("/me").await.is_none());
    pair.requestor.start().await.unwrap();
    assert_eq!(pair.requestor.node_id(), id, "the same daemon again");
    assert_ne!(pair.requestor.pid(), pid);

    let (pids, dir) = ([pair.requestor.pid(), pair.provider.pid()], pair.dir().to_owned());
    drop(pair);
    assert!(!dir.exists());
    for pid in pids.into_iter().flatten() {
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    }
    assert!(started.elapsed() < Duration::from_secs(120));
}

/// The child of the test below: it starts a pair, says so, and waits to be killed.
const KILLED: &str = "VANTAGE_BED_TO_BE_KILLED";

#[tokio::test]
async fn a_killed_test_leaves_no_daemon() {
    if std::env::var_os(KILLED).is_some() {
        let pair = YagnaPair::start(&Yagna::install().unwrap(), &PairOptions::default()).await.unwrap();
        println!("pids {:?} {:?}", pair.requestor.pid(), pair.provider.pid());
        println!("dir {}", pair.dir().display());
        return std::future::pending().await;
    }
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_killed_test_leaves_no_daemon", "--nocapture"])
        .env(KILLED, "1")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut pids, mut dir) = (Vec::new(), String::new());
    while dir.is_empty() {
        let line = lines.next_line().await.unwrap().expect("it says what it started");
        let numbers = line.strip_prefix("pids ").map(|l| l.replace(|c: char| !c.is_ascii_digit(), " "));
        pids.extend(numbers.iter().flat_map(|n| n.split_whitespace().map(str::to_owned)));
        dir = line.strip_prefix("dir ").unwrap_or_default().to_owned();
    }
    assert_eq!(pids.len(), 2);
    let runs = |pid: &String| std::path::Path::new(&format!("/proc/{pid}/cwd")).exists();
    assert!(pids.iter().all(runs));
    child.kill().await.unwrap();
    let started = Instant::now();
    while pids.iter().any(runs) {
        assert!(started.elapsed() < Duration::from_secs(10), "daemons go with the test that started them");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    std::fs::remove_dir_all(dir).unwrap();
}
