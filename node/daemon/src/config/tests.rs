use super::*;
use std::fs;
use std::path::Path;
use vantage_protocol::genesis::{EDITION, Genesis, Member};
use vantage_protocol::keys::RootKey;

fn genesis() -> Genesis {
    let root = RootKey::from_seed(&[1; 32]).public();
    Genesis {
        v: EDITION,
        name: "net".into(),
        founded_s: 1,
        test: true,
        gap_s_min: 2,
        output_bytes_max: 4096,
        founders: vec![],
        committee: vec![Member { root, operator: "a".into(), region: "eu".into() }],
    }
}

/// Loads a configuration beside a genesis.
fn load_in(dir: &Path, text: &str) -> Result<Config, ConfigError> {
    fs::write(dir.join("genesis.toml"), genesis().to_toml()).unwrap();
    fs::write(dir.join(FILE), text).unwrap();
    Config::load(&dir.join(FILE))
}

fn load(text: &str) -> Result<Config, ConfigError> {
    load_in(tempfile::tempdir().unwrap().path(), text)
}

/// The error that a text gives, without the directory.
fn refused(text: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let error = load_in(dir.path(), text).unwrap_err().to_string();
    error.replace(&format!("{}/", dir.path().display()), "")
}

const SIM: &str = "allow_sim = true\n\
    [[vendor]]\ntarget = \"sim:openai\"\nendpoints = { eu = \"http://127.0.0.1:1/eu\" }\n";

#[test]
fn the_shortest_configuration_has_defaults() {
    let dir = tempfile::tempdir().unwrap();
    let config = load_in(dir.path(), "genesis = \"genesis.toml\"\n").unwrap();
    assert_eq!(config.data, dir.path());
    assert_eq!((config.offers.slots_max, config.execution.gap_ms), (16, 0));
    assert!(config.offers.targets.is_empty() && config.net.listen.is_empty());
    let member = config.genesis.committee[0].root.node_id();
    assert_eq!(config.role(&member), vantage_net::Role::Member);
    assert_eq!(config.region_of(&member).unwrap().as_deref(), Some("eu"));
    let stranger = RootKey::from_seed(&[2; 32]).public().node_id();
    assert_eq!(config.role(&stranger), vantage_net::Role::Volunteer);
    assert_eq!(config.region_of(&stranger).unwrap(), None);
}

#[test]
fn a_full_configuration_is_read() {
    let config = load(&format!(
        "genesis = \"genesis.toml\"\ndata = \"d\"\nregion = \"eu\"\n{SIM}\
         [net]\nlisten = [\"/ip4/127.0.0.1/tcp/0\"]\nallow_private = true\n\
         [offers]\nslots_max = 3\ntargets = [{{ target = \"sim:openai\", call_microusd = 5 }}, {{ target = \"open:m\" }}]\n\
         [open]\nmodels = \"/m\"\n[execution]\ngap_ms = 7\n"
    ))
    .unwrap();
    assert!(config.data.ends_with("d") && config.models == Path::new("/m"));
    let offers: Vec<_> =
        config.offers.targets.iter().map(|o| (o.target.to_string(), o.call_microusd)).collect();
    assert_eq!(offers, [("open:m".to_owned(), 0), ("sim:openai".to_owned(), 5)], "sorted");
    assert_eq!(config.vendors[0].target(), "sim:openai");
    assert_eq!((config.offers.slots_max, config.execution.gap_ms), (3, 7));
}

#[test]
fn the_documentation_shows_a_configuration_that_works() {
    let page = include_str!("../config.rs");
    let toml: String = page
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(str::trim_start)
        .skip_while(|line| !line.starts_with("```toml"))
        .skip(1)
        .take_while(|line| !line.starts_with("```"))
        .map(|line| format!("{line}\n"))
        .collect();
    let peer = vantage_net::peer_id_from_seed([3; 32]).unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    private(dir.path(), "api.key", "sk-q7Zx2mB9pLk4Tn8wVd3R\n");
    let file = format!("file = {:?}", dir.path().join("api.key"));
    let toml = toml.replace("12D3KooW…", &peer).replace("env = \"OPENAI_API_KEY\"", &file);
    let config = load_in(dir.path(), &toml).unwrap();
    assert_eq!((config.offers.targets.len(), config.vendors.len()), (2, 1));
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_word_that_was_meant() {
    let error = refused("genesis = \"genesis.toml\"\n[net]\nlisen = []\n");
    assert!(error.starts_with("config.toml, line 3: unknown field `lisen`"), "{error}");
    assert!(error.ends_with("did you mean listen?"), "{error}");
    let error = refused("genesis = \"genesis.toml\"\nwhatever = 1\n");
    assert!(error.contains("line 2") && error.contains("known here: genesis, data, region"), "{error}");
    let error = refused("genesis = \"genesis.toml\"\n[[vendor]]\ntarget = \"openai\"\nendpoint = {}\n");
    assert!(error.contains("did you mean endpoints?"), "{error}");
    let error = refused("genesis = \"genesis.toml\"\n[offers]\ntargets = [{ targt = \"open:m\" }]\n");
    assert!(error.contains("line 3") && error.contains("did you mean target?"), "{error}");
}

#[test]
fn a_broken_file_says_where() {
    let error = refused("genesis = \"genesis.toml\"\nregion = [\n");
    assert!(error.starts_with("config.toml, line "), "{error}");
    let error = refused("genesis = 7\n");
    assert!(error.contains("line 1") && error.contains("invalid type"), "{error}");
    let error = refused("region = \"eu\"\n");
    assert!(error.contains("missing field `genesis`"), "{error}");
}

#[test]
fn files_that_are_missing_or_endless_are_said() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    let error = Config::load(&path).unwrap_err().to_string();
    assert!(error.contains("config.toml: cannot be read") && error.contains("vantage init"), "{error}");
    fs::write(&path, "genesis = \"nowhere.toml\"\n").unwrap();
    let error = Config::load(&path).unwrap_err().to_string();
    assert!(error.contains("nowhere.toml: cannot be read") && error.contains("set genesis in"), "{error}");
    fs::write(&path, "#".repeat(300 * 1024)).unwrap();
    let error = Config::load(&path).unwrap_err().to_string();
    assert!(error.contains("longer than"), "{error}");
    for (bytes, why) in [(&b"\xff\xfe"[..], "UTF-16"), (b"# \xe9t\xe9\n", "not text in UTF-8: line 1, byte")]
    {
        fs::write(&path, bytes).unwrap();
        let error = Config::load(&path).unwrap_err().to_string();
        assert!(error.contains("config.toml") && error.contains(why), "{error}");
    }
}

#[test]
fn a_genesis_that_is_none_is_said_with_its_own_file() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FILE), "genesis = \"genesis.toml\"\n").unwrap();
    for (text, why) in [
        ("v = 2\n", "missing field"),
        ("v = 1\n", "networks of edition 1 existed in tests only"),
        (
            &genesis().to_toml().replace("test = true\ngap_s_min = 2", "test = false\ngap_s_min = 30"),
            "set test = true",
        ),
        ("colour = 1\n", "unknown field"),
        (&genesis().to_toml().replace("gap_s_min = 2", "gap_s_min = 1"), "gap_s_min"),
    ] {
        fs::write(dir.path().join("genesis.toml"), text).unwrap();
        let error = Config::load(&dir.path().join(FILE)).unwrap_err().to_string();
        assert!(error.contains("genesis.toml: genesis: ") && error.contains(why), "{error}");
    }
}

#[test]
fn each_wrong_value_is_named_with_its_key() {
    let long = "open:".to_owned() + &"x".repeat(80);
    for (text, key, what) in [
        ("region = \"Europe!\"".to_owned(), "region", "no name of a region"),
        ("[net]\nlisten = [\"127.0.0.1:80\"]".to_owned(), "net.listen", "is not an address"),
        ("[net]\nbootstrap = [\"/ip4/127.0.0.1/tcp/1\"]".to_owned(), "net.bootstrap", "/p2p/<peer id>"),
        ("[metrics]\nlisten = \"9464\"".to_owned(), "metrics.listen", "no address and port"),
        ("[metrics]\nlisten = \"0.0.0.0:9464\"".to_owned(), "metrics.listen", "not on loopback"),
        ("[execution]\ngap_ms = 99999999".to_owned(), "execution.gap_ms", "more than an hour"),
        ("[offers]\nslots_max = 5000".to_owned(), "offers.slots_max", "at most 1024"),
        ("[offers]\ntargets = [{ target = \"chatgpt\" }]".to_owned(), "offers.targets", "no model is named"),
        (format!("[offers]\ntargets = [{{ target = \"{long}\" }}]"), "offers.targets", "bytes"),
        (
            "[offers]\ntargets = [{ target = \"open:m\" }, { target = \"open:m\" }]".to_owned(),
            "offers.targets",
            "stands twice",
        ),
        (
            "[offers]\ntargets = [{ target = \"openai/gpt\" }]".to_owned(),
            "offers.targets",
            "no [[vendor]] with target = \"openai\"",
        ),
        (
            "[offers]\ntargets = [{ target = \"sim:openai\" }]".to_owned(),
            "offers.targets",
            "set allow_sim = true",
        ),
        (SIM.replace("allow_sim = true\n", ""), "vendor", "is simulated"),
        (
            format!("region = \"ap\"\n{SIM}[offers]\ntargets = [{{ target = \"sim:openai\" }}]"),
            "offers.targets",
            "no endpoint for region ap",
        ),
        (SIM.replace("127.0.0.1", "192.0.2.1"), "vendor", "must be on this machine"),
        (SIM.to_owned() + "timeout_ms = 0", "vendor", "timeout_ms is 0"),
        (SIM.to_owned() + "key = \"sk-abcdefgh\"", "vendor", "never write the key itself"),
        (SIM.to_owned() + &SIM.replace("allow_sim = true\n", ""), "vendor.target", "stands twice"),
    ] {
        let error = refused(&format!("genesis = \"genesis.toml\"\n{text}\n"));
        assert!(error.contains(&format!(", {key}: ")) && error.contains(what), "{text}\n{error}");
        assert!(!error.contains("sk-abcdefgh"), "{error}");
    }
}

/// No way leads from a configuration without the switch to anything simulated, neither an offer nor a table; and a network
/// that is none of the test networks is none of this edition.
#[test]
fn simulation_needs_a_test_network_and_the_switch() {
    for vendor in ["openai", "anthropic", "gemini"] {
        let table = format!(
            "[[vendor]]\ntarget = \"sim:{vendor}\"\nendpoints = {{ eu = \"http://127.0.0.1:1/eu\" }}\n"
        );
        let offer = format!("[offers]\ntargets = [{{ target = \"sim:{vendor}\" }}]\n");
        let full = format!("genesis = \"genesis.toml\"\nallow_sim = true\n{table}{offer}");
        let config = load(&full).unwrap();
        assert!(config.vendors[0].is_simulated() && config.offers.targets[0].target.is_sim());
        for part in [&table, &offer] {
            let error = refused(&format!("genesis = \"genesis.toml\"\n{part}"));
            assert!(error.contains("is simulated") && error.contains("allow_sim"), "{error}");
        }
        // Nor under a real vendor's name: its hosts are its own.
        let disguised = table.replace("sim:", "");
        let error = refused(&format!("genesis = \"genesis.toml\"\n{disguised}"));
        assert!(error.contains("name of its own"), "{error}");
    }
}

#[test]
fn a_budget_of_money_wants_a_price_for_what_is_offered() {
    let table = "region = \"eu\"\n[offers]\ntargets = [{ target = \"compat:lab/m\" }]\n[[vendor]]\ntarget = \"lab\"\n\
                 endpoints = { eu = \"http://127.0.0.1:1\" }\n";
    let with = |more: &str| format!("genesis = \"genesis.toml\"\n{table}{more}\n");
    assert!(load(&with("")).is_ok(), "without a budget of money there is nothing to know");
    for more in ["microusd_max_per_day = 5", "microusd_max_per_job = 5", "[budget]\nmicrousd_max_per_day = 5"]
    {
        let error = refused(&with(more));
        assert!(
            error.contains(", offers.targets: compat:lab/m is offered under a budget of money"),
            "{error}"
        );
        assert!(error.contains("prices = { \"m\" = "), "{error}");
    }
    let priced = "microusd_max_per_day = 5\nprices = { m = { input = 1, output = 2 } }";
    assert!(load(&with(priced)).is_ok());
}

#[test]
fn a_vendor_with_a_key_wants_a_cap_of_money_per_day_and_the_line_is_told() {
    let dir = tempfile::tempdir().unwrap();
    private(dir.path(), "api.key", "sk-q7Zx2mB9pLk4Tn8wVd3R\n");
    let of = |target: &str, key: &str, more: &str| {
        let own = if target == "openai" { "https://api.openai.com" } else { "http://127.0.0.1:9/eu" };
        format!(
            "genesis = \"genesis.toml\"\nallow_sim = true\n[[vendor]]\ntarget = {target:?}\nkey = {key}\n\
             endpoints = {{ eu = {own:?} }}\n{more}\n"
        )
    };
    let file = format!("{{ file = {:?} }}", dir.path().join("api.key"));
    let line = "microusd_max_per_day = 2_000_000";
    for target in ["openai", "lab"] {
        for more in
            ["", "microusd_max_per_job = 5", "calls_max_per_day = 5", "[budget]\ncalls_max_per_day = 5"]
        {
            let error = load_in(dir.path(), &of(target, &file, more)).unwrap_err().to_string();
            assert!(error.contains(", vendor.microusd_max_per_day: ") && error.contains(line), "{error}");
            assert!(error.contains(target) && !error.contains("0123456789abcdef"), "{error}");
        }
        for more in [line.to_owned(), format!("[budget]\n{line}"), "microusd_max_per_day = 0".to_owned()] {
            assert!(load_in(dir.path(), &of(target, &file, &more)).is_ok(), "{more}");
        }
    }
    // whoever is called elsewhere may know by other ways than a key whom to charge
    for target in ["openai", "gateway"] {
        let elsewhere =
            of(target, "\"none\"", "").replace("http://127.0.0.1:9/eu", "https://api.example/sk-1/v1");
        let error = load_in(dir.path(), &elsewhere).unwrap_err().to_string();
        assert!(error.contains(", vendor.microusd_max_per_day: ") && error.contains(line), "{error}");
    }
    // a price of nothing would make a cap of money void: calls are counted then
    let line = "calls_max_per_day = 1_000";
    for (price, is_free) in [("{ input = 0, output = 0 }", true), ("{ input = 0, output = 1 }", false)] {
        let free = format!("prices = {{ m = {price} }}\nmicrousd_max_per_day = 5");
        let tried = load_in(dir.path(), &of("lab", &file, &free)).map_err(|error| error.to_string());
        match tried {
            Err(error) if is_free => {
                assert!(error.contains(", vendor.calls_max_per_day: ") && error.contains(line), "{error}");
            }
            tried => assert!(!is_free, "{tried:?}"),
        }
        for more in [line.to_owned(), format!("[budget]\n{line}")] {
            assert!(load_in(dir.path(), &of("lab", &file, &format!("{free}\n{more}"))).is_ok(), "{more}");
        }
    }
    for (key, value) in [
        ("calls_max_per_day", "10_000_001"),
        ("calls_max_per_job", "9_000_000_000_000_000_000"),
        ("microusd_max_per_day", "100_000_000_001"),
        ("microusd_max_per_job", "1e308"),
        ("microusd_max_per_day", "inf"),
    ] {
        let text = format!("genesis = \"genesis.toml\"\n[budget]\n{key} = {value}\n");
        let error = refused(&text);
        assert!(error.contains("more than anybody means") || error.contains("expected u64"), "{error}");
    }
    // a server here without a key has no account to be charged, and a simulated vendor charges nobody
    assert!(load_in(dir.path(), &of("lab", "\"none\"", "")).is_ok());
    assert!(load_in(dir.path(), &of("sim:openai", &file, "")).is_ok());
}

/// A value in the wrong place may be a key, or an address with a password: no error shows it.
#[test]
fn errors_name_keys_and_never_quote_values() {
    for (text, what) in [
        ("[[vendor]]\ntarget = \"lab\"\nendpoints = \"https://bob:CANARY@h.example\"", "expected a map"),
        (
            "[[vendor]]\ntarget = \"lab\"\nendpoints = { eu = \"https://bob:CANARY@h.example\" }",
            "a user name or password",
        ),
        (
            "[[vendor]]\ntarget = \"lab\"\nendpoints = { eu = \"https://bob:CANARY@h:x\" }",
            "not a base address",
        ),
        ("[[vendor]]\ntarget = \"lab\"\nendpoints = {}\ntimeout_ms = \"CANARY\"", "expected u64"),
        ("[[vendor]]\ntarget = \"lab\"\nendpoints = {}\nkey = { env = [\"CANARY\"] }", "line 5"),
        (
            "[[vendor]]\ntarget = \"lab\"\nendpoints = { eu = \"http://127.0.0.1:9\" }\nkey = \"CANARY\"",
            "never write the key itself",
        ),
        ("[log]\nrotation = \"CANARY\"", "unknown variant"),
        ("[net]\nallow_private = \"CANARY\"", "expected a boolean"),
        ("[golem]\napp_key = \"CANARY\"", "line "),
        ("[golem]\ndaemon = \"http://bob:CANARY@127.0.0.1:7465\"", "line "),
        (
            "[[vendor]]\ntarget = \"lab\"\nendpoints = {}\nkey = { env = 12345678, file = \"CANARY\" }",
            "expected a string",
        ),
        ("[[vendor]]\ntarget = \"sk-CANARY1a2b3c4d\"\nendpoints = {}", "a target is"),
        (
            "[[vendor]]\ntarget = \"lab\"\nendpoints = { CANARY1a2b3c4d = \"https://h.example\" }",
            "a region is",
        ),
        ("[secrets]\nshared = [\"CANARY1a2b3c4d\"]", "is no directory"),
        ("[net]\nlisten = [\"CANARY1a2b3c4d\"]", "is not an address"),
        ("[net]\nbootstrap = [\"/dns4/CANARY1a2b3c4d/tcp/1\"]", "which peer lives there"),
        ("[offers]\ntargets = [{ target = \"CANARY1a2b3c4d\" }]", "offers.targets"),
        ("[offers]\ntargets = [{ target = \"open:m\", CANARY1a2b3c4d = 1 }]", "unknown field"),
        ("CANARY1a2b3c4d = 1", "unknown field"),
        ("[CANARY1a2b3c4d]", "unknown field"),
        ("allow_sim = CANARY", "line 2"),
        ("region = \"CANARY", "line "),
    ] {
        let error = refused(&format!("genesis = \"genesis.toml\"\n{text}\n"));
        assert!(!error.contains("CANARY") && error.contains(what), "{text}\n{error}");
    }
}

#[test]
fn a_list_of_prices_is_read_beside_the_configuration() {
    let dir = tempfile::tempdir().unwrap();
    let list = "recorded = \"2026-01-01\"\nsource = \"s\"\n[[price]]\ntarget = \"openai/m\"\nfrom = \"2026-01-01\"\n\
                input = 3\noutput = 4\n";
    let text = "genesis = \"genesis.toml\"\n[budget]\nprices = \"p.toml\"\ncalls_max_per_day = 9\n";
    let error = load_in(dir.path(), text).unwrap_err().to_string();
    assert!(error.contains("p.toml: cannot be read") && error.contains("[budget] prices"), "{error}");
    fs::write(dir.path().join("p.toml"), list).unwrap();
    let config = load_in(dir.path(), text).unwrap();
    let known = config.budget.prices.of(&"openai/m".parse().unwrap(), crate::ledger::today()).unwrap();
    assert_eq!((known.price.input, known.price.output), (3, 4));
    assert_eq!(config.budget.limits.day(None).calls_max, Some(9));
    fs::write(dir.path().join("p.toml"), list.replace("source", "sauce")).unwrap();
    let error = load_in(dir.path(), text).unwrap_err().to_string();
    assert!(error.contains(", budget.prices: price list") && error.contains("sauce"), "{error}");
}

#[test]
fn a_member_stands_where_the_genesis_says() {
    let config = load("genesis = \"genesis.toml\"\nregion = \"us\"\n").unwrap();
    let member = config.genesis.committee[0].root.node_id();
    let error = config.region_of(&member).unwrap_err().to_string();
    assert!(error.contains("region: is \"us\"") && error.contains("\"eu\""), "{error}");
}

/// A file that its owner alone can read.
fn private(dir: &Path, name: &str, text: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// A `[golem]` table, its app-key in a file of the directory.
fn golem(dir: &Path, lines: &str) -> String {
    let key = private(dir, "yagna.key", "9f3c1e7ab2d84c60\n");
    let hash = "9a".repeat(28);
    format!(
        "genesis = \"genesis.toml\"\n{lines}\n[golem]\napp_key = {{ file = {key:?} }}\nplatform = \"erc20-polygon-glm\"\n\
         image_url = \"https://images.example/task.gvmi\"\nimage_sha3_224 = \"{hash}\"\nmodels = [\"smollm2-135m\"]\n\
         glm_max_per_job = \"0.5\"\nglm_max_per_day = \"2\"\n"
    )
}

#[test]
fn golem_is_set_up_with_caps_and_a_real_runtime() {
    let dir = tempfile::tempdir().unwrap();
    let text = golem(dir.path(), "[offers]\ntargets = [{ target = \"golem:smollm2-135m\" }]");
    let config = load_in(dir.path(), &text).unwrap();
    let golem = config.golem.unwrap();
    assert_eq!((golem.order.runtime.as_str(), golem.order.subnet.as_str()), ("vm", "public"));
    assert_eq!((golem.limits.job.0, golem.limits.day.0), (500_000_000, 2_000_000_000));
    assert!(!format!("{golem:?}").contains("0123456789abcdef"), "the key is never shown");
}

#[test]
fn landmarks_are_plain_http_and_named_once() {
    let dir = tempfile::tempdir().unwrap();
    let with = |landmarks: &str| {
        let lines = format!("landmarks = [{landmarks}]\n");
        load_in(dir.path(), &(golem(dir.path(), "") + &lines))
    };
    let one = |name: &str, region: &str, url: &str| {
        format!("{{ name = {name:?}, region = {region:?}, url = {url:?} }}, ")
    };
    let good = one("eu-1", "eu", "http://landmark.example/");
    let config = with(&(good.clone() + &one("us-1", "us", "http://192.0.2.1:8080/x"))).unwrap();
    let found = config.golem.unwrap().order.landmarks;
    assert_eq!((found.len(), found[1].name.as_str(), found[1].region.as_str()), (2, "us-1", "us"));
    let some =
        |count: usize| -> String { (0..count).map(|n| one(&format!("l{n}"), "eu", "http://a/")).collect() };
    let most = with(&some(4)).unwrap().golem.unwrap().order.landmarks;
    assert_eq!((most.len(), most[3].name.as_str()), (4, "l3"));
    for (bad, words) in [
        (good.clone() + &good, "stands there twice"),
        (one("EU", "eu", "http://a/"), "is no name"),
        (one("a", "", "http://a/"), "is no name"),
        (one("a", "eu", "https://a/"), "is no such address"),
        (one("a", "eu", "http://u:p@a/"), "is no such address"),
        (some(5), "5 of them"),
    ] {
        let error = with(&bad).unwrap_err().to_string();
        assert!(error.contains("golem.landmarks") && error.contains(words), "{error}");
    }
}

/// The simulated provider can be reached only where the operator says so.
#[test]
fn a_configuration_reaches_no_simulated_provider_unasked() {
    let dir = tempfile::tempdir().unwrap();
    let sim = |lines: &str| golem(dir.path(), lines) + "runtime = \"sim-exeunit\"\n";
    let error = load_in(dir.path(), &sim("")).unwrap_err().to_string();
    assert!(error.contains("golem.runtime: \"sim-exeunit\" is simulated"), "{error}");
    let config = load_in(dir.path(), &sim("allow_sim = true")).unwrap();
    assert!(config.golem.unwrap().order.is_simulated());
    let other = golem(dir.path(), "allow_sim = true") + "runtime = \"SIM-exeunit\"\n";
    assert!(load_in(dir.path(), &other).unwrap_err().to_string().contains("not a runtime"));
}

#[test]
fn what_golem_needs_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    for (from, to, words) in [
        ("glm_max_per_job = \"0.5\"", "glm_max_per_job = \"0\"", "golem.glm_max_per_job: is zero"),
        ("glm_max_per_job = \"0.5\"", "glm_max_per_job = \"0.0000000001\"", "is no amount of GLM"),
        ("glm_max_per_day = \"2\"\n", "", "missing field `glm_max_per_day`"),
        ("models = [\"smollm2-135m\"]", "models = []", "golem.models"),
        ("https://images", "ftp://images", "golem.image_url"),
        ("\"9a9a", "\"9A9A", "golem.image_sha3_224"),
        ("erc20-polygon-glm", "erc20)(a=*", "golem.platform"),
        ("models = ", "daemon = \"http://a:b@127.0.0.1/\"\nmodels = ", "golem.daemon"),
        ("models = ", "daemon = \"http://10.0.0.7:7465\"\nmodels = ", "allow_plain_http = true"),
        ("models = ", "hire_s_max = 0\nmodels = ", "golem.hire_s_max"),
        ("models = ", "mem_gib_min = 1000\nmodels = ", "golem.mem_gib_min"),
        ("models = ", "memgib = 1\nmodels = ", "unknown field `memgib`"),
        ("models = ", "landmarks = [{ nam = \"a\" }]\nmodels = ", "did you mean name?"),
        ("app_key = { file", "app_key = { env", "golem.app_key"),
        ("[golem]", "[offers]\ntargets = [{ target = \"golem:other\" }]\n[golem]", "does not name other"),
    ] {
        let text = golem(dir.path(), "").replace(from, to);
        let error = load_in(dir.path(), &text).unwrap_err().to_string();
        assert!(error.contains(words), "{to}: {error}");
        assert!(!error.contains("0123456789abcdef"), "{error}");
    }
    let far = "daemon = \"http://10.0.0.7:7465\"\nallow_plain_http = true\nmodels = ";
    assert!(load_in(dir.path(), &golem(dir.path(), "").replace("models = ", far)).is_ok());
    let alone = "genesis = \"genesis.toml\"\n[offers]\ntargets = [{ target = \"golem:smollm2-135m\" }]\n";
    assert!(refused(alone).contains("there is no table [golem]"));
}

/// A word that is no level is the name of a part that there is not: it would silence the log.
#[test]
fn a_log_level_is_one() {
    for good in ["info", "WARN", "info,vantage_net=debug", "vantage_daemon::engine=trace,warn", "off"] {
        load(&format!("genesis = \"genesis.toml\"\n[log]\nlevel = \"{good}\"\n"))
            .unwrap_or_else(|error| panic!("{good}: {error}"));
    }
    for bad in ["loud", "infos", "info,loud", "vantage_net=loud"] {
        let said = refused(&format!("genesis = \"genesis.toml\"\n[log]\nlevel = \"{bad}\"\n"));
        assert!(said.contains("log.level") && said.contains("write a level"), "{said}");
    }
}
