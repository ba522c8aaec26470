//! `vantage peers`: who is connected, and who is known.

use super::args::PeersArgs;
use super::control::{self, now_s};
use super::data;
use super::error::CliResult;
use super::exit::Exit;
use super::render::{Field, Out, Paint, Table};
use vantage_api::{KnownNode, Nodes, Peer, Peers};
use vantage_protocol::params::CLOCK_HEARD_S_MAX;

/// Carries the command out.
pub(super) fn peers(args: &PeersArgs, out: &mut Out) -> CliResult<Exit> {
    let dir = data::dir(&args.data)?;
    if args.known {
        let nodes = control::block_on(async {
            control::connect(&dir).await?.nodes().await.map_err(control::refused)
        })?;
        known(&nodes, out);
    } else {
        let peers = control::block_on(async {
            control::connect(&dir).await?.peers().await.map_err(control::refused)
        })?;
        connected(&peers, out);
    }
    Ok(Exit::Done)
}

fn connected(peers: &[Peer], out: &mut Out) {
    if out.is_json() {
        return out.object(&Peers { peers: peers.to_vec() });
    }
    if peers.is_empty() {
        return out.line("no peers; `vantage doctor` tells what may be wrong");
    }
    let mut table = Table::new(&["operator", "node", "rtt", "address", "peer id", "software"]);
    for peer in peers {
        let stranger = if peer.in_network { "not known yet" } else { "not of this network" };
        table.row([
            peer.operator.clone().unwrap_or_else(|| stranger.to_owned()).into(),
            peer.node.map_or(String::new(), |node| node.short().to_string()).into(),
            peer.rtt_ms.map_or(String::new(), |ms| format!("{ms} ms")).into(),
            peer.addr.as_str().into(),
            peer.peer_id.as_str().into(),
            peer.agent.as_str().into(),
        ]);
    }
    out.table(&table);
}

fn known(nodes: &[KnownNode], out: &mut Out) {
    if out.is_json() {
        return out.object(&Nodes { nodes: nodes.to_vec() });
    }
    let now_s = now_s();
    let mut table =
        Table::new(&["role", "operator", "region", "node", "leaves", "certified", "heard", "offers"]);
    for node in nodes {
        let offered = node.announce.as_ref().filter(|announce| announce.until_s > now_s);
        let regions = offered.map(|announce| announce.regions.join(","));
        let offers = offered.map_or(String::new(), |announce| {
            announce.offers.iter().map(|offer| offer.target.as_str()).collect::<Vec<_>>().join(" ")
        });
        table.row([
            if node.member { "member" } else { "volunteer" }.into(),
            node.operator.as_str().into(),
            node.region.clone().or(regions).unwrap_or_default().into(),
            node.node.short().to_string().into(),
            node.leaves.to_string().into(),
            node.certified.to_string().into(),
            heard(node, now_s),
            offers.into(),
        ]);
    }
    out.table(&table);
}

/// When a member's witness key has signed last.
fn heard(node: &KnownNode, now_s: u64) -> Field {
    match node.witness_time_s {
        None => "".into(),
        Some(time_s) => {
            let age_s = now_s.saturating_sub(time_s);
            let paint = if age_s > CLOCK_HEARD_S_MAX { Paint::Warn } else { Paint::Plain };
            Field::painted(paint, format!("{age_s} s ago"))
        }
    }
}
