//! Runs one model to its end and says what was found.

use serde::Serialize;
use stateright::{Checker, Expectation, Model};
use std::fmt::Debug;
use std::hash::Hash;
use std::time::Instant;

/// What an exhaustive visit of a model found.
///
/// Properties are named by the letter their name starts with: those that must always hold from `a` on, those that must
/// sometimes be met (so that the former do not hold for want of anything happening) up to `z`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Different states visited.
    pub states: usize,
    /// Steps in the longest of the shortest ways to a state, plus one.
    pub depth: usize,
    /// Wall-clock time of the visit.
    pub elapsed_s: f64,
    /// Letters of the `always` properties with a counterexample.
    pub violated: String,
    /// Letters of the `sometimes` properties that no state meets.
    pub unreached: String,
}

/// The bounds `stateright` puts on a model it checks with several threads.
pub trait Checkable:
    Clone
    + Send
    + Sync
    + 'static
    + Model<
        State: Clone + Debug + Hash + PartialEq + Send + Sync,
        Action: Clone + Debug + PartialEq + Send + Sync,
    >
{
}

impl<M> Checkable for M where
    M: Clone
        + Send
        + Sync
        + 'static
        + Model<
            State: Clone + Debug + Hash + PartialEq + Send + Sync,
            Action: Clone + Debug + PartialEq + Send + Sync,
        >
{
}

/// Visits every reachable state of `model`, breadth first, on all processors.
///
/// The visit ends early only when every property has been decided, which the rule itself never allows: an `always`
/// property that holds is decided by the last state.
pub fn visit<M: Checkable>(model: &M) -> Outcome {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    let start = Instant::now();
    let checker = model.clone().checker().threads(threads).spawn_bfs().join();
    let letters = |expectation: Expectation, discovered: bool| -> String {
        let wanted = |p: &stateright::Property<M>| {
            p.expectation == expectation && checker.discovery(p.name).is_some() == discovered
        };
        model.properties().iter().filter(|p| wanted(p)).filter_map(|p| p.name.chars().next()).collect()
    };
    Outcome {
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        elapsed_s: start.elapsed().as_secs_f64(),
        violated: letters(Expectation::Always, true),
        unreached: letters(Expectation::Sometimes, false),
    }
}

/// A shortest run into a violation of each property in `outcome.violated`: the property's name and the steps.
///
/// The breadth-first visit on several threads keeps any counterexample, so the shortest is asked for again with a depth
/// that grows until there is one.
pub fn counterexamples<M: Checkable>(model: &M, outcome: &Outcome) -> Vec<(&'static str, Vec<String>)> {
    let violated = |name: &str| name.starts_with(|c| outcome.violated.contains(c));
    model
        .properties()
        .iter()
        .map(|p| p.name)
        .filter(|name| violated(name))
        .map(|name| (name, shortest(model, name)))
        .collect()
}

fn shortest<M: Checkable>(model: &M, property: &'static str) -> Vec<String> {
    let within =
        |depth| model.clone().checker().target_max_depth(depth).spawn_bfs().join().discovery(property);
    let path = (2..).find_map(within);
    path.map(|p| p.into_actions().iter().map(|step| format!("{step:?}")).collect()).unwrap_or_default()
}
