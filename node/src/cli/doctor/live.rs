//! What the running node says: the control socket, peers, quorum, clock, log.

use super::place::Configured;
use super::{Answered, Findings, Running};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use vantage_api::SOCKET;
use vantage_protocol::params::CLOCK_AHEAD_S_MAX;

/// Seconds that the clock may differ from the committee's before one should look. A guess: time services keep it
/// within one.
const CLOCK_S_MAX: i64 = 5;

/// Everything that only a running node knows.
pub(super) fn node(dir: &Path, configured: Option<&Configured>, running: &Running, findings: &mut Findings) {
    const CHECK: &str = "node";
    match running {
        Running::Yes(answered) => {
            let status = &answered.status;
            findings.ok(CHECK, format!("runs as process {}, version {}", status.pid, status.version));
            socket(dir, findings);
            if status.version != env!("CARGO_PKG_VERSION") {
                let found =
                    format!("the node is {}, this program {}", status.version, env!("CARGO_PKG_VERSION"));
                findings.warn("version", found, "restart the node with the program that is installed");
            }
            peers(answered, configured, findings);
            quorum(answered, findings);
            clock(answered, findings);
            log(answered, findings);
        }
        Running::Mute(why) => {
            findings.fail(CHECK, why, "see its log; end that process, then start the node again")
        }
        Running::No { .. } => {
            findings
                .skip(CHECK, "does not run: peers, quorum, log and the committee's clock are not looked at");
        }
    }
}

fn socket(dir: &Path, findings: &mut Findings) {
    const CHECK: &str = "control socket";
    let path = dir.join(SOCKET);
    match fs::metadata(&path).map(|metadata| metadata.permissions().mode() & 0o777) {
        Ok(mode) if mode & 0o077 != 0 => {
            let found = format!("mode {mode:04o}: others may command this node");
            findings.fail(CHECK, found, format!("chmod 600 {}", path.display()));
        }
        Ok(mode) => findings.ok(CHECK, format!("answers, mode {mode:04o}")),
        Err(error) => findings.warn(CHECK, error, "restart the node"),
    }
}

fn peers(answered: &Answered, configured: Option<&Configured>, findings: &mut Findings) {
    const CHECK: &str = "peers";
    let ours = answered.peers.iter().filter(|peer| peer.in_network).count();
    let found = format!("{} connected, {ours} of this network", answered.peers.len());
    let alone = answered.status.members == 1;
    let entries = configured.map_or(0, |configured| configured.checked.net.bootstrap.len());
    match (ours, entries) {
        (0, _) if alone => findings.ok(CHECK, format!("{found}; this committee has one member")),
        (0, 0) => findings.fail(
            CHECK,
            format!("{found}, and no entry point is configured"),
            "name one under [net] bootstrap",
        ),
        (0, _) => findings.fail(
            CHECK,
            found,
            "check the entry points under [net] bootstrap, the firewall and the network",
        ),
        _ => findings.ok(CHECK, found),
    }
}

fn quorum(answered: &Answered, findings: &mut Findings) {
    const CHECK: &str = "quorum";
    let status = &answered.status;
    let (heard, members, quorum) = (status.members_heard, status.members, status.quorum);
    let found = format!("{heard} of {members} members heard, {quorum} make a quorum");
    match super::super::status::alarm(status) {
        None => findings.ok(CHECK, found),
        Some(_) if heard < quorum => findings.fail(
            CHECK,
            found + ": nothing can be certified",
            "`vantage peers --known` shows who was heard when; ask their operators, check your own network",
        ),
        Some(_) => findings.warn(
            CHECK,
            found + ": one fewer and nothing can be certified",
            "`vantage peers --known` shows who is silent; tell their operators now",
        ),
    }
}

fn clock(answered: &Answered, findings: &mut Findings) {
    const CHECK: &str = "committee's clock";
    const MEND: &str = "let a time service (chrony, systemd-timesyncd) set the clock";
    match answered.status.clock_ahead_s {
        None => findings.skip(CHECK, "no other member was heard within the last minute"),
        Some(ahead_s) => {
            let found = format!("this node is {ahead_s} s ahead of the median of the other members");
            if ahead_s > i64::try_from(CLOCK_AHEAD_S_MAX).unwrap_or(i64::MAX) {
                findings.fail(CHECK, found + " and does not cosign", MEND);
            } else if ahead_s.abs() > CLOCK_S_MAX {
                findings.warn(CHECK, found, MEND);
            } else {
                findings.ok(CHECK, found);
            }
        }
    }
}

fn log(answered: &Answered, findings: &mut Findings) {
    const CHECK: &str = "own log";
    let status = &answered.status;
    if let Some(seen) = status.lost_own_log {
        let found = format!(
            "peers have seen {seen} leaves of it, it holds {}: the node signs nothing",
            status.log_size
        );
        return findings.fail(
            CHECK,
            found,
            "restore the newest data directory, or start a new node with new keys",
        );
    }
    let open = status.log_size.saturating_sub(status.certified_size);
    let found = format!("{} leaves, {} certified", status.log_size, status.certified_size);
    findings.ok(CHECK, if open == 0 { found } else { format!("{found}, {open} wait for a quorum") });
    for (target, why) in &status.unavailable {
        findings.warn(
            "offers",
            format!("{target} is not offered: {why}"),
            "put right what is named, or do not offer it",
        );
    }
}
