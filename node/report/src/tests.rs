//! Open models here, on Golem and beside vendors, as documents show them.

use super::same::same_models;
use super::{html, markdown};
use vantage_protocol::cid::Cid;
use vantage_protocol::compare::{
    Cell, CellState, Excerpts, Input, Operator, PromptInfo, Report, TargetInfo, compare,
};
use vantage_protocol::finish::Ending;
use vantage_protocol::hash::sha256;
use vantage_protocol::id::{NetId, NodeId};
use vantage_protocol::proof::{OnGolem, Rented, SharedProvider, Summary, Trust, Verdict, verify_car};
use vantage_protocol::receipt::{LandmarkDelay, ProviderRegion};

/// What a model might say to whoever renders it.
const HOSTILE: &str =
    "<b>bold</b> | a cell\n# heading\r\n\u{202e}turned\u{1b}[31m `code` [link](https://x.example)";

/// Two operators of one region answer prompts `p0`, `p1` and so on; what is none failed.
fn input(targets: &[&str], prompts: u32, said: impl Fn(u32, u32, u32) -> Option<&'static str>) -> Input {
    let target = |name: &&str| {
        let surface = ["open", "golem"].into_iter().find(|place| name.split(':').next() == Some(*place));
        TargetInfo {
            name: (*name).to_owned(),
            deterministic: surface.is_some(),
            surface: surface.unwrap_or("api").to_owned(),
            sim: name.starts_with("sim:"),
        }
    };
    let info = |n: u32| PromptInfo {
        id: format!("p{n}"),
        topic: "rivers".into(),
        kind: "fact".into(),
        text: "What?".into(),
    };
    let mut cells = Vec::new();
    for (target, prompt) in (0..targets.len() as u32).flat_map(|t| (0..prompts).map(move |p| (t, p))) {
        for replica in 0..2 {
            let state = match said(target, prompt, replica) {
                Some(text) => CellState::Answer {
                    text: text.to_owned(),
                    output: Cid::raw(text.as_bytes()),
                    ending: Ending::Whole,
                },
                None => CellState::Failed { code: "timeout".into() },
            };
            let operator = Operator::Vouched(format!("operator {replica}"));
            let executor = NodeId(sha256(&[replica as u8]).0);
            cells.push(Cell {
                prompt,
                target,
                region: 0,
                replica,
                repeat: 0,
                executor,
                operator,
                asked_ms: None,
                state,
            });
        }
    }
    Input {
        regions: vec!["eu".into()],
        targets: targets.iter().map(target).collect(),
        prompts: (0..prompts).map(info).collect(),
        study: None,
        temperature_milli: Some(1_000),
        drawn_from: (vantage_protocol::id::NetId([1; 32]), vantage_protocol::id::JobId([2; 32])),
        cells,
    }
}

/// A verdict with the comparison of an input; bytes that are no bundle give its shape.
fn verdict(input: &Input) -> Verdict {
    let mut verdict = verify_car(b"", &Trust::Hash(NetId([7; 32])));
    let report = compare(input);
    verdict.summary = Summary::Sealed;
    verdict.excerpts = Excerpts::of(input, &report);
    verdict.report = Some(report);
    verdict
}

fn documents(verdict: &Verdict) -> [String; 2] {
    [html(verdict), markdown(verdict)]
}

fn rented(slot: u32, answered: u64, round_trip_us: Option<u64>) -> Rented {
    let delay = |us| LandmarkDelay {
        landmark: "eu-1".into(),
        region: "eu".into(),
        round_trip_us: Some(us),
        failure: None,
    };
    Rented {
        slot,
        region: "eu".into(),
        target: "golem:m".into(),
        operator: format!("operator {slot}"),
        image: "0".repeat(56),
        platform: "erc20-polygon-glm".into(),
        test_money: false,
        provider_region: round_trip_us
            .map_or(ProviderRegion::Unmeasured, |us| ProviderRegion::Measured { delays: vec![delay(us)] }),
        worker: None,
        sim: false,
        answered,
        failed: Default::default(),
    }
}

#[test]
fn where_providers_stand_is_said_as_it_was_measured() {
    let mut verdict = verdict(&input(&["open:m", "golem:m"], 1, |_, _, _| Some("Yes.")));
    let (far, near) = (Some(80_000), Some(12_345));
    for (trips, said) in [
        ([None, None], "line by line; where, nobody measured."),
        ([near, None], "measured from inside under 1 of 2 agreements: evidence of distance"),
        ([near, far], "line by line; so do the round trips that were measured from inside: evidence"),
    ] {
        let mut rows: Vec<Rented> = (0..).zip(trips).map(|(slot, us)| rented(slot, 1, us)).collect();
        // one that was left without an answer says nothing of those that answered
        rows.push(rented(2, 0, None));
        verdict.golem = OnGolem { rows, ..OnGolem::default() };
        for page in documents(&verdict) {
            assert!(page.contains(said), "{said}\n{page}");
            assert_eq!(page.contains("nobody measured"), trips == [None, None], "{page}");
            let plain = page.replace('\\', "");
            assert_eq!(plain.contains("12.3 ms to eu-1 (eu)"), trips[0].is_some(), "{page}");
        }
    }
}

#[test]
fn a_provider_of_two_operators_stands_in_both_documents() {
    let mut verdict = verdict(&input(&["open:m", "golem:m"], 1, |_, _, _| Some("Yes.")));
    let alone = "their answers are no independent witnesses";
    assert!(documents(&verdict).iter().all(|page| !page.contains(alone)));
    let operators = ["alder", "birch"].map(str::to_owned).into();
    let shared = SharedProvider { provider: "0xaa".into(), target: "golem:m".into(), operators };
    verdict.golem.shared.push(shared);
    for page in documents(&verdict) {
        assert!(page.contains("provider 0xaa served 2 operators"), "{page}");
        assert_eq!(page.matches(alone).count(), 2, "in the verdict, and beside the places\n{page}");
    }
}

/// Equal; here against there; within Golem; here alone; there alone; nobody.
fn in_two_places(target: u32, prompt: u32, replica: u32) -> Option<&'static str> {
    match (prompt, target) {
        (0, _) => Some("Four."),
        (1, 0) => Some("Four."),
        (1, _) => Some("Five."),
        (2, 1) if replica == 1 => Some("Five."),
        (2, _) => Some("Four."),
        (3, 0) | (4, 1) => Some("Four."),
        _ => None,
    }
}

#[test]
fn unequal_prompts_and_prompts_of_one_place_are_told_apart() {
    let report: Report = compare(&input(&["open:m", "golem:m", "golem:other"], 6, in_two_places));
    let models = same_models(&report);
    let [model] = models.as_slice() else { panic!("{} models", models.len()) };
    assert_eq!((model.here, model.there), ("open:m", "golem:m"));
    assert_eq!((model.equal, model.unequal.as_slice(), model.alone), (1, &["p1", "p2"][..], 2));
    assert_eq!(model.words(), "1 of 3 prompts byte-equal in both places; 2 answered in one place only");
    for page in documents(&verdict(&input(&["open:m", "golem:m"], 6, in_two_places))) {
        assert!(page.contains(&model.words()) && page.contains("Open models here and on Golem"), "{page}");
    }
}

#[test]
fn a_model_in_one_place_alone_is_not_the_same_anywhere() {
    let report = compare(&input(&["open:m", "golem:n", "sim:m"], 1, |_, _, _| Some("Yes.")));
    assert!(same_models(&report).is_empty());
    let nothing = compare(&input(&["open:m", "golem:m"], 2, |_, _, _| None));
    let models = same_models(&nothing);
    let [model] = models.as_slice() else { panic!("{} models", models.len()) };
    assert_eq!((model.equal, model.unequal.len(), model.alone), (0, 0, 0));
}

#[test]
fn decentralized_and_centralized_answers_stand_side_by_side() {
    let said = |target: u32, prompt: u32, _: u32| match (target, prompt) {
        (0 | 1, 0) => Some("The river Murrumbidgee."),
        (2, 0) => Some(HOSTILE),
        (3, 0) => None,
        _ => Some("Four."),
    };
    let mut found = verdict(&input(&["open:m", "golem:m", "sim:v", "sim:w"], 2, said));
    let [page, text] = documents(&found);
    assert_eq!(documents(&found), [page.clone(), text.clone()]);
    for document in [&page, &text] {
        let (_, section) = document.split_once("decentralized and centralized answers side by side").unwrap();
        let at = |words: &str| section.find(words).unwrap_or_else(|| panic!("{words}\n{section}"));
        assert!(at("p0") < at("p1"), "what is the same everywhere comes last");
        assert!(at("Murrumbidgee") < at("bold") && at("bold") < at("p1"));
        assert!(at("the same bytes on both sides") < section.len() && at("2 failed") < at("p1"));
        for forbidden in ["<b>", "\u{202e}", "\u{1b}", "\r"] {
            assert!(!section.contains(forbidden), "{forbidden:?}\n{section}");
        }
    }
    assert!(page.contains("&lt;b&gt;bold&lt;/b&gt;") && page.contains("\\u{202e}turned"));
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| open\\:m (given")).collect();
    assert_eq!(rows.len(), 2, "{text}");
    assert!(rows[0].contains("Murrumbidgee\\. | sim\\:v (simulated) (given 2 of 2 times"), "{}", rows[0]);
    assert!(rows[0].contains("\\<b\\>bold") && rows[0].contains("\\| a cell \\# heading"), "{}", rows[0]);
    found.summary = Summary::Invalid;
    assert!(documents(&found).iter().all(|page| !page.contains("Murrumbidgee")));
}

#[test]
fn without_a_vendor_here_and_golem_stand_side_by_side() {
    let found = verdict(&input(&["open:m", "golem:m"], 2, in_two_places));
    for page in documents(&found) {
        let (_, section) = page.split_once("Answers of open models here and on Golem, side by side").unwrap();
        let [differs, same] = ["Five", "p0"].map(|words| section.find(words).unwrap());
        assert!(differs < same, "what differs comes first\n{section}");
        assert!(!page.contains("centralized"));
    }
    let vendors = verdict(&input(&["sim:v", "sim:w"], 1, |_, _, _| Some("Yes.")));
    assert!(documents(&vendors).iter().all(|page| !page.contains("side by side")));
}

#[test]
fn answers_that_were_cut_off_or_untold_are_said_wherever_they_count() {
    let mut input = input(&["compat:lab/m"], 1, |_, _, _| Some("The river Murrumbidgee flows west."));
    input.regions.push("us".into());
    for mut cell in input.cells.clone() {
        let text = "The river Murrumb".to_owned();
        cell.region = 1;
        cell.state = CellState::Answer { output: Cid::raw(text.as_bytes()), text, ending: Ending::Cut };
        input.cells.push(cell);
    }
    if let CellState::Answer { ending, .. } = &mut input.cells[0].state {
        *ending = Ending::Untold;
    }
    for page in documents(&verdict(&input)) {
        for words in [
            "4 of 4 answered (2 cut off at the token limit, 1 with no word on how they ended)",
            "2 of 2, 2 cut off",
            "by the first 9 characters of each answer, as one was cut off at the token limit",
        ] {
            assert!(page.contains(words), "{words}\n{page}");
        }
    }
}

#[test]
fn a_models_name_is_shown_as_it_is_spelled_and_acted_on_by_nobody() {
    let name = "compat:lab/<img>|`a`[b](c)*_&lt;\"'\\#{x}";
    let [page, text] = documents(&verdict(&input(&["open:m", name], 1, |_, _, _| Some("Yes."))));
    assert!(page.contains("compat:lab/&lt;img&gt;|`a`[b](c)*_&amp;lt;&quot;'\\#{x}"), "{page}");
    assert!(!page.contains("<img"), "{page}");
    let spelled = r"compat\:lab\/\<img\>\|\`a\`\[b\]\(c\)\*\_\&lt;";
    assert!(text.contains(spelled), "{text}");
}
