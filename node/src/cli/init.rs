//! `vantage init`: a data directory with keys and a configuration.

use super::args::InitArgs;
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::render::Out;
use super::{data, file, genesis};
use crate::config;
use crate::keys::{self, KeysError, PublicKeys};
use serde_json::json;
use std::path::Path;
use vantage_protocol::genesis::Genesis;

/// Name of the genesis in a data directory.
const GENESIS: &str = "genesis.toml";
/// The address where a new node listens: every interface, the port of the documentation.
const LISTEN: [&str; 2] = ["/ip4/0.0.0.0/tcp/4701", "/ip4/0.0.0.0/udp/4701/quic-v1"];

/// Carries the command out.
pub(super) fn init(args: &InitArgs, out: &mut Out) -> CliResult<Exit> {
    let dir = data::dir(&args.data)?;
    let config_file = dir.join(config::FILE);
    if config_file.exists() {
        return Err(CliError::failed("there is a configuration already; nothing is overwritten")
            .at(config_file.display())
            .advise("choose another data directory with --data"));
    }
    let genesis = args.genesis.as_deref().map(genesis::read).transpose()?;
    let public = keys::create(&dir).map_err(|error| refuse(error, &dir))?;
    if let Some(genesis) = &genesis {
        file::write_new(&dir.join(GENESIS), genesis.to_toml().as_bytes())?;
    }
    file::write_new(&config_file, configuration(args, genesis.as_ref()).as_bytes())?;
    let peer_id = vantage_net::peer_id_from_ed25519(public.transport.to_bytes())
        .map_or_else(String::new, |peer| peer.to_string());
    if out.is_json() {
        out.object(&json!({
            "data": dir.display().to_string(), "config": config_file.display().to_string(),
            "node": public.root.node_id(), "root": public.root, "peer_id": peer_id,
            "transport": public.transport, "log": public.log, "witness": public.witness,
            "net": genesis.as_ref().map(Genesis::net), "role": genesis.as_ref().map(|g| role(g, &public)),
        }));
        return Ok(Exit::Done);
    }
    out.pairs(&[
        ("data", dir.display().to_string()),
        ("node id", public.root.node_id().to_string()),
        ("root key", public.root.node_id().to_string()),
        ("peer id", peer_id),
        ("network", genesis.as_ref().map_or("none yet".to_owned(), |g| format!("{} {}", g.name, g.net()))),
    ]);
    next_steps(args, &dir, &public, genesis.as_ref(), out);
    Ok(Exit::Done)
}

fn role(genesis: &Genesis, public: &PublicKeys) -> &'static str {
    if genesis.member(&public.root.node_id()).is_some() { "member" } else { "volunteer" }
}

fn next_steps(args: &InitArgs, dir: &Path, public: &PublicKeys, genesis: Option<&Genesis>, out: &mut Out) {
    let data = data::argument(&args.data);
    let operator = args.operator.as_deref().unwrap_or("OPERATOR");
    let region = args.region.as_deref().unwrap_or("REGION");
    let root = public.root.node_id();
    out.heading("next");
    let kept = dir.join(keys::ROOT_KEY);
    let mut steps =
        vec![format!("keep a copy of {} offline; whoever has it can speak as this node", kept.display())];
    match genesis {
        None => {
            steps.push(format!(
                "to join a committee, give its founders this line: {root},{operator},{region}"
            ));
            steps.push(format!("put the network's genesis file at {}", dir.join(GENESIS).display()));
        }
        Some(genesis) if role(genesis, public) == "volunteer" => {
            steps.push("the genesis does not name this node: it runs as a volunteer".to_owned());
        }
        Some(_) => {}
    }
    steps.push(format!("say what this node offers in {}", dir.join(config::FILE).display()));
    steps.push(format!("vantage run{data}"));
    for (number, step) in steps.iter().enumerate() {
        out.line(format!("{}. {step}", number + 1));
    }
}

fn refuse(error: KeysError, dir: &Path) -> CliError {
    match error {
        KeysError::Exists { path } => CliError::failed("there is a key already; a key is never overwritten")
            .at(path.display())
            .advise("choose another data directory with --data, or move this one away"),
        KeysError::Io { path, source } => CliError::file("write", &path, &source),
        other => CliError::failed(other)
            .at(dir.display())
            .advise("put right what is named, or choose another data directory with --data"),
    }
}

/// The commented configuration. Everything that may be set stands in it.
fn configuration(args: &InitArgs, genesis: Option<&Genesis>) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let list = |items: Vec<String>| toml::Value::from(items).to_string();
    let listen = match args.listen.is_empty() {
        true => LISTEN.map(str::to_owned).to_vec(),
        false => args.listen.iter().map(ToString::to_string).collect(),
    };
    let bootstrap: Vec<String> = args.bootstrap.iter().map(ToString::to_string).collect();
    let private = args.bootstrap.iter().any(|addr| !vantage_net::is_global(addr));
    let region = match &args.region {
        Some(region) => format!("region = {}", quoted(region)),
        None => "# region = \"eu\"".to_owned(),
    };
    let sim = match genesis.is_some_and(|g| g.test) {
        true => {
            "\n# Run simulated targets (sim:…). This is a test network, where they exist.\n# allow_sim = true\n"
        }
        false => "",
    };
    format!(
        r#"# Configuration of a Vantage node. Relative paths begin at this file. Unknown keys are refused.

# The network's founding document. Get it by a way you trust: its hash names the network.
genesis = "{GENESIS}"

# Where this node stands, as you declare it. A committee member's is in the genesis and may be left out.
{region}
{sim}
[net]
# Addresses to listen on; port 0 picks one. Empty: the node only dials.
listen = {listen}
# Addresses under which others reach this node, if they differ.
external = []
# Entry points, each ending in /p2p/<peer id>.
bootstrap = {bootstrap}
# Let private and loopback addresses be dialled and published: for networks on one machine or one LAN.
allow_private = {private}

[offers]
# What this node runs for others. An open model has to be pulled first: `vantage model pull`.
# targets = [{{ target = "open:smollm2-135m" }}, {{ target = "openai/gpt-4.1-mini", call_microusd = 400 }}]
targets = []
# Slots of one job taken on at most.
slots_max = 16

[open]
# Directory of models. Default: $VANTAGE_MODELS, else ~/.cache/vantage/models
# models = "models"

[execution]
# Pause between two cells of a slot, milliseconds.
gap_ms = 0

# One block for each API that this node may call. The key comes from the environment or from a file of
# mode 0600, never from here. `calls_max_per_job` is never exceeded, retries and restarts included.
# [[vendor]]
# target = "openai"
# key = {{ env = "OPENAI_API_KEY" }}
# endpoints = {{ eu = "https://eu.api.openai.com" }}
# calls_max_per_job = 200
"#,
        listen = list(listen),
        bootstrap = list(bootstrap),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::raw;

    fn args() -> InitArgs {
        InitArgs {
            data: super::super::args::DataArg { dir: None },
            genesis: None,
            region: Some("eu".into()),
            operator: None,
            listen: vec![],
            bootstrap: vec!["/ip4/127.0.0.1/tcp/1".parse().unwrap()],
            json: false,
        }
    }

    #[test]
    fn the_written_configuration_is_read_back() {
        let raw: raw::Config = toml::from_str(&configuration(&args(), None)).unwrap();
        assert_eq!(raw.region.as_deref(), Some("eu"));
        assert_eq!((raw.net.listen.len(), raw.net.allow_private), (2, true));
        assert_eq!(raw.genesis, Path::new(GENESIS));
    }

    #[test]
    fn every_commented_example_is_valid_too() {
        let text = configuration(&args(), None);
        let example = |line: &str| {
            let line = line.strip_prefix("# ")?;
            let is_code =
                line.starts_with("[[") || line.split_once(" = ").is_some_and(|(k, _)| !k.contains(' '));
            is_code.then(|| line.to_owned())
        };
        let shown: Vec<String> = text
            .lines()
            .filter(|line| *line != "targets = []")
            .map(|line| example(line).unwrap_or_else(|| line.to_owned()))
            .collect();
        let raw: raw::Config = toml::from_str(&shown.join("\n")).unwrap();
        assert_eq!((raw.vendors.len(), raw.offers.targets.len()), (1, 2));
        assert!(raw.open.models.is_some());
    }
}
