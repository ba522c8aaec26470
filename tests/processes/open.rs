//! An open model draws its tokens from seeds that everybody knows: what it said is computed again from the bundle, byte by
//! byte. And no flipped bit of that bundle verifies as sealed.

use crate::turn;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};
use vantage_protocol::proof::{Car, Summary, Trust, open_cells, verify_car};
use vantage_testnet::cluster::{Cluster, NodePlan, Plan, build};

/// Flips tried: issue A asks for this many.
const FLIPS: u32 = 2_000;

const SUITE: &str = r#"
v = 1
name = "drawn"
label = "for tests only"
tokens_max = 12
temperature_milli = 900
prompts = [
    { id = "sea", topic = "poetry", kind = "open", text = "Write a line about the sea." },
    { id = "name", topic = "identity", kind = "identity", text = "Choose a name for a boat." },
]
"#;

fn plan() -> Plan {
    let member = |(operator, region): (&str, &str)| NodePlan {
        name: format!("{operator}-{region}"),
        operator: Some(operator.to_owned()),
        region: region.to_owned(),
    };
    Plan {
        name: "open".to_owned(),
        nodes: [("alder", "eu"), ("birch", "eu"), ("cedar", "us"), ("dogwood", "us")].map(member).to_vec(),
        offers: vec!["open:smollm2-135m".to_owned()],
        cell_gap_ms: 0,
        golem: None,
    }
}

fn vantage(program: &Path, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn drawn_answers_are_computed_again_and_no_flip_of_their_bundle_verifies() {
    let _turn = turn().await;
    let dir = tempfile::tempdir().unwrap();
    let binaries = tokio::task::spawn_blocking(build).await.unwrap().unwrap();
    let node = binaries.node.clone();
    let pulled = vantage(&node, &["model", "pull"]);
    assert!(pulled.status.success(), "{pulled:?}");
    let cluster = Cluster::start(dir.path(), &plan(), Vec::new(), binaries).await.unwrap();
    cluster.gathered().await.unwrap();

    let at = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    std::fs::write(at("suite.toml"), SUITE).unwrap();
    let data = |at: usize| cluster.nodes[at].data.to_string_lossy().into_owned();
    let (suite, author) = (at("suite.toml"), data(0));
    let order = ["job", "submit", &suite, "--data", &author, "--regions", "eu,us", "--json"];
    let terms =
        ["--target", "open:smollm2-135m=2", "--replicas", "2", "--commit", "600s", "--reveal", "120s"];
    let ordered = vantage(&node, &[&order[..], &terms, &["--final", "120s"]].concat());
    assert!(ordered.status.success(), "{ordered:?}");
    let id = serde_json::from_slice::<serde_json::Value>(&ordered.stdout).unwrap();
    let id = id["id"].as_str().unwrap();
    let sealed = cluster.until("the job is sealed", 840, || async {
        let view = cluster.job(&cluster.nodes[1], id).await.ok()?;
        (view.sealed().is_some() && view.content.is_some()).then_some(())
    });
    sealed.await.unwrap();
    let (car, holder) = (at("open.car"), data(3));
    let exported = vantage(&node, &["bundle", "export", id, "--data", &holder, "--out", &car]);
    assert!(exported.status.success(), "{exported:?}");
    let genesis = cluster.net.clone();
    cluster.shutdown().await;

    let bytes = std::fs::read(&car).unwrap();
    let cells = open_cells(&Car::parse(&bytes).unwrap()).unwrap();
    assert_eq!(cells.len(), 2 * 2 * 2 * 2);
    assert_eq!(cells.iter().map(|cell| cell.seed.unwrap().0).collect::<BTreeSet<_>>().len(), 16);
    let distinct = cells.iter().map(|cell| cell.output).collect::<BTreeSet<_>>().len();
    assert!(distinct > 8, "of 16 answers {distinct} differ");

    let recompute = ["model", "recompute", &car, "--genesis", &genesis, "--cells", "6"];
    let again = vantage(&node, &recompute);
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(again.status.success() && said.contains("6 of 6 have the same bytes"), "{again:?}");
    let json = vantage(&node, &[&recompute[..], &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(
        (json["answers"].as_u64(), json["cells"][0]["outcome"]["outcome"].as_str()),
        (Some(16), Some("same"))
    );
    flips(bytes, &Trust::Hash(genesis.parse().unwrap()));
}

fn flips(mut car: Vec<u8>, trust: &Trust) {
    assert_eq!(verify_car(&car, trust).summary, Summary::Sealed);
    let mut rng = ChaCha8Rng::seed_from_u64(2_000);
    for _ in 0..FLIPS {
        let at = (rng.next_u64() % car.len() as u64) as usize;
        let mask = 1 << (rng.next_u64() % 8);
        car[at] ^= mask;
        let verdict = verify_car(&car, trust);
        assert_ne!(verdict.summary, Summary::Sealed, "byte {at}, mask {mask:#04x}");
        car[at] ^= mask;
    }
}
