use super::*;

fn listed(target: &str, age_days: Option<i64>, call_most_microusd: Option<u64>) -> PriceListed {
    let source = call_most_microusd.map(|_| "openai.toml, built in, recorded 2026-01-02".to_owned());
    PriceListed { target: target.parse().unwrap(), source, recorded: None, age_days, call_most_microusd }
}

fn view(name: &str, regions: &[&str], calls: [u64; 2], free_microusd: Option<u64>) -> VendorView {
    let view = serde_json::json!({
        "vendor": name, "regions": regions, "day": "2027-01-15", "calls": calls[0], "calls_max": calls[1], "spent_microusd": 0,
        "assumed_microusd": 0, "reserved_microusd": 0, "microusd_max": free_microusd, "free_microusd": free_microusd,
        "pace": null,
    });
    serde_json::from_value(view).unwrap()
}

/// Two slots of five calls each at most.
fn row(region: &str, target: &str) -> SuiteRow {
    SuiteRow {
        region: region.to_owned(),
        target: target.parse().unwrap(),
        slots: 2,
        cells: 2,
        calls_most: 10,
        operators: None,
        call_microusd: None,
        cost_most_microusd: None,
        time_s: 1,
    }
}

fn said(prices: Vec<PriceListed>, vendors: Vec<VendorView>, rows: &[SuiteRow]) -> Vec<String> {
    Money { prices, vendors: Some(vendors) }.remarks(rows)
}

#[test]
fn slots_of_one_vendor_share_its_budget_and_all_share_one() {
    let prices = || vec![listed("openai/a", None, Some(100)), listed("openai/b", None, Some(100))];
    let rows = [row("eu", "openai/a"), row("eu", "openai/b"), row("us", "openai/a")];
    // this node calls from eu only: two slots of five calls
    let openai = |calls, free| view("openai", &["eu"], calls, Some(free));
    let enough = vec![openai([90, 100], 1000), view("all", &[], [90, 100], Some(1000))];
    assert_eq!(said(prices(), enough, &rows), Vec::<String>::new());
    let spent = vec![openai([91, 100], 999), view("all", &[], [90, 100], None)];
    assert_eq!(
        said(prices(), spent, &rows),
        [
            "openai: the day's budget leaves 9 calls, and the plan may take 10 here; it leaves $0.000999, and the plan may take $0.001 here"
        ]
    );
    let all = vec![openai([0, 100], 1000), view("all", &[], [0, 100], Some(0))];
    assert_eq!(
        said(prices(), all, &rows),
        ["all: the day's budget leaves $0.00, and the plan may take $0.001 here"]
    );
}

#[test]
fn what_this_node_does_not_call_takes_nothing_from_its_budgets() {
    let prices = vec![listed("openai/a", None, Some(100))];
    let rows = [row("us", "openai/a"), row("eu", "anthropic/c")];
    let vendors = vec![view("openai", &["eu"], [0, 0], Some(0)), view("all", &[], [0, 0], Some(0))];
    assert_eq!(said(prices, vendors, &rows), Vec::<String>::new());
}

#[test]
fn an_old_list_and_a_price_that_nobody_knows_are_said() {
    let prices =
        vec![listed("openai/a", Some(OLD_DAYS), Some(100)), listed("openai/b", Some(OLD_DAYS - 1), None)];
    let rows = [row("eu", "openai/a"), row("eu", "openai/b")];
    let remarks = said(prices, vec![view("openai", &["eu"], [0, 100], Some(499))], &rows);
    assert_eq!(
        remarks,
        [
            "openai/a: the price list openai.toml, built in, recorded 2026-01-02, is 90 days old",
            "openai: the day's budget leaves $0.000499, and the plan may take $0.0005 here; it refuses calls of a target whose price is not known",
        ]
    );
}
