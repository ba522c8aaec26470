//! Open models beside the other targets, prompt by prompt: a comparison of different models.

use super::answer::{Answer, Text, answers};
use super::budget::{EACH, NEAR_WORD, PREPARE_CHAR, Purse};
use super::clip;
use super::exact::prevailing;
use super::figures::Near;
use super::input::{Cell, Groups, Input};
use super::lexicon::Lexicon;
use super::matrix::spread;
use super::measurable::Measurable;
use super::region::MAX_COMPARED_ANSWERS;
use super::report::{Beside, BesideTarget, Report};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of this part of a report.
const MAX_BYTES: usize = 120 << 10;
/// Bytes of an answer that are shown.
const MAX_EXCERPT_BYTES: usize = 240;
/// Leading bytes of an answer that are measured here.
const MAX_MEASURED_BYTES: usize = 4_096;

/// Fills this part of the report, prompt by prompt, as far as room and steps allow.
pub(super) fn set_beside(input: &Input, groups: &Groups<'_>, report: &mut Report, purse: &mut Purse) {
    let is_open = |target: u32| input.targets.get(target as usize).is_some_and(|t| t.deterministic);
    let mut by_prompt: BTreeMap<u32, [Vec<u32>; 2]> = BTreeMap::new();
    for (target, prompt) in groups.keys() {
        let [open, other] = by_prompt.entry(*prompt).or_default();
        if is_open(*target) { open } else { other }.push(*target);
    }
    let pairs = by_prompt.iter().filter(|(_, [_, others])| !others.is_empty());
    let jobs: Vec<(u32, u32, &Vec<u32>)> =
        pairs.flat_map(|(prompt, [open, others])| open.iter().map(move |o| (*prompt, *o, others))).collect();
    *purse = purse.among(jobs.len() as u64);
    let mut room = MAX_BYTES;
    for (prompt, open, others) in jobs {
        let given = purse.share();
        let mut steps = given;
        let found = beside(groups, (prompt, open, others), &mut steps);
        purse.spend(given - steps);
        let size = |b: &Beside| serde_ipld_dagcbor::to_vec(b).map_or(usize::MAX, |bytes| bytes.len());
        match found {
            Found::Nothing => {}
            Found::Too => report.beside_left_out += 1,
            Found::Some(beside) => match room.checked_sub(size(&beside)) {
                Some(rest) => {
                    room = rest;
                    report.beside.push(*beside);
                }
                None => report.beside_left_out += 1,
            },
        }
    }
}

enum Found {
    /// There is no answer on one of the sides.
    Nothing,
    /// There is too much text.
    Too,
    Some(Box<Beside>),
}

fn beside(groups: &Groups<'_>, job: (u32, u32, &Vec<u32>), steps: &mut u64) -> Found {
    let (prompt, open, others) = job;
    let cells = |target: u32| groups.get(&(target, prompt)).map_or(&[][..], Vec::as_slice);
    let cost = |target: &u32| cells(*target).iter().map(|cell| cell_cost(cell)).fold(0, u64::saturating_add);
    let total = others.iter().chain([&open]).map(cost).fold(0, u64::saturating_add);
    let Some(rest) = steps.checked_sub(total) else { return Found::Too };
    *steps = rest;
    let (own, _) = answers(cells(open), MAX_MEASURED_BYTES);
    let Some(answer) = prevailing(&own) else { return Found::Nothing };
    let mut lexicon = Lexicon::default();
    let measured = |answer: &Answer<'_>, lexicon: &mut Lexicon| {
        let raw = super::head(answer.text, MAX_MEASURED_BYTES);
        let text = Text { normal: super::normalise(raw), raw, cut: false };
        (Measurable::new(&text, MAX_MEASURED_BYTES, lexicon), text.normal)
    };
    let reference = measured(&answer, &mut lexicon);
    let mut found = Vec::new();
    for target in others {
        let (theirs, _) = answers(cells(*target), MAX_MEASURED_BYTES);
        let compared = first_of_each_region(&theirs);
        let near: Vec<(Near, &Answer<'_>)> = compared
            .iter()
            .map(|answer| {
                let (text, normal) = measured(answer, &mut lexicon);
                let near = if normal == reference.1 { Near::EQUAL } else { text.near(&reference.0) };
                (near, *answer)
            })
            .collect();
        let closest = near.iter().max_by_key(|(near, answer)| {
            (near.shared_ppm, near.shingles_ppm, core::cmp::Reverse(answer.output))
        });
        let figures = |figure: fn(&Near) -> u32| spread(near.iter().map(|(near, _)| figure(near)).collect());
        let (shared, shingles) = (figures(|near| near.shared_ppm), figures(|near| near.shingles_ppm));
        if let (Some((_, closest)), Some(shared), Some(shingles)) = (closest, shared, shingles) {
            found.push(BesideTarget {
                target: *target,
                answers: near.len() as u64,
                operators: near.iter().map(|(_, a)| &a.cell.operator).collect::<BTreeSet<_>>().len() as u64,
                excerpt: clip(closest.text, MAX_EXCERPT_BYTES),
                shared,
                shingles,
            });
        }
    }
    if found.is_empty() {
        return Found::Nothing;
    }
    Found::Some(Box::new(Beside {
        prompt,
        open,
        output: answer.output,
        excerpt: clip(answer.text, MAX_EXCERPT_BYTES),
        variants: own.iter().map(|a| a.output).collect::<BTreeSet<_>>().len() as u64,
        others: found,
    }))
}

fn cell_cost(cell: &Cell) -> u64 {
    match &cell.state {
        super::CellState::Answer { text, .. } => {
            EACH + text.len().min(MAX_MEASURED_BYTES) as u64 * (2 * PREPARE_CHAR + NEAR_WORD)
        }
        _ => EACH,
    }
}

fn first_of_each_region<'r, 'a>(answers: &'r [Answer<'a>]) -> Vec<&'r Answer<'a>> {
    let mut taken: BTreeMap<u32, usize> = BTreeMap::new();
    let mut first = Vec::new();
    for answer in answers {
        let taken = taken.entry(answer.cell.region).or_default();
        if *taken < MAX_COMPARED_ANSWERS {
            *taken += 1;
            first.push(answer);
        }
    }
    first
}
