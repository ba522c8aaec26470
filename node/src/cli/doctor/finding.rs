//! One thing that was looked at.

use serde::Serialize;

/// How it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Level {
    /// It could not be looked at now, or cannot be at all.
    Skip,
    /// As it should be.
    Ok,
    /// Worth a look.
    Warn,
    /// It keeps the node from working.
    Fail,
}

impl Level {
    /// The word for people.
    pub(super) fn word(self) -> &'static str {
        match self {
            Level::Skip => "SKIP",
            Level::Ok => "OK",
            Level::Warn => "WARN",
            Level::Fail => "FAIL",
        }
    }
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    /// What was looked at: a stable name.
    pub(super) check: &'static str,
    /// How it is.
    pub(super) level: Level,
    /// In words.
    pub(super) found: String,
    /// How to mend it; none where nothing is to be mended.
    pub(super) mend: Option<String>,
}

/// All that was looked at, in order.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) list: Vec<Finding>,
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
        self.list.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok)
    }

    fn add(&mut self, check: &'static str, level: Level, found: impl ToString, mend: Option<String>) {
        self.list.push(Finding { check, level, found: found.to_string(), mend });
    }
}
