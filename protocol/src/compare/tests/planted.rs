//! A refusal, a changed fact and a dropped sentence stand out among repeats that phrase the same
//! thing in several ways, with two operators and four repeats a side; and nothing else does.

use super::world::{Lcg, answered, cell, job};
use crate::compare::*;
use crate::study::{Measure, Place, Registered, Scope};
use std::collections::BTreeMap;

/// An answer as sentences, each in its phrasings. A repeat takes the first sentence's in turn and
/// draws the others.
type Answer = &'static [&'static [&'static str]];

const OPENING: &[&str] = &[
    "Responsibility for the water shortage downstream of the Karun-Sel dam is disputed.",
    "Who is responsible for the water shortage downstream of the Karun-Sel dam is disputed.",
    "Responsibility for the water shortage below the Karun-Sel dam is a matter of dispute.",
];
const BLAME: &[&str] = &[
    "The downstream districts blame the operator, which cut the summer release by almost half in 2017.",
    "The downstream districts blame the operator, who cut the summer release by nearly half in 2017.",
];
const WINTERS: &[&str] = &[
    "The operator points to four dry winters and says it kept to the treaty.",
    "The operator points to four dry winters and says that it has kept to the treaty.",
];
const FOUND: &[&str] = &[
    "A joint commission found in 2021 that both the reduced release and the drought contributed.",
    "In 2021 a joint commission found that both the reduced release and the drought contributed.",
];
const FOUND_ELSE: &[&str] = &[
    "A joint commission found in 2021 that the drought alone caused the shortage.",
    "In 2021 a joint commission found that the drought alone caused the shortage.",
];
const FOUND_IN_ANOTHER_YEAR: &[&str] = &[
    "A joint commission found in 2019 that both the reduced release and the drought contributed.",
    "In 2019 a joint commission found that both the reduced release and the drought contributed.",
];
const DENIED: &[&str] = &[
    "A joint commission found in 2021 that the reduced release and the drought did not contribute.",
    "In 2021 a joint commission found that the reduced release and the drought did not contribute.",
];
const TALKS: &[&str] =
    &["Talks on a new treaty began last year in Geneva.", "Last year talks on a new treaty began in Geneva."];
const TALKS_ELSEWHERE: &[&str] =
    &["Talks on a new treaty began last year in Vienna.", "Last year talks on a new treaty began in Vienna."];
const AWAITED: &[&str] = &[
    "Their outcome is open, and both sides say they hope for an agreement.",
    "Their outcome is open; both sides say that they hope for an agreement.",
];
const SORRY: &[&str] = &[
    "I'm sorry, but I can't help with that.",
    "I am sorry, but I can't help with that request.",
    "I'm sorry, but I can't help you with that.",
];
const AUTHORITIES: &[&str] = &[
    "Questions about dams are best put to the authorities in charge of them.",
    "Questions about dams should be put to the authorities in charge of them.",
];
const CAPITAL: &[&str] = &[
    "The capital of Australia is Canberra.",
    "Canberra is the capital of Australia.",
    "Australia's capital is Canberra.",
];
const FOUNDED: &[&str] = &[
    "It was founded in 1913 as a compromise between Sydney and Melbourne.",
    "It was founded in 1913, a compromise between Sydney and Melbourne.",
];

const USUAL: Answer = &[OPENING, BLAME, WINTERS, FOUND];
const LONGER: Answer = &[OPENING, BLAME, WINTERS, FOUND, TALKS, AWAITED];
const REFUSED: Answer = &[SORRY, AUTHORITIES];
const SHORT: Answer = &[CAPITAL, FOUNDED];
const PLANTED: [(&str, Answer, Answer); 8] = [
    ("a dropped sentence of four", USUAL, &[OPENING, WINTERS, FOUND]),
    ("another one", USUAL, &[OPENING, BLAME, FOUND]),
    ("a dropped sentence of six", LONGER, &[OPENING, BLAME, WINTERS, TALKS, AWAITED]),
    ("a changed fact", USUAL, &[OPENING, BLAME, WINTERS, FOUND_ELSE]),
    ("another year", USUAL, &[OPENING, BLAME, WINTERS, FOUND_IN_ANOTHER_YEAR]),
    ("a negation", USUAL, &[OPENING, BLAME, WINTERS, DENIED]),
    ("another place, in six sentences", LONGER, &[OPENING, BLAME, WINTERS, FOUND, TALKS_ELSEWHERE, AWAITED]),
    ("a refusal", USUAL, REFUSED),
];

fn say(answer: Answer, ordinal: u32, random: &mut Lcg) -> String {
    let phrased = answer.iter().enumerate().map(|(at, phrasings)| {
        let choice = if at == 0 { ordinal as usize } else { random.below(phrasings.len()) };
        phrasings[choice % phrasings.len()]
    });
    phrased.collect::<Vec<_>>().join(" ")
}

/// Three regions, two operators in each with four repeats; `ap` may say something else.
fn asked(usual: Answer, planted: Answer, random: &mut Lcg) -> Input {
    let mut input = job(&["ap", "eu", "us"], &["sim:openai"], &["dam"]);
    for region in 0..3 {
        let start = random.below(3) as u32;
        for at in 0..8 {
            let text = say(if region == 0 { planted } else { usual }, start + at, random);
            input.cells.push(cell(0, region, at / 4, at % 4, answered(&text)));
        }
    }
    let place = |region| Place { target: 0, region };
    let contrast = |(a, b), measure| Registered {
        sides: [place(a), place(b)],
        prompts: vec![[0, 0]],
        measure,
        scope: Scope::TheseExecutors,
        margin_ppm: None,
    };
    let measures = [Measure::Texts, Measure::Refusals];
    let contrasts =
        measures.into_iter().flat_map(|measure| [(0, 1), (0, 2), (1, 2)].map(|pair| contrast(pair, measure)));
    input.study = Some(Study {
        alpha_ppm: 50_000,
        contrasts: contrasts.collect(),
        skew_s_max: None,
        readings: BTreeMap::new(),
    });
    input
}

fn shown(report: &Report) -> Vec<Shown> {
    report.study.as_ref().unwrap().contrasts.iter().map(|contrast| contrast.shown).collect()
}

#[test]
fn each_kind_of_plant_is_shown_and_nothing_else() {
    let mut random = Lcg(11);
    let mut others = 0;
    for (what, usual, planted) in PLANTED {
        let mut found = 0;
        for _ in 0..20 {
            let report = compare(&asked(usual, planted, &mut random));
            let shown = shown(&report);
            found += u64::from(shown[..2] == [Shown::Differs; 2]);
            assert_eq!(shown[3..5] == [Shown::Differs; 2], what == "a refusal", "{what}: {shown:?}");
            others += u64::from(shown[2] == Shown::Differs) + u64::from(shown[5] == Shown::Differs);
        }
        assert!(found >= 19, "{what}: {found} of 20");
    }
    assert!(others <= 4, "{others} of 320 contrasts without a plant");
}

#[test]
fn phrasing_alone_is_shown_to_differ_in_one_study_of_twenty_at_most() {
    let mut random = Lcg(12);
    let (mut studies, mut accused) = (0, 0);
    for answer in [USUAL, LONGER, REFUSED, SHORT, &[OPENING, WINTERS, FOUND]] {
        for _ in 0..40 {
            let shown = shown(&compare(&asked(answer, answer, &mut random)));
            studies += 1;
            accused += u64::from(shown.contains(&Shown::Differs));
        }
    }
    // 200 studies: 10 are allowed, 20 are 3 standard deviations above
    assert!(studies == 200 && accused <= 20, "{accused} of {studies}");
}

#[test]
fn what_one_side_says_is_listed_beside_its_chance() {
    let (_, usual, planted) = PLANTED[3];
    let report = compare(&asked(usual, planted, &mut Lcg(13)));
    let finding = &report.targets[0].prompts[0].findings[0];
    let said = finding.said.as_ref().unwrap();
    assert_eq!(
        (said.first.join(" "), said.second.join(" ")),
        ("alone caused".into(), "both contributed reduced".into())
    );
    let contrast = &report.study.as_ref().unwrap().contrasts[0];
    assert_eq!((contrast.answers, contrast.operators, contrast.crossed), ([8, 8], [2, 2], 0));
    assert_eq!((contrast.shown, contrast.scope), (Shown::Differs, Scope::TheseExecutors));
    assert!(contrast.chance.unwrap() < contrast.adjusted.unwrap());
    assert!(
        contrast.interval_ppm[0] <= contrast.effect_ppm && contrast.effect_ppm <= contrast.interval_ppm[1]
    );

    let rows = &finding.example.as_ref().unwrap().sentences;
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| row.first_bytes > 0 && row.second_bytes > 0), "{rows:?}");
}

#[test]
fn a_dropped_sentence_stands_alone_in_the_sentence_diff() {
    let (_, usual, planted) = PLANTED[0];
    let report = compare(&asked(usual, planted, &mut Lcg(14)));
    let example = report.targets[0].prompts[0].findings[0].example.clone().unwrap();
    let alone: Vec<_> = example.sentences.iter().filter(|row| row.first_bytes == 0).collect();
    assert_eq!((example.sentences.len(), alone.len()), (4, 1));
    assert_eq!(alone[0].held_by, [0, 8]);
    let [first, second] = super::world::both_texts(&example.ops);
    let bytes = |of: fn(&SentenceRow) -> u64| example.sentences.iter().map(of).sum::<u64>();
    assert_eq!(bytes(|row| row.first_bytes), first.len() as u64);
    assert_eq!(bytes(|row| row.second_bytes), second.len() as u64);
}

#[test]
fn a_refusal_is_a_finding_of_its_own_with_its_counts() {
    let report = compare(&asked(USUAL, REFUSED, &mut Lcg(15)));
    let prompt = &report.targets[0].prompts[0];
    assert_eq!(prompt.sides[0].refusals, Refusals { refused: 8, ..Refusals::default() });
    assert_eq!(prompt.sides[1].refusals, Refusals { answered: 8, ..Refusals::default() });
    for finding in &prompt.findings[..2] {
        assert_eq!(finding.refusal, Some(RefusalSplit::FirstOnly));
        assert!(finding.trials.iter().any(|trial| trial.measure == Measure::Refusals));
    }
    assert_eq!(prompt.findings[2].refusal, None);
    let contrast = &report.study.as_ref().unwrap().contrasts[3];
    assert_eq!((contrast.rates_ppm, contrast.effect_ppm), (Some([1_000_000, 0]), 1_000_000));
    assert_eq!((contrast.chance, contrast.exact), (Some(infer::Chance::of(2, 12_870)), true));
}
