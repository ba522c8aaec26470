//! A network of four members for benchmarks over processes.

use crate::cluster::{Binaries, Cluster, NodePlan, Plan};
use crate::vendors::SimConfig;
use std::path::Path;

/// Starts four members of four operators in these regions, with one simulated vendor, and waits until they have come
/// together.
pub(super) async fn four_members(
    name: &str,
    regions: [&str; 4],
    binaries: &Binaries,
    dir: &Path,
) -> Result<Cluster, String> {
    let member = |(i, region): (usize, &&str)| NodePlan {
        name: format!("member-{i}"),
        operator: Some(format!("operator-{i}")),
        region: (*region).to_owned(),
    };
    let plan = Plan {
        name: name.to_owned(),
        nodes: regions.iter().enumerate().map(member).collect(),
        offers: vec!["sim:openai".into()],
        cell_gap_ms: 0,
        golem: None,
    };
    let regions = plan.regions().into_iter().collect();
    let sim = SimConfig { regions, plants: Vec::new(), ..SimConfig::default() };
    let cluster =
        Cluster::start(dir, &plan, vec![sim], binaries.clone()).await.map_err(|error| error.to_string())?;
    cluster.gathered().await.map_err(|error| error.to_string())?;
    Ok(cluster)
}
