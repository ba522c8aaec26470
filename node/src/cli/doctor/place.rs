//! The data directory: who may read it, its keys, configuration, genesis and store.

use super::{Findings, Running};
use crate::node::{declared_region, newborn};
use crate::{logging, places};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};
use vantage_daemon::backup;
use vantage_daemon::config::{self, Config, raw};
use vantage_daemon::keys::{
    self, Identity, KEYSET, KeysError, LOG_KEY, ROOT_KEY, TRANSPORT_KEY, WITNESS_KEY,
};
use vantage_daemon::private_file;
use vantage_daemon::store::{Peek, Store, format::FORMAT};
use vantage_exec::KeySource;
use vantage_protocol::genesis::Genesis;

/// Longest configuration that is read, bytes.
const CONFIG_BYTES_MAX: u64 = 256 * 1024;
/// How long the node's past is replayed. A guess: as long as people wait for a look.
const REPLAY_MAX: Duration = Duration::from_secs(30);
/// What is said of a node that has not run yet.
const NO_KEYSET: &str = "not there yet: it is made at the first start, which needs root.key";
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
    let (me, user) = (private_file::user().unwrap_or(metadata.uid()), runs_as(dir));
    if metadata.uid() != user {
        let found = format!("{shown} belongs to user {}, this is user {me}", metadata.uid());
        findings.fail(CHECK, found, "run as the user that the node runs as");
    } else if let Running::No { refused: Some(why), .. } = running {
        findings.fail(CHECK, why, WRITABLE);
    } else if let Err(error) = is_writable(dir) {
        findings.fail(CHECK, format!("{shown} cannot be written to: {error}"), WRITABLE);
    } else if let Err(error) = backup::refuse_retired(dir) {
        findings.fail(CHECK, error, "use the node's new directory");
    } else if me != user && !matches!(running, Running::Yes(_)) {
        findings.warn(
            CHECK,
            format!("{shown} belongs to user {user}, and is looked at for a node that runs as this user"),
            format!("start it as user {user}, as its service does: as user {me} it does not start on keys of another"),
        );
    } else if mode & 0o077 != 0 {
        findings.warn(
            CHECK,
            format!("{shown} has mode {mode:04o}: others can look in"),
            format!("chmod 700 {shown}"),
        );
    } else {
        findings.ok(CHECK, format!("{shown}, mode {mode:04o}"));
    }
    for obstacle in places::in_the_way(dir) {
        findings.fail(
            CHECK,
            obstacle,
            "put right what is named; a file of the node's own is in its newest backup",
        );
    }
}

/// The user that a node on the directory runs as: whoever asks; but the superuser looks at a service's directory, and asks
/// for its owner.
pub(super) fn runs_as(dir: &Path) -> u32 {
    let owner = || fs::metadata(dir).map_or(0, |dir| dir.uid());
    match private_file::user() {
        Ok(0) | Err(_) => owner(),
        Ok(me) => me,
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
    match logging::refuse_dir(dir) {
        Ok(()) => findings.ok(CHECK, dir.display()),
        Err(error) => findings.fail(CHECK, error, "put right what is named, or name another under [log] dir"),
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
        Ok(raw) => raw.run_by(runs_as(dir)),
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
            let check = if error.file == dir.join(&raw.genesis) { "genesis" } else { CHECK };
            findings.fail(check, &error, error.help.clone());
            None
        }
    }
}

/// The four keys and the keyset; all that a node needs of them, where they are whole.
pub(super) fn keys(dir: &Path, configured: Option<&Configured>, findings: &mut Findings) -> Option<Identity> {
    let (keyset, user) = (fs::symlink_metadata(dir.join(KEYSET)).is_ok(), runs_as(dir));
    for name in [ROOT_KEY, TRANSPORT_KEY, LOG_KEY, WITNESS_KEY] {
        let offline = name == ROOT_KEY && keyset;
        match keys::inspect(&dir.join(name), user) {
            Ok(()) if offline => {
                findings.ok(name, "mode 0600; not needed any more: keep it offline once there are two copies")
            }
            Ok(()) => findings.ok(name, "mode 0600"),
            Err(KeysError::Missing { .. }) if offline => {
                findings.ok(name, "not here: kept offline, as it should be")
            }
            // no start reads it
            Err(error @ (KeysError::NotAKey { .. } | KeysError::Io { .. })) if offline => {
                findings.warn(name, &error, "the node runs without it: see that your copy of it is whole")
            }
            Err(error) => findings.fail(
                name,
                &error,
                "a key that is lost ends the node id: restore it from your backup",
            ),
        }
    }
    let Some(Configured { checked, .. }) = configured else {
        match keyset {
            true => findings.skip(KEYSET, "there, but without a genesis it cannot be checked"),
            false => findings.ok(KEYSET, NO_KEYSET),
        }
        return None;
    };
    // a keyset that is not there is signed, as a start does it, and not kept
    match keys::load_for(dir, &checked.genesis, user) {
        Ok(identity) => {
            let is_member = checked.genesis.member(&identity.node).is_some();
            let role = if is_member { "member" } else { "volunteer" };
            match keyset {
                true => findings.ok(KEYSET, format!("node {}, {role}", identity.node)),
                false => findings.ok(KEYSET, NO_KEYSET),
            }
            if let Err(error) = declared_region(checked, &identity.node) {
                findings.fail("region", &error, error.help.clone());
            }
            Some(identity)
        }
        // the key that is missing or open to others is told already
        Err(_) if !keyset => {
            findings.skip(KEYSET, NO_KEYSET);
            None
        }
        Err(error) => {
            findings.fail(KEYSET, &error, "put right what is named");
            None
        }
    }
}

/// The store: what a start would find in it. The node's past is replayed, as a start does it, for as long as one waits.
pub(super) fn store(
    dir: &Path,
    running: &Running,
    ours: Option<(&Genesis, &Identity)>,
    findings: &mut Findings,
) {
    const CHECK: &str = "store";
    const MEND: &str =
        "do not start the node on anything else than its newest directory: restore its newest backup";
    match running {
        Running::Yes(answered) => {
            let status = &answered.status;
            let found = format!("in use by the node: {} records, {} blocks", status.records, status.blocks);
            return findings.ok(CHECK, found);
        }
        Running::Mute(_) => return findings.skip(CHECK, "in use by a process that does not answer"),
        Running::No { .. } => {}
    }
    let mut past = match ours.map(|(genesis, identity)| newborn(genesis, identity)).transpose() {
        Ok(past) => past,
        Err(error) => return findings.fail(CHECK, error, MEND),
    };
    let whose = ours.map(|(genesis, identity)| (genesis.net(), identity.node));
    let (began, mut replayed) = (Instant::now(), 0);
    let looked = Store::peek(dir, whose.as_ref().map(|(net, node)| (net, node)), |record| {
        match past.as_mut().filter(|_| began.elapsed() < REPLAY_MAX) {
            Some(past) => {
                replayed += 1;
                past.restore(record)
            }
            None => Ok(()),
        }
    });
    match looked {
        Ok(None) => findings.ok(CHECK, "not there yet: it is made at the first start"),
        Ok(Some(Peek { format: None, .. })) => findings.ok(CHECK, "nothing is in it yet"),
        Ok(Some(Peek { records, .. })) => {
            let found = format!("format {FORMAT}, {records} records");
            match past {
                Some(_) if replayed < records => findings.warn(
                    CHECK,
                    format!("{found}, of which {replayed} were replayed in {} s", REPLAY_MAX.as_secs()),
                    "the start replays all: `vantage run` tells if one of the others does not fit",
                ),
                _ => findings.ok(CHECK, found),
            }
        }
        Err(error) => findings.fail(CHECK, error, MEND),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_start_matches("error: ")
}
