//! The machine: clock, disk, file descriptors, ports.

use super::place::Configured;
use super::{Findings, Running};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use vantage_daemon::environment::shown;
use vantage_protocol::moment::utc;

/// No clock is right that shows less than this, POSIX seconds: this program was written later (January 2026).
const WRITTEN_S: u64 = 1_767_225_600;
/// Nor one that shows more: 2100.
const FAR_S: u64 = 4_102_444_800;
/// How far a file may lie in the future before the clock is said to have been set back. A guess.
const SET_BACK: Duration = Duration::from_secs(300);
/// Free bytes below which nothing works for long, and below which one should look. Guesses.
const FREE_BYTES: (u64, u64) = (64 << 20, 1 << 30);
/// File descriptors below which connections fail, and below which one should look. Guesses: a node with a hundred
/// peers uses some 300.
const DESCRIPTORS: (u64, u64) = (256, 1024);

/// Whether the clock can be right, as far as can be seen without asking anybody.
pub(super) fn clock(dir: &Path, configured: Option<&Configured>, findings: &mut Findings) {
    const CHECK: &str = "clock";
    const MEND: &str = "set the clock, and let a time service (chrony, systemd-timesyncd) keep it";
    let now = SystemTime::now();
    let now_s = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    if !(WRITTEN_S..FAR_S).contains(&now_s) {
        return findings.fail(CHECK, format!("it shows {now_s} seconds after 1970"), MEND);
    }
    if let Some(founded_s) = configured.map(|configured| configured.checked.genesis.founded_s)
        && now_s < founded_s
    {
        let found = format!("it shows {}, before the network was founded, {}", utc(now_s), utc(founded_s));
        return findings.fail(CHECK, found, MEND);
    }
    let newest = ["node.redb", "ready.json", "keyset.leaf", "config.toml"];
    let newest = newest.iter().filter_map(|name| dir.join(name).metadata().ok()?.modified().ok()).max();
    match newest.and_then(|written| written.duration_since(now).ok()).filter(|ahead| *ahead > SET_BACK) {
        Some(ahead) => {
            let found =
                format!("files of this node lie {} s in the future: it was set back", ahead.as_secs());
            findings.warn(CHECK, found, MEND);
        }
        None => findings.ok(CHECK, "plausible"),
    }
}

/// Room for the data and the models.
pub(super) fn disk(dir: &Path, configured: Option<&Configured>, findings: &mut Findings) {
    let mut places = vec![("disk of the data", dir.to_owned())];
    if let Some(configured) = configured {
        places.push(("disk of the models", configured.checked.models.clone()));
    }
    for (check, place) in places {
        // a directory that is not made yet will lie on its parent's disk
        let Some(there) = place.ancestors().find(|place| place.exists()).map(Path::to_owned) else {
            continue;
        };
        let there = if there.as_os_str().is_empty() { PathBuf::from(".") } else { there };
        let stat = match rustix::fs::statvfs(&there) {
            Ok(stat) => stat,
            Err(error) => {
                findings.skip(check, format!("{}: {error}", shown(&there)));
                continue;
            }
        };
        let free = stat.f_bavail.saturating_mul(stat.f_frsize);
        let found = format!("{} MB free at {}", free / 1_000_000, shown(&place));
        // file systems that count no files say 0 of 0
        let no_files = stat.f_files > 0 && stat.f_favail == 0;
        match (free < FREE_BYTES.0, free < FREE_BYTES.1) {
            _ if no_files => findings.fail(check, "no more files can be made", "remove what is not needed"),
            (true, _) => {
                findings.fail(check, found, "free some space: a node that cannot write must not speak")
            }
            (_, true) => findings.warn(check, found, "free some space before it runs out"),
            _ => findings.ok(check, found),
        }
    }
}

/// The limit of open files.
pub(super) fn descriptors(running: &Running, findings: &mut Findings) {
    const CHECK: &str = "open files";
    const MEND: &str = "raise it: `ulimit -n 4096`, or LimitNOFILE=4096 in the service";
    let (whose, limit) = match running {
        Running::Yes(answered) => ("of the node", limit_of(answered.status.pid)),
        _ => ("of this shell", limit_of(std::process::id())),
    };
    match limit {
        None => findings.skip(CHECK, "the limit cannot be read here"),
        Some(limit) if limit < DESCRIPTORS.0 => {
            findings.fail(CHECK, format!("at most {limit}, the limit {whose}"), MEND)
        }
        Some(limit) if limit < DESCRIPTORS.1 => {
            findings.warn(CHECK, format!("at most {limit}, the limit {whose}"), MEND)
        }
        Some(u64::MAX) => findings.ok(CHECK, format!("no limit {whose}")),
        Some(limit) => findings.ok(CHECK, format!("at most {limit}, the limit {whose}")),
    }
}

/// The soft limit of a process, as Linux tells it.
fn limit_of(pid: u32) -> Option<u64> {
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

/// Whether the addresses to listen on can be had, or are.
pub(super) fn ports(configured: &Configured, running: &Running, findings: &mut Findings) {
    const CHECK: &str = "listening";
    let listen = &configured.checked.net.listen;
    if listen.is_empty() {
        return findings.ok(CHECK, "nowhere, as configured: this node only dials");
    }
    // what this machine does not have is left out at the start, as long as something is left
    let (had, absent): (Vec<_>, Vec<_>) =
        listen.iter().map(|addr| (addr, vantage_net::has_address(addr))).partition(|(_, here)| here.is_ok());
    for (addr, here) in absent {
        let Err(error) = here else { continue };
        let mend = "name an address of this machine under [net] listen, or remove the line";
        match had.is_empty() {
            true => findings.fail(CHECK, format!("{addr}: {error}"), mend),
            false => findings.warn(CHECK, format!("{addr} is not listened on: {error}"), mend),
        }
    }
    if let Running::Yes(answered) = running {
        let at = &answered.status.listen;
        return match at.is_empty() {
            true => findings.fail(CHECK, "nowhere", "see the node's log for why an address cannot be had"),
            false => findings.ok(CHECK, at.join(", ")),
        };
    }
    for (addr, _) in had {
        match vantage_net::try_bind(addr) {
            None => findings.skip(CHECK, format!("{addr} is not looked at")),
            Some(Ok(())) => findings.ok(CHECK, format!("{addr} is free")),
            Some(Err(error)) => findings.fail(
                CHECK,
                format!("{addr}: {error}"),
                "end the program that has it, or choose another under [net] listen",
            ),
        }
    }
}

/// Whether the address for health and metrics can be had.
pub(super) fn metrics(configured: &Configured, running: &Running, findings: &mut Findings) {
    const CHECK: &str = "metrics";
    let Some(address) = configured.checked.metrics else { return };
    match running {
        Running::Yes(_) => findings.ok(CHECK, format!("configured at {address}")),
        _ => match TcpListener::bind(address) {
            Ok(_) => findings.ok(CHECK, format!("{address} is free")),
            Err(error) => findings.fail(
                CHECK,
                format!("{address}: {error}"),
                "end the program that has it, or choose another under [metrics] listen",
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_this_process_is_read_from_outside() {
        let own = std::fs::read_to_string("/proc/self/limits").unwrap();
        let limit = limit_of(std::process::id()).unwrap();
        assert!(limit == u64::MAX || own.contains(&limit.to_string()), "{limit}");
        assert_eq!(limit_of(u32::MAX), None);
    }
}
