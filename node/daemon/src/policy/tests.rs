use super::*;
use crate::store::Store;
use std::collections::BTreeMap;
use std::sync::Arc;
use vantage_api::Room;
use vantage_protocol::attester::{Execution, Task};
use vantage_protocol::id::{Hash, JobId, NetId};
use vantage_protocol::request::Request;
use vantage_protocol::suite::{Prompt, PromptKind, Suite};

const AUTHOR: NodeId = NodeId([1; 32]);
const OTHER: NodeId = NodeId([2; 32]);
/// Noon UTC.
const NOON_S: u64 = 20_000 * 86_400 + 12 * 3600;

fn asked() -> Asked<'static> {
    Asked {
        author: AUTHOR,
        suite: Cid::raw(b"suite"),
        target: "openai/gpt-4.1-mini",
        cells: 10,
        calls: 20,
        cost_microusd: 4_000,
        other_jobs_today: 2,
        now_s: NOON_S,
    }
}

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn each_rule_speaks_for_itself() {
    let none = Policy::default;
    let suite = |text: &[u8]| BTreeSet::from([Cid::raw(text)]);
    let hours = |text: &str| vec![text.parse().unwrap()];
    for (policy, code) in [
        (none(), None),
        (Policy { authors_allow: BTreeSet::from([AUTHOR]), ..none() }, None),
        (Policy { authors_allow: BTreeSet::from([OTHER]), ..none() }, Some("author")),
        (Policy { authors_deny: BTreeSet::from([AUTHOR]), ..none() }, Some("author")),
        (Policy { authors_deny: BTreeSet::from([OTHER]), ..none() }, None),
        (
            Policy {
                authors_allow: BTreeSet::from([AUTHOR]),
                authors_deny: BTreeSet::from([AUTHOR]),
                ..none()
            },
            Some("author"),
        ),
        (Policy { suites_allow: suite(b"suite"), ..none() }, None),
        (Policy { suites_allow: suite(b"other"), ..none() }, Some("suite")),
        (Policy { suites_deny: suite(b"suite"), ..none() }, Some("suite")),
        (Policy { targets_allow: patterns(&["openai/*"]), ..none() }, None),
        (Policy { targets_allow: patterns(&["openai/gpt-4.1"]), ..none() }, Some("target")),
        (Policy { targets_deny: patterns(&["open:*"]), ..none() }, None),
        (Policy { targets_deny: patterns(&["open:*", "openai/gpt-4.1-mini"]), ..none() }, Some("target")),
        (
            Policy { targets_allow: patterns(&["*"]), targets_deny: patterns(&["*"]), ..none() },
            Some("target"),
        ),
        (Policy { cells_max: Some(10), ..none() }, None),
        (Policy { cells_max: Some(9), ..none() }, Some("cells")),
        (Policy { calls_max: Some(20), ..none() }, None),
        (Policy { calls_max: Some(19), ..none() }, Some("calls")),
        (Policy { cost_microusd_max: Some(4_000), ..none() }, None),
        (Policy { cost_microusd_max: Some(3_999), ..none() }, Some("cost")),
        (Policy { cost_microusd_max: Some(0), ..none() }, Some("cost")),
        (Policy { jobs_per_day_max: Some(3), ..none() }, None),
        (Policy { jobs_per_day_max: Some(2), ..none() }, Some("jobs-today")),
        (Policy { jobs_per_day_max: Some(0), ..none() }, Some("jobs-today")),
        (Policy { hours: hours("11:00-12:01"), ..none() }, None),
        (Policy { hours: hours("12:01-11:00"), ..none() }, Some("hours")),
    ] {
        let decided = policy.decide(&asked());
        assert_eq!(decided.as_ref().err().map(|refusal| refusal.code), code, "{policy:?}");
        if let Err(refusal) = decided {
            let text = refusal.to_string();
            assert!(text.starts_with(&format!("policy/{}: ", refusal.code)), "{text}");
            assert!(text.len() <= vantage_protocol::params::REASON_BYTES_MAX, "it fits a leaf whole: {text}");
        }
    }
    let longest = "x".repeat(vantage_protocol::params::TARGET_BYTES_MAX);
    let refusal =
        Policy { targets_deny: patterns(&["*"]), ..none() }.decide(&Asked { target: &longest, ..asked() });
    let text = refusal.unwrap_err().to_string();
    assert!(text.len() <= vantage_protocol::params::REASON_BYTES_MAX, "it fits a leaf whole: {text}");
}

#[test]
fn what_is_no_pattern_is_refused() {
    for text in [
        "",
        "OpenAI/*",
        "a b",
        "open*ai",
        "**",
        "openai/*mini",
        "openai/a b",
        "openai/\u{e9}*",
        &"x".repeat(193),
    ] {
        assert!(text.parse::<Pattern>().is_err(), "{text}");
    }
}

#[test]
fn a_pattern_spells_a_model_as_its_target_does() {
    let target = "compat:lab/Qwen/Qwen2.5-7B-Instruct@v1=x";
    for (text, matches) in [
        (target, true),
        ("compat:lab/Qwen/*", true),
        ("compat:lab/qwen/*", false),
        ("compat:lab/Qwen/Qwen2.5-7B-Instruct@*", true),
        ("compat:*", true),
    ] {
        assert_eq!(text.parse::<Pattern>().unwrap().matches(target), matches, "{text}");
    }
}

fn execution(job: u8, slot: u32, cells: u32) -> Execution {
    let prompt = Prompt { id: "p".into(), topic: "t".into(), kind: PromptKind::Fact, text: "?".into() };
    let suite = Suite {
        v: 1,
        name: "s".into(),
        label: "l".into(),
        tokens_max: 8,
        temperature_milli: Some(0),
        seed: None,
        prompts: vec![prompt.clone()],
    };
    let target: vantage_protocol::target::Target = "sim:openai".parse().unwrap();
    let task = |repeat| Task {
        prompt: 0,
        repeat,
        request: Request::of(&target, &suite, &prompt),
        hash: Hash([0; 32]),
        seed: None,
    };
    Execution {
        job: JobId([job; 32]),
        slot,
        author: AUTHOR,
        suite: Cid::raw(b"suite"),
        region: "eu".into(),
        until_s: NOON_S + 600,
        output_bytes_max: 1024,
        calls_max: 2 * cells,
        tasks: (0..cells).map(task).collect(),
        target,
    }
}

fn gate(dir: &std::path::Path, policy: Policy) -> Gate {
    let store = Arc::new(Store::open(dir, &NetId([1; 32]), &OTHER).unwrap());
    Gate::new(Arc::new(policy), store, BTreeMap::from([("sim:openai".to_owned(), 100)]))
}

fn reason(admission: Result<Admission, crate::store::StoreError>) -> String {
    match admission.unwrap() {
        Admission::Decline(reason) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_jobs_slots_count_together_and_what_was_taken_on_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let policy = Policy { cells_max: Some(10), cost_microusd_max: Some(1000), ..Policy::default() };
    let mut first = gate(dir.path(), policy.clone());
    let admit = |gate: &mut Gate, execution| gate.admit(execution, 0, Room::Ample, NOON_S);
    assert!(matches!(admit(&mut first, execution(1, 0, 6)).unwrap(), Admission::Start(_)));
    let said = reason(admit(&mut first, execution(1, 1, 6)));
    assert_eq!(said, "policy/cells: 12 cells of one job, at most 10 are taken on");
    assert!(matches!(admit(&mut first, execution(1, 2, 4)).unwrap(), Admission::Start(_)));
    assert!(matches!(admit(&mut first, execution(2, 0, 10)).unwrap(), Admission::Start(_)), "another job");
    drop(first);

    // the next life follows a stricter policy: what was begun is finished, nothing else is
    let none = Policy { authors_deny: BTreeSet::from([AUTHOR]), ..policy };
    let mut second = gate(dir.path(), none);
    let resumed = second.admit(execution(1, 0, 6), 0, Room::Scarce, NOON_S + 7 * 86_400);
    assert!(matches!(resumed.unwrap(), Admission::Start(_)));
    assert!(reason(admit(&mut second, execution(1, 3, 1))).starts_with("policy/author: "));
}

#[test]
fn jobs_are_counted_by_the_day_over_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let policy = Policy { jobs_per_day_max: Some(2), ..Policy::default() };
    for job in [1, 2] {
        let mut gate = gate(dir.path(), policy.clone());
        assert!(matches!(
            gate.admit(execution(job, 0, 1), 0, Room::Ample, NOON_S).unwrap(),
            Admission::Start(_)
        ));
    }
    let mut gate = gate(dir.path(), policy);
    let said = reason(gate.admit(execution(3, 0, 1), 0, Room::Ample, NOON_S));
    assert!(said.starts_with("policy/jobs-today: "), "{said}");
    assert!(matches!(gate.admit(execution(2, 1, 1), 0, Room::Ample, NOON_S).unwrap(), Admission::Start(_)));
    let tomorrow = NOON_S + 86_400;
    assert!(matches!(gate.admit(execution(3, 1, 1), 0, Room::Ample, tomorrow).unwrap(), Admission::Start(_)));
}

#[test]
fn slots_wait_for_their_turn_and_a_full_disk_takes_nothing_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut gate = gate(dir.path(), Policy { slots_running_max: Some(1), ..Policy::default() });
    assert!(matches!(gate.admit(execution(1, 0, 1), 0, Room::Ample, NOON_S).unwrap(), Admission::Start(_)));
    for slot in [1, 2] {
        assert!(matches!(
            gate.admit(execution(1, slot, 1), 1, Room::Ample, NOON_S).unwrap(),
            Admission::Wait
        ));
    }
    assert!(gate.abandon(&JobId([1; 32]), 1) && !gate.abandon(&JobId([1; 32]), 0));
    assert!(gate.next(1).is_none());
    assert_eq!(gate.next(0).unwrap().slot, 2);
    for room in [Room::Low, Room::Scarce] {
        let said = reason(gate.admit(execution(2, 0, 1), 0, room, NOON_S));
        assert!(said.starts_with("policy/disk: "), "{said}");
    }
}
