use super::*;
use vantage_api::{KnownNode, NoticeView, Phase, SlotView};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::{JobId, NetId, NodeId};
use vantage_protocol::job::JobTarget;

const NOW_S: u64 = 1_800_000_000;

fn status() -> Status {
    let value = serde_json::json!({
        "version": "0.0.1", "pid": 7, "started_s": NOW_S - 90, "net": NetId([1; 32]), "net_name": "lab", "test": true,
        "node": NodeId([2; 32]), "peer_id": "12D3", "role": "member", "operator": "acme", "region": "eu",
        "offers": ["sim:openai"], "unavailable": [["open:m", "no model"]], "listen": [], "external": [], "peers": 3,
        "mesh_peers": 2, "log_size": 9, "certified_size": 8, "logs": 4, "members_heard": 4, "members": 4, "quorum": 3,
        "jobs": {}, "executing": 1, "records": 0, "blocks": 0, "blocks_private": 0, "notices": [],
    });
    serde_json::from_value(value).unwrap()
}

fn look() -> Look {
    let node = |seed: u8, operator: &str, time_s: Option<u64>| KnownNode {
        node: NodeId([seed; 32]),
        member: true,
        operator: operator.into(),
        region: Some("eu".into()),
        leaves: 5,
        certified: 4,
        announce: None,
        witness_time_s: time_s,
    };
    let slot = |index: u32, state: SlotState| SlotView {
        index,
        region: "eu".into(),
        target: "sim:openai".into(),
        replica: index,
        executor: None,
        operator: None,
        state,
        acked_ok: 0,
        acked_bad: 0,
    };
    let job = JobView {
        id: JobId([7; 32]),
        author: NodeId([2; 32]),
        index: 3,
        suite: Cid::dag_cbor(b"x"),
        regions: vec!["eu".into()],
        targets: vec![JobTarget { target: "sim:openai".parse().unwrap(), repeats: 1 }],
        replicas: 2,
        from_s: NOW_S - 10,
        commit_by_s: NOW_S + 50,
        reveal_by_s: NOW_S + 80,
        final_by_s: NOW_S + 110,
        phase: Phase::Executing,
        slots: vec![slot(0, SlotState::Committed), slot(1, SlotState::Waiting)],
        finals: vec![],
        outcome: None,
        content: None,
        bundle: None,
        provided: None,
        refused: None,
    };
    let mut status = status();
    status.notices = vec![NoticeView { at_ms: (NOW_S - 5) * 1000, text: "said \u{1b}[31mjob".into() }];
    let nodes = vec![
        node(2, "acme", Some(NOW_S)),
        node(3, "beta", Some(NOW_S - 7)),
        node(4, "cedar", Some(NOW_S - 400)),
        node(5, "dogwood", None),
    ];
    Look { at_s: NOW_S, status, jobs: vec![job], nodes }
}

/// What a terminal shows after the picture was written to it: sequences carried out, or a failure if it steers otherwise.
fn shown(look: Result<&Look, &str>, size: (u16, u16), colour: bool) -> String {
    let picture = picture(look, size, colour);
    let body = picture.strip_prefix("\u{1b}[H").unwrap().strip_suffix("\u{1b}[J").unwrap();
    if size.1 == 0 {
        assert_eq!(body, "", "there is no line to write");
        return String::new();
    }
    let lines: Vec<String> = body
        .split("\r\n")
        .map(|line| {
            let line = line.strip_suffix("\u{1b}[K").expect("each line erases its rest");
            let mut plain = String::new();
            for (n, part) in line.split("\u{1b}[").enumerate() {
                // a colour begins with the first part but one, and ends with `m`
                plain += if n == 0 { part } else { part.split_once('m').unwrap().1 };
            }
            plain
        })
        .collect();
    assert!(lines.len() <= size.1.into(), "no more lines than there is room for");
    assert!(lines.iter().all(|line| line.chars().count() <= size.0.into()), "no line is too long");
    lines.join("\n")
}

#[test]
fn the_view_shows_role_quorum_nodes_jobs_and_notices() {
    let shown = shown(Ok(&look()), (120, 34), true);
    for words in [
        "acme member in eu",
        "up 90 s",
        "committee 4 of 4 heard, 3 make a quorum",
        "network lab, a test network; offers sim:openai",
        "log 9 leaves, 8 certified; peers 3, 2 in the mesh; 1 slots being run",
        "not offered: open:m: no model",
        "this node",
        "7 s ago",
        "400 s ago",
        "never",
        "executing",
        "[====    ] 0/1 of 2",
        "commit 50 s",
        "5 s ago  said \\u{1b}[31mjob",
    ] {
        assert!(shown.contains(words), "{words}:\n{shown}");
    }
    assert!(!shown.contains('\u{1b}'), "text from outside steers nothing");
}

fn vendor(name: &str, spent_microusd: u64, max: Option<u64>) -> VendorView {
    let view = serde_json::json!({
        "vendor": name, "regions": [], "day": "2027-01-15", "calls": 12, "calls_max": 1000, "spent_microusd": spent_microusd,
        "assumed_microusd": 0, "reserved_microusd": 1500, "microusd_max": max,
        "free_microusd": max.map(|max| max.saturating_sub(spent_microusd + 1500)), "pace": null,
    });
    serde_json::from_value(view).unwrap()
}

#[test]
fn spending_is_shown_and_a_spent_budget_is_an_alarm() {
    assert!(!shown(Ok(&look()), (120, 40), false).contains("vendor today"), "no vendor, no table");
    let mut look = look();
    look.status.vendors = vec![vendor("openai", 250_000, Some(2_000_000)), vendor("all", 250_000, None)];
    let text = shown(Ok(&look), (120, 40), false);
    for words in ["vendor today", "12 of 1000", "$0.25", "$0.0015", "$1.7485 of $2.00", "no limit"] {
        assert!(text.contains(words), "{words}:\n{text}");
    }
    look.status.vendors[0] = vendor("openai", 2_000_000, Some(2_000_000));
    assert!(picture(Ok(&look), (120, 40), true).contains("\u{1b}[1;31mnone"), "nothing left is red");
    look.status.vendors = (0..9).map(|n| vendor(&format!("compat:{n}"), 0, None)).collect();
    look.status.vendors.push(vendor("all", 77, None));
    let text = shown(Ok(&look), (120, 40), false);
    assert!(text.contains("4 more: vantage status") && text.contains("$0.000077"), "{text}");
}

#[test]
fn golem_is_shown_with_who_is_at_work() {
    assert!(!shown(Ok(&look()), (120, 40), false).contains("Golem"), "not set up, not shown");
    let mut look = look();
    let open = |purpose: &str, at_work: bool, agreements: usize| {
        let deal = serde_json::json!({
            "agreement": "a".repeat(64), "provider": "0x70\u{1b}[31m", "activity": null, "began_ms": 1, "ended_ms": null,
            "accepted_nanoglm": 0,
        });
        serde_json::json!({
            "purpose": purpose, "at_work": at_work, "most_nanoglm": 500_000_000, "accepted_nanoglm": 1_036_985,
            "agreements": vec![deal; agreements],
        })
    };
    let view = |open: Vec<serde_json::Value>, free: u64| {
        let view = serde_json::json!({
            "platform": "erc20-holesky-tglm", "test_money": true, "day": "2027-01-15", "spent_nanoglm": 2_000_000,
            "reserved_nanoglm": 500_000_000, "nanoglm_max": 2_000_000_000_u64, "free_nanoglm": free, "open": open,
        });
        Some(serde_json::from_value(view).unwrap())
    };
    look.status.golem =
        view(vec![open("job 1 slot 2", true, 2), open("job 3 slot 4", false, 0)], 1_498_000_000);
    let text = shown(Ok(&look), (160, 44), false);
    for words in [
        "Golem today, erc20-holesky-tglm, test money: 0.002 GLM spent, 0.5 reserved, 1.498 free of 2",
        "at work: job 1 slot 2; 2 agreements, the last with 0x70\\u{1b}[31m; 0.001036985 GLM accepted",
        "being ended: job 3 slot 4; no agreement yet",
    ] {
        assert!(text.contains(words), "{words}:\n{text}");
    }
    look.status.golem = view((0..6).map(|n| open(&format!("slot {n}"), true, 0)).collect(), 0);
    assert!(shown(Ok(&look), (160, 44), false).contains("2 more: vantage status"));
    assert!(
        picture(Ok(&look), (160, 44), true).contains("\u{1b}[1;33mGolem today"),
        "nothing left is a warning"
    );
}

#[test]
fn a_quorum_nearly_lost_is_a_warning_and_a_lost_one_an_alarm() {
    let heard = |members_heard: usize, members: usize, quorum: usize| {
        let mut look = look();
        (look.status.members_heard, look.status.members, look.status.quorum) =
            (members_heard, members, quorum);
        shown(Ok(&look), (120, 34), false)
    };
    assert!(!heard(4, 4, 3).contains("quorum nearly lost") && !heard(4, 4, 3).contains("ALARM"));
    assert!(heard(3, 4, 3).contains("WARNING quorum nearly lost"), "{}", heard(3, 4, 3));
    assert!(heard(2, 4, 3).contains("ALARM no quorum"), "{}", heard(2, 4, 3));
    assert!(!heard(1, 1, 1).contains("WARNING"), "all of a committee of one");
    let mut lost = look();
    lost.status.lost_own_log = Some(12);
    assert!(shown(Ok(&lost), (120, 34), false).contains("ALARM peers have seen 12 leaves"));
    lost.status.forks = vec![vantage_protocol::id::NodeId([0xab; 32])];
    assert!(shown(Ok(&lost), (120, 34), false).contains("ALARM forked logs: abab"));
}

#[test]
fn without_colour_nothing_is_painted_and_with_it_the_alarm_is_red() {
    let mut look = look();
    look.status.members_heard = 2;
    let plain = picture(Ok(&look), (120, 34), false);
    let steered = plain.replace("\u{1b}[H", "").replace("\u{1b}[K", "").replace("\u{1b}[J", "");
    assert!(!steered.contains('\u{1b}'), "{plain:?}");
    let painted = picture(Ok(&look), (120, 34), true);
    assert!(painted.contains("\u{1b}[1;31mALARM no quorum: \u{1b}[0m"), "{painted:?}");
}

#[test]
fn any_size_is_drawn_and_no_answer_is_said() {
    for size in [(0, 0), (1, 1), (10, 3), (40, 12), (80, 24), (300, 100)] {
        shown(Ok(&look()), size, true);
        shown(Err("nobody"), size, true);
    }
    assert!(shown(Err("no node answers: gone"), (80, 24), false).contains("no node answers: gone"));
    let crowd = Look { jobs: vec![look().jobs[0].clone(); 99], ..look() };
    let shown = shown(Ok(&crowd), (120, 30), false);
    assert!(shown.ends_with("job"), "the notices keep their place:\n{shown}");
}

#[test]
fn bars_count_what_is_revealed_and_said() {
    assert_eq!(bar(4, 2, 1), "[##==    ] 1/2 of 4");
    assert_eq!(bar(4, 4, 4), "[########] 4/4 of 4");
    assert_eq!(bar(0, 0, 0), "[        ] 0/0 of 0");
}
