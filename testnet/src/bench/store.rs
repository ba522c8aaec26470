//! A durable statement: the node's own store against a raw append. Measured by the node's program,
//! since the store is its own.

use super::figure::{Figure, Goal};
use crate::cluster::{Binaries, vantage};
use serde::Deserialize;
use std::path::Path;

/// What `vantage bench-store` prints.
#[derive(Deserialize)]
struct Measured {
    record_bytes: f64,
    group: f64,
    rounds: Vec<Round>,
}

/// Median times of one round, microseconds.
#[derive(Deserialize)]
struct Round {
    raw_us: f64,
    alone_us: f64,
    group_us: f64,
}

/// Measures in a directory that is there and empty.
pub(super) async fn measure(
    binaries: &Binaries,
    dir: &Path,
    statements: usize,
    rounds: usize,
) -> Result<Vec<Figure>, String> {
    let (statements, rounds) = (statements.to_string(), rounds.to_string());
    let dir = dir.to_string_lossy();
    let arguments = ["bench-store", "--data", &dir, "--statements", &statements, "--rounds", &rounds];
    let said = vantage(binaries, &arguments).await.map_err(|error| error.to_string())?;
    let measured: Measured = serde_json::from_value(said).map_err(|error| format!("bench-store: {error}"))?;
    Ok(figures(&measured))
}

fn figures(measured: &Measured) -> Vec<Figure> {
    let each = |of: fn(&Round) -> f64| measured.rounds.iter().map(of).collect::<Vec<f64>>();
    let median = |of: fn(&Round) -> f64| Figure::absolute("", "", "us", &each(of)).median;
    let against_alone = |round: &Round| measured.group * round.alone_us / round.group_us;
    vec![
        Figure::ratio(
            "statement_over_raw_append",
            &format!(
                "one durable statement of {} bytes: time against a raw append and fdatasync",
                measured.record_bytes
            ),
            &each(|round| round.alone_us / round.raw_us),
            Some(Goal::AtMost(3.0)),
        )
        .behind("statement_us", median(|round| round.alone_us))
        .behind("raw_us", median(|round| round.raw_us)),
        Figure::ratio(
            "group_over_alone",
            &format!("{} statements at once: rate against one at a time", measured.group),
            &measured.rounds.iter().map(against_alone).collect::<Vec<f64>>(),
            Some(Goal::AtLeast(10.0)),
        )
        .behind("group_us", median(|round| round.group_us)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_come_from_what_the_node_says() {
        let said = r#"{"record_bytes":300,"group":64,"rounds":[
            {"raw_us":100,"alone_us":250,"group_us":500},{"raw_us":100,"alone_us":270,"group_us":400}]}"#;
        let figures = figures(&serde_json::from_str(said).unwrap());
        assert_eq!((figures[0].lowest, figures[0].highest, figures[0].met), (2.5, 2.7, Some(true)));
        assert_eq!((figures[1].lowest, figures[1].met), (32.0, Some(true)));
    }
}
