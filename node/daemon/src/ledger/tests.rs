use super::*;
use proptest::prelude::*;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use vantage_exec::{Charge, Meter as _, MeterError, Price, Tokens, VendorConfig};
use vantage_protocol::id::{JobId, NetId, NodeId};

const JOB: JobId = JobId([7; 32]);
const OTHER: JobId = JobId([8; 32]);
/// A dollar for a million tokens of the request, four for the answer.
const PRICE: &str = "prices = { m = { input = 1_000_000, output = 4_000_000 } }";

fn vendor(name: &str, more: &str) -> VendorConfig {
    toml::from_str(&format!("target = {name:?}\nendpoints = {{}}\n{more}")).unwrap()
}

fn limit(calls_max: Option<u64>, microusd_max: Option<u64>) -> Limit {
    Limit { calls_max, microusd_max }
}

fn ledger_in(dir: &Path, limits: Limits, vendors: &[VendorConfig]) -> Arc<Ledger> {
    let store = Store::open(dir, &NetId([1; 32]), &NodeId([2; 32])).unwrap();
    let prices = Prices::new(vendors, None).unwrap();
    Arc::new(Ledger::open(Arc::new(store), limits, prices).unwrap())
}

fn target(name: &str) -> Target {
    format!("compat:{name}/m").parse().unwrap()
}

fn slot(job: JobId, slot: u32) -> Purpose {
    Purpose::Slot { job, slot, calls_max: 100 }
}

fn tokens(input: u64, output: u64) -> Tokens {
    Tokens { input, output }
}

async fn refused(purse: &Purse, most: Tokens) -> String {
    match purse.reserve(most).await {
        Err(MeterError::Exhausted(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_most_is_set_aside_and_what_it_cost_takes_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let vendors = [vendor("lab", PRICE)];
    let ledger =
        ledger_in(dir.path(), Limits::new(limit(None, Some(1000)), Limit::default(), &vendors), &vendors);
    let purse = ledger.purse(&target("lab"), "lab", slot(JOB, 0));
    let ticket = purse.reserve(tokens(100, 50)).await.unwrap();
    let (_, all) = ledger.today().unwrap();
    assert_eq!(
        (all.sum.calls, all.sum.reserved_microusd, all.limit.free_microusd(&all.sum)),
        (1, 300, Some(700))
    );
    assert_eq!(purse.settle(ticket, Charge::For(tokens(20, 10))).await, Ok(Some(60)));
    let free = purse.reserve(tokens(100, 50)).await.unwrap();
    assert_eq!(purse.settle(free, Charge::Nothing).await, Ok(Some(0)));
    let unknown = purse.reserve(tokens(100, 50)).await.unwrap();
    assert_eq!(purse.settle(unknown, Charge::Unknown).await, Ok(None));
    // More than was set aside is never booked, and a second word about the same call counts for nothing.
    let dear = purse.reserve(tokens(100, 50)).await.unwrap();
    assert_eq!(purse.settle(dear, Charge::For(tokens(400, 0))).await, Ok(Some(300)));
    assert_eq!(purse.settle(dear, Charge::For(tokens(10, 0))).await, Ok(None));
    let (vendors, all) = ledger.today().unwrap();
    let expected = Sum { calls: 4, spent_microusd: 660, assumed_microusd: 300, reserved_microusd: 0 };
    assert_eq!((all.sum, vendors["lab"].sum), (expected, expected));
    let why = refused(&purse, tokens(150, 50)).await;
    assert!(why.contains("660 of 1000 micro-USD") && why.contains("may cost 350"), "{why}");
    assert!(purse.reserve(tokens(340, 0)).await.is_ok(), "what still fits is let through");
}

#[tokio::test]
async fn every_budget_is_asked() {
    let most = tokens(100, 0);
    let call = || Limit { calls_max: Some(1), microusd_max: None };
    let money = |max| limit(None, Some(max));
    let none = Limit::default();
    for (day, job, table, why) in [
        (call(), none, "", "all vendors on"),
        (money(150), none, "", "all vendors on"),
        (none, call(), "", "all vendors for job"),
        (none, money(150), "", "all vendors for job"),
        (none, none, "calls_max_per_day = 1", "lab on"),
        (none, none, "microusd_max_per_day = 150", "lab on"),
        (none, none, "calls_max_per_job = 1", "lab for job"),
        (none, none, "microusd_max_per_job = 150", "lab for job"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let vendors = [vendor("lab", &format!("{table}\n{PRICE}"))];
        let ledger = ledger_in(dir.path(), Limits::new(day, job, &vendors), &vendors);
        let purse = ledger.purse(&target("lab"), "lab", slot(JOB, 0));
        purse.reserve(most).await.unwrap();
        let found = refused(&purse, most).await;
        assert!(found.starts_with("compat:lab/m: ") && found.contains(why), "{table}: {found}");
        let (vendors, _) = ledger.today().unwrap();
        assert_eq!(vendors["lab"].sum.calls, 1, "what is refused is not counted");
    }
}

#[tokio::test]
async fn jobs_slots_vendors_and_probes_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let vendors = [vendor("lab", "calls_max_per_job = 2"), vendor("hut", "calls_max_per_job = 2")];
    let ledger = ledger_in(dir.path(), Limits::new(Limit::default(), Limit::default(), &vendors), &vendors);
    let most = tokens(1, 1);
    let of = |name: &str, purpose| ledger.purse(&target(name), name, purpose);
    of("lab", slot(JOB, 0)).reserve(most).await.unwrap();
    of("lab", slot(JOB, 1)).reserve(most).await.unwrap();
    assert!(refused(&of("lab", slot(JOB, 2)), most).await.contains("limit of 2 calls"));
    of("hut", slot(JOB, 2)).reserve(most).await.unwrap();
    of("lab", slot(OTHER, 0)).reserve(most).await.unwrap();
    of("lab", Purpose::Probe).reserve(most).await.unwrap();
    let narrow = Purpose::Slot { job: OTHER, slot: 5, calls_max: 1 };
    of("hut", narrow).reserve(most).await.unwrap();
    assert!(refused(&of("hut", narrow), most).await.contains("slot 5 of job"));
    let (vendors, all) = ledger.today().unwrap();
    assert_eq!((vendors["lab"].sum.calls, vendors["hut"].sum.calls, all.sum.calls), (4, 2, 6));
}

#[tokio::test]
async fn a_budget_of_money_refuses_what_has_no_price() {
    let dir = tempfile::tempdir().unwrap();
    let vendors = [vendor("lab", "")];
    let ledger = ledger_in(
        dir.path(),
        Limits::new(limit(None, Some(1_000_000)), Limit::default(), &vendors),
        &vendors,
    );
    assert!(ledger.limits.need_price("lab"));
    let purse = ledger.purse(&target("lab"), "lab", slot(JOB, 0));
    let why = refused(&purse, tokens(1, 1)).await;
    assert!(why.contains("no price is known") && why.contains("prices"), "{why}");

    let free = tempfile::tempdir().unwrap();
    let ledger = ledger_in(free.path(), Limits::new(Limit::default(), Limit::default(), &vendors), &vendors);
    let purse = ledger.purse(&target("lab"), "lab", slot(JOB, 0));
    let ticket = purse.reserve(tokens(1, 1)).await.unwrap();
    assert_eq!(purse.settle(ticket, Charge::For(tokens(1, 1))).await, Ok(None), "no price, no cost");
    assert_eq!(purse.settle(ticket, Charge::Nothing).await, Ok(None));
}

#[tokio::test]
async fn a_restart_counts_what_was_under_way_at_its_most_and_once() {
    let dir = tempfile::tempdir().unwrap();
    let vendors = [vendor("lab", PRICE)];
    let limits = || Limits::new(Limit::default(), limit(Some(3), None), &vendors);
    for (calls, spent) in [(1, 0), (2, 100), (3, 200)] {
        let ledger = ledger_in(dir.path(), limits(), &vendors);
        let purse = ledger.purse(&target("lab"), "lab", slot(JOB, 0));
        purse.reserve(tokens(100, 0)).await.unwrap();
        let sum = ledger.today().unwrap().1.sum;
        assert_eq!((sum.calls, sum.spent_microusd, sum.assumed_microusd), (calls, spent, spent));
        assert_eq!(sum.reserved_microusd, 100);
    }
    let ledger = ledger_in(dir.path(), limits(), &vendors);
    let purse = ledger.purse(&target("lab"), "lab", slot(JOB, 0));
    assert!(refused(&purse, tokens(100, 0)).await.contains("limit of 3 calls"), "over all restarts");
}

#[test]
fn days_are_those_of_the_calendar() {
    assert_eq!(date(0).to_string(), "1970-01-01");
    assert_eq!(date(20_783).to_string(), "2026-11-26");
    for n in [0, 59, 20_783, 60_000] {
        assert_eq!(day(date(n)), n);
    }
}

/// What a vendor may say that it counted.
fn any_count() -> impl Strategy<Value = u64> {
    prop_oneof![0u64..1000, any::<u64>(), Just(u64::MAX)]
}

proptest! {
    /// Whatever is asked in whatever order, and whatever a vendor counts afterwards, no budget of calls or money is ever
    /// passed, and no call is booked at more than was set aside for it.
    #[test]
    fn no_budget_is_ever_passed(
        calls_max in 0u64..6,
        microusd_max in 0u64..2000,
        asked in prop::collection::vec((0u64..400, 0u64..100, 0u8..5, any_count(), any_count()), 0..12),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let vendors = [vendor("lab", &format!("microusd_max_per_job = {microusd_max}\n{PRICE}"))];
        let limits = Limits::new(limit(Some(calls_max), Some(microusd_max)), Limit::default(), &vendors);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let ledger = ledger_in(dir.path(), limits, &vendors);
        let purse = ledger.purse(&target("lab"), "lab", slot(JOB, 0));
        runtime.block_on(async {
            for (input, output, end, counted_in, counted_out) in asked {
                let most = tokens(input, output);
                let before = ledger.today().unwrap().1.sum;
                if let Ok(ticket) = purse.reserve(most).await {
                    let charge = match end {
                        0 => Charge::Nothing,
                        1 => Charge::Unknown,
                        2 => Charge::For(tokens(input / 2, output)),
                        3 => Charge::For(tokens(counted_in, counted_out)),
                        // never told: still set aside
                        _ => continue,
                    };
                    let most = purse.cost_microusd(most).unwrap();
                    let told = purse.settle(ticket, charge).await.unwrap();
                    let booked = ledger.today().unwrap().1.sum.spent_microusd - before.spent_microusd;
                    assert!(booked <= most && told.is_none_or(|told| told == booked), "{booked} {told:?} of {most}");
                }
                let sum = ledger.today().unwrap().1.sum;
                assert!(sum.calls <= calls_max && sum.committed_microusd() <= microusd_max, "{sum:?}");
                assert!(sum.assumed_microusd <= sum.spent_microusd);
            }
        });
    }
}

/// Names the data directory for the child of [`a_killed_process_never_spends_more_than_the_budget`].
const CHILD_DIR: &str = "VANTAGE_LEDGER_TEST_DIR";
/// What the child may spend in all, millionths of a US dollar, at 100 a call.
const CHILD_MICROUSD: u64 = 6000;

fn child_ledger(dir: &Path) -> Arc<Ledger> {
    let vendors = [vendor("lab", PRICE)];
    ledger_in(dir, Limits::new(limit(None, Some(CHILD_MICROUSD)), Limit::default(), &vendors), &vendors)
}

/// The child: says each call that it was let through, settles every other one, until it is killed or refused.
#[tokio::test]
async fn child_that_spends_until_it_is_killed() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else {
        assert!(std::env::args().all(|arg| arg != "--exact"), "the child's directory is not set");
        return;
    };
    let ledger = child_ledger(Path::new(&dir));
    let purse = ledger.purse(&target("lab"), "lab", slot(JOB, 0));
    let mut n = 0u64;
    loop {
        n += 1;
        let Ok(ticket) = purse.reserve(tokens(100, 0)).await else { break };
        println!("sent {n}");
        if n.is_multiple_of(2) {
            purse.settle(ticket, Charge::For(tokens(40, 0))).await.unwrap();
        }
    }
    println!("refused");
}

#[test]
fn a_killed_process_never_spends_more_than_the_budget() {
    let dir = tempfile::tempdir().unwrap();
    let (mut sent, mut rounds) = (0u64, 0);
    loop {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "ledger::tests::child_that_spends_until_it_is_killed", "--nocapture"])
            .env(CHILD_DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let (mut here, mut refused) = (0u64, false);
        for line in said.by_ref() {
            here += u64::from(line.contains("sent "));
            refused |= line.contains("refused");
            if here > 2 + rounds % 5 {
                break;
            }
        }
        child.kill().unwrap();
        for line in said {
            here += u64::from(line.contains("sent "));
            refused |= line.contains("refused");
        }
        child.wait().unwrap();
        (sent, rounds) = (sent + here, rounds + 1);
        let sum = child_ledger(dir.path()).today().unwrap().1.sum;
        assert!(sum.calls >= sent, "every call that was sent is counted: {} of {sent}", sum.calls);
        assert!(sum.committed_microusd() <= CHILD_MICROUSD, "{sum:?}");
        assert_eq!(sum.reserved_microusd, 0, "the next process settles what was under way");
        if refused {
            break;
        }
        assert!(rounds < 100, "the budget is used up some time");
    }
    assert!(rounds >= 5, "killed {rounds} times");
}

#[test]
fn a_price_is_what_the_table_says() {
    let vendors = [vendor("lab", PRICE)];
    let prices = Prices::new(&vendors, None).unwrap();
    let known = prices.of(&target("lab"), today()).unwrap();
    assert_eq!(known.price, Price { input: 1_000_000, output: 4_000_000 });
}
