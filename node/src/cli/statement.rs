//! A statement for people and for programs.

use serde_json::{Value, json};
use vantage_protocol::leaf::Statement;
use vantage_protocol::statement::AckVerdict;

/// Its fields, as on the wire but for bytes, which are hex or base64 texts.
pub(super) fn body(statement: &Statement) -> Value {
    let value = match statement {
        Statement::Keyset(s) => serde_json::to_value(s),
        Statement::Announce(s) => serde_json::to_value(s),
        Statement::Job(s) => serde_json::to_value(s),
        Statement::Commit(s) => serde_json::to_value(s),
        Statement::Decline(s) => serde_json::to_value(s),
        Statement::Reveal(s) => serde_json::to_value(s),
        Statement::Ack(s) => serde_json::to_value(s),
        Statement::Final(s) => serde_json::to_value(s),
        Statement::Finding(s) => serde_json::to_value(s),
    };
    value.unwrap_or(Value::Null)
}

/// It in a line.
pub(super) fn line(statement: &Statement) -> String {
    match statement {
        Statement::Keyset(s) => format!("the keys of {}", s.root.node_id().short()),
        Statement::Announce(s) => {
            let offers: Vec<&str> = s.offers.iter().map(|offer| offer.target.as_str()).collect();
            let offers = if offers.is_empty() { "nothing".to_owned() } else { offers.join(", ") };
            format!("offers {offers} in {}", s.regions.join(", "))
        }
        Statement::Job(s) => {
            let targets: Vec<&str> = s.targets.iter().map(|target| target.target.as_str()).collect();
            format!("{} from {}, {} replicas each", targets.join(", "), s.regions.join(", "), s.replicas)
        }
        Statement::Commit(s) => format!("slot {}", s.slot),
        Statement::Decline(s) => format!("slot {}: {}", s.slot, s.reason),
        Statement::Reveal(s) => format!("slot {}, commit {}", s.slot, s.commit.index),
        Statement::Ack(s) => {
            let bad = s.items.iter().filter(|item| item.verdict != AckVerdict::Ok).count();
            format!("{} statements, {bad} of them bad", s.items.len())
        }
        Statement::Final(s) => format!("{} statements under root {}", s.count, s.root.short()),
        Statement::Finding(s) => {
            format!(
                "{}:{} is bad ({}): {}",
                s.statement.author.short(),
                s.statement.index,
                s.code.word(),
                s.detail
            )
        }
    }
}

/// The job that it speaks of, as text and as JSON.
pub(super) fn job(statement: &Statement) -> (String, Value) {
    match statement.job() {
        Some(job) => (job.short().to_string(), json!(job)),
        None => (String::new(), Value::Null),
    }
}
