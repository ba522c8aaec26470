//! Scenarios as files: TOML that reads as a script. The format is described in docs/SIMULATOR.md.

use super::event::Index;
use super::outcome::Outcome;
use super::rogue::Strategy;
use super::scenario::{Bug, Scenario};
use super::script::{Action, Step};
use serde::Deserialize;
use std::fmt::Write as _;

/// A scenario file, read and checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScenarioFile {
    /// What the scenario shows, for people.
    pub about: String,
    /// The scenario.
    pub scenario: Scenario,
    /// What must come of it, beside that every invariant holds.
    pub expect: Expect,
}

/// What must come of a scenario.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// Every honest node that is up sees every job SEALED.
    pub sealed: Option<bool>,
    /// At least so many cells have an answer.
    pub answered_min: Option<u64>,
    /// Somebody notices a forked log.
    pub fork: Option<bool>,
    /// At most so often does an honest node hold its clock to be ahead.
    pub clock_alarms_max: Option<u64>,
    /// Every honest node is through by then, milliseconds after the beginning.
    pub done_by_ms: Option<u64>,
    /// This invariant is broken: for scenarios with a planted bug.
    pub violation: Option<String>,
}

impl Expect {
    /// What of this an outcome does not meet. Any violation that is not expected is among it.
    pub fn unmet(&self, outcome: &Outcome) -> Vec<String> {
        let mut unmet = Vec::new();
        match &self.violation {
            Some(wanted) => {
                let about = |v: &String| v.starts_with(&format!("{wanted}:"));
                if !outcome.violations.iter().any(about) {
                    unmet.push(format!("{wanted} should have been broken, it was not"));
                }
            }
            None => unmet.extend(outcome.violations.iter().map(|v| format!("broken: {v}"))),
        }
        let sealed = outcome.sealed > 0 && outcome.bounded + outcome.undecided == 0;
        if self.sealed.is_some_and(|wanted| wanted != sealed) {
            let Outcome { sealed, bounded, undecided, .. } = outcome;
            unmet.push(format!("sealed: {sealed} nodes see SEALED, {bounded} BOUNDED, {undecided} nothing"));
        }
        if self.answered_min.is_some_and(|min| outcome.answered < min) {
            unmet.push(format!("answered_min: {} cells have an answer", outcome.answered));
        }
        if self.fork.is_some_and(|wanted| wanted != (outcome.forks > 0)) {
            unmet.push(format!("fork: a forked log was noticed {} times", outcome.forks));
        }
        if self.clock_alarms_max.is_some_and(|max| outcome.clock_alarms > max) {
            unmet.push(format!(
                "clock_alarms_max: {} times a clock was held to be ahead",
                outcome.clock_alarms
            ));
        }
        if self.done_by_ms.is_some_and(|by| outcome.virtual_ms > by) {
            unmet.push(format!("done_by_ms: it took {} ms", outcome.virtual_ms));
        }
        unmet
    }
}

/// Reads a scenario file. The error says what is wrong, where, and what is expected.
pub fn parse(text: &str) -> Result<ScenarioFile, String> {
    let raw: Raw = toml::from_str(text).map_err(|e| e.to_string())?;
    raw.checked()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    about: String,
    #[serde(default)]
    based_on: Base,
    seed: u64,
    members: Option<usize>,
    executors: Option<usize>,
    byzantine: Option<usize>,
    strategy: Option<String>,
    crashes: Option<u32>,
    dead: Option<usize>,
    partitions: Option<u32>,
    clock_skew_ms: Option<u64>,
    fast_clock_ms: Option<u64>,
    foreign: Option<bool>,
    bug: Option<String>,
    #[serde(default)]
    network: RawNetwork,
    #[serde(default)]
    job: RawJob,
    #[serde(default)]
    adversaries: Vec<RawAdversary>,
    #[serde(default)]
    script: Vec<RawStep>,
    #[serde(default)]
    expect: Expect,
}

/// What keys that are not given are taken from.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Base {
    #[default]
    Calm,
    Rough,
    Patient,
    Large,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNetwork {
    drop: Option<f64>,
    duplicate: Option<f64>,
    delay_ms: Option<[u64; 2]>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawJob {
    regions: Option<usize>,
    targets: Option<usize>,
    prompts: Option<usize>,
    replicas: Option<u32>,
    repeats: Option<u32>,
    cell_ms: Option<[u64; 2]>,
    decline: Option<f64>,
    fail: Option<f64>,
    gap_s: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAdversary {
    node: Index,
    does: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    at_ms: u64,
    start: Option<Index>,
    submit: Option<Index>,
    partition: Option<Vec<Vec<Index>>>,
    for_ms: Option<u64>,
    heal: Option<bool>,
    crash: Option<Index>,
    after_effects: Option<u32>,
    down_ms: Option<u64>,
    clock: Option<Index>,
    off_ms: Option<i64>,
    foreign: Option<Index>,
    message: Option<u64>,
}

impl Raw {
    fn checked(self) -> Result<ScenarioFile, String> {
        let base = match self.based_on {
            Base::Calm => Scenario::calm(self.seed),
            Base::Rough => Scenario::rough(self.seed),
            Base::Patient => Scenario::patient(self.seed),
            Base::Large => Scenario::large(self.seed),
        };
        let share = |what: &str, given: Option<f64>, base: u32| match given {
            None => Ok(base),
            Some(share) if (0.0..=0.9).contains(&share) => Ok((share * 1000.0).round() as u32),
            Some(share) => Err(format!("{what} = {share}: a share from 0 to 0.9 is expected")),
        };
        let (network, job) = (&self.network, &self.job);
        let pair = |given: Option<[u64; 2]>, base| given.map_or(base, |[min, max]| (min, max));
        let adversaries = self.adversaries.iter().map(|a| Ok((a.node, strategy(&a.does)?)));
        let scenario = Scenario {
            seed: self.seed,
            members: self.members.unwrap_or(base.members),
            executors: self.executors.unwrap_or(base.executors),
            byzantine: self.byzantine.unwrap_or(base.byzantine),
            strategy: self.strategy.as_deref().map(strategy).transpose()?.or(base.strategy),
            adversaries: adversaries.collect::<Result<_, String>>()?,
            drop_permille: share("network.drop", network.drop, base.drop_permille)?,
            duplicate_permille: share("network.duplicate", network.duplicate, base.duplicate_permille)?,
            delay_ms: pair(network.delay_ms, base.delay_ms),
            crashes: self.crashes.unwrap_or(base.crashes),
            lost_members: self.dead.unwrap_or(base.lost_members),
            partitions: self.partitions.unwrap_or(base.partitions),
            skew_ms: self.clock_skew_ms.unwrap_or(base.skew_ms),
            fast_clock_ms: self.fast_clock_ms.unwrap_or(base.fast_clock_ms),
            foreign: self.foreign.unwrap_or(base.foreign),
            regions: job.regions.unwrap_or(base.regions),
            targets: job.targets.unwrap_or(base.targets),
            prompts: job.prompts.unwrap_or(base.prompts),
            replicas: job.replicas.unwrap_or(base.replicas),
            repeats: job.repeats.unwrap_or(base.repeats),
            cell_ms: pair(job.cell_ms, base.cell_ms),
            decline_permille: share("job.decline", job.decline, base.decline_permille)?,
            fail_permille: share("job.fail", job.fail, base.fail_permille)?,
            gap_s: job.gap_s.unwrap_or(base.gap_s),
            script: self.script.into_iter().map(RawStep::checked).collect::<Result<_, String>>()?,
            bug: self.bug.as_deref().map(bug).transpose()?,
        };
        scenario.check()?;
        Ok(ScenarioFile { about: self.about, scenario, expect: self.expect })
    }
}

impl RawStep {
    fn checked(self) -> Result<Step, String> {
        let at = self.at_ms;
        let Self { start, submit, partition, for_ms, heal, crash, after_effects, down_ms, .. } = self;
        let mut actions: Vec<(&str, Action)> = Vec::new();
        actions.extend(start.map(|node| ("start", Action::Start { node })));
        actions.extend(submit.map(|node| ("submit", Action::Submit { node })));
        let partitioned = partition.map(|groups| ("partition", Action::Partition { groups, for_ms }));
        let crashed =
            crash.map(|node| ("crash", Action::Crash { node, effects: after_effects.unwrap_or(0), down_ms }));
        let (is_partition, is_crash) = (partitioned.is_some(), crashed.is_some());
        actions.extend(partitioned);
        actions.extend(crashed);
        match heal {
            Some(true) => actions.push(("heal", Action::Heal)),
            Some(false) => return Err(format!("script, step at {at} ms: heal is true or not there")),
            None => {}
        }
        match (self.clock, self.off_ms) {
            (Some(node), Some(ms)) => actions.push(("clock", Action::Clock { node, ms })),
            (None, None) => {}
            _ => return Err(format!("script, step at {at} ms: clock and off_ms go together")),
        }
        let is_foreign = self.foreign.is_some();
        let message = self.message.unwrap_or(0);
        actions.extend(self.foreign.map(|node| ("foreign", Action::Foreign { node, message })));
        let strays = [
            ("for_ms", for_ms.is_some() && !is_partition, "partition"),
            ("after_effects", after_effects.is_some() && !is_crash, "crash"),
            ("down_ms", down_ms.is_some() && !is_crash, "crash"),
            ("message", self.message.is_some() && !is_foreign, "foreign"),
        ];
        if let Some((key, _, of)) = strays.iter().find(|(_, stray, _)| *stray) {
            return Err(format!("script, step at {at} ms: {key} belongs to {of}, which is not there"));
        }
        let known = "start, submit, partition, heal, crash, clock or foreign";
        match actions.len() {
            1 => Ok(Step::at(at, actions.remove(0).1)),
            0 => Err(format!("script, step at {at} ms: it says nothing; one of {known} is expected")),
            _ => {
                let said: Vec<&str> = actions.iter().map(|(word, _)| *word).collect();
                Err(format!(
                    "script, step at {at} ms: one of {known} is expected, not {}",
                    said.join(" and ")
                ))
            }
        }
    }
}

fn strategy(word: &str) -> Result<Strategy, String> {
    Strategy::named(word).ok_or_else(|| {
        let known = Strategy::ALL.map(Strategy::word).join(", ");
        format!("adversary {word:?} is not known: it is one of {known}")
    })
}

fn bug(word: &str) -> Result<Bug, String> {
    let known = Bug::ALL.into_iter().find(|bug| bug.word() == word);
    known.ok_or_else(|| {
        format!("bug {word:?} is not known: it is one of {}", Bug::ALL.map(Bug::word).join(", "))
    })
}

/// Writes a scenario with every trouble drawn, so that the file can be read and edited step by step. It
/// reads back to a scenario with the same trace.
pub fn print(scenario: &Scenario, about: &str) -> String {
    let (s, calm) = (scenario.drawn(), Scenario::calm(scenario.seed));
    let mut text = String::new();
    let share = |permille: u32| f64::from(permille) / 1000.0;
    // writing to a string does not fail
    let _ = writeln!(text, "about = {}", toml::Value::String(about.to_owned()));
    let _ = writeln!(text, "seed = {}\nmembers = {}\nexecutors = {}", s.seed, s.members, s.executors);
    if let Some(bug) = s.bug {
        let _ = writeln!(text, "bug = \"{}\"", bug.word());
    }
    if !s.adversaries.is_empty() {
        let _ = writeln!(text, "\nadversaries = [");
        for (node, strategy) in &s.adversaries {
            let _ = writeln!(text, "  {{ node = {node}, does = \"{}\" }},", strategy.word());
        }
        let _ = writeln!(text, "]");
    }
    if !s.script.is_empty() {
        let mut script = s.script.clone();
        script.sort_by_key(|step| step.at_ms);
        let _ = writeln!(text, "\nscript = [");
        for step in &script {
            let _ = writeln!(text, "  {{ at_ms = {}, {} }},", step.at_ms, action(&step.action));
        }
        let _ = writeln!(text, "]");
    }
    let _ = writeln!(text, "\n[network]\ndelay_ms = [{}, {}]", s.delay_ms.0, s.delay_ms.1);
    let _ =
        writeln!(text, "drop = {:?}\nduplicate = {:?}", share(s.drop_permille), share(s.duplicate_permille));
    let _ =
        writeln!(text, "\n[job]\nregions = {}\ntargets = {}\nprompts = {}", s.regions, s.targets, s.prompts);
    let _ = writeln!(text, "replicas = {}\nrepeats = {}\ngap_s = {}", s.replicas, s.repeats, s.gap_s);
    if s.cell_ms != calm.cell_ms {
        let _ = writeln!(text, "cell_ms = [{}, {}]", s.cell_ms.0, s.cell_ms.1);
    }
    let _ = writeln!(text, "decline = {:?}\nfail = {:?}", share(s.decline_permille), share(s.fail_permille));
    text
}

fn action(action: &Action) -> String {
    match action {
        Action::Start { node } => format!("start = {node}"),
        Action::Submit { node } => format!("submit = {node}"),
        Action::Heal => "heal = true".into(),
        Action::Partition { groups, for_ms } => {
            let lasting = for_ms.map(|ms| format!(", for_ms = {ms}")).unwrap_or_default();
            format!("partition = {groups:?}{lasting}")
        }
        Action::Crash { node, effects, down_ms } => {
            let back = down_ms.map(|ms| format!(", down_ms = {ms}")).unwrap_or_default();
            format!("crash = {node}, after_effects = {effects}{back}")
        }
        Action::Clock { node, ms } => format!("clock = {node}, off_ms = {ms}"),
        Action::Foreign { node, message } => format!("foreign = {node}, message = {message}"),
    }
}
