//! The data directory: who may read it, its keys, configuration, genesis and store.

use super::{Findings, Running};
use crate::backup;
use crate::config::{self, Config, raw};
use crate::keys::{self, KEYSET, KeysError, LOG_KEY, ROOT_KEY, TRANSPORT_KEY, WITNESS_KEY};
use crate::store::{Store, format::FORMAT};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use vantage_exec::KeySource;
use vantage_protocol::id::{NetId, NodeId};

/// Longest configuration that is read, bytes.
const CONFIG_BYTES_MAX: u64 = 256 * 1024;
/// What to do where nothing can be written.
const WRITABLE: &str =
    "make it writable for the user that the node runs as, on a file system that is not read-only";

/// What is configured: what the operator wrote, and what came of the checks without the vendors' keys.
pub(super) struct Configured {
    pub(super) raw: raw::Config,
    pub(super) checked: Config,
}

/// The directory itself.
pub(super) fn directory(dir: &Path, running: &Running, findings: &mut Findings) {
    const CHECK: &str = "data directory";
    let shown = dir.display();
    let metadata = match fs::metadata(dir) {
        Ok(metadata) if metadata.is_dir() => metadata,
        Ok(_) => return findings.fail(CHECK, format!("{shown} is no directory"), "name another with --data"),
        Err(error) => {
            let mend = "make a node with `vantage init`, or name its directory with --data";
            return findings.fail(CHECK, format!("{shown}: {error}"), mend);
        }
    };
    let mode = metadata.permissions().mode() & 0o7777;
    // whose process this is, as Linux tells it
    let me = fs::metadata("/proc/self").map_or(metadata.uid(), |process| process.uid());
    // the superuser looks at a service's directory
    if metadata.uid() != me && me != 0 {
        let found = format!("{shown} belongs to user {}, this is user {me}", metadata.uid());
        findings.fail(CHECK, found, "run as the user that the node runs as");
    } else if let Running::No { refused: Some(why), .. } = running {
        findings.fail(CHECK, why, WRITABLE);
    } else if let Err(error) = is_writable(dir) {
        findings.fail(CHECK, format!("{shown} cannot be written to: {error}"), WRITABLE);
    } else if let Err(error) = backup::refuse_retired(dir) {
        findings.fail(CHECK, error, "use the node's new directory");
    } else if mode & 0o077 != 0 {
        findings.warn(
            CHECK,
            format!("{shown} has mode {mode:04o}: others can look in"),
            format!("chmod 700 {shown}"),
        );
    } else {
        findings.ok(CHECK, format!("{shown}, mode {mode:04o}"));
    }
}

/// Whether files can be made in a directory, as far as its mode and its file system tell.
fn is_writable(dir: &Path) -> rustix::io::Result<()> {
    rustix::fs::access(dir, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)
}

/// The directory of log files, or the one in which it will be made.
pub(super) fn logs(configured: &Configured, findings: &mut Findings) {
    const CHECK: &str = "log files";
    let Some(dir) = &configured.checked.log.dir else { return };
    let there = dir.ancestors().find(|place| place.exists()).unwrap_or(dir);
    let shown = dir.display();
    match is_writable(there) {
        _ if !there.is_dir() => findings.fail(
            CHECK,
            format!("{} is no directory", there.display()),
            "name another under [log] dir",
        ),
        Ok(()) => findings.ok(CHECK, shown),
        Err(error) => findings.fail(CHECK, format!("{shown}: {error}"), WRITABLE),
    }
}

/// The configuration and the genesis that it names.
pub(super) fn configuration(dir: &Path, findings: &mut Findings) -> Option<Configured> {
    const CHECK: &str = "configuration";
    let file = dir.join(config::FILE);
    let text = match super::super::file::read_text(&file, CONFIG_BYTES_MAX) {
        Ok(text) => text,
        Err(error) => {
            findings.fail(
                CHECK,
                first_line(&error.to_string()),
                "make one with `vantage init`, or restore it",
            );
            return None;
        }
    };
    let raw: raw::Config = match raw::Config::parse(&file, &text) {
        Ok(raw) => raw,
        Err(error) => {
            findings.fail(CHECK, &error, error.help.clone());
            return None;
        }
    };
    // keys of APIs are looked at one by one; a missing one leaves the rest to be checked
    let mut keyless = raw.clone();
    keyless.vendors.iter_mut().for_each(|vendor| vendor.key = KeySource::None);
    if keyless.golem.as_ref().is_some_and(|golem| !matches!(golem.app_key.load(), Ok(Some(_)))) {
        keyless.golem = None;
        keyless.offers.targets.retain(|offer| !offer.target.starts_with("golem:"));
    }
    match Config::check(keyless, &file) {
        Ok(checked) => {
            findings.ok(CHECK, file.display());
            let (genesis, test) =
                (&checked.genesis, if checked.genesis.test { ", a test network" } else { "" });
            findings.ok("genesis", format!("{} {}{test}", genesis.name, genesis.net()));
            for dir in raw.secrets.shared.iter().filter(|dir| !dir.is_dir()) {
                let found = format!("[secrets] shared: {} is no directory that exists here", dir.display());
                findings.warn("secrets", found, "correct its path, if keys are to be delivered there");
            }
            Some(Configured { raw, checked })
        }
        Err(error) => {
            let check = if error.file == file { CHECK } else { "genesis" };
            findings.fail(check, &error, error.help.clone());
            None
        }
    }
}

/// The four keys and the keyset; the node that they are of, where it has a keyset.
pub(super) fn keys(dir: &Path, configured: Option<&Configured>, findings: &mut Findings) -> Option<NodeId> {
    let keyset = dir.join(KEYSET).exists();
    for name in [ROOT_KEY, TRANSPORT_KEY, LOG_KEY, WITNESS_KEY] {
        let offline = name == ROOT_KEY && keyset;
        match keys::inspect(&dir.join(name)) {
            Ok(()) if offline => {
                findings.ok(name, "mode 0600; not needed any more: keep it offline once there are two copies")
            }
            Ok(()) => findings.ok(name, "mode 0600"),
            Err(KeysError::Missing { .. }) if offline => {
                findings.ok(name, "not here: kept offline, as it should be")
            }
            Err(error) => findings.fail(
                name,
                &error,
                "a key that is lost ends the node id: restore it from your backup",
            ),
        }
    }
    match (keyset, configured) {
        (false, _) => {
            findings.ok(KEYSET, "not there yet: it is made at the first start, which needs root.key");
            None
        }
        (true, None) => {
            findings.skip(KEYSET, "there, but without a genesis it cannot be checked");
            None
        }
        // the keyset is there, so nothing is signed
        (true, Some(Configured { checked, .. })) => match keys::load(dir, &checked.genesis) {
            Ok(identity) => {
                let role =
                    if checked.genesis.member(&identity.node).is_some() { "member" } else { "volunteer" };
                findings.ok(KEYSET, format!("node {}, {role}", identity.node));
                match checked.region_of(&identity.node) {
                    Err(error) => findings.fail("region", &error, error.help.clone()),
                    Ok(None) if !checked.offers.targets.is_empty() => findings.fail(
                        "region",
                        "none is configured, but targets are offered",
                        "say where the node stands: region = \"…\"; or offer nothing",
                    ),
                    Ok(_) => {}
                }
                Some(identity.node)
            }
            Err(error) => {
                findings.fail(KEYSET, &error, "put right what is named");
                None
            }
        },
    }
}

/// The store's format and whose it is.
pub(super) fn store(dir: &Path, running: &Running, ours: Option<(NetId, NodeId)>, findings: &mut Findings) {
    const CHECK: &str = "store";
    const MEND: &str =
        "do not start the node on anything else than its newest directory: restore its newest backup";
    match running {
        Running::Yes(answered) => {
            let status = &answered.status;
            let found = format!("in use by the node: {} records, {} blocks", status.records, status.blocks);
            findings.ok(CHECK, found);
        }
        Running::Mute(_) => findings.skip(CHECK, "in use by a process that does not answer"),
        Running::No { .. } => match Store::refuse_lost(dir).and_then(|_| Store::peek(dir)) {
            Ok(None) => findings.ok(CHECK, "not there yet: it is made at the first start"),
            Ok(Some(peek)) if peek.format != FORMAT => findings.fail(
                CHECK,
                format!("it has format {}, and this program knows format {FORMAT}", peek.format),
                "use the program that wrote it; `vantage run` tells which",
            ),
            Ok(Some(peek)) if ours.is_some() && peek.whose != ours => {
                findings.fail(CHECK, "it is of another node or network than the keys beside it", MEND)
            }
            Ok(Some(peek)) => findings.ok(CHECK, format!("format {}, {} records", peek.format, peek.records)),
            Err(error) => findings.fail(CHECK, error, MEND),
        },
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_start_matches("error: ")
}
