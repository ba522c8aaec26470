//! From one job's cells to a report of bounded size.

use super::account::Account;
use super::across::texts_across;
use super::beside::set_beside;
use super::budget::{Budget, Purse};
use super::class::ClassCounts;
use super::conclusion::conclude;
use super::detail::{Detailed, Details, attach_diffs};
use super::explored::Trialled;
use super::infer::{Draws, Texts};
use super::input::{Cell, Groups, Input, Study};
use super::kept::{At, Kept, pair_of};
use super::panel::Panel;
use super::phrases::PHRASES_VERSION;
use super::prompt::{Examined, Question, examine};
use super::refusal::Reader;
use super::report::{ExactCounts, ExactState, Explored, PromptReport, Report, TargetReport};
use super::sides::Sides;
use super::tally::Tallies;
use super::trial::{Trials, trials};
use super::{COMPARE_VERSION, clip};
use crate::study::{Measure, Registered};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of a report's canonical encoding at most.
pub const MAX_REPORT_BYTES: usize = 1 << 20;
/// Regions that are compared. More than any cloud has.
const MAX_REGIONS: usize = 64;
/// Targets that are compared.
const MAX_TARGETS: usize = 64;
/// Pairs of regions that are compared: every pair of 23 regions.
const MAX_PAIRS: usize = 256;

/// Compares the answers of one job. The rule, the measures and the bounds stand in the [module's
/// documentation](super).
pub fn compare(input: &Input) -> Report {
    compare_counted(input).0
}

/// Compares, and tells how each answer counts.
pub fn compare_tallied(input: &Input) -> (Report, Tallies) {
    let kept = Kept::of(input.study.as_ref()).with_all_sides();
    let (report, _, tallies) = compare_keeping(input, kept, Tallies::of);
    (report, tallies)
}

/// Compares, and says how many steps were spent.
pub(super) fn compare_counted(input: &Input) -> (Report, u64) {
    let (report, steps, ()) = compare_keeping(input, Kept::of(input.study.as_ref()), |_, _, _| ());
    (report, steps)
}

/// Compares, says how many steps were spent, and takes of what was kept what is wanted.
fn compare_keeping<'a, T>(
    input: &'a Input,
    mut kept: Kept<'a>,
    take: impl FnOnce(&Input, &Groups<'a>, &Kept<'a>) -> T,
) -> (Report, u64, T) {
    let (pairs, pairs_left_out) = pairs(input);
    let mut report = blank(input, &pairs, pairs_left_out);
    let groups = take_stock(input, &mut report);
    let (net, job) = &input.drawn_from;
    let draws = Draws::new(net, job, Drawn::Explored as u32);
    let of_panels = Draws::new(net, job, Drawn::Panels as u32);
    let reader = Reader::new();
    let (mut details, mut trialled) = (Details::default(), Trialled::default());
    let mut panels: BTreeMap<u32, Panel<'_>> = BTreeMap::new();
    let mut budget = Budget::new(groups.len() as u64);
    for (target, info) in (0..).zip(input.targets.iter().take(MAX_TARGETS)) {
        let of_target = groups.range((target, 0)..=(target, u32::MAX));
        let mut examined: Vec<(u32, Examined<'_>)> = Vec::new();
        for ((_, index), cells) in of_target {
            let Some(prompt) = input.prompts.get(*index as usize) else { continue };
            let coding = input.study.as_ref().and_then(|study| study.readings.get(index));
            let deterministic = info.deterministic;
            let question =
                Question { index: *index, prompt, deterministic, pairs: &pairs, reader: &reader, coding };
            examined.push((*index, examine(&question, cells, &mut budget)));
        }
        // who counts as whom takes all prompts
        let nearest: Vec<_> =
            examined.iter_mut().flat_map(|(_, found)| std::mem::take(&mut found.nearest)).collect();
        let mut draws_of = of_panels.branch(target.into());
        let panel =
            Panel::of(&groups, target, !info.deterministic, input.temperature_milli, &nearest, &mut draws_of);
        for (index, found) in examined {
            let draws = draws.branch(u64::from(target) << 32 | u64::from(index));
            let trial =
                Trying { target, index, panel: &panel, deterministic: info.deterministic, draws: &draws };
            let detailed = trial.settle(found, &mut budget.explored, &mut trialled, &mut kept);
            if let Some(target) = report.targets.get_mut(target as usize) {
                add_exact(target, &detailed.report);
            }
            details.offer(target, detailed);
        }
        if let Some(target) = report.targets.get_mut(target as usize) {
            panel.show(target);
        }
        panels.insert(target, panel);
    }
    let examples = details.place(&mut report);
    trialled.settle(&mut report);
    if let Some(study) = &input.study {
        let draws = Draws::new(net, job, Drawn::Registered as u32);
        let mut near = budget.near.among(across_of(study));
        let sides = |contrast: &Registered| {
            kept.sides(contrast, |places| across(&groups, &panels, places, &mut near))
        };
        report.study = Some(conclude(study, sides, &draws, &mut budget.registered));
        budget.near = near;
    }
    report.diffs_left_out = attach_diffs(&mut report, examples, &mut budget.diffs);
    set_beside(input, &groups, &mut report, &mut budget.beside);
    let taken = take(input, &groups, &kept);
    (report, budget.spent(), taken)
}

/// A report in which nothing is counted yet.
fn blank(input: &Input, pairs: &[(u32, u32)], pairs_left_out: u64) -> Report {
    Report {
        version: COMPARE_VERSION,
        phrases: PHRASES_VERSION,
        regions: input.regions.iter().take(MAX_REGIONS).map(|name| clip(name, 64)).collect(),
        regions_left_out: input.regions.len().saturating_sub(MAX_REGIONS) as u64,
        study: None,
        explored: Explored { pairs: pairs.len() as u64, pairs_left_out, ..Explored::default() },
        cells: Account::default(),
        classes: ClassCounts::default(),
        targets: input.targets.iter().take(MAX_TARGETS).map(target).collect(),
        targets_left_out: input.targets.len().saturating_sub(MAX_TARGETS) as u64,
        diffs_left_out: 0,
        beside: Vec::new(),
        beside_left_out: 0,
    }
}

/// How many pairs of texts of different targets a plan compares.
fn across_of(study: &Study) -> u64 {
    let across = |contrast: &&Registered| contrast.measure == Measure::Texts && pair_of(contrast).is_none();
    study.contrasts.iter().filter(across).map(|contrast| contrast.prompts.len() as u64).sum()
}

/// Texts of two places that are not one target in two regions.
fn across(
    groups: &Groups<'_>,
    panels: &BTreeMap<u32, Panel<'_>>,
    places: [At; 2],
    near: &mut Purse,
) -> Option<Texts> {
    let cells = places.map(|(target, prompt, region)| {
        let all = groups.get(&(target, prompt)).map_or(&[][..], Vec::as_slice);
        all.iter().copied().filter(|cell| cell.region == region).collect::<Vec<_>>()
    });
    let panels = [panels.get(&places[0].0)?, panels.get(&places[1].0)?];
    texts_across([&cells[0], &cells[1]], panels, near)
}

/// What is drawn for what, apart from each other.
enum Drawn {
    Registered,
    Explored,
    Panels,
}

/// One prompt of a target, and how it is tried.
struct Trying<'t, 'a> {
    target: u32,
    index: u32,
    panel: &'t Panel<'a>,
    deterministic: bool,
    draws: &'t Draws,
}

impl<'a> Trying<'_, 'a> {
    /// Tries each pair of regions, and keeps what is needed later.
    fn settle(
        &self,
        found: Examined<'a>,
        explored: &mut Purse,
        trialled: &mut Trialled,
        kept: &mut Kept<'a>,
    ) -> Detailed<'a> {
        let Examined { mut report, probes, counted, examples, nearest: _ } = found;
        let mut purse = explored.split(probes.len() as u64);
        let side = |region: u32| counted.get(&region).cloned().unwrap_or_default();
        for (probe, finding) in probes.into_iter().zip(&mut report.findings) {
            let (a, b) = probe.regions;
            let sides = Sides { sides: [side(a), side(b)], texts: probe.texts }.by(self.panel);
            let tried = if self.deterministic {
                Trials::default()
            } else {
                let draws = self.draws.branch(u64::from(a) << 32 | u64::from(b));
                trials(&sides, &draws, &mut purse)
            };
            trialled.add(self.target, probe.class, &tried);
            kept.keep_texts(self.target, self.index, probe.regions, sides.texts.as_ref());
            finding.trials = tried.found;
        }
        explored.take_back(purse);
        for (region, all) in &counted {
            let alone = Sides { sides: [all.clone(), Vec::new()], texts: None }.by(self.panel);
            let [side, _] = alone.sides;
            kept.keep_side((self.target, self.index, *region), side);
        }
        Detailed::foremost(report, examples)
    }
}

fn target(info: &super::TargetInfo) -> TargetReport {
    TargetReport {
        name: clip(&info.name, 128),
        surface: clip(&info.surface, 32),
        sim: info.sim,
        deterministic: info.deterministic,
        cells: Account::default(),
        classes: ClassCounts::default(),
        copies_looked_for: false,
        copies: Vec::new(),
        collapsed: Vec::new(),
        exact: info.deterministic.then(ExactCounts::default),
        prompts: Vec::new(),
        prompts_left_out: 0,
    }
}

/// The pairs of regions to compare, by index, in order, and how many are beyond the limit: those that the study plan names, or
/// all where it names none.
fn pairs(input: &Input) -> (Vec<(u32, u32)>, u64) {
    let regions = input.regions.len().min(MAX_REGIONS) as u32;
    let all = || (0..regions).flat_map(|a| (a + 1..regions).map(move |b| (a, b)));
    let mut pairs: BTreeSet<(u32, u32)> =
        input.study.iter().flat_map(|study| &study.contrasts).filter_map(pair_of).collect();
    pairs.retain(|(_, b)| *b < regions);
    if pairs.is_empty() {
        pairs.extend(all());
    }
    let chosen: Vec<(u32, u32)> = pairs.iter().copied().take(MAX_PAIRS).collect();
    let left_out = (pairs.len() - chosen.len()) as u64;
    (chosen, left_out)
}

/// Counts every cell once, and gathers those that are compared.
fn take_stock<'a>(input: &'a Input, report: &mut Report) -> Groups<'a> {
    let mut groups: Groups<'_> = BTreeMap::new();
    let mut last = None;
    for cell in in_order(input) {
        let known = (cell.target as usize) < input.targets.len()
            && (cell.prompt as usize) < input.prompts.len()
            && (cell.region as usize) < input.regions.len();
        let repeated = last.replace(place(cell)) == Some(place(cell));
        let of_target = report.targets.get_mut(cell.target as usize).map(|target| &mut target.cells);
        for account in [Some(&mut report.cells), of_target].into_iter().flatten() {
            match (known, repeated) {
                (false, _) => account.out_of_range += 1,
                (true, true) => account.repeated += 1,
                (true, false) => account.add(&cell.state),
            }
        }
        let limits = (cell.target as usize) < MAX_TARGETS && (cell.region as usize) < MAX_REGIONS;
        if known && !repeated && limits {
            groups.entry((cell.target, cell.prompt)).or_default().push(cell);
        }
    }
    report.cells.bound();
    report.targets.iter_mut().for_each(|target| target.cells.bound());
    groups
}

/// All cells by their places; of several in one place the one that counts comes first.
pub(super) fn in_order(input: &Input) -> Vec<&Cell> {
    let mut cells: Vec<&Cell> = input.cells.iter().collect();
    cells.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| content(a).cmp(&content(b))));
    cells
}

/// Where a cell belongs.
pub(super) fn place(cell: &Cell) -> [u32; 5] {
    [cell.target, cell.prompt, cell.region, cell.repeat, cell.replica]
}

fn content(cell: &Cell) -> (&super::CellState, &super::Operator, &crate::id::NodeId) {
    (&cell.state, &cell.operator, &cell.executor)
}

fn add_exact(target: &mut TargetReport, prompt: &PromptReport) {
    let (Some(counts), Some(exact)) = (&mut target.exact, &prompt.exact) else { return };
    *match exact.state {
        ExactState::Equal => &mut counts.equal,
        ExactState::Unequal => &mut counts.unequal,
        ExactState::Unchecked => &mut counts.unchecked,
        ExactState::Unanswered => &mut counts.unanswered,
    } += 1;
}
