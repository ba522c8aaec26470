//! `vantage proof`: the proof that a statement stands in a log, and its check with nothing but the genesis.

mod policy;

use super::args::{ProofArgs, ProofCheckArgs, ProofCommand};
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::render::{Out, Paint};
use super::{control, data, file, genesis, statement};
use policy::{PolicyFile, Refusal, Written};
use std::path::Path;
use vantage_api::output::{Cosigner, ProofHolds, ProofShown};
use vantage_api::{GetJobProof, GetProof, Shown};
use vantage_daemon::text_file;
use vantage_protocol::genesis::Genesis;
use vantage_protocol::leaf::Leaf;
use vantage_protocol::log::{PolicyError, TlogProof};
use vantage_protocol::moment::utc;

/// Longest file with a proof or a policy that is read, bytes: well above the longest of each.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// Carries the command out.
pub(super) fn proof(args: &ProofArgs, out: &mut Out) -> CliResult<Exit> {
    match &args.command {
        Some(ProofCommand::Check(args)) => check(args, out),
        None => show(args, out),
    }
}

fn show(args: &ProofArgs, out: &mut Out) -> CliResult<Exit> {
    let what = args.what.as_deref().unwrap_or_default();
    let leaf = match what.split_once(':') {
        Some((node, index)) => Some((node, index.parse::<u64>().map_err(|_| malformed(what))?)),
        None => None,
    };
    let dir = data::dir(&args.data)?;
    let shown = control::block_on(async {
        let client = control::connect(&dir).await?;
        let shown = match leaf {
            Some((node, index)) => client.ask(&GetProof { node: node.to_owned(), index }).await,
            None => client.ask(&GetJobProof { id: what.to_owned() }).await,
        };
        shown.map_err(control::refused)
    })?;
    let genesis = Genesis::from_toml(&shown.genesis).map_err(not_understood)?;
    let (text, read) = carried(&shown, &genesis)?;
    let policy = PolicyFile::of(&shown, &genesis).map_err(|refusal| not_understood(refusal.why()))?;
    if let Some(path) = &args.policy {
        file::write_new(path, policy.to_text().as_bytes())?;
    }
    if let Some(path) = &args.out {
        file::write_new(path, text.as_bytes())?;
    }
    if out.is_json() {
        out.object(&ProofShown {
            node: shown.leaf.author,
            index: shown.leaf.index,
            hash: shown.leaf.hash,
            typ: read.statement.typ().to_owned(),
            body: (&read.statement).into(),
            proof: text,
            policy: policy.to_text(),
            file: args.out.as_ref().map(|path| path.display().to_string()),
            policy_file: args.policy.as_ref().map(|path| path.display().to_string()),
        });
        return Ok(Exit::Done);
    }
    match &args.out {
        None => out.put(&text),
        Some(path) => {
            let (typ, line) = (read.statement.typ(), statement::line(&read.statement));
            out.line(format!(
                "{}: leaf {} of {}, {typ}: {line}",
                path.display(),
                shown.leaf.index,
                shown.leaf.author
            ));
            let keys = args.policy.as_ref().map_or("FILE".to_owned(), |path| path.display().to_string());
            out.line(format!(
                "check it: vantage proof check {} --policy {keys} --genesis FILE",
                path.display()
            ));
        }
    }
    Ok(Exit::Done)
}

/// The proof with the statement's bytes as its `extra` data, and the statement.
fn carried(shown: &Shown, genesis: &Genesis) -> CliResult<(String, Leaf)> {
    let leaf = Leaf::decode(&shown.bytes, &genesis.net()).map_err(not_understood)?;
    let proof = TlogProof::parse(&shown.proof).map_err(not_understood)?;
    proof.verify_inclusion(&shown.bytes).map_err(not_understood)?;
    Ok((TlogProof { extra: Some(shown.bytes.clone()), ..proof }.to_text(), leaf))
}

fn check(args: &ProofCheckArgs, out: &mut Out) -> CliResult<Exit> {
    let genesis = genesis::read(&args.genesis)?;
    let text = text_file::lines(&file::read_text(&args.file, FILE_BYTES_MAX)?);
    let keys = file::read_text(&args.policy, FILE_BYTES_MAX)?;
    let keys = Written::read(&keys).map_err(|why| unreadable("policy", &why, &args.policy))?;
    let proof = TlogProof::parse(&text).map_err(|why| unreadable("proof", &why.to_string(), &args.file))?;
    let Some(bytes) = proof.extra.clone() else {
        return Err(CliError::usage("the proof does not carry its statement: it has no `extra` line")
            .at(args.file.display())
            .advise(
                "`vantage proof` writes proofs with their statement; other programs leave it out, or drop it",
            ));
    };
    // what a head does not commit to says nothing: a byte was changed on the way, or somebody made it up
    proof.verify_inclusion(&bytes).map_err(|why| unreadable("proof", &why.to_string(), &args.file))?;
    let leaf = said(&bytes, &genesis, &args.file)?;
    let keys = PolicyFile::held(&keys, leaf.author, &genesis)
        .map_err(|refusal| refuse(refusal, "policy", &args.policy))?;
    let (proof, cosigners) =
        held(proof, &leaf, &keys, &genesis).map_err(|refusal| refuse(refusal, "proof", &args.file))?;
    tell(&proof, &leaf, &cosigners, &genesis, out);
    Ok(Exit::Done)
}

/// A file that is not enough, is not as it was written, or contradicts the genesis.
fn refuse(refusal: Refusal, what: &str, path: &Path) -> CliError {
    match refusal {
        Refusal::Silent(why) if what == "policy" => {
            CliError::usage(format!("the policy is not enough to check the proof: {why}")).at(path.display()).advise(
                "get the policy that `vantage proof … --policy FILE` writes along with the proof, and all of it",
            )
        }
        Refusal::Silent(why) => {
            CliError::usage(format!("the {what} is not enough to be checked: {why}")).at(path.display()).advise(
                "get the file again, and all of it; or ask any node for the proof anew: `vantage proof` writes it once \
                 enough members have cosigned",
            )
        }
        Refusal::Torn(why) => unreadable(what, &why, path),
        Refusal::Bad(why) => bad(why, path),
    }
}

/// A proof that holds.
fn tell(proof: &TlogProof, leaf: &Leaf, cosigners: &Cosigners, genesis: &Genesis, out: &mut Out) {
    let who: Vec<_> = cosigners
        .iter()
        .filter_map(|(node, time_s)| {
            let member = genesis.member(node)?;
            let (operator, region) = (member.operator.clone(), member.region.clone());
            Some(Cosigner { node: *node, operator, region, time_s: *time_s })
        })
        .collect();
    let checkpoint = &proof.checkpoint.checkpoint;
    if out.is_json() {
        out.object(&ProofHolds {
            holds: true,
            net: genesis.net(),
            node: leaf.author,
            index: proof.index,
            typ: leaf.statement.typ().to_owned(),
            body: (&leaf.statement).into(),
            size: checkpoint.size,
            root: checkpoint.root,
            quorum: genesis.quorum(),
            cosigners: who,
        });
        return;
    }
    out.pairs(&[
        ("network", format!("{} {}", genesis.name, genesis.net())),
        ("log of", format!("{} ({})", leaf.author, genesis.operator(&leaf.author).label())),
        ("leaf", format!("{} of {}", proof.index, checkpoint.size)),
        ("says", format!("{}: {}", leaf.statement.typ(), statement::line(&leaf.statement))),
        ("root", checkpoint.root.to_string()),
    ]);
    for (node, time_s) in cosigners {
        if let Some(member) = genesis.member(node) {
            let (operator, region) = (&member.operator, &member.region);
            out.line(format!(
                "cosigned by {} ({operator}, {region}) at {} by its clock",
                node.short(),
                utc(*time_s)
            ));
        }
    }
    let quorum = format!(
        "  {} of {} members cosigned, {} are needed",
        cosigners.len(),
        genesis.size(),
        genesis.quorum()
    );
    out.painted(Paint::Good, "HOLDS", quorum);
}

type Cosigners = Vec<(vantage_protocol::id::NodeId, u64)>;

/// The statement that a head commits to. One of another network is whole all the same, and contradicts the genesis.
fn said(bytes: &[u8], genesis: &Genesis, path: &Path) -> CliResult<Leaf> {
    Leaf::decode(bytes, &genesis.net()).map_err(|error| match Leaf::net_of(bytes) {
        Some(net) if net != genesis.net() => bad(error.to_string(), path),
        _ => CliError::usage(format!("the statement in the proof is none that is known here: {error}"))
            .at(path.display())
            .advise("name a proof that `vantage proof` wrote, of this version or an earlier one"),
    })
}

/// Everything that makes a proof hold whose head commits to its statement, in order; the error says what does not. A head
/// that nobody signed as it stands is torn, one that was signed and says something else is bad.
fn held(
    proof: TlogProof,
    leaf: &Leaf,
    keys: &PolicyFile,
    genesis: &Genesis,
) -> Result<(TlogProof, Cosigners), Refusal> {
    let head = &proof.checkpoint.checkpoint.origin;
    if *head != genesis.origin(leaf.author) {
        let why = format!("the head is of {head}, not of the author's log");
        let is_signed = keys
            .log_key(&head.node)
            .is_some_and(|key| proof.checkpoint.clone().by_log(&key).verify_log(&key).is_ok());
        return Err(if is_signed { Refusal::Bad(why) } else { Refusal::Torn(why) });
    }
    let missing = || Refusal::Silent("the policy has no keyset of the log's node".to_owned());
    let key = keys.log_key(&leaf.author).ok_or_else(missing)?;
    let proof = TlogProof { checkpoint: proof.checkpoint.by_log(&key), ..proof };
    proof.checkpoint.verify_log(&key).map_err(|error| Refusal::Torn(error.to_string()))?;
    let cosigners = keys.committee().check(&proof.checkpoint).map_err(|error| match error {
        PolicyError::NoQuorum { .. } => Refusal::Silent(error.to_string()),
        _ => Refusal::Torn(error.to_string()),
    })?;
    Ok((proof, cosigners))
}

fn bad(why: String, path: &Path) -> CliError {
    CliError::invalid(why).at(path.display()).advise("do not rely on it; ask any other node for the proof")
}

/// A file that cannot be read proves nothing, either way.
fn unreadable(what: &str, why: &str, path: &Path) -> CliError {
    CliError::usage(format!("this is no whole {what}: {why}")).at(path.display()).advise(
        "get the file again as it was written: mail programs and editors break lines and drop their ends; send it as an \
         attachment",
    )
}

fn malformed(what: &str) -> CliError {
    CliError::usage(format!("{what:?} is no NODE:INDEX and no job"))
        .at("the argument")
        .advise("write a node id or its beginning, a colon and an index, such as 3f2a:12; or a job id")
}

fn not_understood(error: impl std::fmt::Display) -> CliError {
    CliError::failed(format!("the node's answer is not understood: {error}"))
        .at("the control socket")
        .advise("run the program and the node in the same version")
}
