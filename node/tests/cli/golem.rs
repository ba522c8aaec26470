//! What an operator sees of Golem: `vantage golem offers` and `vantage doctor` against the real daemon.

use super::home::found;
use super::{text, vantage};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use vantage_golem_bed::{PairOptions, ProviderOptions, SimProvider, Yagna, YagnaPair};

/// A node that was never started, with this daemon, app-key and cap in its configuration.
fn set_up(dir: &Path, pair: &YagnaPair, key: &str, hour: &str) -> PathBuf {
    let (data, genesis) = (dir.join("node"), dir.join("genesis.toml"));
    if !genesis.exists() {
        found(&data, &genesis);
    }
    let file = data.join("yagna.key");
    fs::write(&file, key).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let (daemon, subnet, hash) = (pair.requestor.api_url(), &pair.subnet, "9a".repeat(28));
    let config = format!(
        "genesis = {genesis:?}\nallow_sim = true\n[offers]\ntargets = [{{ target = \"golem:smollm2-135m\" }}]\n\
         [golem]\ndaemon = {daemon:?}\napp_key = {{ file = {file:?} }}\nplatform = \"erc20-holesky-tglm\"\n\
         subnet = {subnet:?}\nruntime = \"sim-exeunit\"\nimage_url = \"http://127.0.0.1:1/task.gvmi\"\n\
         image_sha3_224 = {hash:?}\nmodels = [\"smollm2-135m\"]\nglm_max_per_job = \"1\"\nglm_max_per_day = \"2\"\n\
         hour_glm_max = {hour:?}\nstart_glm_max = \"0.001\"\n"
    );
    fs::write(data.join("config.toml"), config).unwrap();
    data
}

/// Level and words of each finding about Golem.
fn findings(data: &Path) -> Vec<(String, String, String)> {
    let told = vantage(&["doctor", "--data", text(data), "--quick", "--json"]).json();
    let checks = told["checks"].as_array().unwrap().iter();
    let word = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    checks
        .filter(|check| check["check"].as_str().unwrap().starts_with("golem"))
        .map(|check| {
            (word(check, "check"), word(check, "level"), word(check, "found") + &word(check, "mend"))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_offers_and_what_keeps_the_node_from_hiring() {
    let mut pair = YagnaPair::start(&Yagna::install().unwrap(), &PairOptions::default()).await.unwrap();
    let provider =
        SimProvider::start(&pair.provider, &pair.subnet, ProviderOptions::default()).await.unwrap();
    tokio::task::spawn_blocking(move || {
        let dir = tempfile::tempdir().unwrap();
        let key = pair.requestor.app_key().to_owned();
        let data = set_up(dir.path(), &pair, &key, "0.5");
        let found = findings(&data);
        // without a chain no account is set up, and money can be set aside all the same
        for (check, level, words) in [
            ("golem daemon", "OK", "answers"),
            ("golem app-key", "OK", "this is 0x"),
            ("golem platform", "WARN", "`yagna payment init --sender --network holesky`"),
            ("golem funds", "OK", "can be set aside"),
            ("golem network", "SKIP", "`yagna net status`"),
            ("golem terms", "SKIP", "not checkable"),
        ] {
            let is_it = |(name, how, said): &(String, String, String)| {
                name == check && how == level && said.contains(words)
            };
            assert!(found.iter().any(is_it), "{check}: {found:?}");
        }
        assert_eq!(found.len(), 6, "{found:?}");

        let offers = |more: &[&str]| {
            vantage(&[&["golem", "offers", "--data", text(&data), "--wait", "10s"], more].concat())
        };
        let told = offers(&["--json"]);
        assert_eq!(told.code, 0, "{}{}", told.out, told.err);
        let told = told.json();
        let seen = told["offers"].as_array().unwrap();
        assert_eq!((seen.len(), &seen[0]["refused"], &told["test_money"]), (1, &Value::Null, &true.into()));
        assert_eq!(seen[0]["provider"], pair.provider.node_id());
        let told = offers(&[]);
        for words in ["sim-exeunit", "would be hired", "test money", "1 good enough"] {
            assert!(told.out.contains(words), "{words} is missing in:\n{}", told.out);
        }

        let _ = set_up(dir.path(), &pair, &key, "0.001");
        let told = offers(&[]);
        assert_eq!(told.code, 1, "{}{}", told.out, told.err);
        assert!(told.out.contains("above the cap") && told.out.contains("0 good enough"), "{}", told.out);

        let _ = set_up(dir.path(), &pair, "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "0.5");
        let failed = |check: &str, words: &str| {
            let found = findings(&data);
            let is_it = |(name, level, said): &(String, String, String)| {
                name == check && level == "FAIL" && said.contains(words)
            };
            assert!(found.iter().any(is_it), "{check} {words}: {found:?}");
        };
        failed("golem app-key", "does not know it");
        offers(&[]).refused(1, &["refuses the app-key", "yagna app-key list"]);
        fs::remove_file(data.join("yagna.key")).unwrap();
        failed("golem", "yagna.key");
        let _ = set_up(dir.path(), &pair, &key, "0.5");
        pair.requestor.stop();
        failed("golem daemon", "yagna service run");
        offers(&[]).refused(1, &["cannot be reached", "vantage doctor"]);
        drop(provider);
    })
    .await
    .unwrap();
}
