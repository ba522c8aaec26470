//! What a study plan's contrasts need of the answers, kept until all are read.

use super::infer::Texts;
use super::input::Study;
use super::sides::{Counted, Sides};
use crate::study::{Measure, Registered};
use std::collections::{BTreeMap, BTreeSet};

/// A target, a prompt and a region.
pub(super) type At = (u32, u32, u32);

/// Sides by where they were asked, and texts of pairs of regions.
#[derive(Default)]
pub(super) struct Kept<'a> {
    /// Whether all sides are kept, wanted or not.
    everything: bool,
    wanted: BTreeSet<At>,
    wanted_texts: BTreeSet<(u32, u32, (u32, u32))>,
    sides: BTreeMap<At, Vec<Counted<'a>>>,
    texts: BTreeMap<(u32, u32, (u32, u32)), Texts>,
    /// What the texts take up, bytes.
    bytes: usize,
}

/// Most bytes of texts that are kept. A prompt of 8 + 8 answers takes two thousand or so; beyond this, prompts are left out.
const TEXT_BYTES_MAX: usize = 64 << 20;

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

    /// To keep all sides beside what contrasts need.
    pub(super) fn with_all_sides(self) -> Self {
        Self { everything: true, ..self }
    }

    /// All sides that were kept.
    pub(super) fn all_sides(&self) -> impl Iterator<Item = (&At, &Vec<Counted<'a>>)> {
        self.sides.iter()
    }

    /// Keeps of a region's answers to a prompt what is needed.
    pub(super) fn keep_side(&mut self, at: At, side: Vec<Counted<'a>>) {
        if self.everything || self.wanted.contains(&at) {
            self.sides.insert(at, side);
        }
    }

    /// Keeps of a pair's texts what is needed.
    pub(super) fn keep_texts(&mut self, target: u32, prompt: u32, pair: (u32, u32), texts: Option<&Texts>) {
        let at = (target, prompt, pair);
        if self.wanted_texts.contains(&at)
            && let Some(texts) = texts
            && self.bytes + texts.bytes() <= TEXT_BYTES_MAX
        {
            self.bytes += texts.bytes();
            self.texts.insert(at, texts.clone());
        }
    }

    /// Both sides of each prompt of a contrast. `across` measures texts of different targets.
    pub(super) fn sides(
        &self,
        contrast: &Registered,
        mut across: impl FnMut([At; 2]) -> Option<Texts>,
    ) -> Vec<Sides<'a>> {
        let [a, b] = contrast.sides;
        let pair = pair_of(contrast);
        let side = |at: &At| self.sides.get(at).cloned().unwrap_or_default();
        let of_prompt = |[first, second]: &[u32; 2]| {
            let places = [(a.target, *first, a.region), (b.target, *second, b.region)];
            let sides = places.each_ref().map(side);
            let texts = match pair {
                _ if contrast.measure != Measure::Texts => None,
                Some(pair) => {
                    let texts = self.texts.get(&(a.target, *first, pair)).cloned();
                    // kept with the lower region first
                    let of_lower = sides[1].iter().filter(|counted| counted.text).count();
                    if a.region < b.region { texts } else { texts.map(|texts| texts.turned(of_lower)) }
                }
                None => across(places),
            };
            Sides { sides, texts }
        };
        contrast.prompts.iter().map(of_prompt).collect()
    }
}
