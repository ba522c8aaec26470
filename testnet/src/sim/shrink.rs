//! From a failing scenario to the smallest one that still fails, by delta debugging.

use super::outcome::run;
use super::scenario::Scenario;
use super::script::Action;

/// What shrinking came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shrunk {
    /// The smallest scenario found: it fails in the same way.
    pub scenario: Scenario,
    /// Which invariant it breaks, such as `I7`.
    pub invariant: String,
    /// Runs that it took.
    pub runs: u32,
}

/// The invariant that a violation is about: what stands before its colon.
fn invariant(violation: &str) -> String {
    violation.split(':').next().unwrap_or(violation).to_owned()
}

/// Shrinks a scenario that fails: fewer nodes, fewer troubles, smaller numbers, steps of the script
/// taken out, as long as the first violation is still about the same invariant. Ends after `runs_max`
/// runs with what it has by then. None if the scenario does not fail. `progress` is told of each
/// smaller scenario.
pub fn shrink(
    scenario: &Scenario,
    runs_max: u32,
    progress: &mut dyn FnMut(&Scenario, u32),
) -> Option<Shrunk> {
    let first = run(scenario).violations.first().map(|v| invariant(v))?;
    let mut shrinker = Shrinker { best: scenario.drawn(), invariant: first, runs: 1, runs_max };
    loop {
        let before = shrinker.best.clone();
        shrinker.script(progress);
        shrinker.fields(progress);
        if shrinker.best == before || shrinker.runs >= runs_max {
            break;
        }
    }
    Some(Shrunk { scenario: shrinker.best, invariant: shrinker.invariant, runs: shrinker.runs })
}

struct Shrinker {
    best: Scenario,
    invariant: String,
    runs: u32,
    runs_max: u32,
}

impl Shrinker {
    /// Takes a smaller scenario if it still fails in the same way.
    fn take(&mut self, smaller: Scenario, progress: &mut dyn FnMut(&Scenario, u32)) -> bool {
        if smaller == self.best || smaller.check().is_err() || self.runs >= self.runs_max {
            return false;
        }
        self.runs += 1;
        let fails = run(&smaller).violations.first().is_some_and(|v| invariant(v) == self.invariant);
        if fails {
            self.best = smaller;
            progress(&self.best, self.runs);
        }
        fails
    }

    /// Takes out steps: halves first, then ever smaller pieces, down to single ones.
    fn script(&mut self, progress: &mut dyn FnMut(&Scenario, u32)) {
        let mut size = self.best.script.len();
        while size > 0 {
            let mut at = 0;
            while at < self.best.script.len() {
                let mut smaller = self.best.clone();
                let end = (at + size).min(smaller.script.len());
                smaller.script.drain(at..end);
                if !self.take(smaller, progress) {
                    at += size;
                }
            }
            size /= 2;
        }
        for at in (0..self.best.adversaries.len()).rev() {
            let mut smaller = self.best.clone();
            smaller.adversaries.remove(at);
            self.take(smaller, progress);
        }
    }

    /// Makes numbers smaller: to what a calm run has at once, or else by halves.
    fn fields(&mut self, progress: &mut dyn FnMut(&Scenario, u32)) {
        for lower in [lower_executors, lower_members] {
            while let Some(smaller) = lower(&self.best) {
                if !self.take(smaller, progress) {
                    break;
                }
            }
        }
        let fields: [fn(&mut Scenario, bool); 9] = [
            |s, all| s.drop_permille = if all { 0 } else { s.drop_permille / 2 },
            |s, all| s.duplicate_permille = if all { 0 } else { s.duplicate_permille / 2 },
            |s, all| s.decline_permille = if all { 0 } else { s.decline_permille / 2 },
            |s, all| s.fail_permille = if all { 0 } else { s.fail_permille / 2 },
            |s, all| {
                s.delay_ms = if all { (5, 40) } else { (s.delay_ms.0.min(5), (s.delay_ms.1 / 2).max(5)) }
            },
            |s, all| s.regions = if all { 1 } else { s.regions.div_ceil(2) },
            |s, all| s.targets = if all { 1 } else { s.targets.div_ceil(2) },
            |s, all| s.replicas = if all { 1 } else { s.replicas.div_ceil(2) },
            |s, all| {
                (s.prompts, s.repeats) =
                    if all { (1, 1) } else { (s.prompts.div_ceil(2), s.repeats.div_ceil(2)) }
            },
        ];
        for field in fields {
            let mut smaller = self.best.clone();
            field(&mut smaller, true);
            if size(&smaller) < size(&self.best) && self.take(smaller, progress) {
                continue;
            }
            loop {
                let mut smaller = self.best.clone();
                field(&mut smaller, false);
                if size(&smaller) >= size(&self.best) || !self.take(smaller, progress) {
                    break;
                }
            }
        }
    }
}

/// A measure of how much a scenario holds: nodes, steps, adversaries, and every number of its troubles.
pub fn size(scenario: &Scenario) -> u64 {
    let s = scenario.drawn();
    let nodes = 1000 * s.nodes() as u64;
    let script = 100 * (s.script.len() + s.adversaries.len()) as u64;
    let chances = s.drop_permille + s.duplicate_permille + s.decline_permille + s.fail_permille;
    let job =
        s.regions as u64 * s.targets as u64 * u64::from(s.replicas) * s.prompts as u64 * u64::from(s.repeats);
    nodes + script + u64::from(chances) + s.delay_ms.1 + 10 * job
}

/// One executor fewer. The last node is the author, so the others move up.
fn lower_executors(scenario: &Scenario) -> Option<Scenario> {
    let executors = scenario.executors.checked_sub(1)?;
    without(scenario, scenario.members + executors, Scenario { executors, ..scenario.clone() })
}

/// One member fewer: executors move up by one.
fn lower_members(scenario: &Scenario) -> Option<Scenario> {
    let members = scenario.members.checked_sub(1).filter(|members| *members > 0)?;
    without(scenario, members, Scenario { members, ..scenario.clone() })
}

/// What the script and the adversaries are once a node is gone.
fn without(scenario: &Scenario, gone: usize, mut smaller: Scenario) -> Option<Scenario> {
    let moved = |node: usize| if node > gone { node - 1 } else { node };
    smaller.script = Vec::new();
    for step in &scenario.script {
        let mut step = step.clone();
        match &mut step.action {
            Action::Start { node }
            | Action::Submit { node }
            | Action::Crash { node, .. }
            | Action::Clock { node, .. }
            | Action::Foreign { node, .. } => {
                if *node == gone {
                    continue;
                }
                *node = moved(*node);
            }
            Action::Partition { groups, .. } => {
                for group in groups.iter_mut() {
                    group.retain(|node| *node != gone);
                    group.iter_mut().for_each(|node| *node = moved(*node));
                }
                groups.retain(|group| !group.is_empty());
                if groups.is_empty() {
                    continue;
                }
            }
            Action::Heal => {}
        }
        smaller.script.push(step);
    }
    smaller.adversaries.retain(|(node, _)| *node != gone);
    smaller.adversaries.iter_mut().for_each(|(node, _)| *node = moved(*node));
    Some(smaller)
}
