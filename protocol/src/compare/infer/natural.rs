//! Whole numbers of any length, as far as evidence needs them.

use core::cmp::Ordering;

/// A whole number of any length: its 64-bit digits, the lowest first, without leading zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Natural(Vec<u64>);

impl Natural {
    /// One.
    pub(super) fn one() -> Self {
        Self(vec![1])
    }

    /// Multiplies.
    pub(super) fn times(&mut self, factor: u64) {
        let mut carry = 0_u128;
        for digit in &mut self.0 {
            let product = u128::from(*digit) * u128::from(factor) + carry;
            (*digit, carry) = (product as u64, product >> 64);
        }
        if carry > 0 {
            self.0.push(carry as u64);
        }
        self.trim();
    }

    /// Divides by what divides it; what does not leaves a rest, which is dropped. By nothing it stays as it is.
    pub(super) fn over(&mut self, divisor: u64) {
        let mut rest = 0_u128;
        for digit in self.0.iter_mut().rev() {
            let whole = rest << 64 | u128::from(*digit);
            let Some(quotient) = whole.checked_div(u128::from(divisor)) else { return };
            (*digit, rest) = (quotient as u64, whole % u128::from(divisor));
        }
        self.trim();
    }

    /// The product of two.
    pub(super) fn product(&self, other: &Self) -> Self {
        let mut digits = vec![0_u64; self.0.len() + other.0.len()];
        for (at, own) in self.0.iter().enumerate() {
            let mut carry = 0_u128;
            let theirs = other.0.iter().chain(core::iter::once(&0));
            for (digit, their) in digits.iter_mut().skip(at).zip(theirs) {
                let sum = u128::from(*own) * u128::from(*their) + u128::from(*digit) + carry;
                (*digit, carry) = (sum as u64, sum >> 64);
            }
        }
        let mut product = Self(digits);
        product.trim();
        product
    }

    /// How many bits it takes to write: 0 of 0.
    pub(super) fn bits(&self) -> u64 {
        let top = self.0.last().map_or(0, |digit| 64 - u64::from(digit.leading_zeros()));
        (self.0.len() as u64).saturating_sub(1) * 64 + top
    }

    /// How many bits it takes to write one less: the least `t` for which `2^t` is not below it.
    pub(super) fn bits_of_one_less(&self) -> u64 {
        let is_power = self.0.iter().map(|digit| digit.count_ones()).sum::<u32>() == 1;
        self.bits() - u64::from(is_power)
    }

    /// The first 64 bits and how many follow, rounded up: not more than `2^64`.
    pub(super) fn head_up(&self) -> (u128, u64) {
        let follow = self.bits().saturating_sub(64);
        let (digit, bit) = ((follow / 64) as usize, follow % 64);
        let of = |at: usize| u128::from(self.0.get(at).copied().unwrap_or(0));
        let head = (of(digit + 1) << 64 | of(digit)) >> bit;
        let lost = of(digit) & ((1 << bit) - 1) > 0 || self.0.iter().take(digit).any(|low| *low > 0);
        (head + u128::from(lost), follow)
    }

    /// It times a power of two, held against another one times a power of two.
    pub(super) fn against(&self, twos: u64, other: &Self, other_twos: u64) -> Ordering {
        let least = twos.min(other_twos);
        self.shifted(twos - least).in_order(&other.shifted(other_twos - least))
    }

    fn shifted(&self, bits: u64) -> Self {
        let mut digits = vec![0; (bits / 64) as usize];
        digits.extend(&self.0);
        let mut shifted = Self(digits);
        shifted.times(1 << (bits % 64));
        shifted
    }

    fn in_order(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(number: u128) -> Natural {
        let mut natural = Natural(vec![number as u64, (number >> 64) as u64]);
        natural.trim();
        natural
    }

    #[test]
    fn ends_of_digits_are_met() {
        let mut top = of(u128::MAX);
        top.times(u64::MAX);
        assert_eq!((top.bits(), top.0.len()), (192, 3));
        top.over(u64::MAX);
        assert_eq!(top, of(u128::MAX));
        assert_eq!((of(0).bits(), of(1).bits(), of(1 << 64).bits()), (0, 1, 65));
        assert_eq!(of(1 << 64).bits_of_one_less(), 64);
        assert_eq!((Natural::one().bits_of_one_less(), of((1 << 64) + 1).bits_of_one_less()), (0, 65));
        assert_eq!(of(u128::MAX).head_up(), (1 << 64, 64));
        assert_eq!(of(5).head_up(), (5, 0));
    }

    proptest! {
        #[test]
        fn it_counts_as_numbers_do(a in 0..=u128::MAX >> 64, b in 0..=u128::MAX >> 64, by in 1..=u64::MAX, twos in 0_u64..60) {
            prop_assert_eq!(of(a).product(&of(b)), of(a * b));
            let mut scaled = of(a);
            scaled.times(by);
            prop_assert_eq!(&scaled, &of(a * u128::from(by)));
            scaled.over(by);
            prop_assert_eq!(scaled, of(a));
            prop_assert_eq!(of(a).against(twos, &of(b), 3), (a << twos).cmp(&(b << 3)));
            let (head, follow) = of(a * b).head_up();
            prop_assert!(head << follow >= a * b && (head.saturating_sub(1)) << follow < (a * b).max(1));
            prop_assert_eq!(u128::from(of(a + 1).bits_of_one_less()), u128::from(128 - a.leading_zeros()));
        }
    }
}
