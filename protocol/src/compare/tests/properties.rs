//! Properties of the measures, the diff and the account, over arbitrary texts.

use super::world::{answered, both_texts, bytes, cell, job};
use crate::compare::answer::Text;
use crate::compare::lexicon::Lexicon;
use crate::compare::measurable::Measurable;
use crate::compare::*;
use proptest::prelude::*;

/// Texts that resemble each other, with marks, directions, joiners and odd white space.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "the",
        "The",
        "valley",
        " ",
        "  ",
        "\n",
        ".",
        ",",
        "e\u{301}",
        "\u{e9}",
        "\u{301}",
        "\u{202e}",
        "\u{5d0}",
        "\u{627}",
        "日",
        "本",
        "👩\u{200d}🔬",
        "\u{2019}",
        "'",
        "\u{200b}",
        "\u{130}",
        "ß",
        "1",
        "2",
    ]);
    prop_oneof![prop::collection::vec(piece, 0..40).prop_map(|p| p.concat()), any::<String>()]
}

type Place = (u32, u32, u32, u32, u8);

/// Prompt, region, replica, repeat and state of some cells, some of them nowhere in the job.
fn places() -> impl Strategy<Value = Vec<Place>> {
    prop::collection::vec((0_u32..3, 0_u32..4, 0_u32..3, 0_u32..2, 0_u8..12), 0..80)
}

proptest! {
    #[test]
    fn similarity_is_symmetric_and_one_only_of_equals(a in text(), b in text()) {
        let there = similarity(&a, &b);
        prop_assert_eq!(there, similarity(&b, &a));
        for ppm in [there.shared_ppm, there.shingles_ppm] {
            prop_assert!(ppm <= 1_000_000);
            prop_assert_eq!(ppm == 1_000_000, normalise(&a) == normalise(&b));
        }
    }

    #[test]
    fn words_are_measured_as_the_textbook_says(a in "([abc] ){0,150}", b in "([abcd] ){0,150}") {
        prop_assume!(a != b);
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let (x, y) = (words(&a), words(&b));
        let there = similarity(&a, &b);
        let count = |words: &[String], word: &str| words.iter().filter(|w| *w == word).count();
        let shared: usize = ["a", "b", "c", "d"].iter().map(|w| count(&x, w).min(count(&y, w))).sum();
        let expected = 2 * shared * 1_000_000 / (x.len() + y.len()).max(1);
        prop_assert_eq!(there.shared_ppm, (expected as u32).min(999_999));
    }

    #[test]
    fn a_cut_text_never_passes_for_an_equal_one(a in text(), b in text(), chars_max in 0_usize..20) {
        prop_assume!(normalise(&a) != normalise(&b));
        let mut lexicon = Lexicon::default();
        let mut read = |raw| {
            let text = Text { normal: normalise(raw), raw, cut: false };
            Measurable::new(&text, chars_max, &mut lexicon)
        };
        let (a, b) = (read(&a), read(&b));
        let near = a.near(&b);
        prop_assert!(near.shared_ppm < 1_000_000 && near.shingles_ppm < 1_000_000);
        prop_assert_eq!(near, b.near(&a));
    }

    #[test]
    fn shingles_are_measured_as_the_textbook_says(a in "([abc] ){3,60}", b in "([abcd] ){3,60}") {
        prop_assume!(a != b);
        let runs = |text: &str| {
            let words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
            words.windows(SHINGLE_WORDS).map(<[String]>::to_vec).collect::<Vec<_>>()
        };
        let (x, y) = (runs(&a), runs(&b));
        let mut rest = y.clone();
        let same = x.iter().filter(|run| {
            let at = rest.iter().position(|other| other == *run);
            at.map(|at| rest.swap_remove(at)).is_some()
        });
        let expected = 2 * same.count() * 1_000_000 / (x.len() + y.len());
        prop_assert_eq!(similarity(&a, &b).shingles_ppm, (expected as u32).min(999_999));
    }

    #[test]
    fn sentences_make_up_the_text(a in text()) {
        prop_assert_eq!(sentences(&a).collect::<String>(), a);
    }

    #[test]
    fn normalisation_is_idempotent(a in text()) {
        let once = normalise(&a);
        prop_assert_eq!(normalise(&once), once);
    }

    #[test]
    fn a_diff_makes_up_both_texts(a in text(), b in text()) {
        let diff = word_diff(&a, &b);
        prop_assert_eq!(both_texts(&diff.ops), [a, b]);
        prop_assert!(!diff.truncated);
        prop_assert!(diff.ops.iter().all(|op| !op.text().is_empty()));
        let kinds: Vec<_> = diff.ops.iter().map(std::mem::discriminant).collect();
        prop_assert!(kinds.windows(2).all(|two| two[0] != two[1]));
    }

    #[test]
    fn escaped_text_holds_nothing_that_steers(a in text()) {
        let shown = escape_line(&a);
        let steers = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
        prop_assert!(!shown.contains(steers));
        prop_assert_eq!(escape_line(&shown), shown);
    }

    #[test]
    fn every_cell_is_counted_once(places in places()) {
        let mut input = job(&["eu", "us", "ap"], &["sim:openai"], &["valley", "river"]);
        for (prompt, region, replica, repeat, state) in places {
            let state = match state {
                0 => CellState::Failed { code: "timeout".to_owned() },
                1 => CellState::Bad { code: "inputs".to_owned() },
                2 => CellState::Missing { reason: MissingReason::Unassigned },
                3 => CellState::Missing { reason: MissingReason::Declined { reason: "budget".to_owned() } },
                4 => CellState::Missing { reason: MissingReason::NotInSet },
                n => answered(["yes", "Yes", "no", "a b c", "a b", "", "x"][n as usize - 5]),
            };
            input.cells.push(cell(prompt, region, replica, repeat, state));
        }
        let report = compare(&input);
        prop_assert_eq!(report.cells.total(), input.cells.len() as u64);
        let measured: u64 = report.targets[0].prompts.iter().flat_map(|p| &p.sides).map(|s| s.answers).sum();
        prop_assert_eq!(measured, report.cells.answered);
        input.cells.reverse();
        prop_assert_eq!(bytes(&compare(&input)), bytes(&report));
    }
}
