//! Exit codes: what a script can rely on.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Done; for `verify` and `job watch`: SEALED.
    Done,
    /// Not done: our fault, or not found, or not yet.
    Failed,
    /// The command line or a file is not what the command reads: nothing was judged.
    Usage,
    /// BOUNDED: the evidence holds, but no quorum holds one and the same set.
    Bounded,
    /// INCOMPLETE: nothing speaks against it, but something needed to judge is missing.
    Incomplete,
    /// INVALID: the evidence contradicts itself or the trust input.
    Invalid,
    /// The disk is full: make room and start again; nothing is lost.
    Full,
    /// ALARM: a line of a series drifted.
    Alarm,
}

impl Exit {
    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Bounded => 3,
            Exit::Incomplete => 4,
            Exit::Invalid => 5,
            Exit::Full => 6,
            Exit::Alarm => 7,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

/// For the help of commands that do or do not.
pub(super) const PLAIN_CODES: &str = "\
Exit codes:
  0  done
  1  failed, not found, or the node does not answer
  2  wrong usage, or an input file is not valid";

/// For the help of `run`.
pub(super) const RUN_CODES: &str = "\
Exit codes:
  0  stopped gracefully
  1  could not start, could not go on, or did not stop in time
  2  wrong usage, or an input file is not valid
  6  the disk is full: free some space and start again, nothing is lost
  130, 143  a second signal ended it at once; nothing it has signed is lost";

/// For the help of commands that end with a verdict.
pub(super) const VERDICT_CODES: &str = "\
Exit codes:
  0  SEALED: a quorum of the committee holds the same set of statements
  1  failed, not found, or nobody answers
  2  wrong usage, or an input file is damaged, incomplete or not valid: nothing was judged
  3  BOUNDED: the evidence holds, but no quorum holds the same set
  4  INCOMPLETE: nothing contradicts it, but a part needed to judge is missing
  5  INVALID: the evidence contradicts itself, or belongs to another network";

/// For the help of `model recompute`.
pub(super) const RECOMPUTE_CODES: &str = "\
Exit codes:
  0  every answer that was computed came out with the same bytes
  1  some did not, or none could be computed
  2  wrong usage, or an input file is damaged, incomplete or not valid: nothing was computed
  4  INCOMPLETE: a part needed to judge the evidence is missing
  5  INVALID: the evidence contradicts itself, or belongs to another network";

/// For the help of `series show`.
pub(super) const SERIES_CODES: &str = "\
Exit codes:
  0  no alarm: the product of each line stands below the threshold
  1  failed, not found, or nobody answers
  2  wrong usage, or an input file is damaged, incomplete or not valid: nothing was judged
  4  no alarm, and the product is void from some job on: a job is missing or not SEALED, or breaks the chain
  5  INVALID: some evidence contradicts itself, or belongs to another network: nothing was multiplied
  7  ALARM: the product of a line reached the threshold";

/// For the help of commands that may follow a job.
pub(super) const JOB_CODES: &str = "\
Exit codes:
  0  done; if the job was followed to its end: SEALED
  1  failed, not found, refused, or the node does not answer
  2  wrong usage, or an input file is not valid
  3  the job was followed to its end: BOUNDED, no quorum holds the same set";
