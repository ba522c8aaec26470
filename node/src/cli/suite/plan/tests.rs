use super::*;
use crate::cli::args::{Cli, Command, SuiteCommand};
use clap::Parser as _;
use vantage_protocol::announce::{Announce, Offer};
use vantage_protocol::id::NodeId;

const SUITE: &str = "v = 1\nname = \"n\"\nlabel = \"l\"\ntokens_max = 100\ntemperature_milli = 0\n\
    [[prompts]]\nid = \"a\"\ntopic = \"t\"\nkind = \"control\"\ntext = \"12345\"\n\
    [[prompts]]\nid = \"b\"\ntopic = \"t\"\nkind = \"fact\"\ntext = \"1234567\"\n";

fn args(more: &str) -> SuitePlanArgs {
    let line = format!("vantage suite plan s.toml --regions us,eu --target sim:openai=3 {more}");
    match Cli::try_parse_from(line.split_whitespace()).unwrap().command {
        Command::Suite(SuiteCommand::Plan(args)) => *args,
        other => panic!("{other:?}"),
    }
}

fn node(seed: u8, operator: &str, region: &str, call_microusd: u64, until_s: u64) -> KnownNode {
    KnownNode {
        node: NodeId([seed; 32]),
        member: true,
        operator: operator.into(),
        region: Some(region.into()),
        leaves: 1,
        certified: 1,
        announce: Some(Announce {
            regions: vec![region.into()],
            offers: vec![Offer { target: "sim:openai".parse().unwrap(), call_microusd }],
            slots_max: 4,
            from_s: 0,
            until_s,
        }),
        witness_time_s: None,
    }
}

fn planned(args: &SuitePlanArgs, nodes: Option<&[KnownNode]>) -> SuitePlanned {
    work_out(args, &Suite::from_toml(SUITE).unwrap(), nodes, 1000).unwrap()
}

#[test]
fn an_offline_plan_multiplies_out() {
    let plan = planned(&args("--offline --price sim:openai=400"), None);
    // 2 regions, 1 target, 2 replicas; 2 prompts three times; twice as many calls at most
    assert_eq!((plan.slots, plan.cells, plan.calls_least, plan.calls_most), (4, 24, 24, 48));
    assert_eq!(plan.output_tokens_most, 4800);
    assert_eq!(plan.prompt_tokens_most, 4 * 12 * 3 * 2);
    assert_eq!((plan.cost_least_microusd, plan.cost_most_microusd), (Some(9600), Some(19_200)));
    assert_eq!((plan.time_s, plan.fits, plan.asked), (6 * API_CALL_S, true, false));
    assert_eq!(plan.remarks, Vec::<String>::new());
}

#[test]
fn announces_give_operators_and_the_highest_price() {
    let nodes = [
        node(1, "acme", "eu", 100, 9000),
        node(2, "beta", "eu", 300, 9000),
        node(3, "acme", "eu", 50, 9000),
        node(4, "late", "eu", 999, 1100),
        node(5, "acme", "us", 7, 9000),
    ];
    let plan = planned(&args(""), Some(&nodes));
    let eu = &plan.rows[0];
    assert_eq!(
        (eu.region.as_str(), eu.call_microusd),
        ("eu", Some(300)),
        "an announce that ends too early does not count"
    );
    assert_eq!(eu.operators.as_ref().unwrap().len(), 2);
    assert!(
        plan.remarks.iter().any(|r| r.starts_with("sim:openai in us: 1 operators")),
        "{:?}",
        plan.remarks
    );
    assert_eq!(plan.cost_least_microusd, Some(12 * 300 + 12 * 7));
}

#[test]
fn what_is_not_known_or_hardly_fits_is_said() {
    let plan = planned(&args("--offline --commit 10s --calls-max 5"), None);
    let said = plan.remarks.join("\n");
    assert_eq!(plan.cost_most_microusd, None);
    assert!(!plan.fits);
    for words in ["fewer calls than", "price is not known", "later answers do not count"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn what_a_job_cannot_be_is_refused() {
    let suite = Suite::from_toml(SUITE).unwrap();
    for more in ["--replicas 99", "--target open:m=4000"] {
        assert!(work_out(&args(more), &suite, None, 0).is_err(), "{more}");
    }
}

#[test]
fn dollars_have_six_places() {
    assert_eq!((dollars(0).as_str(), dollars(1_234_567).as_str()), ("$0.000000", "$1.234567"));
}
