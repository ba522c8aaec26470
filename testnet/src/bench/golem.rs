//! An answer by way of the Golem Network: what the way costs, by how many questions one agreement serves. Two stock
//! daemons, a chain and the simulated provider, all on this machine; measured by the node's program, since the
//! requestor is its own.

use super::figure::Figure;
use crate::cluster::Binaries;
use crate::demo::model::{self, Model};
use crate::demo::progress::Screen;
use crate::golem::{Bed, MODEL};
use serde::Deserialize;
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;
use vantage_golem_bed::ProviderOptions;

/// What `vantage bench-golem` prints.
#[derive(Deserialize)]
struct Measured {
    tasks: u32,
    rounds: Vec<Round>,
}

/// Times of one round, milliseconds.
#[derive(Deserialize)]
struct Round {
    embedded_ms: f64,
    apart_ms: f64,
    golem_ms: f64,
    first_ms: f64,
    agreements: u32,
}

/// Measures each number of questions with daemons of one bed.
pub(super) async fn measure(
    binaries: &Binaries,
    dir: &Path,
    tasks: &[u32],
    rounds: usize,
) -> Result<Vec<Figure>, String> {
    let models = match model::find(binaries, &Screen::new(true)).await {
        Model::Ready(models) => models,
        Model::Missing(why) => return Err(why),
    };
    let started = Bed::start(dir, binaries, &models, None, ProviderOptions::default()).await;
    let bed = started.map_err(|error| error.to_string())?;
    let mut figures = Vec::new();
    for tasks in tasks {
        eprintln!("    {tasks} under one agreement");
        let measured = ask(binaries, &bed, &models, *tasks, rounds).await?;
        figures.extend(self::figures(&measured)?);
    }
    Ok(figures)
}

async fn ask(
    binaries: &Binaries,
    bed: &Bed,
    models: &Path,
    tasks: u32,
    rounds: usize,
) -> Result<Measured, String> {
    let plan = &bed.plan;
    let said = Command::new(&binaries.node)
        .args(["bench-golem", "--runtime", &plan.runtime, "--daemon", &plan.daemon])
        .args(["--platform", &plan.platform])
        .args(["--subnet", &plan.subnet, "--image-url", &plan.image_url])
        .args(["--image-sha3-224", &plan.image_sha3_224, "--model", MODEL])
        .arg("--models")
        .arg(models)
        .args(["--tasks", &tasks.to_string(), "--rounds", &rounds.to_string()])
        .env("YAGNA_APPKEY", &plan.app_key)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| error.to_string())?;
    if !said.status.success() {
        return Err(format!("bench-golem: {}", String::from_utf8_lossy(&said.stderr)));
    }
    serde_json::from_slice(&said.stdout).map_err(|error| format!("bench-golem: {error}"))
}

/// A ratio against the runner that stays, one against a runner for each question, and the way alone.
fn figures(measured: &Measured) -> Result<Vec<Figure>, String> {
    let (over_embedded, over_apart, way) = match measured.tasks {
        1 => ("golem_1_over_embedded", "golem_1_over_apart", "golem_1_way_ms"),
        10 => ("golem_10_over_embedded", "golem_10_over_apart", "golem_10_way_ms"),
        100 => ("golem_100_over_embedded", "golem_100_over_apart", "golem_100_way_ms"),
        other => return Err(format!("nobody reads figures of {other} questions")),
    };
    let each = |of: &dyn Fn(&Round) -> f64| measured.rounds.iter().map(of).collect::<Vec<f64>>();
    let tasks = f64::from(measured.tasks);
    let a_task = |of: fn(&Round) -> f64| Figure::absolute("", "", "ms", &each(&|r| of(r) / tasks)).median;
    let most = measured.rounds.iter().map(|round| round.agreements).max().unwrap_or_default();
    let questions = if measured.tasks == 1 { "1 question".to_owned() } else { format!("{tasks} questions") };
    Ok(vec![
        Figure::ratio(
            over_embedded,
            &format!("{questions} under one agreement, hiring included: time against one runner here"),
            &each(&|round| round.golem_ms / round.embedded_ms),
            None,
        )
        .behind("golem_ms_per_task", a_task(|round| round.golem_ms))
        .behind("embedded_ms_per_task", a_task(|round| round.embedded_ms))
        .behind("agreements", f64::from(most)),
        Figure::ratio(
            over_apart,
            "the same against a runner here for each question, as the task image has it",
            &each(&|round| round.golem_ms / round.apart_ms),
            None,
        )
        .behind("apart_ms_per_task", a_task(|round| round.apart_ms)),
        Figure::absolute(
            way,
            "what the way adds to one question: the time over that of a runner here for each",
            "ms",
            &each(&|round| (round.golem_ms - round.apart_ms) / tasks),
        )
        .behind("first_answer_ms", Figure::absolute("", "", "ms", &each(&|round| round.first_ms)).median),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_come_from_what_the_node_says() {
        let said = r#"{"tasks":10,"rounds":[
            {"embedded_ms":100,"apart_ms":500,"golem_ms":1500,"first_ms":900,"agreements":1},
            {"embedded_ms":200,"apart_ms":500,"golem_ms":1000,"first_ms":800,"agreements":2}]}"#;
        let figures = figures(&serde_json::from_str(said).unwrap()).unwrap();
        assert_eq!((figures[0].lowest, figures[0].highest), (5.0, 15.0));
        assert_eq!((figures[1].id, figures[1].median), ("golem_10_over_apart", 2.5));
        assert_eq!((figures[2].unit, figures[2].median), ("ms", 75.0));
        assert_eq!((figures[0].behind["agreements"], figures[2].behind["first_answer_ms"]), (2.0, 850.0));
    }
}
