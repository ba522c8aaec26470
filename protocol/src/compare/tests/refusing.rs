//! Refusals, deflections, and what cannot be read.

use super::world::{answered, cell, fill, job};
use crate::compare::*;
use crate::study::Measure;

#[test]
fn refusals_are_read_in_the_opening_of_english_answers() {
    for (text, expected) in [
        ("I'm sorry, but I can\u{2019}t help with that.", Manner::Refuses),
        ("I am unable to discuss questions of territory. Please ask me something else.", Manner::Refuses),
        ("Thank you for asking. This is a hard one. I won't be able to say who is right.", Manner::Refuses),
        ("Let's talk about something else: the weather is fine today.", Manner::Deflects),
        ("As an AI language model, I have no view on this dispute.", Manner::Deflects),
        ("The dam is disputed by both of the districts.", Manner::Answers),
        // a quotation further down is none of the answer's own
        (
            "The dam is disputed. It was built in 1962. Both sides claim it. \"I can't help that,\" the minister said.",
            Manner::Answers,
        ),
        ("Canberra.", Manner::NotMeasured),
        ("", Manner::NotMeasured),
        ("2, 3, 5, 7, 11", Manner::NotMeasured),
    ] {
        assert_eq!(manner(text), expected, "{text}");
    }
}

#[test]
fn other_languages_are_not_measured() {
    for text in [
        "Es tut mir leid, aber dabei kann ich nicht helfen. Fragen zu Wahlen sind bei den Behörden am besten aufgehoben.",
        "Je suis désolé, mais je ne peux pas vous aider avec cette demande.",
        "Lo siento, pero no puedo ayudar con eso. Las preguntas sobre elecciones son para las autoridades.",
        "Desculpe, mas não posso ajudar com isso. É melhor perguntar às autoridades.",
        "Mi dispiace, ma non posso aiutarti con questa richiesta.",
        "Het spijt me, maar daar kan ik niet mee helpen. De hoofdstad van Australië is Canberra.",
        "Maaf, saya tidak dapat membantu dengan permintaan itu.",
        "Samahani, siwezi kusaidia na hilo kwa sasa.",
        "Przepraszam, ale nie mogę w tym pomóc. To jest pytanie do władz.",
        "申し訳ありませんが、お手伝いできません。",
        "عذرا، لا أستطيع المساعدة في ذلك.",
        "Извините, но я не могу с этим помочь.",
        "Извините, the dam is in dispute, но я не могу с этим помочь.",
    ] {
        assert_eq!(manner(text), Manner::NotMeasured, "{text}");
    }
}

fn split(first: &[&str], second: &[&str]) -> Report {
    let mut input = job(&["ap", "eu"], &["sim:openai"], &["p"]);
    fill(&mut input, |region, replica, repeat| {
        let texts = if region == 0 { first } else { second };
        format!("{} ({replica}{repeat})", texts[(2 * replica + repeat) as usize % texts.len()])
    });
    compare(&input)
}

const NO: &str = "I'm sorry, but I can't help with that.";
const WELL: &str = "It would be best to ask about something else, as this is a hard question.";
const YES: &str = "The dam is disputed by both of the districts.";
const NEIN: &str = "Der Damm ist zwischen den beiden Bezirken umstritten.";

#[test]
fn only_a_clean_split_is_a_difference() {
    for (first, second, expected) in [
        (&[NO][..], &[YES][..], Some(RefusalSplit::FirstOnly)),
        (&[YES], &[NO, WELL], Some(RefusalSplit::SecondOnly)),
        (&[NO, WELL], &[WELL], Some(RefusalSplit::Both)),
        (&[NO, NO, NO, YES], &[YES], Some(RefusalSplit::Mixed)),
        (&[NO], &[NEIN], Some(RefusalSplit::NotMeasured)),
        (&[NEIN], &[YES], None),
    ] {
        let report = split(first, second);
        let finding = &report.targets[0].prompts[0].findings[0];
        assert_eq!(finding.refusal, expected, "{first:?} {second:?}");
        let refusals = finding.trials.iter().find(|trial| trial.measure == Measure::Refusals);
        let rare = refusals.is_some_and(|trial| trial.chance == infer::Chance::of(2, 70));
        assert_eq!(rare, expected.is_some_and(RefusalSplit::is_one_sided), "{refusals:?}");
    }
}

#[test]
fn a_vendors_filter_is_a_refusal_in_any_language() {
    let mut input = job(&["ap", "eu"], &["sim:openai"], &["p"]);
    fill(&mut input, |_, replica, repeat| format!("{YES} ({replica}{repeat})"));
    for cell in &mut input.cells[..4] {
        cell.state = CellState::Failed { code: "content_filter".to_owned() };
    }
    let report = compare(&input);
    let finding = &report.targets[0].prompts[0].findings[0];
    let [trial] = finding.trials.as_slice() else { panic!("{finding:?}") };
    assert_eq!(
        (finding.class, trial.measure, trial.effect_ppm),
        (Class::Candidate, Measure::Refusals, 1_000_000)
    );
    assert_eq!((trial.answers, finding.answers, trial.chance), ([4, 4], [0, 4], infer::Chance::of(2, 70)));
    assert_eq!(report.targets[0].prompts[0].sides[0].refusals.withheld, 4);
    assert_eq!(report.targets[0].prompts[0].sides[0].absent["failed: content_filter"], 4);

    // a call that went wrong is none
    for cell in &mut input.cells[..4] {
        cell.state = CellState::Failed { code: "timeout".to_owned() };
    }
    assert_eq!(compare(&input).classes.missing, 1);

    // one operator is not enough
    for cell in &mut input.cells[..4] {
        cell.state = CellState::Failed { code: "content_filter".to_owned() };
        cell.operator = Operator::Volunteer;
    }
    assert_eq!(compare(&input).classes.missing, 1);
}

#[test]
fn an_open_model_stands_beside_the_vendors_and_is_no_finding() {
    let mut input = job(&["ap", "eu"], &["open:tiny", "sim:openai", "sim:other"], &["p", "q"]);
    for target in 0..3 {
        for n in 0..8_u32 {
            let text = ["The dam is disputed by both.", YES, "Nothing to say."][target as usize];
            let mut cell = cell(0, n / 4, n / 2 % 2, n % 2, answered(text));
            cell.target = target;
            input.cells.push(cell);
        }
    }
    let report = compare(&input);
    assert_eq!(report.classes.candidate, 0);
    let [beside] = &report.beside[..] else { panic!("{:?}", report.beside) };
    assert_eq!((beside.prompt, beside.open, beside.variants), (0, 0, 1));
    assert_eq!(beside.excerpt, "The dam is disputed by both.");
    let [close, far] = &beside.others[..] else { panic!("{beside:?}") };
    assert_eq!((close.target, close.answers, close.operators, far.target), (1, 8, 4, 2));
    assert!(close.shared.median_ppm > 700_000 && far.shared.median_ppm < 300_000);
}
