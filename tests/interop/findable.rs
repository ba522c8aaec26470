//! What a job's members provide is found by a stranger's Helia that knows the entry point alone, and what it exports is
//! proof.

use crate::environment::helia;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use vantage_protocol::attester::JobView;
use vantage_testnet::cluster::{Binaries, Cluster, NodePlan, Plan, build};
use vantage_testnet::vendors::SimConfig;

const SUITE: &str = r#"
v = 1
name = "findable"
label = "for tests only"
tokens_max = 64
temperature_milli = 0
prompts = [
    { id = "capital", topic = "geography", kind = "fact", text = "What is the capital of Australia?" },
    { id = "primes", topic = "arithmetic", kind = "control", text = "List the first five prime numbers, separated by commas." },
]
"#;

async fn network(dir: &Path) -> Cluster {
    let member = |(operator, region): (&str, &str)| NodePlan {
        name: format!("{operator}-{region}"),
        operator: Some(operator.to_owned()),
        region: region.to_owned(),
    };
    let plan = Plan {
        name: "findable".to_owned(),
        nodes: [("alder", "eu"), ("birch", "eu"), ("cedar", "us"), ("dogwood", "us")].map(member).into(),
        offers: vec!["sim:openai".to_owned()],
        cell_gap_ms: 0,
        golem: None,
    };
    let sim =
        SimConfig { regions: vec!["eu".into(), "us".into()], plants: Vec::new(), ..SimConfig::default() };
    let binaries = tokio::task::spawn_blocking(build).await.unwrap().unwrap();
    let cluster = Cluster::start(dir, &plan, vec![sim], binaries).await.unwrap();
    cluster.gathered().await.unwrap();
    std::fs::write(dir.join("suite.toml"), SUITE).unwrap();
    cluster
}

/// Standard output of a command that must succeed.
fn vantage(binaries: &Binaries, arguments: &[&str]) -> String {
    let output = Command::new(&binaries.node).args(arguments).env("NO_COLOR", "1").output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// The job as a member sees it, once it provides a bundle of it.
async fn provided(cluster: &Cluster, member: usize, id: &str) -> JobView {
    let node = &cluster.nodes[member];
    let what = format!("{} provides a bundle of job {id}", node.plan.name);
    let look = || async {
        let view = cluster.job(node, id).await.ok()?;
        view.provided.is_some().then_some(view)
    };
    cluster.until(&what, 120, look).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_helia_finds_and_exports_a_sealed_job_with_the_entry_point_alone() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = network(dir.path()).await;
    let path = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    let data = |member: usize| cluster.nodes[member].data.to_string_lossy().into_owned();
    let order = ["job", "submit", &path("suite.toml"), "--data", &data(0), "--regions", "eu,us", "--json"];
    let rest = ["--commit", "60s", "--reveal", "30s", "--final", "30s", "--target", "sim:openai"];
    let answer: Value =
        serde_json::from_str(&vantage(&cluster.binaries, &[&order[..], &rest[..]].concat())).unwrap();
    let id = answer["id"].as_str().unwrap();
    let view = provided(&cluster, 1, id).await;
    let root = view.provided.unwrap().to_string();
    assert!(vantage(&cluster.binaries, &["job", "show", id, "--data", &data(1)]).contains(&root));

    let (car, ours) = (path("helia.car"), path("ours.car"));
    let given = json!({ "entry": cluster.entry, "cid": root, "out": car });
    let told = helia("export.mjs", &given.to_string()).await;
    let holder = cluster.nodes[1].listen[0].rsplit('/').next().unwrap();
    assert!(told["providers"].as_array().unwrap().contains(&json!(holder)), "{told}");

    let verdict = vantage(&cluster.binaries, &["verify", &car, "--genesis", &cluster.net]);
    assert!(verdict.contains("SEALED"), "{verdict}");
    vantage(&cluster.binaries, &["bundle", "export", &root, "--data", &data(1), "--out", &ours]);
    let (helias, ours) = (std::fs::read(&car).unwrap(), std::fs::read(&ours).unwrap());
    assert_eq!((helias.len(), helias == ours), (ours.len(), true), "one order, the same bytes");
    cluster.shutdown().await;
}
