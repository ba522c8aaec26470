//! Money without floats: budgets in whole nano-GLM, prices in whole atto-GLM.
//!
//! The daemon writes amounts as decimal text, providers write prices as JSON numbers. Both are read digit by digit, and
//! whatever does not fit is rounded against whoever asks for money: up.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Nano-GLM in one GLM.
pub const NANO: u64 = 1_000_000_000;
/// Atto-GLM in one nano-GLM.
const ATTO_PER_NANO: u128 = 1_000_000_000;
/// Digits behind the point of an atto-GLM, the smallest unit that the token has.
const ATTO_DIGITS: i32 = 18;
/// Longest number read, in bytes. A guess; a 128-bit number has 39 digits.
const NUMBER_BYTES_MAX: usize = 80;

/// An amount of GLM in thousand-millionths.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nano(pub u64);

/// A price in GLM for one unit of something, in units of 10^-18.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Atto(pub u128);

/// A text that is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no amount of GLM: write it as 1.5, with at most nine digits behind the point")]
pub struct BadAmount(String);

impl Nano {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// What a text says, rounded up to whole nano-GLM; none if it is negative, no number, or too much.
    pub fn at_least(text: &str) -> Option<Self> {
        Some(Atto(scaled(text, ATTO_DIGITS)?).up())
    }

    /// What is left after `other` is taken away; nothing if it is more.
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Atto {
    /// What a JSON number says, rounded up; none if it is negative, no number, or too much.
    pub fn of(number: &serde_json::Number) -> Option<Self> {
        scaled(&number.to_string(), ATTO_DIGITS).map(Self)
    }

    /// The price of so many thousandths of a unit, rounded up.
    pub fn times_milli(self, units_milli: u64) -> Self {
        Self(self.0.saturating_mul(u128::from(units_milli)).div_ceil(1000))
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// In whole nano-GLM, rounded up.
    pub fn up(self) -> Nano {
        Nano(u64::try_from(self.0.div_ceil(ATTO_PER_NANO)).unwrap_or(u64::MAX))
    }
}

impl From<Nano> for Atto {
    fn from(nano: Nano) -> Self {
        Self(u128::from(nano.0) * ATTO_PER_NANO)
    }
}

/// Reads a usage figure (seconds, with a fraction) in thousandths, rounded up.
pub(crate) fn milli(number: &serde_json::Number) -> Option<u64> {
    scaled(&number.to_string(), 3)?.try_into().ok()
}

/// `digits[.digits][e±digits]` times ten to the `power`, rounded up.
fn scaled(text: &str, power: i32) -> Option<u128> {
    if text.len() > NUMBER_BYTES_MAX {
        return None;
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let mut value: u128 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        value = value.checked_mul(10)?.checked_add(u128::from(digit - b'0'))?;
    }
    let shift = exponent.checked_add(power)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    if value == 0 {
        return Some(0);
    }
    let factor = 10_u128.checked_pow(shift.unsigned_abs());
    if shift >= 0 {
        value.checked_mul(factor?)
    } else {
        Some(factor.map_or(1, |factor| value.div_ceil(factor)))
    }
}

impl FromStr for Nano {
    type Err = BadAmount;

    /// As people and the daemon write it; more digits than a nano-GLM has are refused, not rounded.
    fn from_str(text: &str) -> Result<Self, BadAmount> {
        let bad = || BadAmount(text.chars().take(40).collect());
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        if !plain || fraction > 9 {
            return Err(bad());
        }
        scaled(text, 9).and_then(|nano| u64::try_from(nano).ok()).map(Self).ok_or_else(bad)
    }
}

impl fmt::Display for Nano {
    /// As the daemon reads it: `0.01`, `3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:09}", self.0 / NANO, self.0 % NANO);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_digit_by_digit() {
        for (text, nano) in [
            ("0", 0),
            ("1", NANO),
            ("1.0", NANO),
            ("0.001", 1_000_000),
            ("0.0000000001", 1),
            ("0.000000001000000001", 2),
            ("2.7e-5", 27_000),
            ("1E2", 100 * NANO),
            ("1e-400", 1),
            ("0e999999", 0),
        ] {
            assert_eq!(Nano::at_least(text), Some(Nano(nano)), "{text}");
        }
        for bad in ["", "-1", "+1", ".5", "1,5", "1e", "e5", "0x1", "1e400", "NaN", "inf", "1.2.3", " 1"] {
            assert_eq!(Nano::at_least(bad), None, "{bad}");
        }
        assert_eq!(Nano::at_least(&"9".repeat(200)), None);
    }

    #[test]
    fn what_people_write_is_not_rounded() {
        assert_eq!("0.000000001".parse(), Ok(Nano(1)));
        for bad in ["0.0000000001", "1e3", "-1", "", "."] {
            assert!(bad.parse::<Nano>().is_err(), "{bad}");
        }
    }

    #[test]
    fn prices_of_providers_are_exact() {
        let price = |json: &str| Atto::of(&serde_json::from_str(json).unwrap()).unwrap();
        assert_eq!(price("2.7777777777777776e-05"), Atto(27_777_777_777_778));
        assert_eq!(price("0.1"), Atto(100_000_000_000_000_000));
        assert_eq!(price("0"), Atto(0));
        assert_eq!(price("0.1").times_milli(3_600_000).up(), Nano(360 * NANO));
        assert_eq!(Atto(1).times_milli(1).up(), Nano(1));
    }

    proptest! {
        #[test]
        fn amounts_come_back_as_they_were(nano: u64) {
            prop_assert_eq!(Nano(nano).to_string().parse(), Ok(Nano(nano)));
            prop_assert_eq!(Nano::at_least(&Nano(nano).to_string()), Some(Nano(nano)));
        }

        #[test]
        fn reading_never_panics(text in "[0-9.eE+-]{0,90}") {
            let _ = (Nano::at_least(&text), text.parse::<Nano>());
        }

        #[test]
        fn rounding_is_never_down(atto in 0..u128::from(u64::MAX)) {
            prop_assert!(Atto::from(Atto(atto).up()) >= Atto(atto));
        }
    }
}
