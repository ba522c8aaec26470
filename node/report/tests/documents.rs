//! Documents about hostile answers, rendered from a real verdict's shape.

use vantage_protocol::cid::Cid;
use vantage_protocol::compare::{
    Cell, CellState, Input, MissingReason, Operator, PromptInfo, TargetInfo, compare,
};
use vantage_protocol::finish::Ending;
use vantage_protocol::hash::sha256;
use vantage_protocol::id::{NetId, NodeId};
use vantage_protocol::proof::{Summary, Trust, Verdict, verify_car};
use vantage_report::{html, markdown};

/// What a model might say to whoever renders it.
const HOSTILE: &str = "<script>alert(1)</script> <img src=x onerror=alert(2)> </style><b>bold</b> & \"quoted\" 'single'\n\
    # heading\n\n| a | table |\n|---|---|\n- list\n> quote\n[link](https://evil.example) ![image](https://evil.example/x.png) \
    https://auto.example <https://auto.example> `code` ```` fence ```\n````\nout of the fence\n\u{1b}[31mred\u{1b}[0m \
    \u{202e}turned\u{2066} zero\u{200b}width e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301} \u{0}";

/// A verdict whose report is the comparison of what `said` answers.
fn verdict(summary: Summary, said: impl Fn(u32, u32, u32) -> String) -> Verdict {
    // bytes that are no bundle at all give the shape; the parts under test are filled in
    let mut verdict = verify_car(b"", &Trust::Hash(NetId([7; 32])));
    verdict.summary = summary;
    verdict.reasons = vec![format!("because {HOSTILE}")];
    verdict.report = Some(compare(&input(said)));
    verdict
}

fn input(said: impl Fn(u32, u32, u32) -> String) -> Input {
    let target = |name: &str, deterministic| TargetInfo {
        name: name.to_owned(),
        deterministic,
        surface: if deterministic { "open" } else { "api" }.to_owned(),
        sim: !deterministic,
    };
    let mut cells = Vec::new();
    for (target, region, n) in (0..2).flat_map(|t| (0..2).flat_map(move |r| (0..4).map(move |n| (t, r, n)))) {
        let (replica, repeat) = (n / 2, n % 2);
        let text = if target == 0 { "An open answer.".to_owned() } else { said(region, replica, repeat) };
        let operator = Operator::Vouched(format!("op {region}.{replica} {HOSTILE}"));
        let executor = NodeId(sha256(format!("{region}.{replica}").as_bytes()).0);
        let output = Cid::raw(text.as_bytes());
        let state = CellState::Answer { text, output, ending: Ending::Whole };
        cells.push(Cell {
            prompt: 0,
            target,
            region,
            replica,
            repeat,
            executor,
            operator,
            asked_ms: None,
            state,
        });
    }
    let mut missing = cells[8].clone();
    (missing.replica, missing.state) =
        (2, CellState::Missing { reason: MissingReason::Declined { reason: HOSTILE.into() } });
    cells.push(missing);
    Input {
        regions: vec!["eu".into(), "ap".into()],
        targets: vec![target("open:tiny", true), target("sim:openai", false)],
        prompts: vec![PromptInfo {
            id: "p".into(),
            topic: format!("topic {HOSTILE}"),
            kind: "contested".into(),
            text: "What?".into(),
        }],
        study: None,
        temperature_milli: Some(1_000),
        drawn_from: (vantage_protocol::id::NetId([1; 32]), vantage_protocol::id::JobId([2; 32])),
        cells,
    }
}

fn hostile(region: u32, replica: u32, repeat: u32) -> String {
    format!(
        "{HOSTILE} answer {replica}{repeat} {}",
        ["yes indeed it is. ", "no never at all. "][region as usize].repeat(3)
    )
}

#[test]
fn html_holds_nothing_that_runs_loads_or_steers() {
    let page = html(&verdict(Summary::Sealed, hostile));
    for forbidden in [
        "<script",
        "<img",
        "onerror=\"",
        "</style><b>",
        "<a ",
        "href",
        "src=\"",
        "javascript:",
        "<iframe",
        "<link",
        "<form",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("&lt;img src=x"));
    assert!(page.contains("default-src 'none'; style-src 'unsafe-inline'"));
    let steers =
        |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{200b}';
    assert_eq!(page.chars().find(|c| steers(*c)), None);
    for visible in ["\\u{1b}[31m", "\\u{202e}turned\\u{2066}", "zero\\u{200b}width", "\\u{0}"] {
        assert!(page.contains(visible), "{visible}");
    }
    let open = page.matches("<details").count();
    assert!(open > 3 && open == page.matches("</details>").count());
    assert_eq!(page.matches("<style>").count(), 1);
}

#[test]
fn markdown_acts_on_nothing_that_a_model_says() {
    let page = markdown(&verdict(Summary::Sealed, hostile));
    let mut fence: Option<String> = None;
    let mut fenced = 0;
    for line in page.lines() {
        match &fence {
            Some(end) if line == end => fence = None,
            Some(_) => fenced += 1,
            None if line.starts_with("```") => fence = Some(line.trim_end_matches("text").to_owned()),
            None => {
                for (at, c) in line.char_indices().filter(|(_, c)| "<[]`!".contains(*c)) {
                    let ours = c == '`' && line.starts_with("Most central answers, ");
                    assert!(line[..at].ends_with('\\') || ours, "{c} in {line}");
                }
                assert!(!line.contains("https:"), "no address to press: {line}");
                let heading = line.starts_with('#');
                assert!(!heading || line.starts_with("# Comparison") || line.starts_with("##"), "{line}");
            }
        }
    }
    assert!(fence.is_none() && fenced >= 2, "the fences close: {fenced}");
    assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}') && page.contains("\\u{202e}"));
}

#[test]
fn invalid_evidence_gives_its_verdict_alone() {
    for page in [html(&verdict(Summary::Invalid, hostile)), markdown(&verdict(Summary::Invalid, hostile))] {
        assert!(page.contains("INVALID") && page.contains("not reported on"));
        assert!(
            !page.contains("What was found") && !page.contains("sim:openai") && !page.contains("yes indeed")
        );
    }
}

#[test]
fn equal_verdicts_give_equal_bytes_that_say_what_matters() {
    let said = |region: u32, replica: u32, repeat: u32| {
        let end = ["", " It is also said that 37 stations closed early."][usize::from(region == 0)];
        let start = ["Observers reported orderly voting.", "Orderly voting was reported by observers."];
        format!("{} Both sides accept the count.{end}", start[((replica + repeat) % 2) as usize])
    };
    let (first, second) = (html(&verdict(Summary::Bounded, said)), html(&verdict(Summary::Bounded, said)));
    assert_eq!(first, second);
    assert_eq!(markdown(&verdict(Summary::Bounded, said)), markdown(&verdict(Summary::Bounded, said)));
    for page in [first, markdown(&verdict(Summary::Bounded, said))] {
        for told in [
            "BOUNDED",
            "not that it is true",
            "simulated",
            "declined",
            "37",
            "Open models beside vendors",
            "nothing here is a finding about regions",
            "2+2",
            "Chance",
            "phrase lists version",
        ] {
            assert!(page.to_lowercase().contains(&told.to_lowercase()), "{told}\n{page}");
        }
    }
}
