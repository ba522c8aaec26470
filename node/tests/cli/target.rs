//! `vantage target`: what is set up, and one call that is paid for.

use super::home::found;
use super::{text, vantage};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use vantage_protocol::target::Dialect;
use vantage_testnet::vendors::{Fault, SIM_KEY, SimConfig, SimVendor};

/// A node that was never started, with this vendor in its configuration and these lines in the vendor's table.
fn set_up(dir: &Path, vendor: &str, endpoint: &str, more: &str) -> PathBuf {
    set_up_for(dir, vendor, vendor, endpoint, more)
}

/// The same, where the target that is offered has another name than the vendor's table.
fn set_up_for(dir: &Path, target: &str, vendor: &str, endpoint: &str, more: &str) -> PathBuf {
    let (data, genesis) = (dir.join("node"), dir.join("genesis.toml"));
    if !genesis.exists() {
        found(&data, &genesis);
        fs::write(data.join("sim.key"), SIM_KEY).unwrap();
        fs::set_permissions(data.join("sim.key"), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let key = data.join("sim.key");
    let config = format!(
        "genesis = {genesis:?}\nregion = \"eu\"\nallow_sim = true\n[offers]\ntargets = [{{ target = {target:?} }}]\n\
         [[vendor]]\ntarget = {vendor:?}\nendpoints = {{ eu = {endpoint:?} }}\nkey = {{ file = {key:?} }}\n{more}\n"
    );
    fs::write(data.join("config.toml"), config).unwrap();
    data
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_shows_what_a_receipt_would_have_and_is_paid_from_the_ledger() {
    for (dialect, vendor) in [
        (Dialect::OpenAi, "sim:openai"),
        (Dialect::Anthropic, "sim:anthropic"),
        (Dialect::Gemini, "sim:gemini"),
    ] {
        let sim = SimVendor::start(SimConfig { dialect, ..SimConfig::default() }).await.unwrap();
        let endpoint = sim.endpoint("eu");
        tokio::task::spawn_blocking(move || {
            let dir = tempfile::tempdir().unwrap();
            let data = set_up(
                dir.path(),
                vendor,
                &endpoint,
                "calls_max_per_day = 3\nmicrousd_max_per_day = 100_000",
            );
            let probe = |more: &[&str]| {
                let base = ["target", "probe", vendor, "--data", text(&data), "--yes"];
                vantage(&[&base[..], more].concat())
            };
            let told = probe(&[]);
            assert_eq!(told.code, 0, "{}{}", told.out, told.err);
            for words in
                ["costs at most  $0.", "answered", "model id", "sim-", "headers that are kept", "server"]
            {
                assert!(told.out.contains(words), "{words} is missing in:\n{}", told.out);
            }
            let told = probe(&["--json"]).json();
            let receipt = &told["receipt"];
            let (most, cost) =
                (told["most_microusd"].as_u64().unwrap(), told["cost_microusd"].as_u64().unwrap());
            assert!(cost > 0 && cost <= most, "{cost} of {most}");
            assert_eq!(receipt["cost_microusd"].as_u64(), Some(cost));
            assert_eq!(
                (&receipt["sim"], &receipt["attempts"], &receipt["failure"]),
                (&Value::Bool(true), &1.into(), &Value::Null)
            );
            assert!(receipt["headers"]["server"].as_str().unwrap().starts_with("sim-"), "{receipt}");
            assert!(!told.to_string().contains(SIM_KEY));
            assert_eq!(probe(&["--json"]).json()["receipt"]["failure"], Value::Null);
            // three calls a day, over all processes
            let used_up = probe(&["--json"]);
            assert_eq!((used_up.code, used_up.json()["receipt"]["failure"].clone()), (1, "budget".into()));
        })
        .await
        .unwrap();
        assert_eq!(sim.calls(), 3, "what a budget refuses is not sent");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_that_fails_says_why_and_nothing_of_the_vendors_words() {
    let sim = SimVendor::start(SimConfig::default()).await.unwrap();
    sim.inject(Fault::ModelRetired, 1);
    let endpoint = sim.endpoint("eu");
    tokio::task::spawn_blocking(move || {
        let dir = tempfile::tempdir().unwrap();
        let data = set_up(dir.path(), "sim:openai", &endpoint, "");
        let failed = vantage(&["target", "probe", "sim:openai", "--data", text(&data), "--yes"]);
        assert_eq!(failed.code, 1);
        for words in ["refused_by_api(model_not_found)", "404"] {
            assert!(failed.out.contains(words), "{words} is missing in:\n{}", failed.out);
        }
        assert!(!failed.out.contains("does not exist"), "a vendor's words about a caller are not kept");
    })
    .await
    .unwrap();
}

const QWEN: &str = "compat:lab/Qwen/Qwen2.5-7B-Instruct";
const QWEN_LIMITS: &str = "microusd_max_per_day = 100_000\nprices = { \"Qwen/Qwen2.5-7B-Instruct\" = { input = 1000, output = 1000 } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_compatible_endpoint_is_probed_under_the_names_that_it_has() {
    let sim = SimVendor::start(SimConfig::default()).await.unwrap();
    let base = sim.endpoint("eu");
    let suite = "v = 1\nname = \"s\"\nlabel = \"l\"\ntokens_max = 77\ntemperature_milli = 1000\nseed = 5\n\
        [[prompts]]\nid = \"a\"\ntopic = \"t\"\nkind = \"control\"\ntext = \"What is the capital of Australia?\"\n";
    let asked = tokio::task::spawn_blocking(move || {
        let dir = tempfile::tempdir().unwrap();
        let suite_file = dir.path().join("suite.toml");
        fs::write(&suite_file, suite).unwrap();
        let data = set_up_for(dir.path(), QWEN, "lab", &format!("{base}/v1"), QWEN_LIMITS);
        let probe = |more: &[&str]| {
            vantage(&[&["target", "probe", QWEN, "--data", text(&data), "--yes", "--json"], more].concat())
        };
        let plain = probe(&[]).json();
        assert_eq!((&plain["receipt"]["failure"], &plain["advice"]), (&Value::Null, &Value::Null), "{plain}");
        assert_eq!(plain["receipt"]["model"], "Qwen/Qwen2.5-7B-Instruct");
        assert!(plain["cost_microusd"].as_u64() > Some(0), "the price is that of the name as it is spelled");
        assert_eq!(plain["sampling"]["temperature_milli"], Value::Null);
        let by_suite = probe(&["--suite", text(&suite_file)]).json();
        assert_eq!(by_suite["sampling"]["temperature_milli"], 1000);
        probe(&["--suite", text(&data.join("none.toml"))]).refused(1, &["none.toml", "check the path"]);
        // the same endpoint without the version of its API
        set_up_for(dir.path(), QWEN, "lab", &base, QWEN_LIMITS);
        let lost = probe(&[]);
        assert_eq!((lost.code, lost.json()["receipt"]["status"].as_u64()), (1, Some(404)));
        let told = vantage(&["target", "probe", QWEN, "--data", text(&data), "--yes"]).out;
        for words in ["carries its version", "https://api.example/v1", &format!("{base}/chat/completions")] {
            assert!(told.contains(words), "{words} is missing in:\n{told}");
        }
        let report = vantage(&["doctor", "--data", text(&data), "--quick"]).out;
        assert!(
            report.contains("WARN API address: lab: ") && report.contains("carries no version"),
            "{report}"
        );
    });
    asked.await.unwrap();
    let requests = sim.requests();
    let [plain, by_suite] = &requests[..] else { panic!("{requests:?}") };
    let suite = vantage_protocol::suite::Suite::from_toml(suite).unwrap();
    let request = vantage_protocol::request::Request::of(&QWEN.parse().unwrap(), &suite, &suite.prompts[0]);
    assert_eq!(by_suite.body, request.body, "what a job over the suite sends");
    assert_eq!(by_suite.path, "/v1/chat/completions");
    let plain: Value = serde_json::from_slice(&plain.body).unwrap();
    assert_eq!((plain.get("temperature"), plain.get("seed"), &plain["stream"]), (None, None, &false.into()));
}

#[test]
fn a_probe_that_cannot_be_made_is_refused_before_anything_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    // Nobody listens there: whatever is refused never got that far.
    let data = set_up(dir.path(), "sim:openai", "http://127.0.0.1:9/eu", "");
    let probe = |target: &str, more: &[&str]| {
        let base = ["target", "probe", target, "--data", text(&data)];
        vantage(&[&base[..], more].concat())
    };
    probe("sim:openai", &[]).refused(2, &["nobody is there to agree", "--yes"]);
    probe("sim:openai", &["--region", "us", "--yes"]).refused(2, &["no endpoint for region us"]);
    probe("openai/gpt-4.1-mini", &["--yes"]).refused(2, &["no [[vendor]]", "openai"]);
    probe("open:smollm2-135m", &["--yes"]).refused(2, &["run on this machine"]);
    assert_eq!(probe("sim:openai", &["--json"]).code, 2, "--json needs --yes");
    let held = fs::File::create(data.join("lock")).unwrap();
    held.lock().unwrap();
    probe("sim:openai", &["--yes"]).refused(1, &["in use", "stop the node first"]);
}

#[test]
fn what_is_set_up_is_listed_with_its_prices_and_limits() {
    let dir = tempfile::tempdir().unwrap();
    let data = set_up(dir.path(), "sim:gemini", "http://127.0.0.1:9/eu", "microusd_max_per_day = 2_000_000");
    let listed = vantage(&["target", "list", "--data", text(&data)]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    for words in
        ["sim:gemini", "generateContent", "http://127.0.0.1:9/eu", "$2.00", "1000 calls", "$0.30", "built in"]
    {
        assert!(listed.out.contains(words), "{words} is missing in:\n{}", listed.out);
    }
    let listed = vantage(&["target", "list", "--data", text(&data), "--json"]).json();
    assert_eq!(listed["vendors"][0]["endpoints"]["eu"], "http://127.0.0.1:9/eu");
    assert_eq!(listed["vendors"][0]["day"]["microusd_max"], 2_000_000);
    assert_eq!(listed["targets"][0]["price"]["input"], 300_000);
}
