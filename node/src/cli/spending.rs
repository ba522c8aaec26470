//! Money and calls, as people read them.

use super::render::{Field, Out, Paint, Table};
use crate::control::protocol::{PaceView, VendorView};

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
