use super::*;

fn config(toml: &str) -> VendorConfig {
    toml::from_str(toml).unwrap()
}

fn with_endpoint(target: &str, address: &str) -> VendorConfig {
    let mut config = config(&format!("target = \"\"\n[endpoints]\neu = {address:?}"));
    config.target = target.to_owned();
    config
}

fn problem(config: VendorConfig, allow_sim: bool) -> String {
    config.check(allow_sim).unwrap_err().to_string()
}

#[test]
fn a_short_configuration_gets_documented_defaults() {
    let checked = with_endpoint("openai", "https://eu.api.openai.com").check(false).unwrap();
    assert_eq!(checked.target(), "openai");
    assert!(!checked.is_simulated());
    assert_eq!(checked.config().attempts_max, 4);
    assert_eq!(checked.config().timeout_ms, 60_000);
    assert_eq!(checked.regions().collect::<Vec<_>>(), ["eu"]);
}

#[test]
fn a_configuration_survives_writing_and_reading() {
    let mut written = with_endpoint("openai", "https://eu.api.openai.com");
    written.key = KeySource::Env("OPENAI_API_KEY".into());
    let text = toml::to_string(&written).unwrap();
    assert_eq!(config(&text), written);
}

#[test]
fn unknown_fields_are_refused_by_name() {
    let error = toml::from_str::<VendorConfig>("target = \"x\"\nretries = 3\n[endpoints]").unwrap_err();
    assert!(error.to_string().contains("retries"), "{error}");
}

#[test]
fn names_are_checked() {
    for target in ["", "sim:", "open:smollm2", "OpenAI", "a b", "-x", "sim:sim:openai", "x\u{1b}[2J"] {
        let error = problem(with_endpoint(target, "http://127.0.0.1:1"), true);
        assert!(error.contains("a target is 1 to 64"), "{target:?}: {error}");
        assert!(!error.contains('\u{1b}'));
    }
    let error = problem(config("target = \"x\"\n[endpoints]\n\"EU west\" = \"https://a.example\""), false);
    assert!(error.contains("region \"EU west\""), "{error}");
    assert!(problem(config("target = \"x\"\n[endpoints]"), false).contains("endpoints is empty"));
}

#[test]
fn bad_addresses_say_where_and_what() {
    for (address, reason) in [
        ("", "relative URL"),
        ("api.example", "relative URL"),
        ("ftp://api.example", "neither http nor https"),
        ("https://user:hunter2@api.example", "user name or password"),
        ("https://api.example?key=hunter2", "? or #"),
        ("https://api.example/v1?", "? or #"),
        ("https://api.example/v1?api-version=2026-01-01", "? or #"),
        ("https://api.example/v1#top", "? or #"),
        ("https://api.example/v1/chat/completions", "leave off /chat/completions"),
        ("https://api.example/v1/chat/completions/", "leave off /chat/completions"),
        ("https://api.example/v1/Chat/Completions", "leave off /chat/completions"),
        ("https://api.example/v1/completions", "leave off /completions"),
        ("https://api.example/v1/chat", "leave off /chat,"),
        ("https://api.example/v1/Responses/", "leave off /responses"),
        ("https://api.example/v1/messages", "leave off /messages"),
        ("https://api.example/v1beta/models/g:generateContent", "address of the compatible endpoint"),
        ("https://", "empty host"),
    ] {
        let error = problem(with_endpoint("compatible", address), false);
        assert!(error.contains("endpoints.eu") && error.contains(reason), "{address}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_path_stands_behind_the_base_address() {
    let address = |target: &str, base: &str, path: &str| {
        let vendor = with_endpoint(target, base).check(true).unwrap();
        vendor.address("eu", path).unwrap().to_string()
    };
    for (base, whole) in [
        ("https://api.example", "https://api.example/chat/completions"),
        ("https://api.example/", "https://api.example/chat/completions"),
        ("https://api.example/v1", "https://api.example/v1/chat/completions"),
        ("https://api.example/v1/", "https://api.example/v1/chat/completions"),
        ("https://api.example:8443/api/paas/v4", "https://api.example:8443/api/paas/v4/chat/completions"),
        ("https://api.example/v1beta/openai/", "https://api.example/v1beta/openai/chat/completions"),
        ("https://api.example/a%20b/v1", "https://api.example/a%20b/v1/chat/completions"),
    ] {
        assert_eq!(address("lab", base, "/chat/completions"), whole);
    }
    let path = "/v1beta/models/a%2F..%2Fb%3Fc:generateContent";
    assert_eq!(address("sim:gemini", "http://127.0.0.1:9/eu", path), format!("http://127.0.0.1:9/eu{path}"));
    assert!(with_endpoint("lab", "https://api.example").check(false).unwrap().address("us", "/x").is_err());
}

#[test]
fn a_vendors_own_address_is_its_host_alone() {
    for (name, base) in [
        ("openai", "https://api.openai.com/v1"),
        ("openai", "https://eu.api.openai.com/v1/"),
        ("anthropic", "https://api.anthropic.com/v1"),
        ("gemini", "https://generativelanguage.googleapis.com/v1beta"),
        ("gemini", "https://generativelanguage.googleapis.com/v1beta/openai/"),
    ] {
        let error = problem(with_endpoint(name, base), false);
        assert!(error.contains("endpoints.eu") && error.contains("leave off its path"), "{base}: {error}");
    }
    // the same host under a name of one's own is an endpoint like any other
    assert!(
        with_endpoint("g", "https://generativelanguage.googleapis.com/v1beta/openai/").check(false).is_ok()
    );
}

#[test]
fn plain_http_leaves_the_machine_only_when_allowed() {
    let refused = problem(with_endpoint("compatible", "http://api.example"), false);
    assert!(refused.contains("allow_plain_http"), "{refused}");
    let mut allowed = with_endpoint("compatible", "http://api.example");
    allowed.allow_plain_http = true;
    assert!(allowed.check(false).is_ok());
    for local in ["http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:11434/"] {
        assert!(with_endpoint("ollama", local).check(false).is_ok(), "{local}");
    }
    for elsewhere in ["http://localhost.example", "http://127.0.0.1.example", "http://0.0.0.0"] {
        assert!(with_endpoint("ollama", elsewhere).check(false).is_err(), "{elsewhere}");
    }
}

#[test]
fn a_simulated_vendor_needs_a_test_network_and_this_machine() {
    let sim = || with_endpoint("sim:openai", "http://127.0.0.1:9/eu");
    assert!(problem(sim(), false).contains("test network"));
    let checked = sim().check(true).unwrap();
    assert!(checked.is_simulated());
    let away = problem(with_endpoint("sim:openai", "https://api.openai.com"), true);
    assert!(away.contains("must be on this machine"), "{away}");
}

#[test]
fn a_vendors_own_name_belongs_to_its_own_hosts() {
    for (name, own) in OWN_HOSTS {
        let lookalikes =
            ["127.0.0.1:9".into(), "proxy.example".into(), format!("{own}.example"), format!("x{own}")];
        for host in lookalikes {
            let error = problem(with_endpoint(name, &format!("https://{host}")), true);
            assert!(error.contains("name of its own") && error.contains(own), "{host}: {error}");
        }
        let plain = with_endpoint(name, &format!("https://{own}")).check(false).unwrap();
        assert_eq!((plain.own_host("eu"), plain.own_host("us")), (Some(own), None));
        let regional = with_endpoint(name, &format!("https://eu.{own}")).check(false).unwrap();
        assert_eq!(regional.own_host("eu"), Some(format!("eu.{own}").as_str()));
    }
    let elsewhere = with_endpoint("lab", "https://10.0.0.7:8443").check(false).unwrap();
    assert_eq!(elsewhere.own_host("eu"), None, "where a compatible vendor stands is not told");
}

#[test]
fn a_vendor_speaks_what_its_name_says() {
    for (name, dialect) in [
        ("openai", Dialect::OpenAi),
        ("anthropic", Dialect::Anthropic),
        ("gemini", Dialect::Gemini),
        ("ollama", Dialect::OpenAi),
        ("sim:openai", Dialect::OpenAi),
        ("sim:anthropic", Dialect::Anthropic),
        ("sim:gemini", Dialect::Gemini),
    ] {
        assert_eq!(with_endpoint(name, "http://127.0.0.1:1").dialect(), dialect);
    }
}

#[test]
fn numbers_out_of_range_are_named() {
    for (field, value) in [
        ("attempts_max", "0"),
        ("attempts_max", "11"),
        ("timeout_ms", "0"),
        ("concurrency_max", "0"),
        ("calls_max_per_job", "0"),
        ("microusd_max_per_day", "2000000000000"),
        ("prices", "{ m = { input = 1, output = 2000000000000 } }"),
        ("backoff_cap_ms", "499"),
        ("gap_ms", "600001"),
    ] {
        let text = format!("target = \"x\"\n{field} = {value}\n[endpoints]\neu = \"https://a.example\"");
        let error = problem(config(&text), false);
        let value = if field == "prices" { "2000000000000" } else { value };
        assert!(error.contains(&format!("{field} is {value}, it must be from")), "{error}");
    }
}

#[test]
fn a_price_in_dollars_is_refused_in_words() {
    let read = |input: &str| {
        let text =
            format!("target = \"x\"\nprices = {{ m = {{ input = {input}, output = 1 }} }}\n[endpoints]");
        toml::from_str::<VendorConfig>(&text).map_err(|error| error.to_string())
    };
    for input in ["0.2", "-1", "\"0.20\""] {
        let error = read(input).unwrap_err();
        assert!(error.contains("whole millionths of a dollar per million tokens"), "{error}");
    }
    assert_eq!(read("200_000").unwrap().prices["m"].input, 200_000);
}

#[test]
fn a_missing_endpoint_is_an_error_that_says_what_to_set() {
    let vendor = with_endpoint("openai", "https://eu.api.openai.com").check(false).unwrap();
    assert!(vendor.endpoint("eu").is_ok());
    let error = vendor.endpoint("ap").unwrap_err().to_string();
    assert!(error.contains("no endpoint for region ap: set ["), "{error}");
    assert!(error.contains("set are: eu"), "{error}");
}

#[test]
fn what_may_be_a_secret_in_an_address_is_looked_for_and_not_shown() {
    let account = "9f2c1a7be04d4c3e8a6b5c4d3e2f1a0b";
    let vendor = with_endpoint("lab", &format!("https://gateway.example/v1/{account}/lab/openai"));
    let vendor = vendor.check(false).unwrap();
    let shown = vendor.shown_endpoint("eu").unwrap();
    assert_eq!(shown, "https://gateway.example/v1/***/lab/openai");
    assert!(!format!("{vendor:?}").contains(&account[..8]), "{vendor:?}");
    assert!(vendor.secrets().iter().any(|secret| secret.is_in(&account.as_bytes()[5..13])));
    let named = with_endpoint("lab", "https://gateway.example/key=Zq7Rt2mKp9Lx4Wv8/v1").check(false).unwrap();
    assert!(named.secrets().iter().any(|secret| secret.is_in(b"Rt2mKp9L")));
    let plain =
        with_endpoint("lab", "https://api.example:8443/models/Qwen2.5-7B-Instruct/v1").check(false).unwrap();
    assert_eq!(plain.shown_endpoint("eu").unwrap(), "https://api.example:8443/models/Qwen2.5-7B-Instruct/v1");
    assert!(plain.secrets().is_empty());
}
