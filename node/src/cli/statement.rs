//! A statement for people.

use vantage_protocol::leaf::Statement;
use vantage_protocol::statement::AckVerdict;

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

/// The job that it speaks of; nothing where it speaks of none.
pub(super) fn job(statement: &Statement) -> String {
    statement.job().map_or_else(String::new, |job| job.short().to_string())
}
