//! `vantage status` and `vantage stop`: how the running node stands, and its end.

use super::args::{NodeArgs, StatusArgs};
use super::control::{self, now_s};
use super::error::CliResult;
use super::exit::Exit;
use super::render::{Out, Paint};
use super::{data, live, spending};
use std::cmp::Ordering;
use vantage_api::output::Stopping;
use vantage_api::{Room, Shutdown, Status};
use vantage_protocol::id::NodeId;
use vantage_protocol::moment::utc;

/// A clock this far from the committee's is said, seconds: a guess, far above what time daemons leave.
const CLOCK_WARN_S: u64 = 10;

/// Carries `status` out.
pub(super) fn status(args: &StatusArgs, out: &mut Out) -> CliResult<Exit> {
    let dir = data::dir(&args.data)?;
    if args.watch {
        return live::watch(&dir, args.every.duration(), out);
    }
    let status =
        control::block_on(async { control::connect(&dir).await?.status().await.map_err(control::refused) })?;
    if out.is_json() {
        out.object(&status);
    } else {
        print(&status, out);
    }
    Ok(Exit::Done)
}

/// Carries `stop` out.
pub(super) fn stop(args: &NodeArgs, out: &mut Out) -> CliResult<Exit> {
    let dir = data::dir(&args.data)?;
    control::block_on(async {
        control::connect(&dir).await?.ask(&Shutdown {}).await.map_err(control::refused)
    })?;
    if out.is_json() {
        out.object(&Stopping { stopping: true });
    } else {
        out.line("the node is stopping; what it has said is safe");
    }
    Ok(Exit::Done)
}

/// Prints it for people.
pub(super) fn print(status: &Status, out: &mut Out) {
    let test = if status.test { ", a test network" } else { "" };
    let jobs: Vec<String> = status.jobs.iter().map(|(phase, n)| format!("{n} {phase}")).collect();
    let or_none = |items: &[String]| if items.is_empty() { "none".to_owned() } else { items.join(", ") };
    out.pairs(&[
        ("node", status.node.to_string()),
        ("role", format!("{} ({})", status.role, status.operator)),
        ("region", status.region.clone().unwrap_or_else(|| "none declared: it offers nothing".to_owned())),
        ("network", format!("{} {}{test}", status.net_name, status.net)),
        ("offers", or_none(&status.offers)),
        ("listening", or_none(&status.listen)),
        ("published", or_none(&status.external)),
        ("peer id", status.peer_id.clone()),
        ("peers", format!("{}, {} in the gossip mesh", status.peers, status.mesh_peers)),
        ("provided", provided(status)),
        (
            "committee",
            format!(
                "{} of {} heard lately, {} make a quorum",
                status.members_heard, status.members, status.quorum
            ),
        ),
        ("own log", format!("{} leaves, {} certified", status.log_size, status.certified_size)),
        ("logs", status.logs.to_string()),
        ("jobs", or_none(&jobs)),
        ("executing", format!("{} slots", status.executing)),
        ("blocks", format!("{}, {} of them not public yet", status.blocks, status.blocks_private)),
        (
            "up",
            format!(
                "{} s, since {}; version {}, process {}",
                age_s(status.started_s),
                utc(status.started_s),
                status.version,
                status.pid
            ),
        ),
    ]);
    for (target, why) in &status.unavailable {
        out.painted(Paint::Warn, "not offered: ", format!("{target}: {why}"));
    }
    if let Some((paint, word, what)) = alarm(status) {
        out.painted(paint, word, what);
    }
    warn_of_the_node(status, out);
    spending::print(&status.vendors, out);
    if let Some(golem) = &status.golem {
        spending::print_golem(golem, out);
    }
    if !status.notices.is_empty() {
        out.heading("latest notices");
        for notice in &status.notices {
            out.line(format!("{:>6} s ago  {}", age_s(notice.at_ms / 1000), notice.text));
        }
    }
}

/// What the operator has to do something about.
fn warn_of_the_node(status: &Status, out: &mut Out) {
    if let Some(seen) = status.lost_own_log {
        let what = format!(
            "peers have seen {seen} leaves of this node's log and it holds {}: it signs nothing any more; restore the newest \
             directory, or start a new node",
            status.log_size
        );
        out.painted(Paint::Bad, "own log lost: ", what);
    }
    if let Some((heard, needed)) = status.restored.filter(|_| status.lost_own_log.is_none()) {
        let what =
            format!("it signs nothing before {needed} members have told how long its log is; {heard} have");
        out.painted(Paint::Bad, "restored backup: ", what);
    }
    if !status.forks.is_empty() {
        let nodes: Vec<String> = status.forks.iter().map(NodeId::short).collect();
        let what = format!(
            "{}: heads that exclude each other were signed there. What such a node says beyond its certified branch counts for \
             nobody; ask its operator",
            nodes.join(", ")
        );
        out.painted(Paint::Bad, "forked logs: ", what);
    }
    if let Some(offset_s) = status.clock_ahead_s.filter(|offset_s| offset_s.unsigned_abs() >= CLOCK_WARN_S) {
        let (by, way) = (offset_s.unsigned_abs(), if offset_s > 0 { "ahead of" } else { "behind" });
        let what = format!(
            "{by} s {way} the committee's median; beyond 60 s ahead it does not cosign. Set the clock"
        );
        out.painted(Paint::Warn, "clock: ", what);
    }
    if let Some(behind_s) = status.clock_behind_s {
        let what = format!("{behind_s} s behind a time that this node has acted on already. Check the clock");
        out.painted(Paint::Warn, "clock: ", what);
    }
    let mib = status.free_bytes / (1024 * 1024);
    match status.room {
        Room::Ample => {}
        Room::Low => {
            out.painted(Paint::Warn, "disk: ", format!("{mib} MiB free; no further job is taken on"))
        }
        Room::Scarce => {
            out.painted(Paint::Bad, "disk: ", format!("{mib} MiB free; no jobs, and no blocks for others"));
        }
    }
}

/// What is wrong with the committee as heard here: lost, or one member away from it.
pub(super) fn alarm(status: &Status) -> Option<(Paint, &'static str, &'static str)> {
    match status.members_heard.cmp(&status.quorum) {
        Ordering::Less => {
            Some((Paint::Bad, "no quorum: ", "too few committee members are heard; nothing can be certified"))
        }
        // where every member is needed this is how it is, and no loss
        Ordering::Equal if status.members > status.quorum => Some((
            Paint::Warn,
            "quorum nearly lost: ",
            "as many members are heard as it takes; with one fewer nothing can be certified",
        )),
        _ => None,
    }
}

pub(super) fn age_s(at_s: u64) -> u64 {
    now_s().saturating_sub(at_s)
}

/// What can be found by its id, and whether everybody was told lately.
fn provided(status: &Status) -> String {
    let late = if status.roots_late { ", LATE: not all are renewed within the hour" } else { "" };
    format!("{} roots to the DHT, {} announcements due{late}", status.roots, status.roots_waiting)
}
