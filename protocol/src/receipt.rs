//! Receipts: what was asked, what came back, and how.

use crate::cid::Cid;
use crate::id::{Hash, JobId, NodeId};
use crate::params::{
    BLOCK_BYTES_MAX, CODE_BYTES_MAX, HEADER_BYTES_MAX, HEADERS_MAX, REASON_BYTES_MAX, SLOT_CELLS_MAX,
};
use crate::target::Surface;
use crate::wire::{Wire, rule};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod golem;

pub use golem::{Golem, GolemAttempt, GolemWorker, LandmarkDelay, ProviderRegion};

/// The code fields of an error object that are kept. A field that names what was asked, or who asked, is none.
pub const CODE_FIELDS: [&str; 4] = ["code", "reason", "status", "type"];

/// Everything that one executor did for one slot. The block that a commit hides and a reveal shows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipts {
    /// Format version, 1.
    pub v: u32,
    /// Which job.
    pub job: JobId,
    /// Which slot.
    pub slot: u32,
    /// Who ran it.
    pub executor: NodeId,
    /// One receipt per cell, in canonical order.
    pub cells: Vec<Receipt>,
}

/// What happened in one cell.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Index into the suite's prompts.
    pub prompt: u32,
    /// Which repeat.
    pub repeat: u32,
    /// Hash of the request that was sent.
    pub request: Hash,
    /// The answer's text, a raw block; none if the execution failed.
    pub output: Option<Cid>,
    /// The response body, a raw block: as it came, unpacked where it was packed. None of an error.
    pub response: Option<Cid>,
    /// Stable code of the failure; none if there is an answer.
    pub failure: Option<String>,
    /// Host of the vendor's own endpoint that was called, the executor's word; none for a model that the executor runs
    /// itself, a compatible or a simulated vendor: where those stand may be nobody's business.
    pub endpoint: Option<String>,
    /// HTTP status of the last attempt.
    pub status: Option<u16>,
    /// Model as the vendor returned it: the vendor's word.
    pub model: Option<String>,
    /// The vendor's id of the request.
    pub request_id: Option<String>,
    /// Why generation ended, as returned.
    pub finish: Option<String>,
    /// What the error object of the last attempt says in its code fields, by their names; empty without one. The
    /// sentences of an error are not kept: they name accounts and addresses.
    pub codes: BTreeMap<String, String>,
    /// Allow-listed response headers: forgeable hints.
    pub headers: BTreeMap<String, String>,
    /// When the first attempt began by the executor's clock, POSIX milliseconds.
    pub started_ms: u64,
    /// When the last attempt ended by the executor's clock, POSIX milliseconds.
    pub ended_ms: u64,
    /// Tokens read, as counted by the engine or vendor.
    pub input_tokens: Option<u32>,
    /// Tokens written, as counted by the engine or vendor.
    pub output_tokens: Option<u32>,
    /// Cost in millionths of a US dollar, where known.
    pub cost_microusd: Option<u64>,
    /// Attempts made, retries included.
    pub attempts: u32,
    /// How the model was reached.
    pub surface: Surface,
    /// The target was simulated.
    pub sim: bool,
    /// Facts about the engine, where the executor ran the model itself or on Golem.
    pub engine: Option<Engine>,
    /// Who did the work, where it was done on Golem.
    pub golem: Option<Golem>,
    /// Whose word stands behind the output.
    pub origin: OriginGrade,
}

/// What ran an open model.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Engine {
    /// Engine and version.
    pub name: String,
    /// SHA-256 of the model file as published.
    pub model: Hash,
    /// SHA-256 of the weights as loaded.
    pub weights: Hash,
    /// Quantisation as loaded.
    pub quantisation: String,
    /// Processor features that matter for arithmetic.
    pub cpu: String,
    /// Threads used.
    pub threads: u32,
}

/// Whose word stands behind an output.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OriginGrade {
    /// The executor's alone. This edition has no other.
    #[serde(rename = "self")]
    Own,
}

impl Receipts {
    /// All blocks that the receipts link: outputs and responses.
    pub fn links(&self) -> impl Iterator<Item = Cid> + '_ {
        self.cells.iter().flat_map(|c| [c.output, c.response]).flatten()
    }
}

impl Wire for Receipts {
    const NAME: &'static str = "receipts";
    const BYTES_MAX: usize = BLOCK_BYTES_MAX;

    fn check(&self) -> Result<(), String> {
        rule::within("v", self.v.into(), 1, 1)?;
        rule::some("cells", self.cells.len(), SLOT_CELLS_MAX)?;
        self.cells.iter().try_for_each(Receipt::check)
    }
}

impl Receipt {
    fn check(&self) -> Result<(), String> {
        let texts = [
            ("endpoint", &self.endpoint),
            ("failure", &self.failure),
            ("model", &self.model),
            ("request_id", &self.request_id),
            ("finish", &self.finish),
        ];
        for (what, text) in texts {
            if let Some(text) = text {
                rule::text(what, text, REASON_BYTES_MAX)?;
            }
        }
        if self.output.is_some() == self.failure.is_some() {
            return Err("output, failure: exactly one of the two is needed".into());
        }
        rule::at_most("headers", self.headers.len(), HEADERS_MAX)?;
        for (name, value) in &self.headers {
            rule::name("headers", name)?;
            rule::text("headers", value, HEADER_BYTES_MAX)?;
        }
        self.codes.iter().try_for_each(|(field, code)| check_code(field, code))?;
        if let Some(engine) = &self.engine {
            rule::text("engine.name", &engine.name, REASON_BYTES_MAX)?;
            rule::text("engine.quantisation", &engine.quantisation, REASON_BYTES_MAX)?;
            rule::text("engine.cpu", &engine.cpu, REASON_BYTES_MAX)?;
        }
        match (&self.golem, self.surface, self.output.is_some()) {
            (Some(golem), Surface::Golem, has_answer) => golem.check(has_answer),
            (Some(_), _, _) => Err("golem: the surface is another one".into()),
            (None, Surface::Golem, true) => Err("golem: an answer from Golem says who gave it".into()),
            (None, _, _) => Ok(()),
        }
    }
}

/// Whether a receipt may say this of an error: the field is one of [`CODE_FIELDS`], and the code is one word, so that
/// neither a sentence nor an address finds room.
pub fn is_code(field: &str, code: &str) -> bool {
    check_code(field, code).is_ok()
}

fn check_code(field: &str, code: &str) -> Result<(), String> {
    if !CODE_FIELDS.contains(&field) {
        return Err(format!("codes: {field:?} is none of {}", CODE_FIELDS.join(", ")));
    }
    rule::text("codes", code, CODE_BYTES_MAX)?;
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if code.bytes().all(is_good) {
        Ok(())
    } else {
        Err(format!("codes: the {field} {code:?} may hold only letters, digits, - and _"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_one_word_of_a_known_field() {
        let longest = "x".repeat(CODE_BYTES_MAX);
        for code in ["rate_limit_exceeded", "RESOURCE_EXHAUSTED", "1113", "model-not-found", &longest] {
            assert!(CODE_FIELDS.iter().all(|field| is_code(field, code)), "{code}");
        }
        let too_long = "x".repeat(CODE_BYTES_MAX + 1);
        for code in ["", "192.0.2.1", "2001:db8::1", "two words", "a/b", "ü", "a\n", &too_long] {
            assert!(!is_code("code", code), "{code}");
        }
        for field in ["param", "message", "Code", ""] {
            assert!(!is_code(field, "model"), "{field}");
        }
    }
}
