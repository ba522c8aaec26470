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
        let spent = match view.assumed_microusd {
            0 => dollars(view.spent_microusd),
            assumed => format!("{} ({} assumed)", dollars(view.spent_microusd), dollars(assumed)),
        };
        table.row([
            view.vendor.as_str().into(),
            view.calls_max.map_or(view.calls.to_string(), |max| format!("{} of {max}", view.calls)).into(),
            spent.into(),
            dollars(view.reserved_microusd).into(),
            free(view),
            view.pace
                .map_or(String::new(), |pace| format!("{} of {}", pace.at_once, pace.at_once_max))
                .into(),
            view.pace.map_or(Field::from(""), pace),
        ]);
    }
    out.table(&table);
}

fn free(view: &VendorView) -> Field {
    match (view.free_microusd, view.microusd_max) {
        (Some(0), _) => Field::painted(Paint::Bad, "none"),
        (Some(free), Some(max)) => format!("{} of {}", dollars(free), dollars(max)).into(),
        _ => "no limit".into(),
    }
}

fn pace(pace: PaceView) -> Field {
    match (pace.held_ms, pace.throttled_in_row) {
        (0, 0) => "".into(),
        (0, row) => Field::painted(Paint::Warn, format!("asked {row} times for fewer calls")),
        (held_ms, _) => Field::painted(Paint::Warn, format!("left alone for {} s", held_ms.div_ceil(1000))),
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
