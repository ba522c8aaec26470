//! A study plan: what a job's author asks of its answers, registered before there are any.
//!
//! A job names the plan's block, so the plan is signed with the job and dated by its checkpoint. What it registers is tested as one
//! family; anything else that a comparison finds is a candidate for the next plan.

use crate::params::{CODINGS_MAX, NAME_BYTES_MAX, OPTIONS_MAX, PROMPTS_MAX, REGISTERED_MAX};
use crate::suite::Suite;
use crate::target::Target;
use crate::wire::{self, Wire, WireError, rule};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

mod decimal;
mod series;

pub use decimal::Decimal;
pub use series::{Line, Series};

/// Contrasts, and how they are to be tested. People write it as TOML.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyPlan {
    /// Format version, 1.
    pub v: u32,
    /// Name for people.
    pub name: String,
    /// How often a study in which nothing differs may show any difference at all, parts per million.
    pub alpha_ppm: u32,
    /// How far apart in time both sides may be asked, seconds: what is further apart is confounded by time. None: it is only told.
    #[serde(default)]
    pub skew_s_max: Option<u32>,
    /// What is compared, in the author's order.
    #[serde(default)]
    pub contrasts: Vec<Contrast>,
    /// How answers are read where proportions of coded answers are compared.
    #[serde(default)]
    pub codings: Vec<Coding>,
    /// The series that the job belongs to, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<Series>,
}

/// One contrast, or one for each of what it lists.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contrast {
    /// What is compared.
    pub measure: Measure,
    /// Of whom it speaks.
    pub scope: Scope,
    /// A contrast for each of these targets; none: for each of the job.
    #[serde(default)]
    pub targets: Vec<Target>,
    /// And for each of these pairs of regions. None: for each pair of the job; with `against` for each region by itself.
    #[serde(default)]
    pub regions: Vec<(String, String)>,
    /// Over these prompts, by their ids; none: over all of the suite.
    #[serde(default)]
    pub prompts: Vec<String>,
    /// Whether each prompt is a contrast of its own.
    #[serde(default)]
    pub by_prompt: bool,
    /// What the second side was asked, where that is not the same.
    #[serde(default)]
    pub against: Option<Against>,
    /// How far apart two proportions may be and count as equal, parts per million; none: equality is not asked for.
    #[serde(default)]
    pub margin_ppm: Option<u32>,
}

/// What the second side of a contrast was asked: another model, the same in another language, or both.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Against {
    /// Another target.
    #[serde(default)]
    pub target: Option<Target>,
    /// Other prompts, one for each of the first side's, in the same order.
    #[serde(default)]
    pub prompts: Vec<String>,
}

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The share of answers that are refused, deflected or withheld.
    Refusals,
    /// The share of answers that are a yes, by the plan's codings.
    Coded,
    /// The texts themselves.
    Texts,
}

/// Of whom a contrast speaks. The two are never mixed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// These executors got different answers; nothing is said of others.
    TheseExecutors,
    /// The places differ: operators are a sample of those there could be.
    BeyondThem,
}

/// How the answers to one prompt are read as a yes, a no or neither.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coding {
    /// Id of the prompt.
    pub prompt: String,
    /// How.
    pub read: Reading,
}

/// How an answer is read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Reading {
    /// It opens with a yes or a no.
    YesNo,
    /// It names exactly one of some options.
    Option {
        /// The one that counts as a yes.
        yes: String,
        /// The others, which count as a no.
        others: Vec<String>,
    },
    /// It holds a number that is near enough; a no if it holds others only.
    Number {
        /// The number.
        value: Decimal,
        /// How far off it may be.
        within: Decimal,
    },
}

/// One contrast as it is tested.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Registered {
    /// Where the answers of both sides come from.
    pub sides: [Place; 2],
    /// Prompts of the first side with those of the second, by their places in the suite.
    pub prompts: Vec<[u32; 2]>,
    /// What is compared.
    pub measure: Measure,
    /// Of whom it speaks.
    pub scope: Scope,
    /// How far apart counts as equal, parts per million.
    pub margin_ppm: Option<u32>,
}

/// A target asked in a region, by their places in the job.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// Target.
    pub target: u32,
    /// Region.
    pub region: u32,
}

impl StudyPlan {
    /// Reads the TOML form that people write. Unknown keys are refused.
    pub fn from_toml(text: &str) -> Result<Self, WireError> {
        let plan: Self = wire::read_toml(text, 1)?;
        plan.check().map_err(|why| WireError::Rule { name: Self::NAME, why })?;
        Ok(plan)
    }

    /// The contrasts one by one, in the plan's order: the family of a job with these targets and regions, sorted as a job has them. An
    /// error says what the plan, its series included, names that the job or its suite does not have.
    pub fn family(
        &self,
        targets: &[&Target],
        regions: &[String],
        suite: &Suite,
    ) -> Result<Vec<Registered>, String> {
        let names = Names::of(targets, regions, suite);
        let coded = self.coded(&names)?;
        let mut all = Vec::new();
        for (at, contrast) in self.contrasts.iter().enumerate() {
            let place = |why: String| format!("contrast {}: {why}", at + 1);
            let found = contrast.each(&names, &coded).map_err(place)?;
            rule::at_most("contrasts, one by one", all.len() + found.len(), REGISTERED_MAX)?;
            all.extend(found);
        }
        let distinct: BTreeSet<&Registered> = all.iter().collect();
        if distinct.len() < all.len() {
            return Err("contrasts: one stands twice".into());
        }
        for (at, line) in self.series.iter().flat_map(|series| &series.lines).enumerate() {
            line.check_with(&names, &coded).map_err(|why| format!("series, line {}: {why}", at + 1))?;
        }
        Ok(all)
    }

    /// How the answers to each prompt are read, by its place in the suite.
    pub fn readings(&self, suite: &Suite) -> BTreeMap<u32, &Reading> {
        let place = |id: &String| suite.prompts.iter().position(|prompt| prompt.id == *id);
        self.codings
            .iter()
            .filter_map(|coding| Some((u32::try_from(place(&coding.prompt)?).ok()?, &coding.read)))
            .collect()
    }

    /// Prompts with a coding, by their places.
    fn coded(&self, names: &Names<'_>) -> Result<BTreeSet<u32>, String> {
        self.codings.iter().map(|coding| names.prompt(&coding.prompt)).collect()
    }
}

/// What a job and its suite call things.
struct Names<'j> {
    targets: Vec<&'j Target>,
    regions: Vec<&'j str>,
    prompts: BTreeMap<&'j str, u32>,
}

impl<'j> Names<'j> {
    fn of(targets: &[&'j Target], regions: &'j [String], suite: &'j Suite) -> Self {
        Self {
            targets: targets.to_vec(),
            regions: regions.iter().map(String::as_str).collect(),
            prompts: suite.prompts.iter().map(|prompt| prompt.id.as_str()).zip(0..).collect(),
        }
    }

    fn target(&self, name: &Target) -> Result<u32, String> {
        let at = self.targets.iter().position(|target| *target == name);
        at.map(|at| at as u32).ok_or_else(|| format!("{name} is none of the job's targets"))
    }

    fn region(&self, name: &str) -> Result<u32, String> {
        let at = self.regions.iter().position(|region| *region == name);
        at.map(|at| at as u32).ok_or_else(|| format!("{name} is none of the job's regions"))
    }

    fn prompt(&self, id: &str) -> Result<u32, String> {
        self.prompts.get(id).copied().ok_or_else(|| format!("{id} is none of the suite's prompts"))
    }

    /// The places of some prompts, or of all.
    fn prompts(&self, ids: &[String]) -> Result<Vec<u32>, String> {
        if ids.is_empty() {
            return Ok((0..self.prompts.len() as u32).collect());
        }
        ids.iter().map(|id| self.prompt(id)).collect()
    }
}

impl Contrast {
    /// One by one.
    fn each(&self, names: &Names<'_>, coded: &BTreeSet<u32>) -> Result<Vec<Registered>, String> {
        let targets = match self.targets.as_slice() {
            [] => (0..names.targets.len() as u32).collect(),
            named => named.iter().map(|target| names.target(target)).collect::<Result<Vec<_>, _>>()?,
        };
        let against = self.against.as_ref();
        let other = against.and_then(|against| against.target.as_ref());
        let other = other.map(|target| names.target(target)).transpose()?;
        let firsts = names.prompts(&self.prompts)?;
        let seconds = match against.map(|against| against.prompts.as_slice()) {
            None | Some([]) => firsts.clone(),
            Some(named) => names.prompts(named)?,
        };
        if firsts.len() != seconds.len() {
            return Err(format!("{} prompts stand against {}", firsts.len(), seconds.len()));
        }
        let prompts: Vec<[u32; 2]> = firsts.into_iter().zip(seconds).map(|(a, b)| [a, b]).collect();
        if self.measure == Measure::Coded
            && let Some(at) = prompts.iter().flatten().find(|at| !coded.contains(at))
        {
            let id = names.prompts.iter().find(|(_, place)| *place == at).map_or("?", |(id, _)| *id);
            return Err(format!("prompt {id} has no coding"));
        }
        let each: Vec<Vec<[u32; 2]>> =
            if self.by_prompt { prompts.into_iter().map(|pair| vec![pair]).collect() } else { vec![prompts] };
        let mut found = Vec::new();
        for (target, (a, b)) in
            targets.iter().flat_map(|target| self.pairs(names).into_iter().map(move |pair| (*target, pair)))
        {
            let (a, b) = (names.region(a)?, names.region(b)?);
            let sides = [Place { target, region: a }, Place { target: other.unwrap_or(target), region: b }];
            if sides[0] == sides[1] && each.iter().flatten().any(|[a, b]| a == b) {
                return Err("both sides are the same".into());
            }
            rule::at_most("contrasts, one by one", found.len() + each.len(), REGISTERED_MAX)?;
            found.extend(each.iter().map(|prompts| Registered {
                sides,
                prompts: prompts.clone(),
                measure: self.measure,
                scope: self.scope,
                margin_ppm: self.margin_ppm,
            }));
        }
        Ok(found)
    }

    /// The pairs of regions by name.
    fn pairs<'n>(&'n self, names: &Names<'n>) -> Vec<(&'n str, &'n str)> {
        if !self.regions.is_empty() {
            return self.regions.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        }
        let regions = &names.regions;
        if self.against.is_some() {
            return regions.iter().map(|region| (*region, *region)).collect();
        }
        let after = |(at, a): (usize, &&'n str)| {
            let a = *a;
            regions.iter().skip(at + 1).map(move |b| (a, *b)).collect::<Vec<_>>()
        };
        regions.iter().enumerate().flat_map(after).collect()
    }

    fn check(&self) -> Result<(), String> {
        rule::at_most("targets", self.targets.len(), crate::params::TARGETS_MAX)?;
        rule::at_most("regions", self.regions.len(), REGISTERED_MAX)?;
        rule::at_most("prompts", self.prompts.len(), PROMPTS_MAX)?;
        for (a, b) in &self.regions {
            rule::name("regions", a)?;
            rule::name("regions", b)?;
            if a == b && self.against.is_none() {
                return Err(format!("regions: {a} stands against itself"));
            }
        }
        let others = self.against.as_ref().map_or(&[][..], |against| &against.prompts);
        rule::at_most("against.prompts", others.len(), PROMPTS_MAX)?;
        for id in self.prompts.iter().chain(others) {
            rule::name("prompts", id)?;
        }
        if let Some(against) = &self.against
            && against.target.is_none()
            && against.prompts.is_empty()
        {
            return Err("against: names neither a target nor prompts".into());
        }
        if self.measure == Measure::Texts && !others.is_empty() {
            return Err("against.prompts: answers to different prompts are different texts; compare refusals or coded answers".into());
        }
        match self.margin_ppm {
            Some(_) if self.measure == Measure::Texts => {
                Err("margin_ppm: that texts are equal cannot be shown, proportions can".into())
            }
            Some(margin) => rule::within("margin_ppm", margin.into(), 1, 1_000_000),
            None => Ok(()),
        }
    }
}

impl Coding {
    fn check(&self) -> Result<(), String> {
        rule::name("codings.prompt", &self.prompt)?;
        let Reading::Option { yes, others } = &self.read else { return Ok(()) };
        rule::some("codings.read.option.others", others.len(), OPTIONS_MAX)?;
        let mut seen = BTreeSet::new();
        for option in core::iter::once(yes).chain(others) {
            rule::text("codings.read.option", option, NAME_BYTES_MAX)?;
            if !seen.insert(option.to_lowercase()) {
                return Err(format!("codings of prompt {}: option {option} stands twice", self.prompt));
            }
        }
        Ok(())
    }
}

impl Wire for StudyPlan {
    const NAME: &'static str = "study plan";
    const BYTES_MAX: usize = crate::params::BLOCK_BYTES_MAX;

    fn check(&self) -> Result<(), String> {
        rule::within("v", self.v.into(), 1, 1)?;
        rule::text("name", &self.name, NAME_BYTES_MAX)?;
        rule::within("alpha_ppm", self.alpha_ppm.into(), 1, 100_000)?;
        match &self.series {
            // a job of a series has something to say without any
            Some(series) => {
                rule::at_most("contrasts", self.contrasts.len(), REGISTERED_MAX)?;
                series.check().map_err(|why| format!("series.{why}"))?;
            }
            None => rule::some("contrasts", self.contrasts.len(), REGISTERED_MAX)?,
        }
        for (at, contrast) in self.contrasts.iter().enumerate() {
            contrast.check().map_err(|why| format!("contrast {}: {why}", at + 1))?;
        }
        rule::at_most("codings", self.codings.len(), CODINGS_MAX)?;
        let mut seen = BTreeSet::new();
        for coding in &self.codings {
            coding.check()?;
            if !seen.insert(&coding.prompt) {
                return Err(format!("codings: prompt {} has two", coding.prompt));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
