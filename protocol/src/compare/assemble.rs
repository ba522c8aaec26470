//! From one job's cells to a report of bounded size.

use super::account::Account;
use super::beside::set_beside;
use super::budget::Budget;
use super::class::{ClassCounts, WayCounts};
use super::detail::{Details, attach_diffs};
use super::input::{Cell, Groups, Input};
use super::phrases::PHRASES_VERSION;
use super::prompt::{Question, examine};
use super::refusal::Reader;
use super::report::{Contrasts, ExactCounts, ExactState, PromptReport, Report, TargetReport};
use super::{COMPARE_VERSION, clip};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of a report's canonical encoding at most.
pub const MAX_REPORT_BYTES: usize = 1 << 20;
/// Regions that are compared. More than any cloud has.
const MAX_REGIONS: usize = 64;
/// Targets that are compared.
const MAX_TARGETS: usize = 64;
/// Pairs of regions that are compared: every pair of 23 regions.
const MAX_CONTRASTS: usize = 256;

/// Compares the answers of one job. The rule, the measures and the bounds stand in the [module's
/// documentation](super).
pub fn compare(input: &Input) -> Report {
    compare_counted(input).0
}

/// Compares, and says how many steps were spent.
pub(super) fn compare_counted(input: &Input) -> (Report, u64) {
    let (contrasts, pairs) = contrasts(input);
    let mut report = Report {
        version: COMPARE_VERSION,
        phrases: PHRASES_VERSION,
        regions: input.regions.iter().take(MAX_REGIONS).map(|name| clip(name, 64)).collect(),
        regions_left_out: input.regions.len().saturating_sub(MAX_REGIONS) as u64,
        contrasts,
        cells: Account::default(),
        classes: ClassCounts::default(),
        ways: WayCounts::default(),
        targets: input.targets.iter().take(MAX_TARGETS).map(target).collect(),
        targets_left_out: input.targets.len().saturating_sub(MAX_TARGETS) as u64,
        diffs_left_out: 0,
        beside: Vec::new(),
        beside_left_out: 0,
    };
    let groups = take_stock(input, &mut report);
    let reader = Reader::new();
    let mut details = Details::default();
    let mut budget = Budget::new(groups.len() as u64);
    for ((target, index), cells) in &groups {
        let (Some(info), Some(prompt)) =
            (input.targets.get(*target as usize), input.prompts.get(*index as usize))
        else {
            continue;
        };
        let deterministic = info.deterministic;
        let question = Question { index: *index, prompt, deterministic, contrasts: &pairs, reader: &reader };
        let examined = examine(&question, cells, &mut budget);
        let of_target = report.targets.get_mut(*target as usize);
        if let Some(target) = of_target {
            target.classes.add_all(&examined.classes);
            target.ways.add_all(&examined.ways);
            add_exact(target, &examined.report);
        }
        report.classes.add_all(&examined.classes);
        report.ways.add_all(&examined.ways);
        details.offer(*target, examined);
    }
    let examples = details.place(&mut report);
    report.diffs_left_out = attach_diffs(&mut report, examples, &mut budget.diffs);
    set_beside(input, &groups, &mut report, &mut budget.beside);
    (report, budget.spent())
}

fn target(info: &super::TargetInfo) -> TargetReport {
    TargetReport {
        name: clip(&info.name, 128),
        surface: clip(&info.surface, 32),
        sim: info.sim,
        deterministic: info.deterministic,
        cells: Account::default(),
        classes: ClassCounts::default(),
        ways: WayCounts::default(),
        exact: info.deterministic.then(ExactCounts::default),
        prompts: Vec::new(),
        prompts_left_out: 0,
    }
}

/// The pairs of regions to compare, by index, in order.
fn contrasts(input: &Input) -> (Contrasts, Vec<(u32, u32)>) {
    let regions = input.regions.len().min(MAX_REGIONS) as u32;
    let registered = !input.contrasts.is_empty();
    let mut unknown = 0;
    let mut pairs = BTreeSet::new();
    if registered {
        let names = input.regions.iter().map(String::as_str).zip(0..regions);
        let mut index: BTreeMap<&str, u32> = BTreeMap::new();
        for (name, i) in names {
            index.entry(name).or_insert(i);
        }
        for (a, b) in &input.contrasts {
            match (index.get(a.as_str()), index.get(b.as_str())) {
                (Some(a), Some(b)) if a != b => {
                    pairs.insert((*a.min(b), *a.max(b)));
                }
                _ => unknown += 1,
            }
        }
    } else {
        pairs.extend((0..regions).flat_map(|a| (a + 1..regions).map(move |b| (a, b))));
    }
    let compared: Vec<(u32, u32)> = pairs.iter().copied().take(MAX_CONTRASTS).collect();
    let left_out = (pairs.len() - compared.len()) as u64;
    (Contrasts { registered, compared: compared.len() as u64, left_out, unknown }, compared)
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
