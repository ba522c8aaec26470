//! What the demo shows while it runs: steps, the network, the job's slots by region and target.

use super::DemoError;
use super::deadlines::Deadlines;
use crate::cluster::{Cluster, ClusterError, Node, watch};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};
use vantage_api::JobView;

/// Where the demo's words go.
#[derive(Debug)]
pub(crate) struct Screen {
    quiet: bool,
    colour: bool,
    live: bool,
}

impl Screen {
    pub(crate) fn new(quiet: bool) -> Self {
        let terminal = std::io::stdout().is_terminal();
        Self {
            quiet,
            colour: terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
            live: terminal,
        }
    }

    /// Prints a line; a closed pipe is no reason to fail.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }

    pub(crate) fn step(&self, text: &str) {
        self.say(&format!("{} {text}", self.paint("36", "==>")));
    }

    pub(crate) fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(crate) fn network(&self, cluster: &Cluster) {
        self.say(&format!("\nNetwork {} (a test network), entry {}", cluster.net, cluster.entry));
        for node in &cluster.nodes {
            let who = node
                .plan
                .operator
                .as_deref()
                .map_or("volunteer".to_owned(), |o| format!("member, operator {o}"));
            self.say(&format!(
                "  {:14} {:3} {who}, node {}",
                node.plan.name,
                node.plan.region,
                short(&node.id)
            ));
        }
    }

    pub(crate) fn sealed(&self, view: &JobView) {
        let (word, root) = match view.sealed() {
            Some(root) => (self.paint("32", "SEALED"), root.to_string()),
            None => (self.paint("33", "BOUNDED"), "-".to_owned()),
        };
        self.say(&format!("\n{word}  root {root}"));
        self.say("Finals, each a committee member's last word, under a checkpoint that a quorum cosigned:");
        for last in &view.finals {
            self.say(&format!(
                "  {:3} {:8} node {} root {}",
                last.region,
                last.operator,
                short(&last.member.to_string()),
                short(&last.root.to_string())
            ));
        }
    }

    pub(crate) fn next_steps(&self, cluster: &Cluster, kept: bool, content: &str) {
        if !kept {
            self.say("\nWhat to try next:\n  cargo demo --keep         leave the network running and look around\n  cargo test                see what is checked, and how\n  docs/ARCHITECTURE.md      how it works");
            return;
        }
        let program = cluster.binaries.node.display();
        self.say("\nThe network is left running. Try, in another terminal:");
        let (first, last) = (&cluster.nodes[0], &cluster.nodes[cluster.nodes.len() - 1]);
        self.say(&format!("  {program} status --data {}", first.data.display()));
        self.say(&format!("  {program} job list --data {}", last.data.display()));
        if let Some(peer) = cluster.nodes.get(2).and_then(|n| n.listen.first()) {
            self.say(&format!(
                "  {program} verify {content} --genesis {} --peer {peer} --report",
                cluster.net
            ));
        }
        self.say("Addresses:");
        for node in &cluster.nodes {
            self.say(&format!("  {:14} {}", node.plan.name, node.listen.join(" ")));
        }
        self.say("Ctrl-C ends it.");
    }
}

/// Follows a job on one node until it has an outcome there and its content is assembled.
pub(crate) async fn follow(
    cluster: &Cluster,
    node: &Node,
    id: &str,
    screen: &Screen,
    deadlines: Deadlines,
) -> Result<JobView, DemoError> {
    let started = Instant::now();
    let limit_s = deadlines.total_s();
    let (mut shown, mut seen) = (Shown::default(), None);
    loop {
        let left = Duration::from_secs(limit_s).saturating_sub(started.elapsed());
        let mut views = match watch(&node.data, id).await {
            Ok(views) => views,
            Err(e) => return Err(ClusterError::from(e).into()),
        };
        while let Ok(Some(view)) = tokio::time::timeout(left, views.recv()).await {
            if !screen.is_quiet() {
                shown.show(screen, Picture::of(&view), started.elapsed().as_secs());
            }
            if view.outcome.is_some() && view.content.is_some() {
                return Ok(cluster.job(node, id).await?);
            }
            seen = Some(view);
        }
        if started.elapsed().as_secs() >= limit_s {
            let missed = seen
                .and_then(|seen| deadlines.missed(&seen))
                .map_or(String::new(), |missed| format!(": {missed}"));
            let what = format!("job {id} has an outcome on {}{missed}", node.plan.name);
            return Err(ClusterError::Timeout { what, waited_s: limit_s, dir: cluster.dir.clone() }.into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// How a job stands.
#[derive(Default, PartialEq, Eq)]
struct Picture {
    /// In one line.
    headline: String,
    /// One line per region and target.
    rows: Vec<String>,
}

impl Picture {
    fn of(view: &JobView) -> Self {
        let mut rows: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        let (mut committed, mut revealed, mut acknowledged) = (0, 0, 0);
        for slot in &view.slots {
            let (state, acked) = (slot.state.word(), slot.acked_ok);
            let is_revealed = state.starts_with("revealed");
            committed += usize::from(is_revealed || state.starts_with("committed"));
            revealed += usize::from(is_revealed);
            acknowledged += usize::from(acked > 0);
            let state = if acked > 0 { format!("acknowledged by {acked}") } else { state.to_owned() };
            let row = rows.entry((slot.region.clone(), slot.target.clone())).or_default();
            row.push(format!("{} {state}", slot.operator.as_deref().unwrap_or("-")));
        }
        let row = |((region, target), slots): (&(String, String), &Vec<String>)| {
            format!("  {region:3} {target:20} {}", slots.join(" | "))
        };
        Self {
            headline: format!(
                "  {}: of {} slots {committed} committed, {revealed} revealed, {acknowledged} acknowledged; {} Finals",
                view.phase.word(),
                view.slots.len(),
                view.finals.len()
            ),
            rows: rows.iter().map(row).collect(),
        }
    }
}

/// What was shown last.
#[derive(Default)]
struct Shown {
    picture: Picture,
    /// Lines on the terminal to draw over.
    height: usize,
}

impl Shown {
    /// On a terminal the picture is drawn over the last one; elsewhere its headline is printed when it says something new.
    fn show(&mut self, screen: &Screen, picture: Picture, elapsed_s: u64) {
        if screen.live && picture != self.picture {
            let mut out = std::io::stdout();
            if self.height > 0 {
                let _ = write!(out, "\u{1b}[{}A\u{1b}[J", self.height);
            }
            let _ = writeln!(out, "{elapsed_s:4} s{}", picture.headline);
            for row in &picture.rows {
                let _ = writeln!(out, "{row}");
            }
            self.height = 1 + picture.rows.len();
        } else if !screen.live && picture.headline != self.picture.headline {
            screen.say(&format!("{elapsed_s:4} s{}", picture.headline));
        }
        self.picture = picture;
    }
}

fn short(id: &str) -> &str {
    id.get(..16).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::sample::view;
    use vantage_protocol::attester::SlotState;

    #[test]
    fn a_headline_counts_what_was_reached_and_says_nothing_twice() {
        let states = [SlotState::Waiting, SlotState::Committed, SlotState::Revealed, SlotState::Revealed];
        let mut view = view(&states, None);
        view.slots[3].acked_ok = 3;
        let picture = Picture::of(&view);
        let counts = "executing: of 4 slots 3 committed, 2 revealed, 1 acknowledged; 0 Finals";
        assert_eq!(picture.headline.trim(), counts);
        assert_eq!(picture.rows.len(), 1);
        // another member's acknowledgement changes a row, and is no news to who reads lines
        view.slots[3].acked_ok = 4;
        let later = Picture::of(&view);
        assert!(later != picture && later.headline == picture.headline);
    }
}
