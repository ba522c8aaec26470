//! What was counted, with intervals.

use serde::Serialize;
use std::fmt;
use vantage_protocol::study::Scope;

/// Two-sided 95% of a normal distribution.
const Z: f64 = 1.959_964;

/// A whole calibration.
#[derive(Clone, Debug, Serialize)]
pub struct Calibration {
    /// Worlds of each kind.
    pub worlds: u32,
    /// Seed.
    pub seed: u64,
    /// Most prompts of a world.
    pub prompts: u32,
    /// What was counted.
    pub rows: Vec<Row>,
}

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Who answered how often.
    pub design: String,
    /// What the worlds are.
    pub world: String,
    /// Of whom the contrasts speak.
    pub scope: Scope,
    /// What was counted.
    pub what: String,
    /// How often.
    pub hits: u64,
    /// Of how many.
    pub tries: u64,
    /// The share, and the ends of its 95% interval (Wilson), percent.
    pub percent: [f64; 3],
}

/// Counts over worlds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    pub(super) worlds: u64,
    /// Worlds in which anything was shown.
    pub(super) families: u64,
    /// Contrasts that were shown, and that could be.
    pub(super) shown: u64,
    pub(super) tested: u64,
    /// Worlds in which the plant was found.
    pub(super) found: u64,
}

impl Count {
    pub(super) fn plus(self, more: Self) -> Self {
        Self {
            worlds: self.worlds + more.worlds,
            families: self.families + more.families,
            shown: self.shown + more.shown,
            tested: self.tested + more.tested,
            found: self.found + more.found,
        }
    }
}

impl Row {
    pub(super) fn new(design: &str, world: &str, scope: Scope, what: &str, hits: u64, tries: u64) -> Self {
        let [low, high] = wilson(hits, tries);
        let share = if tries == 0 { 0.0 } else { hits as f64 / tries as f64 };
        let percent = [share, low, high].map(|share| (share * 1e5).round() / 1e3);
        Self { design: design.into(), world: world.into(), scope, what: what.into(), hits, tries, percent }
    }
}

/// A scope in words.
pub(super) fn scope(scope: Scope) -> &'static str {
    vantage_report::study::scope(scope)
}

/// Wilson's interval of a share at 95%.
fn wilson(hits: u64, tries: u64) -> [f64; 2] {
    if tries == 0 {
        return [0.0, 1.0];
    }
    let (n, share) = (tries as f64, hits as f64 / tries as f64);
    let middle = share + Z * Z / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    [middle - half, middle + half].map(|end| (end / (1.0 + Z * Z / n)).clamp(0.0, 1.0))
}

impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} worlds of each kind, seed {}, at most {} prompts\n",
            self.worlds, self.seed, self.prompts
        )?;
        writeln!(f, "| design | world | of whom | counted | share | 95% interval | of |")?;
        writeln!(f, "| --- | --- | --- | --- | --- | --- | --- |")?;
        for row in &self.rows {
            let [share, low, high] = row.percent;
            let (design, world, whom, what) = (&row.design, &row.world, scope(row.scope), &row.what);
            if row.tries == 0 {
                writeln!(f, "| {design} | {world} | {whom} | {what} | – | – | 0 |")?;
            } else {
                writeln!(
                    f,
                    "| {design} | {world} | {whom} | {what} | {share:.2}% | {low:.2}% to {high:.2}% | {} |",
                    row.tries
                )?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_wilsons() {
        // statsmodels.stats.proportion.proportion_confint(50, 1000, method="wilson")
        let [low, high] = wilson(50, 1000);
        assert!((low - 0.038_13).abs() < 1e-5 && (high - 0.065_31).abs() < 1e-5, "{low} {high}");
        assert_eq!(wilson(0, 10)[0], 0.0);
        assert_eq!(wilson(0, 0), [0.0, 1.0]);
    }
}
