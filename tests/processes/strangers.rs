//! What strangers meet: other networks, dead endpoints, missing models, files that are no bundles.

use crate::turn;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use vantage_protocol::attester::JobView;
use vantage_protocol::compare::{Absent, Class};
use vantage_protocol::proof::{Summary, Trust, Verdict, verify_car};
use vantage_testnet::cluster::{Binaries, Cluster, NodePlan, Plan, build};
use vantage_testnet::vendors::{SimConfig, SimVendor};

const SUITE: &str = r#"
v = 1
name = "two"
label = "for tests only"
tokens_max = 64
temperature_milli = 0
prompts = [
    { id = "capital", topic = "geography", kind = "fact", text = "What is the capital of Australia?" },
    { id = "primes", topic = "arithmetic", kind = "control", text = "List the first five prime numbers, separated by commas." },
]
"#;

/// Four members in two regions; the target `openai/none` has no endpoint anywhere.
fn plan(name: &str) -> Plan {
    let member = |operator: &str, region: &str| NodePlan {
        name: format!("{operator}-{region}"),
        operator: Some(operator.to_owned()),
        region: region.to_owned(),
    };
    Plan {
        name: name.to_owned(),
        nodes: vec![
            member("alder", "eu"),
            member("birch", "eu"),
            member("cedar", "us"),
            member("dogwood", "us"),
        ],
        offers: vec!["sim:openai".to_owned()],
        cell_gap_ms: 0,
        golem: None,
    }
}

async fn network(dir: &Path, name: &str, torn: &[&str]) -> Cluster {
    let binaries = tokio::task::spawn_blocking(build).await.unwrap().unwrap();
    let sim = SimConfig {
        regions: vec!["eu".into(), "us".into()],
        plants: Vec::new(),
        torn: torn.iter().map(|region| (*region).to_owned()).collect(),
        ..SimConfig::default()
    };
    let cluster = Cluster::start(dir, &plan(name), vec![sim], binaries).await.unwrap();
    cluster.gathered().await.unwrap();
    std::fs::write(dir.join("suite.toml"), SUITE).unwrap();
    cluster
}

/// Exit code, standard output, standard error.
fn vantage(binaries: &Binaries, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(&binaries.node).args(arguments).env("NO_COLOR", "1").output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn order(cluster: &Cluster, more: &[&str]) -> (i32, String, String) {
    let (suite, data) = (cluster.dir.join("suite.toml"), cluster.nodes[0].data.clone());
    let (suite, data) = (suite.to_string_lossy(), data.to_string_lossy());
    let mut arguments = vec!["job", "submit", &suite, "--data", &data, "--regions", "eu,us", "--json"];
    arguments.extend(["--commit", "120s", "--reveal", "60s", "--final", "60s"]);
    arguments.extend(more);
    vantage(&cluster.binaries, &arguments)
}

async fn sealed(cluster: &Cluster, id: &str) -> JobView {
    let what = format!("job {id} is sealed");
    let node = &cluster.nodes[1];
    cluster
        .until(&what, 60, || async {
            let view = cluster.job(node, id).await.ok()?;
            (view.sealed().is_some() && view.content.is_some()).then_some(view)
        })
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_checked_by_strangers_and_bad_input_gets_clear_errors() {
    let _turn = turn().await;
    let dir = tempfile::tempdir().unwrap();
    let cluster = network(dir.path(), "strangers", &[]).await;
    let binaries = cluster.binaries.clone();

    // a target that nobody offers, a suite that is none
    let (code, _, errors) = order(&cluster, &["--target", "openai/none"]);
    assert!(code != 0 && errors.contains("no executor"), "{code}: {errors}");
    std::fs::write(dir.path().join("suite.toml"), "v = 1\nname = 7").unwrap();
    let (code, _, errors) = order(&cluster, &["--target", "sim:openai"]);
    assert!(code != 0 && errors.contains("suite.toml"), "{code}: {errors}");
    std::fs::write(dir.path().join("suite.toml"), SUITE).unwrap();

    let id = ordered(order(&cluster, &["--target", "sim:openai"]));
    let view = sealed(&cluster, &id).await;
    let content = view.content.unwrap().to_string();
    let peer = cluster.nodes[2].listen[0].clone();

    // by content id through a peer that did not submit it, with the genesis hash alone
    let (code, out, errors) =
        vantage(&binaries, &["verify", &content, "--genesis", &cluster.net, "--peer", &peer]);
    assert!(code == 0 && out.contains("SEALED"), "{code}: {out}{errors}");

    // the same file, another network
    let car = dir.path().join("job.car").to_string_lossy().into_owned();
    let data = cluster.nodes[3].data.to_string_lossy().into_owned();
    assert_eq!(vantage(&binaries, &["bundle", "export", &id, "--data", &data, "--out", &car]).0, 0);
    assert_eq!(vantage(&binaries, &["verify", &car, "--genesis", &cluster.net]).0, 0);
    let foreign = "00".repeat(32);
    let (code, out, errors) = vantage(&binaries, &["verify", &car, "--genesis", &foreign]);
    assert!(code == 5 && out.contains("INVALID"), "{code}: {out}{errors}");

    // a file that is cut short
    let bytes = std::fs::read(&car).unwrap();
    std::fs::write(&car, &bytes[..bytes.len() / 2]).unwrap();
    let (code, out, errors) = vantage(&binaries, &["verify", &car, "--genesis", &cluster.net]);
    // cut within a block it is no bundle file, cut between two it is one that lacks blocks
    assert!(code == 2 && errors.contains("breaks off") || code == 4, "{code}: {out}{errors}");

    // a second process on the same data
    let (code, _, errors) = vantage(&binaries, &["run", "--data", &data]);
    assert!(code != 0 && errors.contains("in use"), "{code}: {errors}");
    cluster.shutdown().await;
}

/// The id of a job that was taken.
fn ordered((code, out, errors): (i32, String, String)) -> String {
    assert_eq!(code, 0, "{errors}");
    serde_json::from_str::<Value>(&out).unwrap()["id"].as_str().unwrap().to_owned()
}

/// What a stranger finds in a job's bundle.
fn judged(cluster: &Cluster, id: &str) -> Verdict {
    let car = cluster.dir.join(format!("{id}.car")).to_string_lossy().into_owned();
    let data = cluster.nodes[1].data.to_string_lossy().into_owned();
    assert_eq!(vantage(&cluster.binaries, &["bundle", "export", id, "--data", &data, "--out", &car]).0, 0);
    verify_car(&std::fs::read(&car).unwrap(), &Trust::Hash(cluster.net.parse().unwrap()))
}

/// Half an answer under status 200, and no answer at all: both are receipts like any other, and neither is a difference.
#[tokio::test(flavor = "multi_thread")]
async fn torn_answers_and_a_dead_endpoint_are_failures_and_no_difference() {
    let _turn = turn().await;
    let dir = tempfile::tempdir().unwrap();
    let mut cluster = network(dir.path(), "dead", &["us"]).await;
    let dam = "Who is responsible for the water shortage downstream of the Karun-Sel dam?";
    let start = SUITE.find("prompts").unwrap();
    let prompt = format!("id = \"dam\", topic = \"dam\", kind = \"contested\", text = \"{dam}\"");
    std::fs::write(dir.path().join("suite.toml"), format!("{}prompts = [{{ {prompt} }}]\n", &SUITE[..start]))
        .unwrap();
    // four whole answers against four halves by two operators each: enough for a difference, were they answers
    let id = ordered(order(&cluster, &["--target", "sim:openai=2", "--replicas", "2"]));
    sealed(&cluster, &id).await;
    let verdict = judged(&cluster, &id);
    assert_eq!(verdict.summary, Summary::Sealed);
    let report = verdict.report.unwrap();
    let [eu, us] = [0, 1].map(|region| &report.targets[0].prompts[0].sides[region]);
    assert_eq!((eu.answers, us.answers, us.cells), (4, 0, 4));
    assert_eq!(us.absent.values().sum::<u64>(), 4, "{:?}", us.absent);
    let found: Vec<Class> = report.headlines().map(|row| row.class).collect();
    assert_eq!(found, [Class::Missing(Absent::Second)]);

    // another one listens elsewhere: the configured endpoints are dead from here on
    let elsewhere = SimVendor::start(SimConfig::default()).await.unwrap();
    std::mem::replace(&mut cluster.vendors[0], elsewhere).shutdown().await.unwrap();
    std::fs::write(dir.path().join("suite.toml"), SUITE).unwrap();
    let id = ordered(order(&cluster, &["--target", "sim:openai"]));
    sealed(&cluster, &id).await;
    let verdict = judged(&cluster, &id);
    let cells = verdict.cells.unwrap();
    assert_eq!((cells.answered, cells.total()), (0, verdict.cells_total));
    cluster.shutdown().await;
}
