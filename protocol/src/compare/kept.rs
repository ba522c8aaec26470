//! What a study plan's contrasts need of the answers, kept until all are read.

use super::infer::Texts;
use super::input::Study;
use super::prompt::Probe;
use super::sides::{Counted, Sides};
use crate::study::{Measure, Registered};
use std::collections::{BTreeMap, BTreeSet};

/// A target, a prompt and a region.
type At = (u32, u32, u32);

/// Sides by where they were asked, and texts of pairs of regions.
#[derive(Default)]
pub(super) struct Kept<'a> {
    wanted: BTreeSet<At>,
    wanted_texts: BTreeSet<(u32, u32, (u32, u32))>,
    sides: BTreeMap<At, Vec<Counted<'a>>>,
    texts: BTreeMap<(u32, u32, (u32, u32)), Texts>,
}

/// The pair of regions of a contrast within one target, in order; none of any other contrast.
pub(super) fn pair_of(contrast: &Registered) -> Option<(u32, u32)> {
    let [a, b] = contrast.sides;
    (a.target == b.target && a.region != b.region).then(|| (a.region.min(b.region), a.region.max(b.region)))
}

impl<'a> Kept<'a> {
    /// To keep what these contrasts need.
    pub(super) fn of(study: Option<&Study>) -> Self {
        let mut kept = Self::default();
        for contrast in study.iter().flat_map(|study| &study.contrasts) {
            let [a, b] = contrast.sides;
            for [first, second] in &contrast.prompts {
                kept.wanted.extend([(a.target, *first, a.region), (b.target, *second, b.region)]);
                if let Some(pair) = pair_of(contrast).filter(|_| contrast.measure == Measure::Texts) {
                    kept.wanted_texts.insert((a.target, *first, pair));
                }
            }
        }
        kept
    }

    /// Keeps of a pair what is needed.
    pub(super) fn keep(&mut self, target: u32, prompt: u32, probe: Probe<'a>) {
        let (a, b) = probe.regions;
        let Sides { sides: [first, second], texts } = probe.sides;
        for (region, side) in [(a, first), (b, second)] {
            let at = (target, prompt, region);
            if self.wanted.contains(&at) {
                self.sides.entry(at).or_insert(side);
            }
        }
        let at = (target, prompt, (a, b));
        if self.wanted_texts.contains(&at)
            && let Some(texts) = texts
        {
            self.texts.insert(at, texts);
        }
    }

    /// Both sides of each prompt of a contrast.
    pub(super) fn sides(&self, contrast: &Registered) -> Vec<Sides<'a>> {
        let [a, b] = contrast.sides;
        let side = |at: At| self.sides.get(&at).cloned().unwrap_or_default();
        let pair = pair_of(contrast);
        let of_prompt = |[first, second]: &[u32; 2]| {
            let texts = pair.and_then(|pair| self.texts.get(&(a.target, *first, pair)));
            let texts = texts.map(|texts| {
                if a.region < b.region {
                    texts.clone()
                } else {
                    texts.turned(
                        side((a.target, *first, b.region)).iter().filter(|counted| counted.text).count(),
                    )
                }
            });
            Sides { sides: [side((a.target, *first, a.region)), side((b.target, *second, b.region))], texts }
        };
        contrast.prompts.iter().map(of_prompt).collect()
    }
}
