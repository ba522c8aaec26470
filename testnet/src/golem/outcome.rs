//! What came out, seen by a stranger and by the chain, held against what the command promises.

use super::{Bed, GolemError, LANDMARKS, MODEL, TARGETS};
use crate::cluster::{Cluster, vantage};
use crate::demo::progress::Screen;
use crate::demo::{Deadlines, DemoError};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use vantage_api::JobView;
use vantage_golem_bed::provider::Seen;
use vantage_protocol::cid::Cid;
use vantage_protocol::compare::Report;
use vantage_protocol::id::NetId;
use vantage_protocol::proof::{SharedProvider, Summary, Trust, Verdict, verify_car};
use vantage_protocol::receipt::ProviderRegion;

/// How long payments may take: a cycle of the daemon and the chain's blocks take some ten seconds.
const PAID_S_MAX: u64 = 180;
/// How the report tells of round trips.
const MEASURED: &str = "provider measured from inside: ";
/// What it says where there are none.
const UNMEASURED: &str = "nobody measured";
/// What it has for answers from both places.
const SIDE_BY_SIDE: &str = "Answers of open models here and on Golem, side by side";

/// A verified and paid outcome.
#[derive(Debug)]
pub(super) struct Outcome {
    content: String,
    equal: usize,
    measured: String,
    verdict: Verdict,
    seen: Seen,
    paid_attoglm: u128,
}

impl Outcome {
    pub(super) async fn gather(
        cluster: &Cluster,
        bed: &Bed,
        view: &JobView,
        deadlines: Deadlines,
        screen: &Screen,
    ) -> Result<Self, GolemError> {
        if let Some(missed) = deadlines.missed(view) {
            return Err(GolemError::Promise(missed));
        }
        let content = view.content.map(|content| content.to_string()).unwrap_or_default();
        screen.step("a fresh process fetches the evidence from another node and verifies it with the genesis hash alone");
        let car = cluster.dir.join("golem.car");
        let (out, peer) = (car.to_string_lossy(), cluster.nodes[2].listen.first().cloned());
        let peer = peer.unwrap_or_default();
        let fetch = ["bundle", "export", &content, "--genesis", &cluster.net, "--peer", &peer, "--out", &out];
        vantage(&cluster.binaries, &[&fetch[..], &["--json"]].concat()).await.map_err(DemoError::from)?;
        let verdict = verified(&car, &cluster.net)?;
        let equal = byte_equal(&verdict)?;
        let measured = measured(&verdict, bed)?;
        reported(cluster, &out, &verdict, equal).await?;
        screen.step(
            "waiting until every agreement is paid on the chain and the provider's daemon has confirmed it",
        );
        let seen = paid(bed).await?;
        let paid_attoglm = bed.chain.balance(bed.pair.provider.node_id()).await?;
        released(cluster, bed).await?;
        Ok(Self { content, equal, measured, verdict, seen, paid_attoglm })
    }

    pub(super) fn tell(&self, screen: &Screen) {
        let cells: u64 = self.verdict.golem.rows.iter().map(|row| row.answered).sum();
        let agreements = self.seen.approved.len();
        screen.say(&format!("\nContent {}", self.content));
        screen.say(&format!("{}, verified by a stranger.", self.verdict.summary.word()));
        screen.say(&format!(
            "{MODEL}: {} of {} prompts byte-equal between the executors and Golem (sim-exeunit, simulated).",
            self.equal, self.equal
        ));
        screen.say(&format!(
            "{cells} cells in {agreements} agreements; paid on the chain and confirmed: {} GLM of test money.",
            self.paid_attoglm as f64 / 1e18
        ));
        screen.say(&format!("Measured from inside the provider's runtime: {}.", self.measured));
        screen.say("Nothing is set aside any more.");
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "content": self.content, "byte_equal": self.equal, "measured": self.measured, "runs": self.seen.runs,
            "agreements": self.seen.approved.len(), "paid_attoglm": self.paid_attoglm.to_string(),
            "verdict": self.verdict, "report": self.verdict.report,
        })
    }
}

fn verified(car: &Path, net: &str) -> Result<Verdict, GolemError> {
    let bytes = std::fs::read(car).map_err(|e| DemoError::Files(format!("{}: {e}", car.display())))?;
    let net: NetId = net.parse().map_err(|e| GolemError::Promise(format!("genesis hash: {e}")))?;
    let verdict = verify_car(&bytes, &Trust::Hash(net));
    if verdict.summary != Summary::Sealed {
        let (word, why) = (verdict.summary.word(), verdict.reasons.join("; "));
        return Err(GolemError::Promise(format!("{word}: {why}")));
    }
    match &verdict.cells {
        Some(cells) if cells.answered == verdict.cells_total => Ok(verdict),
        cells => {
            let answered = cells.as_ref().map_or(0, |cells| cells.answered);
            Err(GolemError::Promise(format!("{answered} of {} cells answered", verdict.cells_total)))
        }
    }
}

/// The report names provider, agreement and activity of each slot on Golem, says that the bytes are equal, shows them
/// side by side, and says that one provider served both operators.
async fn reported(cluster: &Cluster, car: &str, verdict: &Verdict, equal: usize) -> Result<(), GolemError> {
    let file = cluster.dir.join("report.html");
    let out = file.to_string_lossy();
    let made = ["report", car, "--genesis", &cluster.net, "--format", "html", "--out", &out, "--json"];
    vantage(&cluster.binaries, &made).await.map_err(DemoError::from)?;
    let text = std::fs::read_to_string(&file).map_err(|e| DemoError::Files(format!("{out}: {e}")))?;
    let mut wanted = vec![
        format!("{equal} of {equal} prompts byte-equal in both places"),
        "sim-exeunit".into(),
        MEASURED.into(),
        SIDE_BY_SIDE.into(),
    ];
    wanted.extend(verdict.golem.shared.iter().map(SharedProvider::text));
    for row in &verdict.golem.rows {
        let Some(worker) = &row.worker else { continue };
        wanted.extend([worker.provider.clone(), worker.agreement.clone(), row.image.clone()]);
        wanted.extend(worker.activity.clone());
    }
    // two slots, four ids each, and what was said before, of one shared provider among it
    if wanted.len() < 13 || verdict.golem.shared.is_empty() {
        return Err(GolemError::Promise(format!("the evidence names too little: {}", wanted.join(", "))));
    }
    if text.contains(UNMEASURED) {
        return Err(GolemError::Promise(format!("the report says {UNMEASURED}, and each provider was")));
    }
    match wanted.iter().find(|words| !text.contains(words.as_str())) {
        Some(words) => Err(GolemError::Promise(format!("the report does not say {words}"))),
        None => Ok(()),
    }
}

/// Each slot's provider was measured to all landmarks, once under its agreement; what the shortest trips were.
fn measured(verdict: &Verdict, bed: &Bed) -> Result<String, GolemError> {
    let broken = |why: String| Err(GolemError::Promise(why));
    let rows: Vec<_> = verdict.golem.rows.iter().filter(|row| row.answered > 0).collect();
    let mut shortest = BTreeMap::new();
    for row in &rows {
        let ProviderRegion::Measured { delays } = &row.provider_region else {
            return broken(format!("slot {} has an unmeasured provider", row.slot));
        };
        for (name, region) in LANDMARKS {
            let told = delays.iter().find(|delay| delay.landmark == name && delay.region == region);
            let Some(us) = told.and_then(|delay| delay.round_trip_us) else {
                return broken(format!(
                    "slot {} has no round trip to {name}, among {} that it tells",
                    row.slot,
                    delays.len()
                ));
            };
            shortest.entry(name).and_modify(|had: &mut u64| *had = us.min(*had)).or_insert(us);
        }
    }
    let asked: Vec<u64> = bed.landmarks.iter().map(|landmark| landmark.requests()).collect();
    if shortest.len() != LANDMARKS.len() || asked.contains(&0) {
        let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
        return broken(format!(
            "{} rows with an answer, requests at landmarks: {}",
            rows.len(),
            asked.join(", ")
        ));
    }
    let told = shortest.iter().map(|(name, us)| format!("{us} µs to {name}"));
    Ok(told.collect::<Vec<_>>().join(", "))
}

/// Prompts on which all answers of both targets are the same bytes: must be all.
fn byte_equal(verdict: &Verdict) -> Result<usize, GolemError> {
    let broken = |why: String| Err(GolemError::Promise(why));
    let Some(report) = &verdict.report else { return broken("no comparison".into()) };
    let [open, golem] = TARGETS.map(|target| outputs(report, target));
    if open.is_empty() || open != golem {
        let shown = |found: &BTreeMap<u32, Vec<Cid>>| {
            let prompt = |(prompt, outputs): (&u32, &Vec<Cid>)| {
                let outputs: Vec<String> = outputs.iter().map(ToString::to_string).collect();
                format!("{prompt}: {}", outputs.join(" and "))
            };
            found.iter().map(prompt).collect::<Vec<_>>().join(", ")
        };
        return broken(format!("the answers differ: {} here, {} on Golem", shown(&open), shown(&golem)));
    }
    match open.iter().find(|(_, outputs)| outputs.len() != 1) {
        Some((prompt, _)) => broken(format!("the answers to prompt {prompt} differ between executors")),
        None => Ok(open.len()),
    }
}

fn outputs(report: &Report, target: &str) -> BTreeMap<u32, Vec<Cid>> {
    let found = report.targets.iter().filter(|t| t.name == target).flat_map(|t| &t.prompts);
    let of = |exact: &vantage_protocol::compare::Exact| exact.variants.iter().map(|v| v.output).collect();
    found.filter_map(|prompt| Some((prompt.prompt, of(prompt.exact.as_ref()?)))).collect()
}

/// Waits until each invoice is settled.
async fn paid(bed: &Bed) -> Result<Seen, GolemError> {
    let settled = |seen: &Seen| {
        let with_activity = !seen.activities.is_empty() && seen.invoices.len() >= seen.approved.len();
        with_activity && seen.approved.iter().all(|agreement| seen.is_settled(agreement))
    };
    Ok(bed.provider.until("every agreement is paid", Duration::from_secs(PAID_S_MAX), settled).await?)
}

/// Neither the daemon nor a node has anything set aside.
pub async fn released(cluster: &Cluster, bed: &Bed) -> Result<(), GolemError> {
    let allocations = bed.pair.requestor.get("/payment-api/v1/allocations").await;
    if allocations.as_ref().and_then(Value::as_array).is_none_or(|list| !list.is_empty()) {
        let shown =
            allocations.map_or_else(|| "the daemon does not tell".to_owned(), |list| list.to_string());
        return Err(GolemError::Promise(format!("money is still set aside: {shown}")));
    }
    for node in &cluster.nodes {
        let status = cluster.status(node).await?;
        let open = status.golem.as_ref().map(|golem| &golem.open);
        if open.is_none_or(|open| !open.is_empty()) {
            return Err(GolemError::Promise(format!(
                "{} still has something open: {open:?}",
                node.plan.name
            )));
        }
    }
    Ok(())
}
