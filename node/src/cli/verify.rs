//! `vantage verify`: check evidence, trusting nobody.

use super::args::{PeerArgs, VerifyArgs};
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::fetch::{Fetched, fetch};
use super::render::Out;
use super::{control, file, genesis, verdict};
use std::path::{Path, PathBuf};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::NetId;
use vantage_protocol::proof::{CAR_BYTES_MAX, Summary, Trust, Verdict, verify, verify_car};

/// Carries the command out.
pub(super) fn run(args: &VerifyArgs, out: &mut Out) -> CliResult<Exit> {
    let found = judge(&args.source, args.genesis.as_deref(), &args.peers, out)?;
    verdict::show(&found, &args.source, args.report, out);
    Ok(exit(found.summary))
}

/// The verdict on a bundle file, or on what peers hold of a content id.
pub(super) fn judge(
    from: &str,
    genesis: Option<&str>,
    peers: &PeerArgs,
    out: &mut Out,
) -> CliResult<Verdict> {
    let trust = trust(genesis)?;
    match source(from)? {
        Source::File(path) => {
            let bytes = file::read(&path, CAR_BYTES_MAX as u64)?;
            judge_file(&bytes, &path, &trust, out)
        }
        Source::Content(cid) => {
            let fetched = control::block_on(fetch(cid, trust.net(), peers))?;
            Ok(best(&fetched, &trust)?.1)
        }
    }
}

/// Verifies a file's bytes. What is no bundle file at all is INVALID, and said as an error.
pub(super) fn judge_file(bytes: &[u8], path: &Path, trust: &Trust, out: &mut Out) -> CliResult<Verdict> {
    let found = verify_car(bytes, trust);
    if found.integrity.root.is_some() {
        return Ok(found);
    }
    if !out.is_json() {
        verdict::summary(&found, out);
    }
    Err(CliError::invalid(format!("this is no whole bundle file: {}", found.reasons.join("; ")))
        .at(path.display())
        .advise("get the file again from whoever published it; `vantage bundle export` writes such files"))
}

/// The best verdict on what peers sent, and the root that it is about: a peer with bad certs must not
/// spoil those of another.
pub(super) fn best(fetched: &Fetched, trust: &Trust) -> CliResult<(Cid, Verdict)> {
    let get = |cid: &Cid| fetched.blocks.get(cid).cloned();
    let verdicts = fetched.roots.iter().map(|root| (*root, verify(*root, &get, trust)));
    let found = verdicts.min_by_key(|(_, verdict)| verdict.summary);
    found.ok_or_else(|| {
        CliError::failed("nothing came that could be verified")
            .at("the peers")
            .advise("name other peers with --peer")
    })
}

/// The exit code of a verdict.
pub(super) fn exit(summary: Summary) -> Exit {
    match summary {
        Summary::Sealed => Exit::Done,
        Summary::Bounded => Exit::Bounded,
        Summary::Incomplete => Exit::Incomplete,
        Summary::Invalid => Exit::Invalid,
    }
}

/// What the verifier trusts: a genesis file or its hash.
pub(super) fn trust(genesis: Option<&str>) -> CliResult<Trust> {
    let Some(text) = genesis else {
        return Err(CliError::usage("no network is named to trust").at("--genesis").advise(
            "give the network's genesis file or its hash (64 hex digits), from a source you trust: \
                 --genesis genesis.toml",
        ));
    };
    if let Ok(net) = text.parse::<NetId>() {
        return Ok(Trust::Hash(net));
    }
    let path = Path::new(text);
    let hex = text.len() > 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if hex && !path.exists() {
        return Err(CliError::usage("a genesis hash is 64 lower-case hex digits")
            .at(format!("--genesis {text}"))
            .advise("copy the hash again; `vantage genesis show FILE` prints it"));
    }
    Ok(Trust::Genesis(Box::new(genesis::read(path)?)))
}

enum Source {
    File(PathBuf),
    Content(Cid),
}

/// A file if there is one, else a content id.
fn source(text: &str) -> CliResult<Source> {
    let path = Path::new(text);
    if path.exists() {
        return Ok(Source::File(path.to_owned()));
    }
    text.parse::<Cid>().map(Source::Content).map_err(|_| {
        CliError::failed("there is no such file, and it is no content id")
            .at(text)
            .advise("name a bundle file (CAR), or a content id as `vantage job show` prints it (bafy…)")
    })
}

impl PeerArgs {
    /// Whether any peer is named.
    pub(super) fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }
}
