//! How far a mean of bounded answers can lie from what it estimates.

use super::chance::Chance;

/// Half the width of an interval for a difference, parts per million, rounded up: by Hoeffding's inequality, valid for any
/// bounded answers and any number of them. `spread_ppm` is how far one unit's difference can range (2,000,000 for a difference
/// of two rates), `units` how many independent ones are averaged, `miss` the chance that the interval may miss. Not more
/// than `spread_ppm`, which always holds.
pub fn half_width_ppm(spread_ppm: u64, units: u64, miss: Chance) -> u64 {
    if units == 0 {
        return spread_ppm;
    }
    // spread * sqrt(ln(2 / miss) / (2 units))
    let nats = ln_up(2 * Chance::ONE.parts(), miss.parts().max(1));
    let square =
        u128::from(spread_ppm) * u128::from(spread_ppm) * nats / ((2 * u128::from(units)) << LN_FRACTION);
    let root = square.isqrt();
    let root = root + u128::from(root * root <= square);
    u64::try_from(root).unwrap_or(u64::MAX).min(spread_ppm)
}

/// Bits of the fraction of a logarithm.
const LN_FRACTION: u32 = 30;
/// ln 2 in 2^-30, rounded up.
const LN_2: u128 = 744_261_118;

/// ln of `a / b` in 2^-30, rounded up; `a` is at least `b`, and `b` above 0.
fn ln_up(a: u64, b: u64) -> u128 {
    let mut ratio = (u128::from(a) << 62).div_ceil(u128::from(b));
    let mut whole = 0_u128;
    while ratio >> 63 > 0 {
        ratio = ratio.div_ceil(2);
        whole += 1;
    }
    let mut log = whole;
    for _ in 0..LN_FRACTION {
        ratio = (ratio * ratio).div_ceil(1 << 62);
        log <<= 1;
        if ratio >> 63 > 0 {
            ratio = ratio.div_ceil(2);
            log += 1;
        }
    }
    ((log + 1) * LN_2).div_ceil(1 << LN_FRACTION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_hoeffdings_bound_rounded_up() {
        for (units, miss_ppm) in [(1, 50_000), (24, 50_000), (100, 4_167), (4_000, 195), (1_000_000, 1)] {
            let miss = Chance::from_parts(miss_ppm * 1_000_000);
            let exact = 2e6 * ((2e6 / miss_ppm as f64).ln() / (2.0 * units as f64)).sqrt();
            let width = half_width_ppm(2_000_000, units, miss) as f64;
            assert!(width >= exact.min(2e6) && width < exact + 3.0, "{units}: {width} {exact}");
        }
        assert_eq!(half_width_ppm(2_000_000, 0, Chance::ONE), 2_000_000);
        assert_eq!(half_width_ppm(2_000_000, 1, Chance::from_parts(0)), 2_000_000);
    }
}
