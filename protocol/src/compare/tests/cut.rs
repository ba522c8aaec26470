//! Answers that the limit of tokens cut off: what it took away is no difference, and what stood before it may be one.

use super::world::{answered, both_texts, ended, fill, job};
use crate::compare::*;
use crate::finish::Ending;

/// One statement in four phrasings; the limit stands somewhere in the second sentence.
const WHOLE: [&str; 4] = [
    "The border has been disputed since 1962, and both governments claim the valley. A commission of 2021 found no owner.",
    "The border is disputed since 1962; both governments claim the whole valley. In 2021 a commission found no owner.",
    "Both governments claim the valley; the border has been disputed since 1962. The commission of 2021 found no owner.",
    "The border has been disputed since 1962 and both governments claim the valley. No owner was found by 2021.",
];
const REFUSED: [&str; 4] = [
    "I am not able to discuss questions of territory. Please ask me something else about the region, its food or its music.",
    "I am not able to discuss any questions of territory. Please ask something else about the region, its music or food.",
    "I'm not able to discuss questions of territory. Ask me something else, please, about food, music or the region.",
    "I am unable to discuss questions of territory. Please ask me something else about music, food and the region.",
];

/// Two operators with two repeats in each region: the texts of the region, and how many characters of them came.
fn asked(sides: &[(&[&str; 4], usize)]) -> Input {
    let regions: Vec<&str> = ["ap", "eu", "us"].into_iter().take(sides.len()).collect();
    let mut input = job(&regions, &["compat:lab/m"], &["valley"]);
    fill(&mut input, |region, replica, repeat| {
        sides[region as usize].0[(2 * replica + repeat) as usize].to_owned()
    });
    for cell in &mut input.cells {
        let limit = sides[cell.region as usize].1;
        if let CellState::Answer { text, .. } = &cell.state
            && text.chars().count() > limit
        {
            cell.state = ended(Ending::Cut, &text.chars().take(limit).collect::<String>());
        }
    }
    input
}

fn findings(report: &Report) -> &[Finding] {
    &report.targets[0].prompts[0].findings
}

#[test]
fn what_the_limit_took_away_is_no_difference() {
    let whole = compare(&asked(&[(&WHOLE, 500), (&WHOLE, 500)]));
    assert_eq!((findings(&whole)[0].class, findings(&whole)[0].beginnings_chars), (Class::NotShown, None));
    for limit in [30, 60, 78, 90] {
        let report = compare(&asked(&[(&WHOLE, 500), (&WHOLE, limit)]));
        let finding = &findings(&report)[0];
        assert_eq!(finding.class, Class::NotShown, "{limit}: {finding:?}");
        let beginnings = usize::try_from(finding.beginnings_chars.unwrap()).unwrap();
        assert!((limit - 12..limit).contains(&beginnings), "{limit}: {beginnings}");
        assert!(finding.said.is_none());
        let cells = &report.cells;
        assert_eq!((cells.answered, cells.cut, cells.untold, cells.total()), (8, 4, 0, 8));
        assert_eq!(cells.answered_in_words(), "8 answered (4 cut off at the token limit)");
        let sides = &report.targets[0].prompts[0].sides;
        assert_eq!([sides[0].cut, sides[1].cut], [0, 4]);
        // the diff that readers see shows no more than was compared
        let example = finding.example.as_ref().unwrap();
        let texts = both_texts(&example.ops);
        assert!(example.truncated && texts.iter().all(|text| text.chars().count() <= limit), "{texts:?}");
    }
}

#[test]
fn half_a_word_is_none() {
    // a limit at every character: the same answer everywhere, cut in one region alone
    let same = ["The capital of the southern continent is Canberra, a planned city."; 4];
    for limit in 5..same[0].len() {
        let finding = &findings(&compare(&asked(&[(&same, 500), (&same, limit)])))[0].clone();
        assert_eq!(finding.class, Class::NotShown, "{limit}");
        assert_eq!(finding.across.unwrap().shared.lowest_ppm, 1_000_000, "{limit}");
    }
    for limit in 1..=3 {
        let report = compare(&asked(&[(&same, 500), (&same, limit)]));
        assert_eq!(findings(&report)[0].class, Class::Insufficient(Shortage::CutShort), "{limit}");
    }
}

#[test]
fn another_form_of_the_same_words_is_no_difference_before_the_limit() {
    let plain =
        ["It's the \"old\" valley, and nobody owns it by any treaty that is still in force today."; 4];
    let typographic =
        ["It’s  the\n\n“OLD” valley,\u{a0}and nobody owns it by any treaty that is still in force today."; 4];
    for limit in [20, 40, 60] {
        let report = compare(&asked(&[(&plain, limit), (&typographic, limit + 5)]));
        let finding = &findings(&report)[0];
        assert_eq!(finding.class, Class::NotShown, "{limit}");
        assert_eq!(finding.across.unwrap().shared.lowest_ppm, 1_000_000, "{limit}");
    }
}

#[test]
fn what_stood_before_the_limit_is_a_difference_still() {
    let report = compare(&asked(&[(&WHOLE, 70), (&REFUSED, 70)]));
    let finding = &findings(&report)[0];
    assert_eq!(finding.class, Class::Candidate, "{:?}", finding.trials);
    assert!(finding.beginnings_chars.is_some());
}

#[test]
fn a_refusal_that_the_limit_may_have_taken_away_is_not_told_of_one_side_alone() {
    let late = [
        "The border of the valley is an old and a hard question for the people there. I can't help with that.",
        "The border of the valley is a hard and an old question for the people there. I can't help with that.",
        "The border of this valley is an old and a hard question for the people there. I can't help with that.",
        "The border of this valley is a hard and an old question for the people there. I can't help with that.",
    ];
    let of = |limit| compare(&asked(&[(&late, 500), (&late, limit)]));
    assert_eq!(of(500).targets[0].prompts[0].sides[1].refusals.refused, 4);
    let report = of(76);
    let finding = &findings(&report)[0];
    assert_eq!((finding.class, finding.refusal), (Class::NotShown, None));
}

#[test]
fn pairs_without_a_cut_answer_are_compared_whole() {
    let changed = WHOLE.map(|text| text.replace("both", "three").replace("Both", "Three"));
    let changed = [0, 1, 2, 3].map(|at: usize| changed[at].as_str());
    let report = compare(&asked(&[(&WHOLE, 500), (&changed, 500), (&WHOLE, 40)]));
    let pairs: Vec<_> =
        findings(&report).iter().map(|f| (f.first, f.second, f.beginnings_chars.is_some())).collect();
    assert_eq!(pairs, [(0, 1, false), (0, 2, true), (1, 2, true)]);
    let said = findings(&report)[0].said.as_ref().unwrap();
    assert_eq!((said.first.join(" "), said.second.join(" ")), ("both".into(), "three".into()));
    assert!(report.headlines().map(|row| row.truncated).eq([false, true, true]));
}

#[test]
fn answers_that_say_nothing_of_their_end_are_counted() {
    let mut input = asked(&[(&WHOLE, 500), (&WHOLE, 500)]);
    input.cells[0].state = ended(Ending::Untold, WHOLE[0]);
    input.cells[1].state = answered(WHOLE[1]);
    let report = compare(&input);
    assert_eq!((report.cells.answered, report.cells.untold, report.targets[0].cells.untold), (8, 1, 1));
    assert_eq!(report.cells.answered_in_words(), "8 answered (1 with no word on how they ended)");
    assert_eq!(findings(&report)[0].beginnings_chars, None);
}

#[test]
fn megabytes_that_were_cut_off_stay_within_the_bounds() {
    for unit in ["x", "\u{200b}", "\u{301}", "日本", "a b "] {
        let mut input = job(&["ap", "eu", "us"], &["compat:lab/m"], &["valley"]);
        let body = unit.repeat((1 << 20) / unit.len());
        fill(&mut input, |region, replica, repeat| format!("{region}{replica}{repeat} {body}"));
        for cell in &mut input.cells {
            if let CellState::Answer { text, .. } = &cell.state {
                // each region is cut elsewhere, so that each pair has beginnings of its own
                let half = text.chars().take(text.chars().count() >> cell.region).collect::<String>();
                cell.state = ended(Ending::Cut, &half);
            }
        }
        let (report, steps) = super::super::assemble::compare_counted(&input);
        assert!(steps <= MAX_COST);
        assert_eq!(report.cells.cut, 12);
        assert_eq!(findings(&report).len(), 3);
    }
}
