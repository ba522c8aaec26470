//! `vantage status` and `vantage stop`: how the running node stands, and its end.

use super::args::{NodeArgs, StatusArgs};
use super::control::{self, now_s};
use super::data;
use super::error::CliResult;
use super::exit::Exit;
use super::render::{Out, Paint, Table};
use crate::control::protocol::{Peer, Status};
use serde_json::json;

/// Carries `status` out.
pub(super) fn status(args: &StatusArgs, out: &mut Out) -> CliResult<Exit> {
    let dir = data::dir(&args.data)?;
    if args.peers {
        let peers = control::block_on(async {
            control::connect(&dir).await?.peers().await.map_err(control::refused)
        })?;
        print_peers(&peers, out);
        return Ok(Exit::Done);
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
    control::block_on(async { control::connect(&dir).await?.shutdown().await.map_err(control::refused) })?;
    if out.is_json() {
        out.object(&json!({ "stopping": true }));
    } else {
        out.line("the node is stopping; what it has said is safe");
    }
    Ok(Exit::Done)
}

fn print_peers(peers: &[Peer], out: &mut Out) {
    if out.is_json() {
        return out.object(&json!({ "peers": peers }));
    }
    let mut table = Table::new(&["operator", "node", "rtt", "address", "peer id", "software"]);
    for peer in peers {
        table.row([
            peer.operator.clone().unwrap_or_else(|| "not known yet".to_owned()).into(),
            peer.node.map_or(String::new(), |node| node.short()).into(),
            peer.rtt_ms.map_or(String::new(), |ms| format!("{ms} ms")).into(),
            peer.addr.as_str().into(),
            peer.peer_id.as_str().into(),
            peer.agent.as_str().into(),
        ]);
    }
    out.table(&table);
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
