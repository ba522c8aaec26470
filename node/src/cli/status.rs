//! `vantage status`: how the running node stands.

use super::args::NodeArgs;
use super::control::{self, now_s};
use super::data;
use super::error::CliResult;
use super::exit::Exit;
use super::render::{Out, Paint};
use crate::control::protocol::Status;

/// Carries the command out.
pub(super) fn status(args: &NodeArgs, out: &mut Out) -> CliResult<Exit> {
    let dir = data::dir(&args.data)?;
    let status =
        control::block_on(async { control::connect(&dir).await?.status().await.map_err(control::refused) })?;
    if out.is_json() {
        out.object(&status);
    } else {
        print(&status, out);
    }
    Ok(Exit::Done)
}

fn print(status: &Status, out: &mut Out) {
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
        ("up", format!("{} s, version {}, process {}", age_s(status.started_s), status.version, status.pid)),
    ]);
    for (target, why) in &status.unavailable {
        out.painted(Paint::Warn, "not offered: ", format!("{target}: {why}"));
    }
    if status.members_heard < status.quorum {
        out.painted(
            Paint::Bad,
            "no quorum: ",
            "too few committee members are heard; nothing can be certified",
        );
    }
    if !status.notices.is_empty() {
        out.heading("latest notices");
        for notice in &status.notices {
            out.line(format!("{:>6} s ago  {}", age_s(notice.at_ms / 1000), notice.text));
        }
    }
}

fn age_s(at_s: u64) -> u64 {
    now_s().saturating_sub(at_s)
}
