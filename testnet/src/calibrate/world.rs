//! One job of a calibration.
//!
//! Its plan registers a family of twelve, as a study with one question would: refusals, coded answers and texts over all prompts, and the
//! texts of nine prompts by themselves.

use super::corpus::{Corpus, Model};
use super::design::Design;
use super::plants::{Null, Plant, neighbour, paraphrased};
use crate::sim::Dice;
use vantage_protocol::cid::Cid;
use vantage_protocol::compare::{Cell, CellState, Input, Operator, PromptInfo, Study, TargetInfo};
use vantage_protocol::finish::Ending;
use vantage_protocol::hash::sha256;
use vantage_protocol::id::{JobId, NetId, NodeId};
use vantage_protocol::study::{Measure, Place, Reading, Registered, Scope};

/// Registered contrasts of single prompts.
const SINGLE: usize = 9;
/// Fewest prompts of a world.
const PROMPTS_MIN: usize = SINGLE + 1;

/// Answers of a job: by prompt, side, operator and repeat, in this order.
pub(super) struct World {
    prompts: usize,
    answers: Vec<String>,
    number: u64,
}

impl World {
    /// Deals answers out; none where the corpus has too few.
    pub(super) fn make(
        corpus: &Corpus,
        design: &Design,
        prompts_max: usize,
        (seed, number): (u64, u64),
        (null, plant): (Option<Null>, Option<Plant>),
    ) -> Option<Self> {
        let mut dice = Dice::new(seed, number);
        let needed = 2 * design.answers();
        let other_model = null.is_some_and(Null::wants_other).then_some(false);
        let warmer = plant.and_then(Plant::wants_other).or(other_model);
        // any model that has enough, and a second one where that is wanted
        let usable = |model: &&Model| {
            let prompts = corpus.prompts(model, needed);
            prompts.len() >= PROMPTS_MIN
                && warmer.is_none_or(|warmer| corpus.other(model, &prompts, needed, warmer).is_some())
        };
        let models: Vec<&Model> = corpus.models().into_iter().filter(usable).collect();
        let model = *models.get(dice.below(models.len() as u64) as usize)?;
        let mut prompts = corpus.prompts(model, needed);
        let other = warmer.and_then(|warmer| corpus.other(model, &prompts, needed, warmer));
        shuffle(&mut prompts, &mut dice);
        prompts.truncate(prompts_max);
        let arms: Vec<bool> = (0..2 * design.operators).map(|_| dice.permille(500)).collect();
        let mut answers: Vec<String> = Vec::new();
        for (at, prompt) in prompts.iter().enumerate() {
            let mut dealt = [Some(model), other].map(|model| {
                let mut of_model = model.map_or(Vec::new(), |model| corpus.of(model, prompt).to_vec());
                shuffle(&mut of_model, &mut dice);
                of_model
            });
            let first = answers.len();
            for (second, operator, repeat) in places(design) {
                let account =
                    if design.crossed { operator } else { operator + u32::from(second) * design.operators };
                let from_other = match (null, plant) {
                    (Some(Null::Arms), _) => arms.get(account as usize).copied().unwrap_or(false),
                    (Some(Null::Change), _) => 2 * at >= prompts.len(),
                    (_, Some(Plant::Model | Plant::Temperature)) => second,
                    _ => false,
                };
                let text = dealt.get_mut(usize::from(from_other))?.pop()?;
                let text = match plant {
                    Some(plant) => plant.applied(text, at, second, &mut dice),
                    None => text,
                };
                let place = |operator: u32, repeat: u32| {
                    let side = usize::from(second) * design.answers();
                    first + side + (operator * design.repeats + repeat) as usize
                };
                let earlier = match null {
                    Some(Null::Cached) if repeat > 0 => Some(place(operator, 0)),
                    Some(Null::Copies | Null::Paraphrases) => {
                        neighbour(design, operator).map(|other| place(other, repeat))
                    }
                    _ => None,
                };
                let text = match earlier.and_then(|place| answers.get(place)).cloned() {
                    Some(copied) if null == Some(Null::Paraphrases) => paraphrased(&copied, &mut dice),
                    Some(copied) => copied,
                    None => text,
                };
                answers.push(text);
            }
        }
        Some(Self { prompts: prompts.len(), answers, number })
    }

    /// It as the comparison gets it.
    pub(super) fn input(&self, design: &Design, scope: Scope) -> Input {
        let mut cells = Vec::with_capacity(self.answers.len());
        let all =
            (0..self.prompts as u32).flat_map(|prompt| places(design).map(move |place| (prompt, place)));
        for ((prompt, (second, operator, repeat)), text) in all.zip(&self.answers) {
            let name =
                if design.crossed || !second { format!("o{operator}") } else { format!("p{operator}") };
            cells.push(Cell {
                prompt,
                target: 0,
                region: u32::from(second),
                replica: operator,
                repeat,
                executor: NodeId(sha256(format!("{name}{second}").as_bytes()).0),
                operator: Operator::Vouched(name),
                asked_ms: None,
                state: CellState::Answer {
                    text: text.clone(),
                    output: Cid::raw(text.as_bytes()),
                    ending: Ending::Whole,
                },
            });
        }
        let prompt = |at: usize| PromptInfo {
            id: format!("p{at}"),
            topic: String::new(),
            kind: String::new(),
            text: String::new(),
        };
        Input {
            regions: vec!["a".into(), "b".into()],
            targets: vec![TargetInfo {
                name: "corpus".into(),
                deterministic: false,
                surface: "api".into(),
                sim: false,
            }],
            prompts: (0..self.prompts).map(prompt).collect(),
            study: Some(study(self.prompts as u32, scope)),
            temperature_milli: Some(1_000),
            drawn_from: (NetId([0; 32]), JobId(sha256(&self.number.to_be_bytes()).0)),
            cells,
        }
    }
}

/// The family of twelve.
fn study(prompts: u32, scope: Scope) -> Study {
    let contrast = |measure, prompts: Vec<[u32; 2]>| Registered {
        sides: [Place { target: 0, region: 0 }, Place { target: 0, region: 1 }],
        prompts,
        measure,
        scope,
        margin_ppm: None,
    };
    let all = || (0..prompts).map(|prompt| [prompt; 2]).collect();
    let whole = [Measure::Refusals, Measure::Coded, Measure::Texts].map(|measure| contrast(measure, all()));
    let single = (0..SINGLE as u32).map(|prompt| contrast(Measure::Texts, vec![[prompt; 2]]));
    Study {
        alpha_ppm: 50_000,
        contrasts: whole.into_iter().chain(single).collect(),
        skew_s_max: None,
        readings: (0..prompts).map(|prompt| (prompt, Reading::YesNo)).collect(),
    }
}

/// Side, operator and repeat of each answer to one prompt.
fn places(design: &Design) -> impl Iterator<Item = (bool, u32, u32)> + use<> {
    let (operators, repeats) = (design.operators, design.repeats);
    let side = move |second| {
        (0..operators).flat_map(move |operator| (0..repeats).map(move |r| (second, operator, r)))
    };
    [false, true].into_iter().flat_map(side)
}

fn shuffle<T>(list: &mut [T], dice: &mut Dice) {
    for last in (1..list.len()).rev() {
        list.swap(last, dice.below(last as u64 + 1) as usize);
    }
}
