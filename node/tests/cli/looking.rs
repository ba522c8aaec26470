//! What an operator sees of a node: `doctor`, `peers`, `log`, `proof`, `suite`, `job cancel`, `status --watch`, health
//! and metrics, each on the real program; and every `--json` held against its schema.

use super::following::series;
use super::proving::proof;
use super::running::{Running, start_with};
use super::{program, ran, schemas, text, today, vantage};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};
use vantage_testnet::vendors::{SimConfig, SimVendor};

const HEAD: &str = "v = 1\nname = \"s\"\nlabel = \"a test\"\ntokens_max = 64\ntemperature_milli = 0\n";
const PROMPT: &str =
    "[[prompts]]\nid = \"sum\"\ntopic = \"arithmetic\"\nkind = \"control\"\ntext = \"One and one?\"\n";
const SECOND: &str =
    "[[prompts]]\nid = \"who\"\ntopic = \"identity\"\nkind = \"identity\"\ntext = \"Who are you?\"\n";

/// A pause between two cells that no test waits for: a slot of two cells does not end by itself.
const SLOW: &str = "calls_max_per_day = 1000\nmicrousd_max_per_day = 2_000_000\n[budget]\n\
    calls_max_per_day = 2000\nmicrousd_max_per_day = 5_000_000\n[execution]\ngap_ms = 600000\n[metrics]\nlisten = \"127.0.0.1:0\"\n";

/// One node, looked at from all sides.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_looked_at_from_all_sides() {
    let vendor = SimVendor::start(SimConfig::default()).await.unwrap();
    let endpoint = vendor.endpoint("eu");
    tokio::task::spawn_blocking(move || {
        let node = start_with(&endpoint, SLOW);
        fs::write(node.dir.path().join("one.toml"), format!("{HEAD}{PROMPT}")).unwrap();
        fs::write(node.dir.path().join("two.toml"), format!("{HEAD}{PROMPT}{SECOND}")).unwrap();
        node.announced();
        healthy(&node);
        peers(&node);
        planned(&node);
        let day = today();
        let job = sealed(&node);
        log(&node, &job);
        proof(&node, &job);
        series(&node, &job);
        stopped_here(&node);
        not_cancelled(&node, &job);
        watched(&node);
        scraped(&node, day);
        shapes(&node, &job);
    })
    .await
    .unwrap();
}

fn level(report: &Value, check: &str) -> String {
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|finding| finding["check"] == check);
    found.unwrap_or_else(|| panic!("{check}: {report}"))["level"].as_str().unwrap().to_owned()
}

fn healthy(node: &Running) {
    let found = node.ask(&["doctor", "--json"]);
    assert_eq!(found.code, 0, "{}{}", found.out, found.err);
    let report = found.json();
    for check in [
        "data directory",
        "configuration",
        "genesis",
        "root.key",
        "transport.key",
        "log.key",
        "witness.key",
        "keyset.leaf",
        "store",
        "clock",
        "API key",
        "model",
        "listening",
        "node",
        "control socket",
        "peers",
        "quorum",
        "own log",
    ] {
        assert_eq!(level(&report, check), "OK", "{check}: {report}");
    }
    let told = node.ask(&["doctor"]);
    assert!(told.out.contains("OK") && told.out.contains("0 FAIL"), "{}", told.out);
    let key = fs::read_to_string(node.data().join("sim.key")).unwrap();
    assert!(!told.out.contains(key.trim()) && !found.out.contains(key.trim()), "no key is shown");
}

fn peers(node: &Running) {
    assert!(node.ask(&["peers"]).out.contains("no peers"));
    let known = node.ask(&["peers", "--known", "--json"]).json();
    assert_eq!(known["nodes"][0]["node"], node.ready["node"]);
    assert_eq!(known["nodes"][0]["announce"]["offers"][0]["target"], "sim:openai");
    let told = node.ask(&["peers", "--known"]);
    assert!(told.out.contains("acme") && told.out.contains("sim:openai"), "{}", told.out);
}

fn planned(node: &Running) {
    let suite = node.dir.path().join("two.toml");
    let checked = node_free(&["suite", "check", text(&suite)]);
    assert!(checked.contains("the suite is valid") && checked.contains("2 in 2 topics"), "{checked}");
    let plan =
        ["suite", "plan", text(&suite), "--regions", "eu,us", "--target", "sim:openai=3", "--replicas", "1"];
    let asked = node.ask(&[&plan[..], &["--json"]].concat()).json();
    assert_eq!((asked["cells"].as_u64(), asked["asked"].as_bool()), (Some(12), Some(true)));
    assert_eq!(asked["rows"][0]["operators"][0], "acme");
    assert_eq!(asked["rows"][1]["operators"].as_array().map(Vec::len), Some(0), "nobody in us");
    let price = &asked["prices"][0];
    assert!(price["source"].as_str().unwrap().starts_with("sim.toml, built in, recorded 20"), "{price}");
    assert!(price["age_days"].is_i64() && price["call_most_microusd"].as_u64() > Some(0), "{price}");
    let left: Vec<Option<u64>> =
        asked["vendors"].as_array().unwrap().iter().map(|view| view["free_microusd"].as_u64()).collect();
    assert_eq!(left, [Some(2_000_000), Some(5_000_000)], "nothing is spent yet");
    let offline = node_free(&[&plan[..], &["--offline", "--price", "sim:openai=250"]].concat());
    assert!(offline.contains("sim.toml, built in, recorded 20"), "{offline}");
    assert!(offline.contains("$0.003000, at most $0.006000"), "{offline}");
    vantage(&["suite", "check", "/nonexistent.toml"]).refused(1, &["check the path"]);
}

/// Runs a command that needs no node; it must succeed.
fn node_free(arguments: &[&str]) -> String {
    let done = vantage(arguments);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    done.out
}

fn sealed(node: &Running) -> String {
    let suite = node.dir.path().join("one.toml");
    let submit =
        ["job", "submit", text(&suite), "--regions", "eu", "--replicas", "1", "--target", "sim:openai"];
    let done = node.ask(&[&submit[..], &["--watch", "--json"]].concat());
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let first: Value = serde_json::from_str(done.out.lines().next().unwrap()).unwrap();
    first["id"].as_str().unwrap().to_owned()
}

fn log(node: &Running, job: &str) {
    let all = node.ask(&["log", "--from", "0", "--count", "100", "--json"]).json();
    let typs: Vec<&str> =
        all["leaves"].as_array().unwrap().iter().map(|l| l["typ"].as_str().unwrap()).collect();
    assert_eq!(typs, ["keyset", "announce", "job", "commit", "reveal", "ack", "final"]);
    assert!(all["leaves"][0]["certified"] == true && all["leaves"][3]["job"] == job, "{all}");
    let id = node.ready["node"].as_str().unwrap();
    let last = node.ask(&["log", &id[..6], "--count", "2"]);
    assert!(last.out.contains("final") && !last.out.contains("keyset"), "{}", last.out);
    node.ask(&["log", "zz"]).refused(1, &["no known node begins with", "vantage peers --known"]);
    let beyond = node.ask(&["log", "--from", "9999", "--json"]).json();
    assert_eq!(beyond["leaves"].as_array().map(Vec::len), Some(0));
}

/// A slot that runs is declined when its operator says so, and the job goes on without it.
fn stopped_here(node: &Running) {
    let suite = node.dir.path().join("two.toml");
    let submit =
        ["job", "submit", text(&suite), "--regions", "eu", "--replicas", "1", "--target", "sim:openai"];
    let id = node.ask(&[&submit[..], &["--json"]].concat()).json()["id"].as_str().unwrap().to_owned();
    let until = Instant::now() + Duration::from_secs(60);
    while node.ask(&["status", "--json"]).json()["executing"] != 1 {
        assert!(Instant::now() < until, "the slot is being run");
        std::thread::sleep(Duration::from_millis(50));
    }
    let refused = node.ask(&["job", "cancel", &id]);
    refused.refused(1, &["cannot be cancelled", "--stop-here"]);
    let stopped = node.ask(&["job", "cancel", &id[..12], "--stop-here", "--json"]);
    assert_eq!(stopped.code, 0, "{}", stopped.err);
    assert_eq!(
        (stopped.json()["id"].as_str(), &stopped.json()["declined_now"]),
        (Some(&id[..]), &Value::from(vec![0]))
    );
    let done = node.ask(&["job", "watch", &id]);
    assert_eq!(done.code, 0, "sealed, with the decline: {}{}", done.out, done.err);
    assert!(node.ask(&["job", "show", &id]).out.contains("declined: stopped by this node's operator"));
    let again = node.ask(&["job", "cancel", &id, "--stop-here"]);
    assert!(again.out.contains("declined before        0"), "{}", again.out);
    assert_eq!(node.ask(&["status", "--json"]).json()["executing"], 0);
}

fn not_cancelled(node: &Running, job: &str) {
    node.ask(&["job", "cancel", job]).refused(1, &["has its outcome already"]);
    let kept = node.ask(&["job", "cancel", job, "--stop-here"]);
    assert!(kept.out.contains("committed, that stands 0"), "{}", kept.out);
    node.ask(&["job", "cancel", "zz"]).refused(1, &["no job begins with"]);
}

/// Without a terminal the view is text again and again, until nobody reads any more.
fn watched(node: &Running) {
    let data = node.data();
    let mut child = program(&["status", "--watch", "--json", "--data", text(&data)])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    for _ in 0..2 {
        schemas::hold(&["status", "--json"], &lines.next().unwrap().unwrap());
    }
    drop(lines);
    assert!(child.wait().unwrap().success(), "a reader that leaves is no failure");
}

/// Health and metrics: every sample has its type and help, and nothing private is told.
fn scraped(node: &Running, day: u64) {
    let address = node.ready["metrics"].as_str().unwrap().to_owned();
    let get = |path: &str| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let response = reqwest::get(format!("http://{address}{path}")).await.unwrap();
            let kind = response.headers().get("content-type").map(|v| v.to_str().unwrap().to_owned());
            (response.status().as_u16(), kind, response.text().await.unwrap())
        })
    };
    assert_eq!(get("/healthz"), (200, Some("text/plain; charset=utf-8".into()), "ok\n".into()));
    assert_eq!(get("/readyz").0, 200);
    assert_eq!(get("/").0, 404);
    let (status, kind, page) = get("/metrics");
    assert_eq!(status, 200);
    assert!(kind.unwrap().starts_with("application/openmetrics-text"), "Prometheus asks for this format");
    let samples = read_back(&page);
    let names: BTreeSet<&str> = samples.iter().map(|(name, _)| name.as_str()).collect();
    let documented = documented();
    let told: BTreeSet<&str> = documented.iter().map(String::as_str).collect();
    assert_eq!(
        names.difference(&told).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "docs/OPERATING.md tells of each"
    );
    // with one member there is no other clock to compare with, and Golem is not set up here
    let elsewhere = |name: &str| name == "vantage_clock_ahead_seconds" || name.starts_with("vantage_golem_");
    let absent: Vec<&&str> = told.difference(&names).filter(|name| !elsewhere(name)).collect();
    assert_eq!(absent, Vec::<&&str>::new(), "what docs/OPERATING.md tells of is there");
    let value = |name: &str| samples.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
    assert_eq!((value("vantage_committee_heard"), value("vantage_log_lost")), (Some(1.0), Some(0.0)));
    assert!(value("vantage_vendor_day_calls").unwrap() >= 1.0 || today() != day, "a job was run");
    assert_eq!(value("vantage_vendor_day_calls_limit"), Some(1000.0));
    assert_eq!(value("vantage_day_limit_microusd"), Some(5_000_000.0));
    let [spent, reserved, free] = ["spent", "reserved", "free"]
        .map(|what| value(&format!("vantage_vendor_day_{what}_microusd")).unwrap());
    assert_eq!(spent + reserved + free, 2_000_000.0);
    let id = node.ready["node"].as_str().unwrap();
    for private in ["127.0.0.1", "ip4", "One and one", "acme", &id[..8]] {
        assert!(!page.contains(private), "{private}:\n{page}");
    }
}

/// Samples of an OpenMetrics text, in which every one must have been announced.
fn read_back(page: &str) -> Vec<(String, f64)> {
    let mut announced: BTreeSet<String> = BTreeSet::new();
    let mut samples = Vec::new();
    let (body, end) = page.rsplit_once("# EOF\n").expect("it ends with # EOF");
    assert_eq!(end, "");
    for line in body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (word, name, rest) =
                (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or_default());
            match word {
                "TYPE" => assert!(["gauge", "counter", "info"].contains(&rest), "{line}"),
                "UNIT" => assert!(name.ends_with(rest), "{line}: the unit ends the name"),
                "HELP" => drop(announced.insert(name.to_owned())),
                other => panic!("{other}: {line}"),
            }
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let name = series.split('{').next().unwrap();
        let family = name.strip_suffix("_total").or(name.strip_suffix("_info")).unwrap_or(name);
        assert!(announced.contains(family), "{line} has no HELP");
        samples.push((name.to_owned(), value.parse().unwrap()));
    }
    samples
}

/// Names of metrics in the table of docs/OPERATING.md.
fn documented() -> BTreeSet<String> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/OPERATING.md");
    let page = fs::read_to_string(page).unwrap();
    let quoted = page.split('`').skip(1).step_by(2);
    quoted
        .filter(|word| word.starts_with("vantage_"))
        .map(|word| word.split('{').next().unwrap().to_owned())
        .collect()
}

/// Each command once, so that no schema is only believed.
fn shapes(node: &Running, job: &str) {
    let dir = node.dir.path();
    let file = |name: &str| text(&dir.join(name)).to_owned();
    let (data, models) = (node.data(), file("models"));
    let content = node.ask(&["job", "show", job, "--json"]).json()["content"].as_str().unwrap().to_owned();
    let of_node = |arguments: &[&str]| [arguments, &["--data", text(&data), "--json"]].concat().join("\u{0}");
    let free = |arguments: &[&str]| [arguments, &["--json"]].concat().join("\u{0}");
    let (one, genesis) = (file("one.toml"), file("genesis.toml"));
    let member = format!("{},acme,eu", node.ready["node"].as_str().unwrap());
    let lines = [
        free(&["init", "--data", &file("fresh")]),
        free(&["genesis", "create", "--name", "x", "--test", "--member", &member, "--out", &file("g2.toml")]),
        free(&["genesis", "show", &genesis]),
        of_node(&["status"]),
        of_node(&["peers"]),
        of_node(&["log"]),
        of_node(&["proof", job]),
        free(&[
            "proof",
            "check",
            &file("p.tlog-proof"),
            "--policy",
            &file("p.policy"),
            "--genesis",
            &genesis,
        ]),
        of_node(&["doctor"]),
        of_node(&["job", "submit", &one, "--regions", "eu", "--replicas", "1", "--target", "sim:openai"]),
        of_node(&["job", "list"]),
        of_node(&["job", "show", job]),
        of_node(&["job", "watch", job]),
        of_node(&["job", "cancel", job, "--stop-here"]),
        free(&["suite", "check", &one]),
        of_node(&["suite", "plan", &one, "--regions", "eu", "--target", "sim:openai"]),
        of_node(&["bundle", "export", &content, "--out", &file("job.car")]),
        free(&["verify", &file("job.car"), "--genesis", &genesis, "--report"]),
        free(&["report", &file("job.car"), "--genesis", &genesis, "--out", &file("report.html")]),
        of_node(&["bundle", "import", &file("job.car")]),
        free(&["series", "show", &file("w1.car"), &file("w2.car"), "--genesis", &genesis]),
        of_node(&["model", "list"]),
        of_node(&["stop"]),
    ];
    // the ready line of `run` was held when the node started
    let mut held = BTreeSet::from(["run".to_owned()]);
    for line in &lines {
        let arguments: Vec<&str> = line.split('\u{0}').collect();
        let done = ran(program(&arguments).env("VANTAGE_MODELS", &models).output().unwrap());
        assert_eq!(done.code, 0, "{arguments:?}: {}{}", done.out, done.err);
        held.extend(schemas::hold(&arguments, &done.out));
    }
    // it takes a model to be pulled, which is a download; its shape is that of `model list`
    held.insert("model pull".to_owned());
    // it takes the model itself: `tests/processes/open.rs` reads what it prints
    held.insert("model recompute".to_owned());
    // held where they are tested, in `long_life`, `target` and `golem`
    held.extend(
        ["backup", "move", "prune", "restore", "target list", "target probe", "golem offers"]
            .map(str::to_owned),
    );
    let missing: Vec<String> = schemas::commands().difference(&held).cloned().collect();
    assert!(missing.is_empty(), "add a line above that shows what these print: {missing:?}");
}

/// A directory in disorder: each fault is found, said with how to mend it, and nothing is changed.
#[test]
fn a_doctor_finds_what_is_wrong_with_a_stopped_node() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("node");
    let ask = |more: &[&str]| vantage(&[&["doctor", "--data", text(&data), "--json"], more].concat());
    let nothing = ask(&[]);
    assert_eq!(nothing.code, 1);
    assert_eq!(level(&nothing.json(), "data directory"), "FAIL");
    assert!(!data.exists(), "a doctor makes no directory");

    let made = vantage(&[
        "init",
        "--data",
        text(&data),
        "--region",
        "eu",
        "--listen",
        "/ip4/127.0.0.1/tcp/0",
        "--json",
    ]);
    let member = format!("{},acme,eu", made.json()["node"].as_str().unwrap());
    assert_eq!(level(&ask(&[]).json(), "genesis"), "FAIL", "it is not there yet");
    let genesis = data.join("genesis.toml");
    node_free(&["genesis", "create", "--name", "d", "--test", "--member", &member, "--out", text(&genesis)]);
    let fine = ask(&[]);
    assert_eq!(fine.code, 0, "{}", fine.out);
    assert_eq!(
        (level(&fine.json(), "node").as_str(), level(&fine.json(), "listening").as_str()),
        ("SKIP", "OK")
    );

    let chmod = |name: &str, mode: u32| {
        fs::set_permissions(data.join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    chmod("", 0o755);
    assert_eq!(level(&ask(&[]).json(), "data directory"), "WARN");
    chmod("", 0o700);
    chmod("log.key", 0o644);
    let open = ask(&[]);
    assert_eq!((open.code, level(&open.json(), "log.key").as_str()), (1, "FAIL"));
    assert!(open.out.contains("chmod 600"), "{}", open.out);
    chmod("log.key", 0o600);
    fs::remove_file(data.join("witness.key")).unwrap();
    assert_eq!(level(&ask(&[]).json(), "witness.key"), "FAIL");
    assert!(!data.join("keyset.leaf").exists(), "a doctor signs nothing");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let config = data.join("config.toml");
    let text_before = fs::read_to_string(&config).unwrap();
    let port = format!("tcp/{}", taken.local_addr().unwrap().port());
    let vendor = "\n[[vendor]]\ntarget = \"openai\"\nkey = { env = \"VANTAGE_TEST_UNSET\" }\n\
        endpoints = { eu = \"https://eu.api.openai.com\" }\n";
    let offers = "targets = [{ target = \"open:smollm2-135m\" }]";
    let broken = text_before.replace("tcp/0", &port).replace("targets = []", offers) + vendor;
    fs::write(&config, broken.replace("# models = \"models\"", "models = \"models\"")).unwrap();
    let report = ask(&["--quick"]).json();
    for check in ["listening", "API key", "budget", "model"] {
        assert_eq!(level(&report, check), "FAIL", "{check}: {report}");
    }
    fs::write(&config, text_before.replace("listen =", "lisen =")).unwrap();
    let told = vantage(&["doctor", "--data", text(&data)]);
    assert_eq!(told.code, 1);
    assert!(told.out.contains("did you mean listen?") && told.out.contains("what to do:"), "{}", told.out);
}

#[test]
fn completions_and_manual_pages_are_written_for_all_commands() {
    for (shell, words) in
        [("bash", "complete -F _vantage"), ("zsh", "#compdef vantage"), ("fish", "complete -c vantage")]
    {
        let script = node_free(&["completions", shell]);
        assert!(script.contains(words), "{shell}");
        for command in ["doctor", "peers", "proof", "suite", "completions"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
        assert!(!script.contains("runner"), "{shell}: what is hidden is not completed");
    }
    let page = node_free(&["man", "job", "submit"]);
    assert!(
        page.contains(".TH vantage\\-job\\-submit 1") || page.contains(".TH vantage-job-submit 1"),
        "{page}"
    );
    let dir = tempfile::tempdir().unwrap();
    assert!(node_free(&["man", "--out", text(dir.path())]).contains("pages in"));
    assert!(dir.path().join("vantage-doctor.1").exists());
    vantage(&["man", "--out", text(dir.path())]).refused(1, &["nothing is overwritten"]);
    vantage(&["man", "fly"]).refused(2, &["no command \"fly\"", "vantage help"]);
}

/// The service file starts this program as it is, told by `notify`, and locked in.
#[test]
fn the_service_file_starts_this_program_and_locks_it_in() {
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/vantage.service");
    let unit = fs::read_to_string(unit).unwrap();
    let value = |key: &str| {
        let line = unit.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_else(|| panic!("{key} is set"))
    };
    let command: Vec<&str> = value("ExecStart").split_whitespace().collect();
    assert_eq!(command[0], "/usr/local/bin/vantage");
    let parsed = <vantage_node::cli::Cli as clap::Parser>::try_parse_from(&command);
    assert!(parsed.is_ok(), "{command:?} is understood");
    assert_eq!(command[3], format!("/var/lib/{}", value("StateDirectory")));
    for (key, wanted) in [
        ("Type", "notify"),
        ("DynamicUser", "yes"),
        ("StateDirectoryMode", "0700"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateDevices", "yes"),
        ("CapabilityBoundingSet", ""),
        ("MemoryDenyWriteExecute", "yes"),
        ("UMask", "0077"),
    ] {
        assert_eq!(value(key), wanted, "{key}");
    }
}
