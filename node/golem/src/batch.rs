//! Following a batch of commands: pure. When to ask again, when to ask whether anybody is there, when to give up.

use crate::backoff;
use crate::daemon::{ActivityState, CommandResult, Trouble, plain};
use crate::moment::POLL_GAP;
use std::time::Duration;

/// How often in a row the daemon may be away: about a minute with the waits between. As stock requestors try.
const AWAY_MAX: u32 = 20;
/// How often in a row the provider may say nothing of an activity's state. A guess: each takes some seconds.
const ABSENT_MAX: u32 = 3;
/// How often in a row the provider's runtime may fail to answer while the activity is said to be alive. A guess.
const BROKEN_MAX: u32 = 10;

/// How often in a row an activity may be called unresponsive, a second apart. The daemon says so after 5 s without a
/// word of the provider and ends the activity after 10 s: until then it may come back, as a busy machine does.
const MUTE_MAX: u32 = 12;

/// A batch under way.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    last: u32,
    away: u32,
    absent: u32,
    broken: u32,
    mute: u32,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask for results, after a wait.
    Results(Duration),
    /// Ask for the activity's state.
    State,
    /// The last command is done, or one before it failed.
    Done(CommandResult),
    /// Nothing will come of it.
    Failed(Dead),
}

/// Why nothing comes of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dead {
    /// The daemon is of no use.
    Daemon(Trouble),
    /// The activity is over, or nobody is there.
    Provider(String),
    /// The results cannot be read.
    Results(String),
}

impl Batch {
    /// A batch of so many commands, one or more.
    pub fn of(commands: usize) -> Self {
        Self { last: u32::try_from(commands).unwrap_or(u32::MAX).saturating_sub(1), ..Self::default() }
    }

    /// What was said of the results.
    pub fn results(&mut self, said: Result<Vec<CommandResult>, Trouble>) -> Step {
        match said {
            Ok(results) => {
                (self.away, self.broken) = (0, 0);
                let failed = |result: &CommandResult| result.result != "Ok";
                match results.into_iter().find(|result| failed(result) || result.index >= self.last) {
                    Some(result) => Step::Done(result),
                    None => Step::State,
                }
            }
            Err(Trouble::NotYet) => {
                self.away = 0;
                Step::State
            }
            Err(Trouble::Refused { status, text }) if status >= 500 => {
                (self.away, self.broken) = (0, self.broken + 1);
                if self.broken > BROKEN_MAX { provider(&text) } else { Step::State }
            }
            Err(Trouble::Nonsense(why)) => Step::Failed(Dead::Results(why)),
            Err(Trouble::Gone(text) | Trouble::Refused { text, .. }) => provider(&text),
            Err(trouble) => self.daemon_away(trouble),
        }
    }

    /// What was said of the activity's state.
    pub fn state(&mut self, said: Result<ActivityState, Trouble>) -> Step {
        match said {
            Ok(state) if state.is_mute() && self.mute < MUTE_MAX => {
                (self.away, self.absent) = (0, 0);
                self.mute += 1;
                Step::Results(Duration::from_secs(1))
            }
            Ok(state) if state.is_over() || state.is_mute() => {
                let why = state.error_message.unwrap_or_else(|| format!("the activity is {}", state.state.0));
                provider(&why)
            }
            Ok(_) => {
                (self.away, self.absent, self.mute) = (0, 0, 0);
                Step::Results(if self.broken > 0 { Duration::from_secs(1) } else { POLL_GAP })
            }
            Err(trouble @ (Trouble::Unreachable { .. } | Trouble::Silent | Trouble::AppKey)) => {
                self.daemon_away(trouble)
            }
            Err(trouble) => {
                self.absent += 1;
                if self.absent >= ABSENT_MAX {
                    return provider(&trouble.to_string());
                }
                Step::Results(Duration::from_secs(1))
            }
        }
    }

    fn daemon_away(&mut self, trouble: Trouble) -> Step {
        self.away += 1;
        if trouble == Trouble::AppKey || self.away > AWAY_MAX {
            return Step::Failed(Dead::Daemon(trouble));
        }
        Step::Results(backoff::after(self.away, Duration::from_millis(500), Duration::from_secs(4)))
    }
}

fn provider(why: &str) -> Step {
    Step::Failed(Dead::Provider(plain(why)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn result(index: u32, result: &str) -> CommandResult {
        CommandResult { index, result: result.into(), stdout: None, stderr: None, message: None }
    }

    fn state(name: &str) -> Result<ActivityState, Trouble> {
        Ok(ActivityState { state: (name.into(), None), error_message: None })
    }

    fn broken() -> Trouble {
        Trouble::Refused { status: 500, text: "endpoint address not found".into() }
    }

    #[test]
    fn a_batch_ends_with_its_last_command_or_the_first_that_fails() {
        let mut batch = Batch::of(3);
        assert_eq!(batch.results(Ok(vec![result(0, "Ok"), result(1, "Ok")])), Step::State);
        assert_eq!(batch.state(state("Ready")), Step::Results(POLL_GAP));
        let all = (0..3).map(|index| result(index, "Ok")).collect();
        assert_eq!(batch.results(Ok(all)), Step::Done(result(2, "Ok")));
        assert_eq!(
            batch.results(Ok(vec![result(0, "Ok"), result(1, "Error")])),
            Step::Done(result(1, "Error"))
        );
    }

    #[test]
    fn a_slow_command_is_waited_for_and_a_dead_provider_is_not() {
        let mut batch = Batch::of(1);
        for _ in 0..1000 {
            assert_eq!(batch.results(Err(Trouble::NotYet)), Step::State);
            assert_eq!(batch.state(state("Ready")), Step::Results(POLL_GAP));
        }
        assert_eq!(batch.results(Err(broken())), Step::State);
        for _ in 0..MUTE_MAX {
            assert_eq!(batch.state(state("Unresponsive")), Step::Results(Duration::from_secs(1)));
            assert_eq!(batch.results(Err(Trouble::NotYet)), Step::State);
        }
        assert!(matches!(batch.state(state("Unresponsive")), Step::Failed(Dead::Provider(_))));
        assert!(matches!(batch.state(state("Terminated")), Step::Failed(Dead::Provider(_))));
    }

    #[test]
    fn a_daemon_that_restarts_is_waited_for() {
        let mut batch = Batch::of(1);
        for _ in 0..AWAY_MAX {
            assert!(matches!(batch.results(Err(Trouble::Unreachable { heard: false })), Step::Results(_)));
        }
        let step = batch.results(Err(Trouble::Silent));
        assert_eq!(step, Step::Failed(Dead::Daemon(Trouble::Silent)));
        let mut batch = Batch::of(1);
        assert_eq!(batch.results(Err(Trouble::AppKey)), Step::Failed(Dead::Daemon(Trouble::AppKey)));
    }

    fn anything() -> impl Strategy<Value = Trouble> {
        prop_oneof![
            Just(Trouble::Silent),
            Just(Trouble::Unreachable { heard: true }),
            Just(broken()),
            Just(Trouble::Gone("x".into())),
            Just(Trouble::Nonsense("x".into())),
            Just(Trouble::Refused { status: 400, text: "x".into() }),
        ]
    }

    proptest! {
        /// Trouble alone, whichever, ends within a bounded number of questions.
        #[test]
        fn no_trouble_lasts_for_ever(troubles in proptest::collection::vec(anything(), 100)) {
            let mut batch = Batch::of(1);
            let mut step = Step::Results(Duration::ZERO);
            for trouble in troubles {
                step = match step {
                    Step::Results(_) => batch.results(Err(trouble)),
                    Step::State => batch.state(Err(trouble)),
                    Step::Done(_) | Step::Failed(_) => break,
                };
            }
            prop_assert!(matches!(step, Step::Failed(_)));
        }
    }
}
