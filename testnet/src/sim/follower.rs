//! Whoever reads along: knows a core by its changes alone, and now and then compares with all that the core shows. What a
//! node publishes for its readers rests on this.

use std::collections::BTreeMap;
use vantage_protocol::attester::{Attester, Changes, JobView, KnownNode};
use vantage_protocol::id::{JobId, NodeId};

/// Steps between two comparisons with everything: a guess, keeps them cheap.
const COMPARE_EVERY: u32 = 64;

/// What is known of a core.
#[derive(Debug, Default)]
pub struct Follower {
    jobs: BTreeMap<JobId, JobView>,
    nodes: BTreeMap<NodeId, KnownNode>,
    begun: bool,
    steps: u32,
}

impl Follower {
    /// Follows one step; says what it would show wrongly.
    pub fn follow(&mut self, attester: &mut Attester) -> Vec<String> {
        let Changes { jobs, logs } = attester.take_changes();
        self.steps += 1;
        if !self.begun {
            self.begun = true;
            (self.jobs, self.nodes) = all(attester);
            return Vec::new();
        }
        self.jobs.extend(jobs.iter().filter_map(|id| Some((*id, attester.job(id)?))));
        self.nodes.extend(logs.iter().filter_map(|node| Some((*node, attester.known_node(node)?))));
        if self.steps.is_multiple_of(COMPARE_EVERY) { self.compare(attester) } else { Vec::new() }
    }

    fn compare(&self, attester: &Attester) -> Vec<String> {
        let (jobs, nodes) = all(attester);
        let stale_jobs = jobs.iter().filter(|(id, view)| self.jobs.get(id) != Some(view));
        let stale_jobs = stale_jobs.map(|(id, _)| format!("a reader was not told of a change of job {id}"));
        let stale_nodes = nodes.iter().filter(|(node, known)| self.nodes.get(node) != Some(known));
        let stale_nodes =
            stale_nodes.map(|(node, _)| format!("a reader was not told of a change of the log of {node}"));
        stale_jobs.chain(stale_nodes).collect()
    }
}

fn all(attester: &Attester) -> (BTreeMap<JobId, JobView>, BTreeMap<NodeId, KnownNode>) {
    let jobs = attester.jobs().into_iter().map(|view| (view.id, view)).collect();
    let nodes = attester.nodes().into_iter();
    (jobs, nodes.filter_map(|node| Some((node, attester.known_node(&node)?))).collect())
}
