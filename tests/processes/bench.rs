//! Every benchmark runs, on sizes that say nothing about speed, and its figures come out whole.

use crate::turn;
use clap::Parser;
use std::collections::BTreeSet;
use vantage_testnet::bench::{BenchArgs, measure};

/// All figures there are.
const FIGURES: [&str; 20] = [
    "verify_receipts_over_bare_loop",
    "verify_receipts_over_signatures",
    "verify_whole_over_bare_loop",
    "merkle_over_raw_compressions",
    "rs_merkle_over_raw_compressions",
    "ct_merkle_over_raw_compressions",
    "statement_over_raw_append",
    "group_over_alone",
    "publish_many_jobs_over_none",
    "latency_over_critical_path",
    "latency_near_over_critical_path",
    "hostile_gossip_over_signature",
    "hostile_gossip_many_jobs_over_one",
    "idle_resident_mib",
    "idle_cpu_percent",
    "cells_times_four",
    "cell_cpu_ms",
    "golem_1_over_embedded",
    "golem_1_over_apart",
    "golem_1_way_ms",
];

/// The command line of the benchmarks by itself.
#[derive(Parser)]
struct Line {
    #[command(flatten)]
    bench: BenchArgs,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_benchmark_gives_its_figures() {
    let _turn = turn().await;
    let line = Line::parse_from(["bench", "--quick", "--rounds", "2", "--json"]);
    let report = measure(&line.bench).await.expect("every benchmark runs");
    let json: serde_json::Value = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
    let figures = json["figures"].as_array().expect("figures");
    let ids: BTreeSet<&str> = figures.iter().filter_map(|figure| figure["id"].as_str()).collect();
    assert_eq!(ids, BTreeSet::from(FIGURES));
    for figure in figures {
        for part in ["median", "lowest", "highest"] {
            assert!(figure[part].is_number(), "{figure}");
        }
        assert!(
            figure["behind"].as_object().is_some_and(|b| b.values().all(serde_json::Value::is_number)),
            "{figure}"
        );
        assert_eq!(figure["goal"].is_null(), figure["met"].is_null(), "{figure}");
    }
    assert_eq!(json["quick"], true);
    let markdown = report.to_markdown();
    assert!(FIGURES.iter().all(|id| markdown.contains(&format!("| `{id}` |"))), "{markdown}");
}
