//! What came out, seen by a stranger: fetched by content id from a peer that did not submit the job,
//! verified with nothing but the genesis hash, and held against what the demo promises.

use super::{Deadlines, DemoError, OPEN, Screen};
use crate::cluster::{Cluster, vantage};
use crate::vendors::Plant;
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::process::Command;
use vantage_api::JobView;
use vantage_protocol::compare::{Account, Conclusion, Excerpt, ExcerptSides, PlaceRef, Report, Shown};
use vantage_protocol::id::NetId;
use vantage_protocol::proof::{Summary, Trust, Verdict, verify_car};
use vantage_protocol::study::Scope;
use vantage_report::study;

/// A verified outcome.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The content's id.
    pub(super) content: String,
    car: std::path::PathBuf,
    verdict: Verdict,
    planted: Vec<(&'static str, Plant)>,
    peer: String,
}

impl Outcome {
    /// Verifies twice: by a fresh process of the node's program, whose words are shown, and in this
    /// process, from the file that it wrote.
    pub(super) async fn gather(
        cluster: &Cluster,
        id: &str,
        view: &JobView,
        planted: Vec<(&'static str, Plant)>,
        (open, deadlines): (bool, Deadlines),
        screen: &Screen,
    ) -> Result<Self, DemoError> {
        if let Some(missed) = deadlines.missed(view) {
            return Err(DemoError::Promise(missed));
        }
        let content = view.content.map(|content| content.to_string()).unwrap_or_default();
        let node = &cluster.nodes[2];
        let peer = node.listen.first().cloned().unwrap_or_default();
        screen.say(&format!("\nContent {content}"));
        screen.step(&format!(
            "a fresh process fetches it from {}, which did not submit it, and verifies it with the genesis hash alone",
            node.plan.name
        ));
        let shown = ["verify", &content, "--genesis", &cluster.net, "--peer", &peer];
        let stdout = if screen.is_quiet() { Stdio::null() } else { Stdio::inherit() };
        let status = Command::new(&cluster.binaries.node)
            .args(shown)
            .stdin(Stdio::null())
            .stdout(stdout)
            .status()
            .await
            .map_err(|e| DemoError::Files(e.to_string()))?;
        if !status.success() {
            return Err(DemoError::Promise(format!("vantage {} ended with {status}", shown.join(" "))));
        }
        let car = cluster.dir.join("demo.car");
        let out = car.to_string_lossy().into_owned();
        vantage(
            &cluster.binaries,
            &[
                "bundle",
                "export",
                &content,
                "--genesis",
                &cluster.net,
                "--peer",
                &peer,
                "--out",
                &out,
                "--json",
            ],
        )
        .await?;
        let bytes = std::fs::read(&car).map_err(|e| DemoError::Files(format!("{out}: {e}")))?;
        let net: NetId = cluster.net.parse().map_err(|e| DemoError::Promise(format!("genesis hash: {e}")))?;
        let verdict = verify_car(&bytes, &Trust::Hash(net));
        let outcome = Self { content, car, verdict, planted, peer };
        outcome.promised(id, open, deadlines)?;
        Ok(outcome)
    }

    /// SEALED, every cell answered, the planted differences found and nothing else, the open model
    /// byte-equal everywhere.
    fn promised(&self, id: &str, open: bool, deadlines: Deadlines) -> Result<(), DemoError> {
        let broken = |why: String| Err(DemoError::Promise(why));
        if self.verdict.summary != Summary::Sealed {
            let (word, why) = (self.verdict.summary.word(), self.verdict.reasons.join("; "));
            return broken(format!("{word}: {why}"));
        }
        if self.verdict.job.as_ref().is_none_or(|job| job.id.to_string() != id) {
            return broken("the bundle is about another job".into());
        }
        if let Some(cells) = &self.verdict.cells
            && cells.answered != self.verdict.cells_total
        {
            return broken(unanswered(cells, self.verdict.cells_total, deadlines));
        }
        let Some(report) = &self.verdict.report else { return broken("no comparison".into()) };
        let Some(study) = &report.study else { return broken("no study".into()) };
        for contrast in &study.contrasts {
            let is_planted = self.planted.iter().any(|(by, plant)| is_about(report, contrast, by, plant));
            let expected = match (contrast.scope, is_planted) {
                (Scope::BeyondThem, _) => matches!(contrast.shown, Shown::TooFewOperators { .. }),
                (Scope::TheseExecutors, planted) => planted == (contrast.shown == Shown::Differs),
            };
            if !expected {
                let (about, found) = (study::about(report, contrast), study::outcome(&contrast.shown));
                let planted = if is_planted { "a difference was planted" } else { "none was planted" };
                return broken(format!("{about}: {found}, where {planted}"));
            }
        }
        for (by, plant) in &self.planted {
            let found = study.contrasts.iter().filter(|c| is_about(report, c, by, plant)).count();
            // the planted region beside each of the two others
            if found != 2 {
                return broken(format!(
                    "{by}, {}: registered for {found} of 2 pairs of regions",
                    plant.describe()
                ));
            }
        }
        if open && unequal(report) != Some(0) {
            return broken("the open model's answers are not byte-equal across operators".into());
        }
        if open && !is_side_by_side(&self.verdict) {
            return broken("the open model's answers do not stand beside the vendors'".into());
        }
        Ok(())
    }

    /// Says what should have been seen.
    pub(super) fn tell(&self, screen: &Screen) {
        let Some(report) = &self.verdict.report else { return };
        let Some(study) = &report.study else { return };
        screen.say("\nPlanted, and shown for these executors, whatever else was registered (Holm):");
        for (by, plant) in &self.planted {
            screen.say(&format!("  {by}, {}", plant.describe()));
            for contrast in study.contrasts.iter().filter(|c| is_about(report, c, by, plant)) {
                let adjusted = contrast.adjusted.map_or("–".to_owned(), study::chance);
                screen.say(&format!(
                    "    {}: {}, p {adjusted}",
                    study::about(report, contrast),
                    study::outcome(&contrast.shown)
                ));
            }
        }
        screen.say("Nothing else was planted, and nothing else is shown.");
        if let Some(needed) = study.contrasts.iter().find_map(|contrast| match contrast.shown {
            Shown::TooFewOperators { needed } => Some(needed),
            _ => None,
        }) {
            screen.say(&format!(
                "Beyond these executors nothing can be shown: two operators a region are too few, it takes {needed}."
            ));
        }
        if let Some(exact) = report.targets.iter().find(|t| t.name == OPEN).and_then(|t| t.exact.as_ref()) {
            screen.say(&format!(
                "{OPEN}: {} of {} prompts byte-equal across operators and regions.",
                exact.equal,
                exact.equal + exact.unequal + exact.unchecked + exact.unanswered
            ));
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "content": self.content, "car": self.car, "fetched_from": self.peer, "planted": self.planted.iter().map(|(by, plant)| json!({ "by": by, "plant": plant })).collect::<Vec<_>>(),
            "verdict": self.verdict, "report": self.verdict.report,
        })
    }
}

/// Which cells have no answer, and what to do if time was short.
fn unanswered(cells: &Account, total: u64, deadlines: Deadlines) -> String {
    let codes: Vec<String> = cells.failed.iter().map(|(code, count)| format!("{count} {code}")).collect();
    let why = if codes.is_empty() { String::new() } else { format!(" (failed: {})", codes.join(", ")) };
    let answered = cells.answered;
    if !cells.failed.contains_key("deadline") {
        return format!("{answered} of {total} cells answered{why}");
    }
    format!(
        "{answered} of {total} cells answered before the commit deadline ({} s){why}; {}",
        deadlines.commit_s(),
        deadlines.advice()
    )
}

/// Whether a contrast is one in which a plant must show.
fn is_about(report: &Report, contrast: &Conclusion, by: &str, plant: &Plant) -> bool {
    let [first, second] = contrast.sides;
    let region = |at: PlaceRef| report.regions.get(at.region as usize).map(String::as_str);
    let Some(target) = report.targets.get(first.target as usize) else { return false };
    let prompt = target.prompts.iter().find(|prompt| Some(prompt.prompt) == contrast.prompt);
    contrast.scope == Scope::TheseExecutors
        && target.name == by
        && prompt.is_some_and(|prompt| prompt.topic == plant.topic)
        && [first, second].into_iter().any(|at| region(at) == Some(plant.region.as_str()))
}

/// Whether every prompt has an answer of the open model beside one of a vendor.
fn is_side_by_side(verdict: &Verdict) -> bool {
    let Some(found) = &verdict.excerpts else { return false };
    let answered = |side: &[Excerpt]| side.iter().any(|excerpt| excerpt.shown.is_some());
    found.sides == ExcerptSides::DecentralizedCentralized
        && found.prompts.iter().all(|prompt| answered(&prompt.first) && answered(&prompt.second))
}

/// Prompts of the open model whose answers are not byte-equal over at least two operators.
fn unequal(report: &Report) -> Option<u64> {
    let target = report.targets.iter().find(|t| t.name == OPEN)?;
    target.exact.as_ref().map(|e| e.unequal + e.unchecked + e.unanswered)
}
