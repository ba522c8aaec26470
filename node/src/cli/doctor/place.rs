//! The data directory: who may read it, its keys, configuration, genesis and store.

use super::{Findings, Running};
use crate::config::{self, Config, raw};
use crate::keys::{self, KEYSET, KeysError, LOG_KEY, ROOT_KEY, TRANSPORT_KEY, WITNESS_KEY};
use crate::store::Store;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use vantage_exec::KeySource;

/// Longest configuration that is read, bytes.
const CONFIG_BYTES_MAX: u64 = 256 * 1024;

/// What is configured: what the operator wrote, and what came of the checks without the vendors' keys.
pub(super) struct Configured {
    pub(super) raw: raw::Config,
    pub(super) checked: Config,
}

/// The directory itself.
pub(super) fn directory(dir: &Path, findings: &mut Findings) {
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
            Some(Configured { raw, checked })
        }
        Err(error) => {
            let check = if error.file == file { CHECK } else { "genesis" };
            findings.fail(check, &error, error.help.clone());
            None
        }
    }
}

/// The four keys and the keyset.
pub(super) fn keys(dir: &Path, configured: Option<&Configured>, findings: &mut Findings) {
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
            findings.ok(KEYSET, "not there yet: it is made at the first start, which needs root.key")
        }
        (true, None) => findings.skip(KEYSET, "there, but without a genesis it cannot be checked"),
        // the keyset is there, so nothing is signed
        (true, Some(Configured { checked, .. })) => match keys::load(dir, &checked.genesis) {
            Ok(identity) => {
                let role =
                    if checked.genesis.member(&identity.node).is_some() { "member" } else { "volunteer" };
                findings.ok(KEYSET, format!("node {}, {role}", identity.node));
                if let Err(error) = checked.region_of(&identity.node) {
                    findings.fail("region", &error, error.help.clone());
                }
            }
            Err(error) => findings.fail(KEYSET, &error, "put right what is named"),
        },
    }
}

/// The store's format and whose it is.
pub(super) fn store(dir: &Path, running: &Running, findings: &mut Findings) {
    const CHECK: &str = "store";
    match running {
        Running::Yes(answered) => {
            let status = &answered.status;
            let found = format!("in use by the node: {} records, {} blocks", status.records, status.blocks);
            findings.ok(CHECK, found);
        }
        Running::Mute(_) => findings.skip(CHECK, "in use by a process that does not answer"),
        Running::No { .. } => match Store::peek(dir) {
            Ok(None) => findings.ok(CHECK, "not there yet: it is made at the first start"),
            Ok(Some(peek)) => findings.ok(CHECK, format!("format {}, {} records", peek.format, peek.records)),
            Err(error) => findings.warn(
                CHECK,
                error,
                "a start repairs what a crash left; if it does not, restore the newest copy of the whole directory",
            ),
        },
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_start_matches("error: ")
}
