//! What it costs a node to publish a picture of itself, by the jobs that are over. Measured by the node's program, since
//! the engine is its own.

use super::figure::{Figure, Goal};
use crate::cluster::{Binaries, vantage};
use serde::Deserialize;
use std::path::Path;

/// What `vantage bench-publish` prints.
#[derive(Deserialize)]
struct Measured {
    jobs_over: f64,
    rounds: Vec<Round>,
}

/// Median times of one round, microseconds.
#[derive(Deserialize)]
struct Round {
    none_us: f64,
    many_us: f64,
}

/// Measures in a directory that is there and empty.
pub(super) async fn measure(
    binaries: &Binaries,
    dir: &Path,
    jobs: u32,
    groups: usize,
    rounds: usize,
) -> Result<Vec<Figure>, String> {
    let [jobs, groups, rounds] = [jobs.to_string(), groups.to_string(), rounds.to_string()];
    let dir = dir.to_string_lossy();
    let arguments =
        ["bench-publish", "--data", &dir, "--jobs", &jobs, "--groups", &groups, "--rounds", &rounds];
    let said = vantage(binaries, &arguments).await.map_err(|error| error.to_string())?;
    let measured: Measured =
        serde_json::from_value(said).map_err(|error| format!("bench-publish: {error}"))?;
    Ok(vec![figure(&measured)])
}

fn figure(measured: &Measured) -> Figure {
    let each = |of: fn(&Round) -> f64| measured.rounds.iter().map(of).collect::<Vec<f64>>();
    let median = |of: fn(&Round) -> f64| Figure::absolute("", "", "us", &each(of)).median;
    let what = format!(
        "a picture of the node after a group of inputs that adds a job, with {} jobs that are over: time against the same with none",
        measured.jobs_over
    );
    Figure::ratio(
        "publish_many_jobs_over_none",
        &what,
        &each(|round| round.many_us / round.none_us),
        Some(Goal::AtMost(1.2)),
    )
    .behind("many_us", median(|round| round.many_us))
    .behind("none_us", median(|round| round.none_us))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_comes_from_what_the_node_says() {
        let said =
            r#"{"jobs_over":10000,"rounds":[{"none_us":100,"many_us":110},{"none_us":100,"many_us":150}]}"#;
        let figure = figure(&serde_json::from_str(said).unwrap());
        assert_eq!((figure.lowest, figure.highest, figure.met), (1.1, 1.5, Some(false)));
    }
}
