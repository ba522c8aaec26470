//! Decimal numbers as people write them, exact.

use core::fmt;
use core::str::FromStr;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Digits after the point that are kept.
const PLACES: usize = 6;
/// Digits before the point at most.
const WHOLE_DIGITS_MAX: usize = 18;

/// A decimal number, in millionths. Its text form is canonical: no exponent, no digit that says nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Decimal(i128);

/// Why a text is no such number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a number such as 2021, -3.5 or 0.25 is needed: at most 18 digits before the point, 6 behind it")]
pub struct BadDecimal;

impl Decimal {
    /// How far apart two numbers are.
    pub fn apart(self, other: Self) -> Self {
        Self((self.0 - other.0).abs())
    }
}

impl FromStr for Decimal {
    type Err = BadDecimal;

    fn from_str(text: &str) -> Result<Self, BadDecimal> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let pointed = digits.contains('.');
        if whole.is_empty()
            || whole.len() > WHOLE_DIGITS_MAX
            || fraction.len() > PLACES
            || (pointed && fraction.is_empty())
            || !all_digits(whole)
            || !all_digits(fraction)
        {
            return Err(BadDecimal);
        }
        let value = |part: &str| part.parse::<i128>().unwrap_or(0);
        let micros = value(whole) * 1_000_000 + value(&format!("{fraction:0<PLACES$}"));
        Ok(Self(if negative { -micros } else { micros }))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (self.0.abs() / 1_000_000, self.0.abs() % 1_000_000);
        let fraction = format!("{fraction:0PLACES$}");
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            fraction => write!(f, "{sign}{whole}.{fraction}"),
        }
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_text() {
        for (text, canonical) in
            [("2021", "2021"), ("-3.50", "-3.5"), ("007.25", "7.25"), ("0.000001", "0.000001"), ("-0", "0")]
        {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), canonical);
        }
        for bad in ["", "-", ".5", "5.", "1e3", "1,000", "+1", "0.0000001", "1234567890123456789", "١"] {
            assert_eq!(bad.parse::<Decimal>(), Err(BadDecimal), "{bad}");
        }
    }

    #[test]
    fn distances_have_no_sign() {
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(number("-1.5").apart(number("2")), number("3.5"));
        assert!(number("-2") < number("1.999999"));
    }
}
