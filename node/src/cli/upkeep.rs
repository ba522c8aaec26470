//! `vantage backup`, `restore`, `move` and `prune`.

use super::args::{BackupArgs, MoveArgs, PruneArgs, RestoreArgs};
use super::control;
use super::data;
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::render::{Out, Paint};
use std::path::Path;
use vantage_api::output::{BackedUp, Moved, PruneDone, Restored};
use vantage_api::{Backup, Prune, Pruned, Written};
use vantage_daemon::backup::{self, BackupError};
use vantage_daemon::lock::{DataLock, LockError};
use vantage_daemon::store::Store;
use vantage_protocol::moment::utc;

/// Carries `backup` out: the running node writes it, or this process does where none runs.
pub(super) fn backup(args: &BackupArgs, out: &mut Out) -> CliResult<Exit> {
    let dir = data::dir(&args.data)?;
    let file = std::path::absolute(&args.out).map_err(|error| CliError::file("write", &args.out, &error))?;
    let written = match DataLock::take(&dir) {
        Ok(_lock) => of_stopped(&dir, &file, args.with_root_key).map_err(|error| refuse(error, &dir))?,
        Err(LockError::Held { .. }) => control::block_on(async {
            let client = control::connect(&dir).await?;
            client
                .ask(&Backup { out: file.clone(), root_key: args.with_root_key })
                .await
                .map_err(control::refused)
        })?,
        Err(error) => return Err(refuse(error.into(), &dir)),
    };
    if out.is_json() {
        out.object(&BackedUp {
            file: file.display().to_string(),
            bytes: written.bytes,
            parts: written.parts,
            manifest: written.manifest,
            root_key: args.with_root_key,
            missing: written.missing.clone(),
        });
    } else {
        out.line(format!(
            "{}: {} files, {} bytes, manifest {}",
            file.display(),
            written.parts,
            written.bytes,
            written.manifest
        ));
        out.line("it holds secret keys: keep it as private as the data directory");
    }
    Ok(lacking(&written.missing, out))
}

/// Says what a backup lacks. One that no node could run on is not done.
fn lacking(missing: &[String], out: &mut Out) -> Exit {
    let is_needed = missing.iter().any(|name| backup::is_needed(name));
    if !missing.is_empty() && !out.is_json() {
        out.painted(Paint::Warn, "it lacks ", missing.join(", "));
        out.line(match is_needed {
            true => "a node does not start without those: put the missing keys into the data directory",
            false => "of those that are kept elsewhere keep copies, too",
        });
    }
    if is_needed { Exit::Failed } else { Exit::Done }
}

fn of_stopped(dir: &Path, file: &Path, root_key: bool) -> Result<Written, BackupError> {
    backup::refuse_retired(dir)?;
    let store = Store::reopen(dir)?.ok_or_else(|| BackupError::Nothing { dir: dir.to_owned() })?;
    backup::write(&store, dir, file, root_key)
}

/// Carries `restore` out.
pub(super) fn restore(args: &RestoreArgs, out: &mut Out) -> CliResult<Exit> {
    let dir = data::dir(&args.data)?;
    let manifest = backup::restore(&args.file, &dir).map_err(|error| refuse(error, &dir))?;
    let missing = manifest.missing(manifest.root_key);
    if out.is_json() {
        out.object(&Restored {
            data: dir.display().to_string(),
            node: manifest.node,
            net: manifest.net,
            at_s: manifest.at_s,
            written_by: manifest.written_by.clone(),
            parts: manifest.parts.len(),
            root_key: manifest.root_key,
            missing: missing.clone(),
        });
    } else {
        let age_s = control::now_s().saturating_sub(manifest.at_s);
        out.line(format!(
            "{}: node {} as it was {age_s} s ago, on {}, {} files, each as it was written",
            dir.display(),
            manifest.node,
            utc(manifest.at_s),
            manifest.parts.len()
        ));
        out.line(
            "it signs nothing before enough members have told it how long its log is: see `vantage status`",
        );
    }
    Ok(lacking(&missing, out))
}

/// Carries `move` out.
pub(super) fn relocate(args: &MoveArgs, out: &mut Out) -> CliResult<Exit> {
    let dir = data::dir(&args.data)?;
    let bytes = backup::relocate(&dir, &args.to).map_err(|error| refuse(error, &dir))?;
    if out.is_json() {
        out.object(&Moved { from: dir.display().to_string(), to: args.to.display().to_string(), bytes });
    } else {
        out.line(format!("moved, {bytes} bytes; run it with: vantage run --data {}", args.to.display()));
        out.line(format!(
            "{} is retired for good; once the node runs in its new place, remove it: it still holds the keys",
            dir.display()
        ));
    }
    Ok(Exit::Done)
}

/// Carries `prune` out.
pub(super) fn prune(args: &PruneArgs, out: &mut Out) -> CliResult<Exit> {
    let dir = data::dir(&args.data)?;
    let pruned: Pruned = control::block_on(async {
        control::connect(&dir).await?.ask(&Prune { dry: args.dry_run }).await.map_err(control::refused)
    })?;
    if out.is_json() {
        out.object(&PruneDone { dry_run: args.dry_run, pruned });
        return Ok(Exit::Done);
    }
    let verb = if args.dry_run { "would go" } else { "went" };
    out.pairs(&[
        ("blocks", format!("{} of {} jobs {verb}, {} bytes", pruned.blocks, pruned.jobs, pruned.block_bytes)),
        ("records", format!("{} superseded ones {verb}, {} bytes", pruned.records, pruned.record_bytes)),
        ("progress", format!("{} rows of jobs that are over {verb}", pruned.rows)),
    ]);
    Ok(Exit::Done)
}

fn refuse(error: BackupError, dir: &Path) -> CliError {
    let advice = match &error {
        BackupError::Lock(LockError::Held { .. }) => "stop the node first: vantage stop",
        BackupError::Exists { .. } | BackupError::Inside { .. } | BackupError::NoDirectory { .. } => {
            "choose another place"
        }
        BackupError::Unfinished { .. } => "if no backup runs, move or remove it; else choose another place",
        BackupError::Retired { .. } => "use the node's new directory",
        BackupError::Damaged { help, .. } => help,
        BackupError::NoFile { .. } => "name a file that `vantage backup` wrote",
        BackupError::Nothing { .. } => "name the right data directory with --data",
        _ => "check the path, its permissions and its free space",
    };
    match &error {
        // the file is at fault, and not the directory
        BackupError::Damaged { path, .. } | BackupError::NoFile { path, .. } => {
            let place = path.display().to_string();
            CliError::usage(error).at(place).advise(advice)
        }
        _ => CliError::failed(error).at(dir.display()).advise(advice),
    }
}
