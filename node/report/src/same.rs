//! One open model in two places, run by executors themselves and on Golem: whether it gave the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use vantage_protocol::cid::Cid;
use vantage_protocol::compare::{Report, TargetReport};
use vantage_protocol::proof::OnGolem;
use vantage_protocol::receipt::ProviderRegion;

/// A model that was asked in both places, prompt by prompt as far as the report has details.
pub(super) struct SameModel<'a> {
    /// As executors ran it themselves.
    pub(super) here: &'a str,
    /// As they had it run on Golem.
    pub(super) there: &'a str,
    /// Prompts with answers from both places, all of them the same bytes.
    pub(super) equal: usize,
    /// Prompts with answers from both places, not all the same bytes: their ids.
    pub(super) unequal: Vec<&'a str>,
    /// Prompts that only one place has answered.
    pub(super) alone: usize,
}

/// What a reader should know of them: who ran them, and what is known of where.
pub(super) fn about(golem: &OnGolem) -> String {
    let answered = || golem.rows.iter().filter(|row| row.answered > 0);
    let is_measured = |region: &ProviderRegion| matches!(region, ProviderRegion::Measured { .. });
    let (measured, all) =
        (answered().filter(|row| is_measured(&row.provider_region)).count(), answered().count());
    let (how_far, weight) =
        ("the round trips that were measured from inside", "evidence of distance, no proof of a place");
    let whereabouts = match measured {
        0 => "where, nobody measured.".to_owned(),
        n if n == all => format!("so do {how_far}: {weight}."),
        n => format!("so do {how_far} under {n} of {all} agreements: {weight}."),
    };
    let shared = match golem.shared.is_empty() {
        true => "",
        false => " A provider served several operators: their answers are no independent witnesses.",
    };
    format!(
        "Run by the executors themselves, and by providers that they hired. Equal requests must give equal bytes. Who \
         ran it there stands in the verdict, line by line; {whereabouts}{shared}"
    )
}

/// All models that were asked in both places.
pub(super) fn same_models(report: &Report) -> Vec<SameModel<'_>> {
    let with = |prefix: &str| -> BTreeMap<&str, &TargetReport> {
        let named = report.targets.iter().filter_map(|t| Some((t.name.strip_prefix(prefix)?, t)));
        named.collect()
    };
    let there = with("golem:");
    let pairs = with("open:").into_iter().filter_map(|(model, here)| Some((here, *there.get(model)?)));
    pairs.map(|(here, there)| held(here, there)).collect()
}

fn held<'a>(here: &'a TargetReport, there: &'a TargetReport) -> SameModel<'a> {
    let (first, second) = (outputs(here), outputs(there));
    let mut same =
        SameModel { here: &here.name, there: &there.name, equal: 0, unequal: Vec::new(), alone: 0 };
    let prompts: BTreeSet<u32> = first.keys().chain(second.keys()).copied().collect();
    for prompt in prompts {
        match (first.get(&prompt), second.get(&prompt)) {
            (Some((_, a)), Some((_, b))) if a == b && a.len() == 1 => same.equal += 1,
            (Some((id, _)), Some(_)) => same.unequal.push(id),
            _ => same.alone += 1,
        }
    }
    same
}

/// Id and outputs of each prompt that was answered.
fn outputs(target: &TargetReport) -> BTreeMap<u32, (&str, BTreeSet<Cid>)> {
    let of = |prompt: &'_ vantage_protocol::compare::PromptReport| -> BTreeSet<Cid> {
        prompt.exact.iter().flat_map(|exact| &exact.variants).map(|variant| variant.output).collect()
    };
    let prompts = target.prompts.iter().map(|prompt| (prompt.prompt, (prompt.id.as_str(), of(prompt))));
    prompts.filter(|(_, (_, outputs))| !outputs.is_empty()).collect()
}

impl SameModel<'_> {
    /// What came of it, in words; the ids of prompts stand apart, for they come from outside.
    pub(super) fn words(&self) -> String {
        let both = self.equal + self.unequal.len();
        let alone = match self.alone {
            0 => String::new(),
            n => format!("; {n} answered in one place only"),
        };
        format!("{} of {both} prompts byte-equal in both places{alone}", self.equal)
    }
}
