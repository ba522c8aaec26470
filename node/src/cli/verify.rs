//! `vantage verify`: check evidence, trusting nobody.

use super::args::{PeerArgs, VerifyArgs};
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::fetch::{Fetched, fetch};
use super::render::Out;
use super::{content_id, control, file, genesis, verdict};
use std::path::{Path, PathBuf};
use vantage_protocol::bundle::Bundle;
use vantage_protocol::cid::Cid;
use vantage_protocol::content::Content;
use vantage_protocol::id::NetId;
use vantage_protocol::proof::{CAR_BYTES_MAX, Car, CarError, Summary, Trust, Verdict, verify, verify_car};
use vantage_protocol::wire::decode;

/// Where the system shows standard input.
const STDIN: &str = "/dev/stdin";

/// Carries the command out.
pub(super) fn run(args: &VerifyArgs, out: &mut Out) -> CliResult<Exit> {
    let found = judge(&args.source, args.genesis.as_deref(), &args.peers)?;
    verdict::show(&found, &args.source, args.report, out);
    Ok(exit(found.summary))
}

/// The verdict on a bundle file, or on what peers hold of a content id.
pub(super) fn judge(from: &str, genesis: Option<&str>, peers: &PeerArgs) -> CliResult<Verdict> {
    let trust = trust(genesis)?;
    match source(from)? {
        Source::File(path) => {
            let bytes = file::read(&path, CAR_BYTES_MAX as u64)?;
            judge_file(&bytes, &path, &trust)
        }
        Source::Content(cid) => {
            let fetched = control::block_on(fetch(cid, trust.net(), peers))?;
            Ok(best(&fetched, &trust)?.1)
        }
    }
}

/// Verifies a file's bytes. What is no whole bundle file gets no verdict but an error that says what it is: cut, damaged,
/// doubled, of another kind, or with more in it. INVALID is said of evidence that is whole and contradicts itself.
pub(super) fn judge_file(bytes: &[u8], path: &Path, trust: &Trust) -> CliResult<Verdict> {
    let found = verify_car(bytes, trust);
    if found.summary != Summary::Invalid {
        return Ok(found);
    }
    let mut car = match Car::parse(bytes) {
        Ok(car) => car,
        Err(error) => return Err(unreadable(&error).at(path.display()).advise(error.help())),
    };
    let (held, missing) = (car.blocks.len(), car.missing());
    let is_head = |head: &Vec<u8>| decode::<Bundle>(head).is_ok() || decode::<Content>(head).is_ok();
    if car.blocks.get(&car.root).is_some_and(|head| !is_head(head)) {
        let what = format!("its root {} is neither a bundle nor a content", car.root);
        return Err(CliError::usage(format!("this is no whole bundle file: {what}"))
            .at(path.display())
            .advise("get the file again from whoever published it, or name the bundle's own file"));
    }
    let strays = car.take_strays();
    let Some(first) = strays.first() else { return Ok(found) };
    if verify_car(&car.to_bytes(), trust).summary == Summary::Invalid {
        return Ok(found);
    }
    if let Some(gone) = missing.first() {
        let what = match *gone == car.root {
            true => format!(
                "its root is {gone}, and that block is not among the {held} in it: a part is missing, or the beginning was \
                 changed"
            ),
            false => format!(
                "{} blocks are missing, the first is {gone}, so that nothing links {} others",
                missing.len(),
                strays.len()
            ),
        };
        return Err(CliError::usage(format!("this is no whole bundle file: {what}"))
            .at(path.display())
            .advise("get the file again from whoever published it"));
    }
    Err(CliError::usage(format!(
        "the file holds more than the bundle: {} blocks that nothing in it links, the first is {first}",
        strays.len()
    ))
    .at(path.display())
    .advise(format!(
        "write one with the bundle alone, such as `ipfs dag export {}`, or get another copy",
        car.root
    )))
}

/// A file that cannot be read proves nothing, either way.
fn unreadable(error: &CarError) -> CliError {
    CliError::usage(format!("this is no whole bundle file: {error}"))
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
    // an empty one is none, as an empty variable is
    let Some(text) = genesis.filter(|text| !text.trim().is_empty()) else {
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

/// A file if there is one, standard input for `-`, else a content id.
fn source(text: &str) -> CliResult<Source> {
    if text == "-" {
        return Ok(Source::File(STDIN.into()));
    }
    let path = Path::new(text);
    if path.exists() {
        return Ok(Source::File(path.to_owned()));
    }
    content_id::parse(text).map(Source::Content)
}

impl PeerArgs {
    /// Whether any peer is named.
    pub(super) fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }
}
