use super::*;
use vantage_daemon::config::raw;

fn args(region: Option<&str>, bootstrap: &[&str]) -> InitArgs {
    InitArgs {
        data: super::super::args::DataArg { dir: None },
        genesis: None,
        region: region.map(str::to_owned),
        operator: None,
        listen: vec![],
        bootstrap: bootstrap.iter().map(|addr| addr.parse().unwrap()).collect(),
        json: false,
    }
}

/// The text with its examples and defaults no longer comments.
fn uncommented(text: &str) -> String {
    let line = |line: &str| {
        let code = line.strip_prefix("# ").filter(|code| {
            code.starts_with('[') || code.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '))
        });
        code.unwrap_or(line).to_owned() + "\n"
    };
    // an array stands there twice: as it is, and as an example
    text.lines().filter(|line| *line != "targets = []").map(line).collect()
}

#[test]
fn the_written_configuration_is_read_back_and_has_the_defaults() {
    let raw: raw::Config =
        toml::from_str(&configuration(&args(Some("eu"), &["/ip4/127.0.0.1/tcp/1"]), None)).unwrap();
    assert_eq!(raw.region.as_deref(), Some("eu"));
    assert_eq!((raw.net.listen.len(), raw.net.bootstrap.len(), raw.net.allow_private), (2, 1, true));

    let mut plain: raw::Config = toml::from_str(&configuration(&args(None, &[]), None)).unwrap();
    assert_eq!(plain.genesis, Path::new(GENESIS));
    plain.net.listen.clear();
    let shortest: raw::Config = toml::from_str(&format!("genesis = {GENESIS:?}\n")).unwrap();
    assert_eq!(plain, shortest, "but for where it listens, what is written is what is left out");
}

#[test]
fn every_commented_line_is_valid_and_a_vendors_are_its_defaults() {
    let mut raw: raw::Config = toml::from_str(&uncommented(&configuration(&args(None, &[]), None))).unwrap();
    assert_eq!((raw.vendors.len(), raw.offers.targets.len()), (1, 2));
    assert!(raw.open.models.is_some() && raw.data.is_some() && raw.metrics.listen.is_some() && raw.allow_sim);
    let shortest = "genesis = \"g\"\n[[vendor]]\ntarget = \"openai\"\nkey = { env = \"OPENAI_API_KEY\" }\n\
        endpoints = { eu = \"https://eu.api.openai.com\" }\n";
    let shortest: raw::Config = toml::from_str(shortest).unwrap();
    // where the default is no limit and no price, the line shows an example
    let shown = &mut raw.vendors[0];
    assert!(shown.calls_max_per_day.take().is_some() && shown.microusd_max_per_day.take().is_some());
    assert!(shown.microusd_max_per_job.take().is_some() && !std::mem::take(&mut shown.prices).is_empty());
    assert_eq!(raw.vendors, shortest.vendors);
}

/// Keys that are known at a place of the file: an unknown one makes the decoder name them.
fn known(before: &str) -> Vec<String> {
    let text = format!("{before}\nno-such-key = 1\n");
    let error = toml::from_str::<raw::Config>(&text).unwrap_err();
    let list = error
        .message()
        .strip_prefix("unknown field `no-such-key`, expected")
        .unwrap_or_else(|| panic!("{error}"));
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Every key of every table stands in what is written, and a slip of the pen in any is told.
#[test]
fn every_key_is_explained_and_a_slip_in_any_table_is_told() {
    let shown = uncommented(&configuration(&args(None, &[]), None));
    let (top, tables) = shown.split_once("\n[").unwrap();
    for key in known("") {
        let said = top.lines().any(|line| line.starts_with(&format!("{key} = ")));
        let table = format!("\n[{tables}");
        assert!(
            said || table.contains(&format!("\n[{key}]")) || table.contains(&format!("\n[[{key}]]")),
            "{key}"
        );
    }
    let genesis = "genesis = \"g\"\n";
    for head in shown.lines().filter(|line| line.starts_with('[')) {
        let before = format!("{genesis}{head}");
        let required = if head.starts_with("[[") { "\ntarget = \"openai\"\nendpoints = {}" } else { "" };
        let (_, rest) = shown.split_once(&format!("\n{head}\n")).unwrap();
        let section = rest.split("\n[").next().unwrap();
        for key in known(&before) {
            let said = section.lines().any(|line| line.starts_with(&format!("{key} = ")));
            assert!(said, "{head} {key} stands in init/config.toml, with its default");
            let slip = format!("{before}{required}\n{key}x = 1\n");
            let error = raw::Config::parse(Path::new("c"), &slip).unwrap_err();
            assert!(error.help.starts_with("did you mean "), "{head} {key}: {error}");
        }
    }
}
