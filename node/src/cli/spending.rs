//! Money and calls, as people read them.

use super::render::{Field, Out, Paint, Table};
use vantage_api::{GolemView, PaceView, VendorView};
use vantage_golem::Nano;

/// Millionths of a US dollar, in dollars: `$0.001234`, at least two digits behind the point.
pub(super) fn dollars(microusd: u64) -> String {
    let text = format!("{}.{:06}", microusd / 1_000_000, microusd % 1_000_000);
    let kept = text.trim_end_matches('0').len();
    let two = text.find('.').map_or(kept, |point| point + 3);
    format!("${}", &text[..kept.max(two)])
}

/// What was spent today and what is left, a line for each vendor.
pub(super) fn print(vendors: &[VendorView], out: &mut Out) {
    let Some(first) = vendors.first() else { return };
    out.heading(&format!("vendors on {} (UTC)", first.day));
    let mut table = Table::new(&["vendor", "calls", "spent", "reserved", "free", "at once", "pace"]);
    for view in vendors {
        table.row([
            view.vendor.as_str().into(),
            calls(view).into(),
            spent(view).into(),
            dollars(view.reserved_microusd).into(),
            free(view),
            view.pace
                .map_or(String::new(), |pace| format!("{} of {}", pace.at_once, pace.at_once_max))
                .into(),
            view.pace.map_or(Field::from(""), |view| {
                let (paint, text) = pace(view);
                Field::painted(paint, text)
            }),
        ]);
    }
    out.table(&table);
}

/// What was spent at Golem today, what is left, and what is open.
pub(super) fn print_golem(view: &GolemView, out: &mut Out) {
    let money = if view.test_money { " (test money)" } else { "" };
    out.heading(&format!("Golem on {} (UTC), {}{money}", view.day, view.platform));
    out.pairs(&[
        ("spent", format!("{} GLM", Nano(view.spent_nanoglm))),
        ("reserved", format!("{} GLM", Nano(view.reserved_nanoglm))),
        ("free", format!("{} of {} GLM", Nano(view.free_nanoglm), Nano(view.nanoglm_max))),
    ]);
    if view.open.is_empty() {
        return;
    }
    let mut table = Table::new(&["open for", "at most", "accepted", "provider", "agreement", "activity", ""]);
    for open in &view.open {
        let state = || match open.at_work {
            true => Field::painted(Paint::Good, "at work"),
            false => Field::painted(Paint::Warn, "left open, being ended"),
        };
        let (most, accepted) = (Nano(open.most_nanoglm).to_string(), Nano(open.accepted_nanoglm).to_string());
        if open.agreements.is_empty() {
            let [purpose, most, accepted] = [open.purpose.as_str(), &most, &accepted].map(Field::from);
            table.row([purpose, most, accepted, "none yet".into(), "".into(), "".into(), state()]);
        }
        for deal in &open.agreements {
            let accepted = Nano(deal.accepted_nanoglm).to_string();
            let activity = deal.activity.as_deref().unwrap_or_default();
            let fields = [open.purpose.as_str(), &most, &accepted, &deal.provider, &deal.agreement, activity];
            let [purpose, most, accepted, provider, agreement, activity] = fields.map(Field::from);
            let ended = deal.ended_ms.map(|_| Field::painted(Paint::Dim, "over"));
            let state = ended.unwrap_or_else(state);
            table.row([purpose, most, accepted, provider, agreement, activity, state]);
        }
    }
    out.table(&table);
}

/// Calls let through, of how many.
pub(super) fn calls(view: &VendorView) -> String {
    view.calls_max.map_or(view.calls.to_string(), |max| format!("{} of {max}", view.calls))
}

/// Money spent, and how much of that is assumed.
pub(super) fn spent(view: &VendorView) -> String {
    match view.assumed_microusd {
        0 => dollars(view.spent_microusd),
        assumed => format!("{} ({} assumed)", dollars(view.spent_microusd), dollars(assumed)),
    }
}

fn free(view: &VendorView) -> Field {
    let (paint, text) = left(view);
    Field::painted(paint, text)
}

/// What is left of the day's money.
pub(super) fn left(view: &VendorView) -> (Paint, String) {
    match (view.free_microusd, view.microusd_max) {
        (Some(0), _) => (Paint::Bad, "none".to_owned()),
        (Some(free), Some(max)) => (Paint::Plain, format!("{} of {}", dollars(free), dollars(max))),
        _ => (Paint::Plain, "no limit".to_owned()),
    }
}

/// Whether a vendor has asked for fewer calls.
pub(super) fn pace(pace: PaceView) -> (Paint, String) {
    match (pace.held_ms, pace.throttled_in_row) {
        (0, 0) => (Paint::Plain, String::new()),
        (0, row) => (Paint::Warn, format!("asked {row} times for fewer calls")),
        (held_ms, _) => (Paint::Warn, format!("left alone for {} s", held_ms.div_ceil(1000))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_exact_and_has_two_digits_at_least() {
        for (microusd, text) in [
            (0, "$0.00"),
            (1, "$0.000001"),
            (10_000, "$0.01"),
            (2_500_000, "$2.50"),
            (1_234_567, "$1.234567"),
            (1_200_000_000, "$1200.00"),
        ] {
            assert_eq!(dollars(microusd), text);
        }
    }
}
