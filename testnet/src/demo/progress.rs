//! What the demo shows while it runs: steps, the network, the job's slots by region and target.

use super::DemoError;
use crate::cluster::{Cluster, ClusterError, Node, watch};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

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
        Self { quiet, colour: terminal && std::env::var_os("NO_COLOR").is_none(), live: terminal }
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

    pub(crate) fn sealed(&self, view: &Value) {
        let root = view.pointer("/outcome/sealed/root").and_then(Value::as_str).unwrap_or("-");
        let word = if root == "-" { self.paint("33", "BOUNDED") } else { self.paint("32", "SEALED") };
        self.say(&format!("\n{word}  root {root}"));
        self.say("Finals, each a committee member's last word, under a checkpoint that a quorum cosigned:");
        let finals = view.get("finals").and_then(Value::as_array).cloned().unwrap_or_default();
        for last in &finals {
            let text = |key: &str| last.get(key).and_then(Value::as_str).unwrap_or("-").to_owned();
            self.say(&format!(
                "  {:3} {:8} node {} root {}",
                text("region"),
                text("operator"),
                short(&text("member")),
                short(&text("root"))
            ));
        }
    }

    pub(crate) fn next_steps(&self, cluster: &Cluster, kept: bool, content: &str) {
        if !kept {
            self.say("\nWhat to try next:\n  cargo demo -- --keep      leave the network running and look around\n  cargo test                see what is checked, and how\n  docs/ARCHITECTURE.md      how it works");
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
    limit_s: u64,
) -> Result<Value, DemoError> {
    let started = Instant::now();
    let (mut drawn, mut table) = (0, String::new());
    loop {
        let left = Duration::from_secs(limit_s).saturating_sub(started.elapsed());
        let mut views = match watch(&node.data, &json!({ "watch": { "id": id } })).await {
            Ok(views) => views,
            Err(e) => return Err(ClusterError::from(e).into()),
        };
        while let Ok(Some(answer)) = tokio::time::timeout(left, views.recv()).await {
            let Some(view) = answer.pointer("/job/view") else { continue };
            let now = draw(view);
            if now != table && !screen.is_quiet() {
                drawn = redraw(screen, &now, drawn, started.elapsed().as_secs());
                table = now;
            }
            let complete = view.get("content").is_some_and(|c| !c.is_null());
            if !view.get("outcome").unwrap_or(&Value::Null).is_null() && complete {
                return Ok(cluster.job(node, id).await?);
            }
        }
        if started.elapsed().as_secs() >= limit_s {
            let what = format!("job {id} has an outcome on {}", node.plan.name);
            return Err(ClusterError::Timeout { what, waited_s: limit_s, dir: cluster.dir.clone() }.into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// One line per region and target.
fn draw(view: &Value) -> String {
    let mut rows: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for slot in view.get("slots").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| slot.get(key).and_then(Value::as_str).unwrap_or("-").to_owned();
        let state = match slot.get("state") {
            Some(Value::String(word)) => word.clone(),
            Some(Value::Object(map)) => map.keys().next().cloned().unwrap_or_default(),
            _ => String::new(),
        };
        let acked = slot.get("acked_ok").and_then(Value::as_u64).unwrap_or(0);
        let state = if acked > 0 { format!("acknowledged by {acked}") } else { state.replace('_', " ") };
        rows.entry((text("region"), text("target")))
            .or_default()
            .push(format!("{} {state}", text("operator")));
    }
    let phase = view.get("phase").and_then(Value::as_str).unwrap_or("-");
    let finals = view.get("finals").and_then(Value::as_array).map_or(0, Vec::len);
    let mut lines = vec![format!("  {phase}, {finals} Finals")];
    lines.extend(
        rows.iter()
            .map(|((region, target), slots)| format!("  {region:3} {target:20} {}", slots.join(" | "))),
    );
    lines.join("\n")
}

/// On a terminal the table is drawn in place; elsewhere only its first line is printed anew.
fn redraw(screen: &Screen, table: &str, drawn: usize, elapsed_s: u64) -> usize {
    if !screen.live {
        screen.say(&format!("{elapsed_s:4} s{}", table.lines().next().unwrap_or_default()));
        return 0;
    }
    let mut out = std::io::stdout();
    if drawn > 0 {
        let _ = write!(out, "\u{1b}[{drawn}A\u{1b}[J");
    }
    let _ = writeln!(out, "{elapsed_s:4} s{table}");
    table.lines().count()
}

fn short(id: &str) -> &str {
    id.get(..16).unwrap_or(id)
}
