//! `vantage verify`, `bundle` and `report`.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use vantage_protocol::cid::Cid;
use vantage_protocol::compare::{Account, Conclusions, Headline, RefusalSplit, Report, Said, Spread, Trial};
use vantage_protocol::proof::{
    Comparison, Independence, Integrity, JobPart, Network, OnGolem, Quorum, Summary, TimeBracket, Verdict,
};

/// A verdict on evidence, and the comparison's findings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Verified {
    /// In one word.
    pub summary: Summary,
    /// Why it is not SEALED; contradictions first.
    pub reasons: Vec<String>,
    /// What does not count, and who broke a rule, without spoiling the outcome.
    pub remarks: Vec<String>,
    /// The blocks.
    pub integrity: Integrity,
    /// The network.
    pub network: Network,
    /// The job; null if it could not be read.
    pub job: Option<JobPart>,
    /// Who sealed it.
    pub quorum: Quorum,
    /// How many stand behind it.
    pub independence: Independence,
    /// How well whereabouts are supported: `declared`, nothing more in this edition.
    pub region_confidence: &'static str,
    /// Whose word stands behind the outputs: `self`, the executor's own.
    pub origin_grade: &'static str,
    /// When.
    pub time: TimeBracket,
    /// What one should know before using it.
    pub labels: Vec<String>,
    /// The comparison.
    pub comparison: Comparison,
    /// What became of each cell; null if the comparison could not be recomputed.
    pub cells: Option<Account>,
    /// Cells that the job has.
    pub cells_total: u64,
    /// Who did the work on Golem, as the receipts tell it.
    pub golem: OnGolem,
    /// What cannot be seen from here.
    pub not_shown: Vec<String>,
    /// Where it came from.
    pub source: String,
    /// Exit code of the process.
    #[schema(maximum = 5)]
    pub exit: u8,
    /// What the job's study plan registered, and what came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub study: Option<Conclusions>,
    /// Rows of the comparison.
    pub findings: Vec<Finding>,
    /// With `--report`: the whole comparison, as docs/PROTOCOL.md describes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub report: Option<Value>,
    /// In a report: what decentralized and centralized targets say, side by side.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub side_by_side: Option<Value>,
    /// By `bundle import`: what was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub imported: Option<Imported>,
}

impl Verified {
    /// A verdict on what came from `source`; the process ends with `exit`.
    pub fn new(verdict: &Verdict, source: &str, exit: u8) -> Self {
        let Verdict {
            summary,
            reasons,
            remarks,
            integrity,
            network,
            job,
            quorum,
            independence,
            region_confidence,
            origin_grade,
            time,
            labels,
            comparison,
            cells,
            cells_total,
            golem,
            not_shown,
            report,
            excerpts: _,
            entry: _,
            evidence: _,
        } = verdict.clone();
        let findings = report.as_ref().map(Finding::all).unwrap_or_default();
        let study = report.as_ref().and_then(|report| report.study.clone());
        Self {
            summary,
            reasons,
            remarks,
            integrity,
            network,
            job,
            quorum,
            independence,
            region_confidence,
            origin_grade,
            time,
            labels,
            comparison,
            cells,
            cells_total,
            golem,
            not_shown,
            source: source.to_owned(),
            exit,
            study,
            findings,
            report: None,
            side_by_side: None,
            imported: None,
        }
    }

    /// The same with the whole comparison, null if there is none.
    #[must_use]
    pub fn with_report(self, verdict: &Verdict) -> Self {
        Self { report: Some(serde_json::to_value(&verdict.report).unwrap_or_default()), ..self }
    }

    /// The same with the answers side by side, null if there are not two sides.
    #[must_use]
    pub fn with_sides(self, verdict: &Verdict) -> Self {
        Self { side_by_side: Some(serde_json::to_value(&verdict.excerpts).unwrap_or_default()), ..self }
    }
}

/// A row of the comparison. Its texts come from outside: escape them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = ComparisonFinding)]
pub struct Finding {
    /// Target.
    pub target: String,
    /// How it is reached: open, api or golem.
    pub surface: String,
    /// Simulated.
    pub sim: bool,
    /// Prompt id.
    pub prompt: String,
    /// What it is about.
    pub topic: String,
    /// What it is there for.
    pub kind: String,
    /// The two regions.
    pub regions: [String; 2],
    /// What was found.
    pub class: String,
    /// Why nothing can be said.
    pub why: Option<String>,
    /// What was looked at, with its chances.
    pub trials: Vec<Trial>,
    /// What all of one region say, and none of the other.
    pub said: Option<Said>,
    /// Where the question is refused.
    pub refusal: Option<RefusalSplit>,
    /// Similarity across the two regions, millionths.
    pub across: Option<Spread>,
    /// Answers in each region.
    pub answers: [u64; 2],
    /// Operators in each region.
    pub operators: [u64; 2],
    /// Only beginnings were compared.
    pub truncated: bool,
}

impl Finding {
    /// All rows of a comparison.
    pub fn all(report: &Report) -> Vec<Self> {
        let row = |row: Headline<'_>| Self {
            target: row.target.to_owned(),
            surface: row.surface.to_owned(),
            sim: row.sim,
            prompt: row.prompt.to_owned(),
            topic: row.topic.to_owned(),
            kind: row.kind.to_owned(),
            regions: row.regions.map(str::to_owned),
            class: row.class.name().to_owned(),
            why: row.class.reason().map(str::to_owned),
            trials: row.trials.to_vec(),
            said: row.said.cloned(),
            refusal: row.refusal,
            across: row.across,
            answers: row.answers,
            operators: row.operators,
            truncated: row.truncated,
        };
        report.headlines().map(row).collect()
    }
}

/// A bundle was written to a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct BundleExported {
    /// The file.
    pub file: String,
    /// Its root.
    pub root: Cid,
    /// Its length.
    pub bytes: u64,
}

/// What was kept of a bundle.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Imported {
    /// Its root.
    pub root: Cid,
    /// Blocks.
    pub blocks: usize,
}

/// A report was written to a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ReportWritten {
    /// The file.
    pub file: String,
    /// Its length.
    pub bytes: usize,
    /// The verdict in one word.
    pub summary: Summary,
    /// Exit code of the process.
    #[schema(maximum = 5)]
    pub exit: u8,
}
