//! Prices, as dated lists of data.
//!
//! ```toml
//! recorded = "2026-03-21"            # when somebody looked
//! source = "the vendor's price page"
//!
//! [[price]]
//! target = "openai/gpt-4.1-mini"     # a dated name of the model, as in gpt-4.1-mini-2025-04-14, has the same price
//! from = "2025-04-14"                # from that day (UTC); of several entries the latest that has begun counts
//! input = 400_000                    # millionths of a US dollar for a million tokens
//! output = 1_600_000
//! ```
//!
//! Three places are looked at, in this order: the vendor's table in the configuration, the list that the configuration
//! names, the lists that come with the program. The last are a convenience that ages: only the vendor's bill is right.

use crate::text_file::without_value;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use time::{Date, Month};
use vantage_exec::{PRICE_MAX, Price, VendorConfig, shown};
use vantage_protocol::target::Target;

/// The lists that come with the program.
const BUILT_IN: [(&str, &str); 4] = [
    ("openai.toml", include_str!("../../prices/openai.toml")),
    ("anthropic.toml", include_str!("../../prices/anthropic.toml")),
    ("gemini.toml", include_str!("../../prices/gemini.toml")),
    ("sim.toml", include_str!("../../prices/sim.toml")),
];

/// All prices that a node knows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Prices {
    /// By vendor's table and model.
    written: BTreeMap<(String, String), Price>,
    /// Lists in the order in which they are asked.
    lists: Vec<List>,
}

/// A price and where it comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// The price.
    pub price: Price,
    /// Where it comes from, for people.
    pub source: String,
    /// When somebody looked, where it comes from a list.
    pub recorded: Option<Date>,
}

impl Known {
    /// What a call of so many tokens costs, millionths of a US dollar, rounded up.
    pub fn cost_microusd(&self, input_tokens: u64, output_tokens: u64) -> u64 {
        cost_microusd(self.price, input_tokens, output_tokens)
    }
}

/// What is wrong with a list.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("price list {list}: {why}")]
pub struct PriceError {
    /// Which list.
    pub list: String,
    /// What is wrong in it.
    pub why: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct List {
    name: String,
    recorded: Date,
    entries: Vec<Entry>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Entry {
    target: Target,
    from: Date,
    price: Price,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawList {
    recorded: String,
    /// For people.
    #[serde(rename = "source")]
    _source: String,
    #[serde(default)]
    price: Vec<RawEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    target: Target,
    from: String,
    input: u64,
    output: u64,
}

impl Prices {
    /// What the vendors' tables say, then `named` (a path, for messages, and its text), then what comes with the program.
    pub fn new<'a>(
        vendors: impl IntoIterator<Item = &'a VendorConfig>,
        named: Option<(&Path, &str)>,
    ) -> Result<Self, PriceError> {
        let mut prices = Self::default();
        for vendor in vendors {
            for (model, price) in &vendor.prices {
                prices.written.insert((vendor.target.clone(), model.clone()), *price);
            }
        }
        if let Some((path, text)) = named {
            prices.lists.push(List::parse(&path.display().to_string(), text)?);
        }
        for (name, text) in BUILT_IN {
            prices.lists.push(List::parse(&format!("{name}, built in"), text)?);
        }
        Ok(prices)
    }

    /// The price of a target on a day.
    pub fn of(&self, target: &Target, on: Date) -> Option<Known> {
        let vendor = vendor_name(target);
        let written = |model: &str| self.written.get(&(vendor.to_owned(), model.to_owned())).copied();
        let names = [Some(target.model()), undated(target.model())];
        if let Some(price) = names.into_iter().flatten().find_map(written) {
            let source = format!("prices of [[vendor]] {vendor:?}");
            return Some(Known { price, source, recorded: None });
        }
        self.lists.iter().find_map(|list| {
            let price = names.into_iter().flatten().find_map(|model| list.price(target, model, on))?;
            let source = format!("{}, recorded {}", list.name, list.recorded);
            Some(Known { price, source, recorded: Some(list.recorded) })
        })
    }
}

impl List {
    fn parse(name: &str, text: &str) -> Result<Self, PriceError> {
        let wrong = |why: String| PriceError { list: name.to_owned(), why };
        let raw: RawList = toml::from_str(text).map_err(|error| wrong(without_value(error.message())))?;
        let day = |text: &str| {
            date(text).ok_or_else(|| wrong(format!("{} is no day, write 2026-01-31", shown(text))))
        };
        let mut entries = Vec::new();
        for entry in raw.price {
            let price = Price { input: entry.input, output: entry.output };
            let dearest = price.input.max(price.output);
            if dearest == 0 || dearest > PRICE_MAX {
                let why = format!(
                    "{}: a price is 1 to {PRICE_MAX}; what costs nothing stands in its vendor's table",
                    entry.target
                );
                return Err(wrong(why));
            }
            entries.push(Entry { target: entry.target, from: day(&entry.from)?, price });
        }
        Ok(Self { name: name.to_owned(), recorded: day(&raw.recorded)?, entries })
    }

    fn price(&self, target: &Target, model: &str, on: Date) -> Option<Price> {
        let same = |entry: &&Entry| {
            entry.target.vendor() == target.vendor()
                && entry.target.is_sim() == target.is_sim()
                && entry.target.model() == model
        };
        let begun = self.entries.iter().filter(same).filter(|entry| entry.from <= on);
        begun.max_by_key(|entry| entry.from).map(|entry| entry.price)
    }
}

/// What a call costs, millionths of a US dollar, rounded up.
pub(super) fn cost_microusd(price: Price, input_tokens: u64, output_tokens: u64) -> u64 {
    let of = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
    let millionths = of(input_tokens, price.input).saturating_add(of(output_tokens, price.output));
    u64::try_from(millionths.div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// The name without the date at its end, `-2025-04-14` or `-20250414`, if it has one.
fn undated(model: &str) -> Option<&str> {
    let without = |date_len: usize| {
        let (name, dated) = model.split_at_checked(model.len().checked_sub(date_len + 1)?)?;
        let dated = dated.strip_prefix('-')?;
        let dashed = match dated.split_at_checked(4).zip(dated.split_at_checked(6)) {
            Some(((year, _), (_, day))) if date_len == 8 => format!("{year}-{}-{day}", dated.get(4..6)?),
            _ => dated.to_owned(),
        };
        (date(&dashed).is_some() && !name.is_empty()).then_some(name)
    };
    without("2025-04-14".len()).or_else(|| without("20250414".len()))
}

/// `2026-01-31`.
fn date(text: &str) -> Option<Date> {
    let [year, month, day] = text.split('-').collect::<Vec<_>>().try_into().ok()?;
    if (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

/// The name of the `[[vendor]]` table that serves a target: `openai`, `lab` for `compat:lab/…`, `sim:openai`.
pub fn vendor_name(target: &Target) -> &str {
    if target.is_sim() {
        return target.as_str();
    }
    target.vendor().strip_prefix("compat:").unwrap_or(target.vendor())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        text.parse().unwrap()
    }

    #[test]
    fn the_built_in_lists_are_well_formed_and_dated() {
        let prices = Prices::new([], None).unwrap();
        assert_eq!(prices.lists.len(), BUILT_IN.len());
        for list in &prices.lists {
            assert!(!list.entries.is_empty(), "{}", list.name);
            for entry in &list.entries {
                assert!(entry.from <= list.recorded, "{}: begins after somebody looked", entry.target);
                assert!(entry.price.output >= entry.price.input && entry.price.input > 0, "{}", entry.target);
            }
        }
        for sim in ["sim:openai", "sim:anthropic", "sim:gemini"] {
            assert!(prices.of(&target(sim), date("2026-11-01").unwrap()).is_some(), "{sim}");
        }
    }

    #[test]
    fn a_dated_name_has_the_price_of_the_plain_one() {
        for (model, plain) in [
            ("gpt-4.1-mini-2025-04-14", Some("gpt-4.1-mini")),
            ("claude-haiku-4-5-20251001", Some("claude-haiku-4-5")),
            ("gpt-4.1-mini", None),
            ("claude-haiku-4-5", None),
            ("gpt-4o-2024-13-01", None),
            ("2025-04-14", None),
            ("qwen-12345678-instruct", None),
            ("x20251001", None),
            ("20251001", None),
        ] {
            assert_eq!(undated(model), plain, "{model}");
        }
    }

    #[test]
    fn what_is_written_goes_before_what_is_named_and_that_before_what_is_built_in() {
        let list = "recorded = \"2026-06-01\"\nsource = \"s\"\n[[price]]\ntarget = \"openai/gpt-4.1-mini\"\n\
                    from = \"2026-01-01\"\ninput = 7\noutput = 8\n[[price]]\ntarget = \"openai/gpt-4.1-mini\"\n\
                    from = \"2026-05-01\"\ninput = 9\noutput = 10\n";
        let on = |text| date(text).unwrap();
        let mini = target("openai/gpt-4.1-mini-2025-04-14");
        let named = Prices::new([], Some((Path::new("p.toml"), list))).unwrap();
        assert_eq!(named.of(&mini, on("2026-04-30")).unwrap().price, Price { input: 7, output: 8 });
        let later = named.of(&mini, on("2026-05-01")).unwrap();
        assert_eq!(later.price, Price { input: 9, output: 10 });
        assert_eq!(later.source, "p.toml, recorded 2026-06-01");
        let before = named.of(&mini, on("2025-12-31")).unwrap();
        assert!(before.source.contains("built in"), "{}", before.source);

        let vendor: VendorConfig = toml::from_str(
            "target = \"openai\"\nendpoints = {}\n[prices]\n\"gpt-4.1-mini\" = { input = 1, output = 2 }",
        )
        .unwrap();
        let written = Prices::new([&vendor], Some((Path::new("p.toml"), list))).unwrap();
        let known = written.of(&mini, on("2026-05-01")).unwrap();
        assert_eq!(known.price, Price { input: 1, output: 2 });
        assert!(written.of(&target("openai/no-such-model"), on("2026-05-01")).is_none());
        assert!(written.of(&target("compat:lab/gpt-4.1-mini"), on("2026-05-01")).is_none());
    }

    #[test]
    fn a_bad_list_says_which_and_what() {
        for (text, what) in [
            ("recorded = \"yesterday\"\nsource = \"s\"", "is no day"),
            ("recorded = \"2026-01-01\"", "source"),
            ("recorded = \"2026-01-01\"\nsource = \"s\"\nprise = []", "prise"),
            (
                "recorded = \"2026-01-01\"\nsource = \"s\"\n[[price]]\ntarget = \"openai/m\"\nfrom = \"2026-01-01\"\ninput = 0\noutput = 0",
                "a price is 1 to",
            ),
            (
                "recorded = \"2026-01-01\"\nsource = \"s\"\n[[price]]\ntarget = \"openai/m\"\nfrom = \"2026-01-01\"\ninput = 1\noutput = 9000000000000000000",
                "a price is 1 to",
            ),
            (
                "recorded = \"2026-01-01\"\nsource = \"s\"\n[[price]]\ntarget = \"openai/m\"\nfrom = \"2026-01-01\"\ninput = 1\noutput = 1e999",
                "overflowed",
            ),
            (
                "recorded = \"2026-01-01\"\nsource = \"s\"\n[[price]]\ntarget = \"x\"\nfrom = \"2026-01-01\"\ninput = 1\noutput = 1",
                "targets look like",
            ),
        ] {
            let error = Prices::new([], Some((Path::new("mine.toml"), text))).unwrap_err().to_string();
            assert!(error.contains("price list mine.toml") && error.contains(what), "{error}");
        }
    }

    #[test]
    fn costs_are_rounded_up_and_never_overflow() {
        let price = Price { input: 400_000, output: 1_600_000 };
        assert_eq!(cost_microusd(price, 0, 0), 0);
        assert_eq!(cost_microusd(price, 1, 0), 1, "0.4");
        assert_eq!(cost_microusd(price, 1000, 500), 1200);
        assert_eq!(cost_microusd(Price { input: u64::MAX, output: 0 }, u64::MAX, 0), u64::MAX);
    }
}
