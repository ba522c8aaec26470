//! What a job costs a member, by its cells: real processes, four members over loopback, four slots.

use super::figure::{Figure, Goal};
use super::four::four_members;
use super::process::cpu_s;
use crate::cluster::{Binaries, Cluster, vantage};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

/// Regions of the members; two stand in each, and each executes one slot.
const REGIONS: [&str; 4] = ["eu", "eu", "us", "us"];
/// Longest time for a job: a guess, far above what it takes.
const JOB_S_MAX: u64 = 1800;
/// How much larger the second job is.
const TIMES: u32 = 4;

/// Runs a job of so many cells and one of four times as many, in turn, and compares what they cost the members.
pub(super) async fn measure(
    binaries: &Binaries,
    dir: &Path,
    cells: u32,
    rounds: usize,
) -> Result<Vec<Figure>, String> {
    let cluster = four_members("cells", REGIONS, binaries, dir).await?;
    let (small, large) = (Load::of(cells), Load::of(cells * TIMES));
    let mut costs = Vec::new();
    for round in 0..rounds {
        costs.push((small.run(&cluster, round).await?, large.run(&cluster, round).await?));
    }
    cluster.shutdown().await;
    let ratios: Vec<f64> = costs.iter().map(|(small, large)| large / small).collect();
    let a_cell: Vec<f64> =
        costs.iter().map(|(_, large)| large * 1000.0 / f64::from(large_cells(cells))).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| costs.iter().map(of).sum::<f64>() / costs.len() as f64;
    let what = format!(
        "processor time of a member for a job of {} cells in 4 slots over that for one of {cells}",
        large_cells(cells)
    );
    let what_a_cell =
        format!("processor time of a member for a cell of a job of {} cells", large_cells(cells));
    Ok(vec![
        Figure::ratio("cells_times_four", &what, &ratios, Some(Goal::AtMost(5.0)))
            .behind("small_s", mean(|cost| cost.0))
            .behind("large_s", mean(|cost| cost.1)),
        Figure::absolute("cell_cpu_ms", &what_a_cell, "ms", &a_cell).with_goal(Some(Goal::AtMost(1.0))),
    ])
}

fn large_cells(cells: u32) -> u32 {
    cells * TIMES
}

/// A job of a certain size.
struct Load {
    prompts: u32,
    repeats: u32,
}

impl Load {
    /// So many cells in four slots: repeats where the prompts of one suite do not suffice.
    fn of(cells: u32) -> Self {
        let slot = cells / 4;
        let repeats = slot.div_ceil(250).max(1);
        Self { prompts: slot / repeats, repeats }
    }

    /// Runs it to its end everywhere; the mean of what it cost a member, seconds of processor time.
    async fn run(&self, cluster: &Cluster, round: usize) -> Result<f64, String> {
        let pids: Vec<u32> = cluster.nodes.iter().filter_map(|node| node.process.pid()).collect();
        let all = || pids.iter().map(|pid| cpu_s(*pid)).sum::<Result<f64, String>>();
        let suite = cluster.dir.join(format!("suite-{}-{round}.toml", self.prompts * self.repeats));
        std::fs::write(&suite, self.suite(round)).map_err(|error| error.to_string())?;
        let before = all()?;
        let job = self.order(cluster, &suite).await?;
        for node in &cluster.nodes {
            let what = format!("job {job} is published by {}", node.plan.name);
            let ended = cluster.until(&what, JOB_S_MAX, || async {
                let view = cluster.job(node, &job).await.ok()?;
                view.bundle?;
                view.sealed().map(|_| ())
            });
            ended.await.map_err(|error| error.to_string())?;
        }
        Ok((all()? - before) / pids.len() as f64)
    }

    fn suite(&self, round: usize) -> String {
        let mut text =
            String::from("v = 1\nname = \"cells\"\nlabel = \"a load, not a study\"\ntokens_max = 64\n");
        text.push_str("temperature_milli = 700\nprompts = [\n");
        for i in 0..self.prompts {
            let _ = writeln!(
                text,
                "    {{ id = \"p{i}\", topic = \"load\", kind = \"fact\", text = \"Question {i} of round {round}?\" }},"
            );
        }
        text.push_str("]\n");
        text
    }

    async fn order(&self, cluster: &Cluster, suite: &Path) -> Result<String, String> {
        let data = cluster.nodes.first().map(|node| node.data.to_string_lossy().into_owned());
        let data = data.ok_or("no node")?;
        let (suite, repeats) = (suite.to_string_lossy().into_owned(), self.repeats.to_string());
        let target = format!("sim:openai={repeats}");
        let arguments = [
            "job",
            "submit",
            &suite,
            "--data",
            &data,
            "--json",
            "--regions",
            "eu,us",
            "--replicas",
            "2",
            "--target",
            &target,
            "--commit",
            "900s",
            "--reveal",
            "300s",
            "--final",
            "300s",
        ];
        let answer = vantage(&cluster.binaries, &arguments).await.map_err(|error| error.to_string())?;
        let id = answer.get("id").and_then(Value::as_str).map(str::to_owned);
        id.ok_or_else(|| format!("job submit answered {answer}"))
    }
}
