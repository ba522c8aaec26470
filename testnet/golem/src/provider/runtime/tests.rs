use super::*;
use crate::image::{ImageServer, pack};
use crate::provider::script::Capture;
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::time::Instant;

/// Longest time for something to come true.
const LIMIT: Duration = Duration::from_secs(20);

/// A runtime with an image of one shell, and what is below it.
struct Bench {
    dir: tempfile::TempDir,
    server: ImageServer,
}

impl Bench {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("tree");
        std::fs::create_dir(&tree).unwrap();
        std::fs::write(tree.join("sh"), "#!/bin/sh\neval \"$1\"\n").unwrap();
        std::fs::set_permissions(tree.join("sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
        let server = ImageServer::start(&pack(&tree, &dir.path().join("x.gvmi")).unwrap()).await.unwrap();
        Self { dir, server }
    }

    fn runtime(&self, package: &str, network: Network, faults: Faults) -> Runtime {
        let images = Images::new(self.dir.path().to_owned());
        Runtime::new(Arc::new(images), "a", package.to_owned(), network, faults)
    }

    async fn deployed(&self, faults: Faults) -> Runtime {
        self.deployed_with(Network::Open, faults).await
    }

    async fn deployed_with(&self, network: Network, faults: Faults) -> Runtime {
        let runtime = self.runtime(&self.server.task_package, network, faults);
        let deployed = runtime.deploy().await;
        assert!(!deployed.failed, "{deployed:?}");
        runtime
    }
}

fn script(line: &str) -> Run {
    let mode = Some(json!({"atEnd": {"format": "str"}}));
    let capture = Capture { stdout: mode.clone(), stderr: mode };
    Run { entry_point: "/sh".to_owned(), args: vec![line.to_owned()], capture }
}

#[test]
fn a_task_package_names_hash_and_address() {
    let hash = "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7";
    let (found, url) = parse(&format!("hash:sha3:{hash}:http://127.0.0.1:80/x.gvmi")).unwrap();
    assert_eq!((found.as_str(), url.as_str()), (hash, "http://127.0.0.1:80/x.gvmi"));
    for wrong in ["hash:sha3:ab:http://127.0.0.1/x", "http://127.0.0.1/x", "hash:sha3:../../x:y"] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn an_image_of_another_hash_or_another_machine_is_refused() {
    let bench = Bench::new().await;
    let url = &bench.server.url;
    let zeros = "0".repeat(56);
    for (package, why) in [
        (format!("hash:sha3:{zeros}:{url}"), "its sha3-224 is"),
        (format!("hash:sha3:{zeros}:{url}x"), "404"),
        (format!("hash:sha3:{zeros}:http://192.0.2.1/x"), "it is not on loopback"),
    ] {
        let runtime = bench.runtime(&package, Network::Open, Faults::default());
        let message = runtime.deploy().await.message.unwrap();
        assert!(message.contains(why), "{message}");
        let run = runtime.run(&script("true"), &Meter::start()).await;
        assert_eq!(run.message.as_deref(), Some("image: nothing is deployed"));
    }
}

#[tokio::test]
async fn output_and_exit_code_are_those_of_the_program_unless_told_otherwise() {
    let bench = Bench::new().await;
    let runtime = bench.deployed(Faults::default()).await;
    let ran = runtime.run(&script("echo a; echo b >&2; exit 4"), &Meter::start()).await;
    assert_eq!((ran.stdout, ran.stderr), (Some(json!("a\n")), Some(json!("b\n"))));
    assert_eq!(ran.message.as_deref(), Some("ExeScript command exited with code 4"));

    let runtime = bench.deployed(Faults { wrong_output: true, ..Faults::default() }).await;
    let ran = runtime.run(&script("echo '{\"x\": 10}'"), &Meter::start()).await;
    assert_eq!((ran.failed, ran.stdout), (false, Some(json!("{\"x\": 11}\n"))));
    let runtime = bench.deployed(Faults { output_bytes: Some(3), ..Faults::default() }).await;
    let ran = runtime.run(&script("echo hello"), &Meter::start()).await;
    assert_eq!((ran.failed, ran.stdout), (false, Some(json!("xxx"))));
}

#[tokio::test]
async fn without_a_manifest_nothing_is_reached() {
    let bench = Bench::new().await;
    // which network a program is in
    let (here, line) =
        (std::fs::read_link("/proc/self/ns/net").unwrap(), script("readlink /proc/self/ns/net"));
    let runtime = bench.deployed(Faults::default()).await;
    let here = format!("{}\n", here.display());
    assert_eq!(runtime.run(&line, &Meter::start()).await.stdout, Some(json!(here)));
    let runtime = bench.deployed_with(Network::Closed, Faults::default()).await;
    let ran = runtime.run(&line, &Meter::start()).await;
    if network::can_be_closed().await {
        assert!(!ran.failed && ran.stdout != Some(json!(here)), "{ran:?}");
    } else {
        let refused = runtime.run(&script("probe"), &Meter::start()).await;
        assert!(refused.failed, "{refused:?}");
    }
}

#[tokio::test]
async fn what_an_activity_brings_in_lies_over_the_image() {
    let bench = Bench::new().await;
    let runtime = bench.deployed(Faults::default()).await;
    assert!(!runtime.transfer(&bench.server.url, "container:/in/x").await.failed);
    let length = std::fs::metadata(bench.dir.path().join("x.gvmi")).unwrap().len();
    let ran = runtime.run(&script("wc -c < in/x"), &Meter::start()).await;
    assert_eq!(ran.stdout, Some(json!(format!("{length}\n"))));
    assert!(runtime.transfer(&bench.server.url, "container:/../x").await.failed);
    assert!(runtime.transfer("container:/none", "http://127.0.0.1:1/x").await.failed);
}

#[tokio::test]
async fn a_program_nobody_waits_for_goes_with_its_children() {
    let bench = Bench::new().await;
    let runtime = bench.deployed(Faults::default()).await;
    let pid = bench.dir.path().join("activity-a/pid");
    let (program, meter) = (script("sleep 600 & echo $! > pid; wait"), Meter::start());
    let written = async {
        loop {
            match std::fs::read_to_string(&pid) {
                Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    };
    let child = tokio::select! {
        ran = runtime.run(&program, &meter) => panic!("{ran:?}"),
        child = written => child,
    };
    let started = Instant::now();
    // one that is dead and not yet waited for has no memory any more
    while std::fs::read_to_string(format!("/proc/{child}/statm"))
        .is_ok_and(|memory| !memory.starts_with("0 "))
    {
        assert!(started.elapsed() < LIMIT, "the child is gone");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
