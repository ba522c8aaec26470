//! `vantage bundle`: evidence as one file, out of a node or into it.

use super::args::{BundleCommand, BundleExportArgs, BundleImportArgs};
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::fetch::fetch;
use super::render::Out;
use super::{content_id, control, data, file, verdict, verify};
use std::path::Path;
use vantage_api::output::{BundleExported, Imported, Verified};
use vantage_api::{BundleIds, Client, GetBundle, PutBlock};
use vantage_protocol::bundle::Bundle;
use vantage_protocol::cid::Cid;
use vantage_protocol::proof::{CAR_BYTES_MAX, Car, Summary, Trust, Verdict};
use vantage_protocol::wire;

/// Carries the command out.
pub(super) fn bundle(command: &BundleCommand, out: &mut Out) -> CliResult<Exit> {
    match command {
        BundleCommand::Export(args) => export(args, out),
        BundleCommand::Import(args) => import(args, out),
    }
}

fn export(args: &BundleExportArgs, out: &mut Out) -> CliResult<Exit> {
    let (root, bytes) = if args.peers.is_empty() { from_node(args)? } else { from_peers(args)? };
    if out.is_json() {
        out.object(&BundleExported { file: args.out.display().to_string(), root, bytes });
    } else {
        out.line(format!("{}: {bytes} bytes, bundle {root}", args.out.display()));
        out.line(format!("check it: vantage verify {} --genesis FILE|HASH", args.out.display()));
    }
    Ok(Exit::Done)
}

fn from_peers(args: &BundleExportArgs) -> CliResult<(Cid, u64)> {
    let trust = verify::trust(args.genesis.as_deref())?;
    let cid = content_id::parse(&args.what)?;
    let fetched = control::block_on(fetch(cid, trust.net(), &args.peers))?;
    let (root, _) = verify::best(&fetched, &trust)?;
    let car = Car::collect(root, &|cid| fetched.blocks.get(cid).cloned()).map_err(|error| {
        CliError::failed(error).at(format!("bundle {root}")).advise("name more peers, or raise --net-timeout")
    })?;
    let bytes = car.to_bytes();
    file::write_new(&args.out, &bytes)?;
    Ok((root, bytes.len() as u64))
}

fn from_node(args: &BundleExportArgs) -> CliResult<(Cid, u64)> {
    let dir = data::dir(&args.data)?;
    control::block_on(async {
        let client = control::connect(&dir).await?;
        let root = root(&client, &args.what).await?;
        let refuse = |e: std::io::Error| CliError::file("write", &args.out, &e);
        let draft = file::Draft::begin(&args.out)?;
        let options = tokio::fs::OpenOptions::new().write(true).create_new(true).open(draft.place()).await;
        let mut sink = options.map_err(refuse)?;
        let bytes = client.car(root, &mut sink).await.map_err(control::refused)?;
        sink.sync_all().await.map_err(refuse)?;
        draft.finish().map(|()| (root, bytes))
    })
}

/// The bundle's root of a job id, a content id, or a bundle id.
async fn root(client: &Client, what: &str) -> CliResult<Cid> {
    let Ok(cid) = content_id::parse(what) else {
        let BundleIds { id, bundle, .. } =
            client.ask(&GetBundle { id: what.to_owned() }).await.map_err(control::refused)?;
        return bundle.ok_or_else(|| {
            CliError::failed("the job has no bundle yet")
                .at(format!("job {id}"))
                .advise("wait until it is SEALED or BOUNDED: `vantage job watch` follows it")
        });
    };
    let views = client.jobs().await.map_err(control::refused)?;
    let mine = views.iter().find(|view| view.content == Some(cid) || view.bundle == Some(cid));
    match mine.and_then(|view| view.bundle) {
        Some(bundle) => Ok(bundle),
        None => {
            // an imported bundle belongs to no job that the node follows
            client.block(cid).await.map_err(control::refused)?;
            Ok(cid)
        }
    }
}

fn import(args: &BundleImportArgs, out: &mut Out) -> CliResult<Exit> {
    let bytes = file::read(&args.file, CAR_BYTES_MAX as u64)?;
    let dir = data::dir(&args.data)?;
    control::block_on(async {
        let client = control::connect(&dir).await?;
        let net = client.status().await.map_err(control::refused)?.net;
        let found = verify::judge_file(&bytes, &args.file, &Trust::Hash(net))?;
        if !matches!(found.summary, Summary::Sealed | Summary::Bounded) {
            refuse(&found, &args.file, out);
            return Ok(verify::exit(found.summary));
        }
        let car = Car::parse(&bytes)
            .map_err(|error| CliError::usage(error).at(args.file.display()).advise("get the file again"))?;
        let blocks = put(&client, &car).await?;
        if out.is_json() {
            let object = verdict::object(&found, &args.file.display().to_string(), false);
            out.object(&Verified { imported: Some(Imported { root: car.root, blocks }), ..object });
        } else {
            verdict::summary(&found, out);
            out.line(format!("{blocks} blocks are kept and served, bundle {}", car.root));
        }
        Ok(verify::exit(found.summary))
    })
}

/// Hands the blocks over, the roots last: whoever finds them finds all below.
async fn put(client: &Client, car: &Car) -> CliResult<usize> {
    let content =
        car.blocks.get(&car.root).and_then(|head| wire::decode::<Bundle>(head).ok()).map(|b| b.content);
    let is_root = |cid: &Cid| *cid == car.root || Some(*cid) == content;
    for (cid, block) in car.blocks.iter().filter(|(cid, _)| !is_root(cid)) {
        client
            .ask(&PutBlock { cid: *cid, bytes: block.clone(), provide: false })
            .await
            .map_err(control::refused)?;
    }
    for (cid, block) in car.blocks.iter().filter(|(cid, _)| is_root(cid)) {
        client
            .ask(&PutBlock { cid: *cid, bytes: block.clone(), provide: true })
            .await
            .map_err(control::refused)?;
    }
    Ok(car.blocks.len())
}

fn refuse(found: &Verdict, path: &Path, out: &mut Out) {
    if out.is_json() {
        out.object(&verdict::object(found, &path.display().to_string(), false));
    } else {
        verdict::summary(found, out);
        out.line(format!("nothing was imported; `vantage verify {}` shows all parts", path.display()));
    }
}
