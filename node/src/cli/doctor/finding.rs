//! What was looked at.

use vantage_api::output::{Check, Level};

/// All that was looked at, in order.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) list: Vec<Check>,
}

impl Findings {
    pub(super) fn ok(&mut self, check: &'static str, found: impl ToString) {
        self.add(check, Level::Ok, found, None);
    }

    pub(super) fn skip(&mut self, check: &'static str, found: impl ToString) {
        self.add(check, Level::Skip, found, None);
    }

    pub(super) fn warn(&mut self, check: &'static str, found: impl ToString, mend: impl ToString) {
        self.add(check, Level::Warn, found, Some(mend.to_string()));
    }

    pub(super) fn fail(&mut self, check: &'static str, found: impl ToString, mend: impl ToString) {
        self.add(check, Level::Fail, found, Some(mend.to_string()));
    }

    /// The worst of them.
    pub(super) fn worst(&self) -> Level {
        self.list.iter().map(|check| check.level).max().unwrap_or(Level::Ok)
    }

    fn add(&mut self, check: &'static str, level: Level, found: impl ToString, mend: Option<String>) {
        self.list.push(Check { check: check.to_owned(), level, found: found.to_string(), mend });
    }
}
