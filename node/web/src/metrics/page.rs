//! The metrics as text. Each name, with its unit, is explained in `docs/OPERATING.md`; a test holds the two together.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use vantage_api::{GolemView, Snapshot, VendorView};

/// Labels of one gauge among several.
type Labels = Vec<(String, String)>;

/// One look as a page.
pub(super) fn text(snapshot: &Snapshot) -> String {
    let mut registry = Registry::with_prefix("vantage");
    standing(&mut registry, snapshot);
    work(&mut registry, snapshot);
    spending(&mut registry, &snapshot.status.vendors);
    if let Some(view) = &snapshot.status.golem {
        golem(&mut registry, view);
    }
    traffic(&mut registry, snapshot);
    let mut text = String::new();
    // a String takes everything
    let _ = encode(&mut text, &registry);
    text
}

/// Why the node cannot do its work now; nothing if it can.
pub(super) fn not_ready(snapshot: &Snapshot) -> Vec<String> {
    let status = &snapshot.status;
    let mut reasons = Vec::new();
    if status.members_heard < status.quorum {
        reasons.push(format!("{} members are heard, {} make a quorum", status.members_heard, status.quorum));
    }
    if status.lost_own_log.is_some() {
        reasons.push("peers have seen more of this node's log than it holds: it signs nothing".to_owned());
    }
    if let Some((heard, needed)) = status.restored {
        reasons.push(format!(
            "a restored backup that signs nothing yet: {heard} of {needed} members have told its length"
        ));
    }
    if status.certified_size == 0 {
        reasons.push("nothing of this node's log is certified yet".to_owned());
    }
    reasons
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: impl TryInto<i64>) {
    registry.register(name, help, ConstGauge::new(value.try_into().unwrap_or(i64::MAX)));
}

fn standing(registry: &mut Registry, snapshot: &Snapshot) {
    let status = &snapshot.status;
    registry.register(
        "build",
        "Version of the program",
        Info::new(vec![("version", status.version.clone())]),
    );
    let start = ConstGauge::new(i64::try_from(status.started_s).unwrap_or(i64::MAX));
    registry.register_with_unit("start_time", "When the process started, POSIX time", Unit::Seconds, start);
    gauge(
        registry,
        "member",
        "1 for a committee member, 0 for a volunteer",
        i64::from(status.role == "member"),
    );
    gauge(registry, "committee_members", "Members of the committee", status.members);
    gauge(registry, "committee_quorum", "Members that make a quorum", status.quorum);
    gauge(
        registry,
        "committee_heard",
        "Members heard within the last minute, this one included",
        status.members_heard,
    );
    if let Some(ahead_s) = status.clock_ahead_s {
        let help = "Time by which the clock runs ahead of the median of the other members";
        registry.register_with_unit("clock_ahead", help, Unit::Seconds, ConstGauge::new(ahead_s));
    }
    gauge(registry, "log_leaves", "Leaves of this node's own log", status.log_size);
    gauge(registry, "log_certified_leaves", "Leaves of it that a quorum has cosigned", status.certified_size);
    let lost = i64::from(status.lost_own_log.is_some());
    gauge(registry, "log_lost", "1 if peers have seen more of it than is held: the node signs nothing", lost);
    gauge(registry, "known_logs", "Logs followed", status.logs);
}

fn work(registry: &mut Registry, snapshot: &Snapshot) {
    let status = &snapshot.status;
    let jobs = Family::<Labels, Gauge>::default();
    for (phase, count) in &status.jobs {
        let labels = vec![("phase".to_owned(), phase.clone())];
        jobs.get_or_create(&labels).set(i64::try_from(*count).unwrap_or(i64::MAX));
    }
    registry.register("jobs", "Jobs followed, by phase", jobs);
    gauge(registry, "slots_running", "Slots being run right now", status.executing);
    gauge(registry, "offers", "Targets offered right now", status.offers.len());
    let help = "Targets that are configured but cannot be run";
    gauge(registry, "offers_unavailable", help, status.unavailable.len());
    gauge(registry, "store_records", "Records in the journal", status.records);
    gauge(registry, "store_blocks", "Blocks in the store", status.blocks);
    gauge(registry, "store_private_blocks", "Blocks that are not public yet", status.blocks_private);
}

/// What the ledger says of the day. All vendors together have names of their own: as one more label they would be counted
/// twice by whoever sums over the vendors.
fn spending(registry: &mut Registry, vendors: &[VendorView]) {
    type Figure = (&'static str, &'static str, Option<Unit>, fn(&VendorView) -> Option<u64>);
    let money = || Some(Unit::Other("microusd".to_owned()));
    let figures: [Figure; 7] = [
        ("calls", "Calls let through today (UTC), retries included", None, |view| Some(view.calls)),
        ("calls_limit", "Most calls on a day, where that is set", None, |view| view.calls_max),
        ("spent", "Money spent today (UTC)", money(), |view| Some(view.spent_microusd)),
        ("assumed", "Of the money spent, what nobody told so that the most was assumed", money(), |view| {
            Some(view.assumed_microusd)
        }),
        ("reserved", "Money set aside for calls under way", money(), |view| Some(view.reserved_microusd)),
        ("limit", "Most money for a day, where that is set", money(), |view| view.microusd_max),
        ("free", "Money that is left of the day's limit", money(), |view| view.free_microusd),
    ];
    for (name, help, unit, figure) in figures {
        let family = Family::<Labels, Gauge>::default();
        let mut is_told = false;
        for view in vendors {
            let Some(value) = figure(view).map(|value| i64::try_from(value).unwrap_or(i64::MAX)) else {
                continue;
            };
            if view.vendor == VendorView::ALL {
                let (name, help) = (format!("day_{name}"), format!("{help}; all vendors together"));
                match unit.clone() {
                    Some(unit) => registry.register_with_unit(name, help, unit, ConstGauge::new(value)),
                    None => registry.register(name, help, ConstGauge::new(value)),
                }
                continue;
            }
            family.get_or_create(&vec![("vendor".to_owned(), view.vendor.clone())]).set(value);
            is_told = true;
        }
        match unit {
            _ if !is_told => {}
            Some(unit) => registry.register_with_unit(format!("vendor_day_{name}"), help, unit, family),
            None => registry.register(format!("vendor_day_{name}"), help, family),
        }
    }
    pace(registry, vendors);
}

/// What the ledger says of Golem.
fn golem(registry: &mut Registry, view: &GolemView) {
    for (name, help, value) in [
        ("spent", "GLM spent today (UTC), thousand-millionths", view.spent_nanoglm),
        ("reserved", "GLM set aside for what is open, thousand-millionths", view.reserved_nanoglm),
        ("limit", "Most GLM for a day, thousand-millionths", view.nanoglm_max),
        ("free", "GLM that is left of the day's limit, thousand-millionths", view.free_nanoglm),
    ] {
        let value = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
        let unit = Unit::Other("nanoglm".to_owned());
        registry.register_with_unit(format!("golem_day_{name}"), help, unit, value);
    }
    gauge(registry, "golem_open", "Accounts that are open at the daemon of Golem", view.open.len());
}

/// How the vendors are being called right now.
fn pace(registry: &mut Registry, vendors: &[VendorView]) {
    let [in_flight, at_once, held] = [(); 3].map(|()| Family::<Labels, Gauge>::default());
    let mut is_told = false;
    for view in vendors {
        let Some(pace) = view.pace else { continue };
        let labels = vec![("vendor".to_owned(), view.vendor.clone())];
        in_flight.get_or_create(&labels).set(pace.in_flight.into());
        at_once.get_or_create(&labels).set(pace.at_once.into());
        held.get_or_create(&labels).set(i64::from(pace.held_ms > 0));
        is_told = true;
    }
    if is_told {
        registry.register("vendor_calls_in_flight", "Calls under way", in_flight);
        registry.register("vendor_calls_at_once", "Calls that may be under way at once, as adapted", at_once);
        registry.register("vendor_held", "1 while the vendor is left alone because it asked for that", held);
    }
}

fn traffic(registry: &mut Registry, snapshot: &Snapshot) {
    gauge(registry, "peers", "Connected peers", snapshot.status.peers);
    gauge(registry, "mesh_peers", "Peers in the gossip mesh", snapshot.status.mesh_peers);
    gauge(registry, "dht_peers", "Peers in the routing tables", snapshot.dht_peers);
    gauge(registry, "roots", "Roots that are provided to the DHTs", snapshot.status.roots);
    let waiting = snapshot.status.roots_waiting;
    gauge(registry, "roots_waiting", "Roots whose announcement is due or under way", waiting);
    let late = usize::from(snapshot.status.roots_late);
    gauge(registry, "roots_late", "1 while roots are not all renewed within the hour", late);
    for (name, value) in &snapshot.counters {
        let help = format!("Network task: {} since the start", name.replace('_', " "));
        match name.split_once("_bytes_") {
            // OpenMetrics has the unit last: block_bytes_sent is net_block_sent_bytes
            Some((what, verb)) => registry.register_with_unit(
                format!("net_{what}_{verb}"),
                help,
                Unit::Bytes,
                ConstCounter::new(*value),
            ),
            None => registry.register(format!("net_{name}"), help, ConstCounter::new(*value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A node of other tests has no Golem, so its figures are held against the handbook here.
    #[test]
    fn the_figures_of_golem_are_explained() {
        let view = GolemView {
            platform: "erc20-holesky-tglm".into(),
            test_money: true,
            day: "2026-01-31".into(),
            spent_nanoglm: 1,
            reserved_nanoglm: 2,
            nanoglm_max: 10,
            free_nanoglm: 7,
            open: vec![],
        };
        let mut registry = Registry::with_prefix("vantage");
        golem(&mut registry, &view);
        let mut page = String::new();
        encode(&mut page, &registry).unwrap();
        let handbook = include_str!("../../../../docs/OPERATING.md");
        let samples: Vec<&str> = page.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(samples.len(), 5, "{page}");
        for line in &samples {
            let (name, _) = line.split_once(' ').unwrap();
            assert!(handbook.contains(&format!("`{name}`")), "{name} is not explained");
        }
        assert!(samples.contains(&"vantage_golem_day_free_nanoglm 7"), "{page}");
    }
}
