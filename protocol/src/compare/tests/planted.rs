//! A refusal, a changed fact and a dropped sentence stand out among repeats that phrase the same
//! thing in several ways, with two operators and two repeats a side; and nothing else does.

use super::world::{Lcg, fill, job};
use crate::compare::*;

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

/// Three regions; `ap` may say something else.
fn asked(usual: Answer, planted: Answer, random: &mut Lcg) -> Input {
    let mut input = job(&["ap", "eu", "us"], &["sim:openai"], &["dam"]);
    let start: Vec<u32> = (0..3).map(|_| random.below(3) as u32).collect();
    fill(&mut input, |region, replica, repeat| {
        let answer = if region == 0 { planted } else { usual };
        say(answer, start[region as usize] + 2 * replica + repeat, random)
    });
    input
}

#[test]
fn each_kind_of_plant_is_found_and_nothing_else() {
    let mut random = Lcg(11);
    let mut others = 0;
    for (what, usual, planted) in PLANTED {
        for _ in 0..50 {
            let input = asked(usual, planted, &mut random);
            let report = compare(&input);
            let rows: Vec<Headline<'_>> = report.headlines().collect();
            for row in &rows[..2] {
                assert_eq!(row.class, Class::DiffersBeyondNoise, "{what}: {row:?}");
                assert!(!row.ways.is_empty());
                assert_eq!(row.refusal.is_some(), what == "a refusal");
                assert_eq!((row.answers, row.operators), ([4, 4], [2, 2]));
            }
            others += u64::from(rows[2].class == Class::DiffersBeyondNoise);
        }
    }
    assert!(others <= 1, "{others} of 400 pairs without a plant");
}

#[test]
fn phrasing_alone_is_accused_less_than_once_in_a_thousand() {
    let mut random = Lcg(12);
    let (mut pairs, mut accused) = (0, 0);
    for answer in [USUAL, LONGER, REFUSED, SHORT, &[OPENING, WINTERS, FOUND]] {
        for _ in 0..200 {
            let classes = compare(&asked(answer, answer, &mut random)).classes;
            pairs += classes.within_noise + classes.differs_beyond_noise;
            accused += classes.differs_beyond_noise;
        }
    }
    assert!(pairs > 2_900 && accused <= 2, "{accused} of {pairs}");
}

#[test]
fn what_one_side_says_is_listed_with_its_weight_and_its_chance() {
    let (_, usual, planted) = PLANTED[3];
    let report = compare(&asked(usual, planted, &mut Lcg(13)));
    let finding = &report.targets[0].prompts[0].findings[0];
    let said = finding.said.as_ref().unwrap();
    assert_eq!(
        (said.first.join(" "), said.second.join(" ")),
        ("alone caused".into(), "both contributed reduced".into())
    );
    assert_eq!((said.weight, said.is_found()), (2 + 1 + 2 + 1 + 1, true));
    assert!(finding.ways.contains(&Way::Said));
    let chance = finding.chance.unwrap();
    assert_eq!((chance.rules, chance.answers_ppm, chance.operators_ppm), (3, 3 * 28_572, 1_000_000));
    assert_eq!((report.ways.said, report.ways.refusal), (2, 0));

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
    assert_eq!(alone[0].held_by, [0, 4]);
    let [first, second] = super::world::both_texts(&example.ops);
    let bytes = |of: fn(&SentenceRow) -> u64| example.sentences.iter().map(of).sum::<u64>();
    assert_eq!(bytes(|row| row.first_bytes), first.len() as u64);
    assert_eq!(bytes(|row| row.second_bytes), second.len() as u64);
}

#[test]
fn a_refusal_is_a_finding_of_its_own_with_its_counts() {
    let report = compare(&asked(USUAL, REFUSED, &mut Lcg(15)));
    let prompt = &report.targets[0].prompts[0];
    assert_eq!(prompt.sides[0].refusals, Refusals { refused: 4, ..Refusals::default() });
    assert_eq!(prompt.sides[1].refusals, Refusals { answered: 4, ..Refusals::default() });
    for finding in &prompt.findings[..2] {
        assert_eq!(finding.refusal, Some(RefusalSplit::FirstOnly));
        assert!(finding.ways.contains(&Way::Refusal));
    }
    assert_eq!((prompt.findings[2].refusal, report.ways.refusal), (None, 2));
}
