//! Evidence of drift that compounds: a number by which a bet against "nothing changed" has grown.

use super::natural::Natural;
use core::cmp::Ordering;
use core::fmt;

/// Bits of the fraction in which logarithms are given.
const FRACTION: u32 = 32;
/// What grows beyond this many doublings is told by its doublings alone.
const TOLD_MAX: i64 = 40;

/// How much a bet has grown: the fraction `2^twos / ways`, exactly. Multiplying evidence adds the first and multiplies the second.
///
/// It is kept as a fraction, not as a logarithm, because everyone who multiplies has to find the same product, and because a sum of
/// logarithms that were rounded one by one is held against a threshold on which there is no rounding: the alarm
/// asks whether `2^twos` reaches `threshold * ways`, and that has one answer.
#[derive(Debug, Clone)]
pub struct Evidence {
    twos: u64,
    ways: Natural,
}

impl Default for Evidence {
    fn default() -> Self {
        Self { twos: 0, ways: Natural::one() }
    }
}

impl Evidence {
    /// What prompts that moved are worth: `up` of them one way and `down` the other. Where nothing changed each way is as likely,
    /// and the expected growth is one: `2^n / ((n + 1) C(n, up))` with n = up + down, the bet that spreads evenly over
    /// all probabilities.
    pub fn of_moves(up: u32, down: u32) -> Self {
        let (few, all) = (u64::from(up.min(down)), u64::from(up) + u64::from(down));
        let mut ways = Natural::one();
        ways.times(all + 1);
        for k in 1..=few {
            // a binomial coefficient after each step, so nothing is lost
            ways.times(all - few + k);
            ways.over(k);
        }
        Self { twos: all, ways }
    }

    /// Both together.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self { twos: self.twos.saturating_add(other.twos), ways: self.ways.product(&other.ways) }
    }

    /// Whether it has grown `factor` times at least.
    pub fn reaches(&self, factor: u64) -> bool {
        let mut wanted = self.ways.clone();
        wanted.times(factor);
        factor == 0 || self.twos >= wanted.bits_of_one_less()
    }

    /// Thousandths of it, rounded down; none from 2^40 on.
    pub fn thousandths(&self) -> Option<u64> {
        if self.doublings() >= TOLD_MAX {
            return None;
        }
        let (head, follow) = self.ways.head_up();
        // 1000 * 2^(twos - follow) / head, where the shift is below 64 + 41
        match self.twos.checked_sub(follow) {
            Some(twos) => (1000_u128 << twos).checked_div(head).and_then(|told| u64::try_from(told).ok()),
            None => Some(0),
        }
    }

    /// How often it has doubled, rounded down; below zero where it shrank.
    pub fn doublings(&self) -> i64 {
        self.twos as i64 - self.ways.bits_of_one_less() as i64
    }

    /// The base-2 logarithm in 2^-32, for plots: within a millionth, and not above the truth by more than 2^-32.
    pub fn log2(&self) -> i64 {
        let (head, follow) = self.ways.head_up();
        let ways = u64::try_from(head).map_or(64 << FRACTION, log2_up) + ((follow as i64) << FRACTION);
        ((self.twos as i64) << FRACTION) - ways
    }
}

/// Rounded down: thousandths, or doublings where it has grown too much for them.
impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.thousandths() {
            None => write!(f, "2^{}", self.doublings()),
            Some(0) => f.write_str("below 0.001"),
            Some(told) => write!(f, "{}.{:03}", told / 1000, told % 1000),
        }
    }
}

impl Ord for Evidence {
    fn cmp(&self, other: &Self) -> Ordering {
        // 2^a / A against 2^b / B: 2^a B against 2^b A
        other.ways.against(self.twos, &self.ways, other.twos)
    }
}

impl PartialEq for Evidence {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Evidence {}

impl PartialOrd for Evidence {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// log2 of `n` in 2^-32, rounded up; 0 of 0.
fn log2_up(n: u64) -> i64 {
    let whole = 63 - n.max(1).leading_zeros();
    // the rest in [1, 2), in 2^-63; each bit of the logarithm by squaring
    let mut rest = u128::from(n.max(1)) << (63 - whole);
    let mut log = i64::from(whole);
    for _ in 0..FRACTION {
        rest = (rest * rest) >> 63;
        log <<= 1;
        if rest >> 64 > 0 {
            rest >>= 1;
            log += 1;
        }
    }
    log + i64::from(!n.max(1).is_power_of_two())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exact(up: u32, down: u32) -> f64 {
        let (n, few) = (up + down, up.min(down));
        let choose: f64 = (0..few).map(|at| (f64::from(n - at) / f64::from(at + 1)).log2()).sum();
        f64::from(n) - f64::from(n + 1).log2() - choose
    }

    #[test]
    fn it_is_what_the_formula_says() {
        for (up, down) in [(0, 0), (1, 0), (0, 7), (12, 3), (40, 41), (300, 4), (1000, 900)] {
            let log2 = Evidence::of_moves(up, down).log2() as f64 / 4_294_967_296.0;
            let exact = exact(up, down);
            assert!(log2 <= exact + 1e-9 && log2 > exact - 1e-5, "{up} {down}: {log2} {exact}");
            assert_eq!(Evidence::of_moves(up, down), Evidence::of_moves(down, up));
            assert_eq!(
                Evidence::of_moves(up, down).doublings(),
                (exact + 1e-9).floor() as i64,
                "{up} {down}"
            );
        }
        assert_eq!(Evidence::of_moves(1, 0), Evidence::default(), "one prompt that moved says nothing");
    }

    /// Ville's inequality stands on this: under "nothing changed" the mean growth is one, to the last bit.
    #[test]
    fn the_expected_growth_is_one() {
        for n in 0..24_u32 {
            // the sum over up of C(n, up) 2^-n * 2^n / ((n + 1) C(n, up)): n + 1 times 1 / (n + 1)
            for up in 0..=n {
                let mut back = Evidence::of_moves(up, n - up).ways;
                let choose = (0..up).fold(1_u64, |all, at| all * u64::from(n - at) / u64::from(at + 1));
                back.over(choose);
                assert_eq!(back.bits(), u64::from(32 - (n + 1).leading_zeros()), "{n}");
                back.over(u64::from(n) + 1);
                assert_eq!(back, Natural::one(), "{n} {up}");
            }
        }
    }

    #[test]
    fn evidence_multiplies_and_reaches() {
        let one = Evidence::of_moves(10, 0);
        assert!(one.reaches(93) && !one.reaches(94), "1024 / 11 is 93.09");
        assert_eq!((one.thousandths(), one.doublings()), (Some(93_090), 6));
        assert!(one.and(&one).reaches(8_665) && !one.and(&one).reaches(8_667));
        assert!(Evidence::default().reaches(1) && !Evidence::default().reaches(2));
        assert!(!one.and(&Evidence::of_moves(5, 5)).reaches(93));
        // 16 / 5 times 5 / 2 is 8 exactly: a threshold that is met is reached
        let eight = Evidence { twos: 3, ways: Natural::one() };
        assert!(eight.reaches(8) && !eight.reaches(9));
        assert_eq!(eight.thousandths(), Some(8000));
        assert_eq!(Evidence::of_moves(60, 0).thousandths(), None);
        assert_eq!(Evidence::of_moves(60, 60).thousandths(), Some(113));
        let shrunk = (0..200).fold(Evidence::default(), |all, _| all.and(&Evidence::of_moves(60, 60)));
        assert_eq!(shrunk.thousandths(), Some(0));
        assert!(shrunk.doublings() < -600);
        let told = [&one, &eight, &Evidence::of_moves(60, 0), &shrunk].map(ToString::to_string);
        assert_eq!(told, ["93.090", "8.000", "2^54", "below 0.001"]);
    }

    proptest! {
        #[test]
        fn products_are_exact_and_ordered(moves in proptest::collection::vec((0_u32..20, 0_u32..20), 0..12), factor in 1_u64..1_000_000) {
            let all = moves.iter().fold(Evidence::default(), |all, (up, down)| all.and(&Evidence::of_moves(*up, *down)));
            let back = moves.iter().rev().fold(Evidence::default(), |all, (up, down)| Evidence::of_moves(*up, *down).and(&all));
            prop_assert_eq!(&all, &back);
            let log2: f64 = moves.iter().map(|(up, down)| exact(*up, *down)).sum();
            let apart = log2 - (factor as f64).log2();
            if apart.abs() > 1e-6 {
                prop_assert_eq!(all.reaches(factor), apart > 0.0);
            }
            prop_assert_eq!(all.cmp(&Evidence::default()) != Ordering::Less, all.reaches(1));
            if let Some(told) = all.thousandths() {
                prop_assert!(told as f64 <= log2.exp2() * 1000.0 * (1.0 + 1e-9));
                prop_assert!(told as f64 + 1.0 >= log2.exp2() * 1000.0 * (1.0 - 1e-9));
            }
        }
    }
}
