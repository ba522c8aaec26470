//! `vantage init`: a data directory with keys and a configuration.

use super::args::InitArgs;
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::render::Out;
use super::{data, file, genesis};
use std::path::Path;
use vantage_api::output::Initialised;
use vantage_daemon::config;
use vantage_daemon::keys::{self, KeysError, PublicKeys};
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
    addresses(args)?;
    let genesis = args.genesis.as_deref().map(genesis::read).transpose()?;
    let public = keys::create(&dir).map_err(|error| refuse(error, &dir))?;
    if let Some(genesis) = &genesis {
        file::write_new(&dir.join(GENESIS), genesis.to_toml().as_bytes())?;
    }
    file::write_new(&config_file, configuration(args, genesis.as_ref()).as_bytes())?;
    let peer_id = vantage_net::peer_id_from_ed25519(public.transport.to_bytes())
        .map_or_else(String::new, |peer| peer.to_string());
    if out.is_json() {
        out.object(&Initialised {
            data: dir.display().to_string(),
            config: config_file.display().to_string(),
            node: public.root.node_id(),
            root: public.root,
            peer_id,
            transport: public.transport,
            log: public.log,
            witness: public.witness,
            net: genesis.as_ref().map(Genesis::net),
            role: genesis.as_ref().map(|g| role(g, &public).to_owned()),
        });
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

/// A configuration with which no node would start is not written.
fn addresses(args: &InitArgs) -> CliResult<()> {
    let refuse = |option: &'static str| {
        move |(what, help): (String, &'static str)| CliError::usage(what).at(option).advise(help)
    };
    config::net::refuse_listen(&args.listen).map_err(refuse("--listen"))?;
    config::net::refuse_bootstrap(&args.bootstrap, is_private(args)).map_err(refuse("--bootstrap"))
}

/// Whether an entry point is private: then private addresses are allowed.
fn is_private(args: &InitArgs) -> bool {
    args.bootstrap.iter().any(|addr| !vantage_net::is_global(addr))
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

/// The commented configuration: every key stands in it, explained, with its default; examples are comments.
fn configuration(args: &InitArgs, genesis: Option<&Genesis>) -> String {
    let list = |items: Vec<String>| toml::Value::from(items).to_string();
    let listen = match args.listen.is_empty() {
        true => LISTEN.map(str::to_owned).to_vec(),
        false => args.listen.iter().map(ToString::to_string).collect(),
    };
    let region = match &args.region {
        Some(region) => format!("region = {}", toml::Value::from(region.as_str())),
        None => "# region = \"eu\"".to_owned(),
    };
    let sim = match genesis {
        Some(genesis) if genesis.test => "This is a test network, where they exist.",
        Some(_) => "They exist in test networks only, which this is not.",
        None => "They exist in test networks only.",
    };
    TEMPLATE
        .replace("{{genesis}}", GENESIS)
        .replace("{{region}}", &region)
        .replace("{{sim}}", sim)
        .replace("{{listen}}", &list(listen))
        .replace("{{bootstrap}}", &list(args.bootstrap.iter().map(ToString::to_string).collect()))
        .replace("{{private}}", &is_private(args).to_string())
}

/// What is filled in by [`configuration`]. A test holds it against the keys and defaults of the program.
const TEMPLATE: &str = include_str!("init/config.toml");

#[cfg(test)]
mod tests;
