//! The view: who the node is, whether it can certify, who is there, how its jobs stand, what it told last.
//!
//! It is drawn anew each time from one look, fits itself to the terminal, and shows text from outside escaped.

mod canvas;

use super::super::render::Paint;
use super::super::{spending, standing, status};
use super::Look;
use canvas::{Line, Span, columns, fitted};
use std::collections::BTreeMap;
use vantage_api::{GolemView, JobView, KnownNode, SlotState, Status, VendorView};
use vantage_golem::Nano;
use vantage_protocol::id::NodeId;
use vantage_protocol::params::CLOCK_HEARD_S_MAX;

/// Rows of the nodes' table: half of the largest committee. A guess.
const NODES_MAX: usize = 11;
/// Rows that one job may take: its regions and targets. A guess.
const JOB_ROWS_MAX: usize = 8;
/// Rows of the vendors' table, all together included. A guess.
const VENDORS_MAX: usize = 6;
/// Sessions at Golem shown. A guess.
const SESSIONS_MAX: usize = 4;
/// Notices shown. A guess.
const NOTICES_MAX: usize = 6;

/// One look, or why there is none, as what is written to a terminal of this many columns and rows.
pub(super) fn picture(look: Result<&Look, &str>, size: (u16, u16), colour: bool) -> String {
    fitted(&lines(look, usize::from(size.1)), size, colour)
}

/// The lines, for a terminal of this many rows; jobs get the room that the rest leaves.
fn lines(look: Result<&Look, &str>, rows: usize) -> Vec<Line> {
    let look = match look {
        Ok(look) => look,
        Err(why) => {
            let title = vec![Span::new(Paint::Dim, "vantage, no answer (q ends)")];
            return [title]
                .into_iter()
                .chain(why.lines().map(|line| vec![Span::new(Paint::Warn, line)]))
                .collect();
        }
    };
    let mut lines = head(&look.status, look.at_s);
    lines.push(Vec::new());
    lines.extend(nodes(look));
    lines.push(Vec::new());
    if !look.status.vendors.is_empty() {
        lines.extend(vendors(&look.status.vendors));
        lines.push(Vec::new());
    }
    if let Some(view) = &look.status.golem {
        lines.extend(golem(view));
        lines.push(Vec::new());
    }
    let notices = notices(&look.status, look.at_s);
    let room = rows.saturating_sub(lines.len() + notices.len() + 1);
    lines.extend(jobs(look).into_iter().take(room));
    lines.push(Vec::new());
    lines.extend(notices);
    lines
}

fn head(status: &Status, at_s: u64) -> Vec<Line> {
    let test = if status.test { ", a test network" } else { "" };
    let region = status.region.as_deref().unwrap_or("no region");
    let offers = if status.offers.is_empty() { "nothing".to_owned() } else { status.offers.join(", ") };
    let (node, up_s) = (status.node.short(), at_s.saturating_sub(status.started_s));
    let mut lines = vec![
        vec![
            Span::new(Paint::Plain, format!("{} {} in {region}", status.operator, status.role)),
            Span::new(
                Paint::Dim,
                format!("  node {node}  up {up_s} s  version {}  (q ends)", status.version),
            ),
        ],
        quorum(status),
        vec![Span::new(Paint::Plain, format!("network {}{test}; offers {offers}", status.net_name))],
        vec![Span::new(
            Paint::Plain,
            format!(
                "log {} leaves, {} certified; peers {}, {} in the mesh; {} slots being run",
                status.log_size, status.certified_size, status.peers, status.mesh_peers, status.executing
            ),
        )],
    ];
    if let Some(seen) = status.lost_own_log {
        let what = format!("ALARM peers have seen {seen} leaves of this node's log: it signs nothing");
        lines.push(vec![Span::new(Paint::Bad, what)]);
    }
    if !status.forks.is_empty() {
        let nodes: Vec<String> = status.forks.iter().map(NodeId::short).collect();
        let what = format!("ALARM forked logs: {}", nodes.join(", "));
        lines.push(vec![Span::new(Paint::Bad, what)]);
    }
    for (target, why) in &status.unavailable {
        lines.push(vec![Span::new(Paint::Warn, format!("not offered: {target}: {why}"))]);
    }
    lines
}

fn quorum(status: &Status) -> Line {
    let heard = format!(
        "committee {} of {} heard, {} make a quorum",
        status.members_heard, status.members, status.quorum
    );
    match status::alarm(status) {
        None => vec![Span::new(Paint::Good, heard)],
        Some((paint, word, what)) => {
            let loud = if paint == Paint::Bad { "ALARM" } else { "WARNING" };
            vec![
                Span::new(paint, format!("{loud} {word}")),
                Span::new(Paint::Plain, format!("{heard}: {what}")),
            ]
        }
    }
}

fn nodes(look: &Look) -> Vec<Line> {
    let head = ["operator", "region", "node", "heard", "certified", "offers"];
    let rows = look.nodes.iter().take(NODES_MAX).map(|node| row(node, look)).collect();
    let mut lines = columns(head, rows, [14, 8, 17, 12, 12, usize::MAX]);
    if look.nodes.len() > NODES_MAX {
        let more = look.nodes.len() - NODES_MAX;
        lines.push(vec![Span::new(Paint::Dim, format!("{more} more: vantage peers --known"))]);
    }
    lines
}

fn row(node: &KnownNode, look: &Look) -> [Span; 6] {
    let age_s = node.witness_time_s.map(|time_s| look.at_s.saturating_sub(time_s));
    let (paint, heard) = match age_s {
        _ if node.node == look.status.node => (Paint::Dim, "this node".to_owned()),
        Some(age_s) if age_s <= CLOCK_HEARD_S_MAX => (Paint::Good, format!("{age_s} s ago")),
        Some(age_s) => (Paint::Bad, format!("{age_s} s ago")),
        None if node.member => (Paint::Bad, "never".to_owned()),
        None => (Paint::Dim, "volunteer".to_owned()),
    };
    let announced = node.announce.as_ref().filter(|announce| announce.until_s > look.at_s);
    let offers = announced.map_or(String::new(), |announce| {
        announce.offers.iter().map(|offer| offer.target.as_str()).collect::<Vec<_>>().join(" ")
    });
    let region = node.region.clone().or(announced.map(|announce| announce.regions.join(",")));
    [
        Span::new(Paint::Plain, &node.operator),
        Span::new(Paint::Plain, region.unwrap_or_default()),
        Span::new(Paint::Dim, node.node.short()),
        Span::new(paint, heard),
        Span::new(Paint::Plain, format!("{}/{}", node.certified, node.leaves)),
        Span::new(Paint::Plain, offers),
    ]
}

/// What was spent today and what is left. All together come last, and stay where there are too many vendors.
fn vendors(views: &[VendorView]) -> Vec<Line> {
    let head = ["vendor today", "calls", "spent", "reserved", "free", "pace"];
    let dropped = views.len().saturating_sub(VENDORS_MAX);
    let (all, each) = match views.split_last() {
        Some((last, each)) if last.vendor == VendorView::ALL => (Some(last), each),
        _ => (None, views),
    };
    let shown = &each[..each.len().saturating_sub(dropped)];
    let rows = shown.iter().chain(all).map(spent).collect();
    let mut lines = columns(head, rows, [18, 16, 28, 12, 24, usize::MAX]);
    if dropped > 0 {
        lines.push(vec![Span::new(Paint::Dim, format!("{dropped} more: vantage status"))]);
    }
    lines
}

fn spent(view: &VendorView) -> [Span; 6] {
    let (free_paint, free) = spending::left(view);
    let (pace_paint, pace) = view.pace.map_or((Paint::Plain, String::new()), spending::pace);
    let reserved = spending::dollars(view.reserved_microusd);
    [
        Span::new(Paint::Plain, &view.vendor),
        Span::new(Paint::Plain, spending::calls(view)),
        Span::new(Paint::Plain, spending::spent(view)),
        Span::new(Paint::Plain, reserved),
        Span::new(free_paint, free),
        Span::new(pace_paint, pace),
    ]
}

/// What was spent at Golem today, what is left, and who is at work.
fn golem(view: &GolemView) -> Vec<Line> {
    let money = if view.test_money { ", test money" } else { "" };
    let [spent, reserved, free, most] =
        [view.spent_nanoglm, view.reserved_nanoglm, view.free_nanoglm, view.nanoglm_max].map(Nano);
    let today = format!(
        "Golem today, {}{money}: {spent} GLM spent, {reserved} reserved, {free} free of {most}",
        view.platform
    );
    let paint = if free == Nano::ZERO { Paint::Warn } else { Paint::Plain };
    let mut lines = vec![vec![Span::new(paint, today)]];
    for open in view.open.iter().take(SESSIONS_MAX) {
        let (paint, doing) =
            if open.at_work { (Paint::Good, "at work") } else { (Paint::Warn, "being ended") };
        let providers = match open.agreements.last() {
            Some(deal) => format!("{} agreements, the last with {}", open.agreements.len(), deal.provider),
            None => "no agreement yet".to_owned(),
        };
        let accepted = Nano(open.accepted_nanoglm);
        lines.push(vec![
            Span::new(paint, format!("  {doing}: ")),
            Span::new(Paint::Plain, format!("{}; {providers}; {accepted} GLM accepted", open.purpose)),
        ]);
    }
    if let dropped @ 1.. = view.open.len().saturating_sub(SESSIONS_MAX) {
        lines.push(vec![Span::new(Paint::Dim, format!("  {dropped} more: vantage status"))]);
    }
    lines
}

fn jobs(look: &Look) -> Vec<Line> {
    let head = ["job", "phase", "region", "deadline", "progress", "target"];
    let rows = look.jobs.iter().flat_map(|view| job(view, look.at_s)).collect();
    columns(head, rows, [17, 11, 8, 14, 26, usize::MAX])
}

/// One row a region and target; what all have in common stands in the first.
fn job(view: &JobView, now_s: u64) -> Vec<[Span; 6]> {
    let mut tallies: BTreeMap<(&str, &str), [usize; 3]> = BTreeMap::new();
    for slot in &view.slots {
        let [slots, said, revealed] = tallies.entry((&slot.region, &slot.target)).or_default();
        *slots += 1;
        *said += usize::from(!matches!(slot.state, SlotState::Waiting | SlotState::Unassigned));
        *revealed += usize::from(matches!(slot.state, SlotState::Revealed));
    }
    let deadline = standing::deadline(view, now_s);
    let deadline = deadline.map_or(String::new(), |(what, left_s)| format!("{what} {left_s} s"));
    let mut first = Some((view.id.short(), standing::phase(view), deadline));
    let mut rows = Vec::new();
    for ((region, target), [slots, said, revealed]) in tallies.into_iter().take(JOB_ROWS_MAX) {
        let (id, phase, deadline) = first.take().unwrap_or_default();
        let paint = if revealed == slots { Paint::Good } else { Paint::Plain };
        rows.push([
            Span::new(Paint::Dim, id),
            Span::new(standing::paint(view), phase),
            Span::new(Paint::Plain, region),
            Span::new(Paint::Plain, deadline),
            Span::new(paint, bar(slots, said, revealed)),
            Span::new(Paint::Plain, target),
        ]);
    }
    rows
}

/// Revealed, and committed or declined, of all: drawn and counted, `[##==    ] 1/2 of 4`.
fn bar(slots: usize, said: usize, revealed: usize) -> String {
    const WIDTH: usize = 8;
    let cells = |n: usize| (n * WIDTH).checked_div(slots).unwrap_or(0);
    let (done, begun) = (cells(revealed), cells(said.max(revealed)));
    let bar = "#".repeat(done) + &"=".repeat(begun - done) + &" ".repeat(WIDTH - begun);
    format!("[{bar}] {revealed}/{said} of {slots}")
}

fn notices(status: &Status, at_s: u64) -> Vec<Line> {
    let latest = status.notices.iter().rev().take(NOTICES_MAX).rev();
    let line = |notice: &vantage_api::NoticeView| {
        let age_s = at_s.saturating_sub(notice.at_ms / 1000);
        vec![Span::new(Paint::Dim, format!("{age_s:>6} s ago  ")), Span::new(Paint::Plain, &notice.text)]
    };
    latest.map(line).collect()
}

#[cfg(test)]
mod tests;
