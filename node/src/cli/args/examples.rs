//! Examples and exit codes of commands that share their arguments with others, and of those that stand for several.

use crate::cli::exit::{JOB_CODES, PLAIN_CODES, RUN_CODES, SERIES_CODES, VERDICT_CODES};
use clap::builder::StyledStr;

/// Help behind the options: examples, what else there is to say, exit codes.
pub(super) struct Behind {
    examples: &'static str,
    codes: &'static str,
}

impl From<Behind> for StyledStr {
    fn from(behind: Behind) -> Self {
        format!("Examples:\n{}\n\n{}", behind.examples, behind.codes).into()
    }
}

const fn plain(examples: &'static str) -> Behind {
    Behind { examples, codes: PLAIN_CODES }
}

pub(super) const GENESIS: Behind = plain(
    "  vantage genesis create --name lab --test --member 3f2a…,acme,eu --out genesis.toml
  vantage genesis show genesis.toml",
);
pub(super) const GENESIS_SHOW: Behind = plain(
    "  vantage genesis show genesis.toml
  vantage genesis show genesis.toml --json",
);
pub(super) const RUN: Behind = Behind {
    examples: "  vantage run
  vantage run --data ./node-1 --json
  RUST_LOG=info,vantage_net=debug vantage run

Logs go to standard error; RUST_LOG chooses how much. SIGHUP reads [policy] again.",
    codes: RUN_CODES,
};
pub(super) const STATUS: Behind = plain(
    "  vantage status
  vantage status --watch               a live view; q ends it
  vantage status --json",
);
pub(super) const PEERS: Behind = plain(
    "  vantage peers                        who is connected
  vantage peers --known                all nodes whose logs are held, and what they offer",
);
pub(super) const STOP: Behind = plain(
    "  vantage stop
  vantage stop --data ./node-1",
);
pub(super) const JOB: Behind = Behind {
    examples: "  vantage job submit suite.toml --regions eu,us --target open:smollm2-135m --watch
  vantage job list
  vantage job show 3f2a
  vantage job watch 3f2a",
    codes: JOB_CODES,
};
pub(super) const JOB_LIST: Behind = plain(
    "  vantage job list
  vantage job list --json",
);
pub(super) const JOB_SHOW: Behind = plain(
    "  vantage job show 3f2a                the id, or its beginning
  vantage job show 3f2a --json",
);
pub(super) const JOB_WATCH: Behind = Behind {
    examples: "  vantage job watch 3f2a               the id, or its beginning
  vantage job watch 3f2a --json        one object a line",
    codes: JOB_CODES,
};
pub(super) const SERIES: Behind = Behind {
    examples: "  vantage series show week-*.car --genesis genesis.toml
  vantage series show 3f2a --html drift.html",
    codes: SERIES_CODES,
};
pub(super) const SUITE: Behind = plain(
    "  vantage suite check suite.toml
  vantage suite plan suite.toml --regions eu,us --target openai/gpt-4.1-mini=3",
);
pub(super) const SUITE_CHECK: Behind = plain(
    "  vantage suite check suite.toml
  vantage suite check suite.toml --json",
);
pub(super) const BUNDLE: Behind = Behind {
    examples: "  vantage bundle export 3f2a --out job.car
  vantage bundle import job.car",
    codes: VERDICT_CODES,
};
pub(super) const BUNDLE_IMPORT: Behind = Behind {
    examples: "  vantage bundle import job.car

Only SEALED and BOUNDED bundles of the node's own network are kept.",
    codes: VERDICT_CODES,
};
pub(super) const MODEL: Behind = plain(
    "  vantage model pull
  vantage model list
  vantage model recompute bundle.car --genesis genesis.toml",
);
pub(super) const MODEL_LIST: Behind = plain(
    "  vantage model list
  vantage model list --json",
);
pub(super) const TARGET: Behind = plain(
    "  vantage target list
  vantage target probe openai/gpt-4.1-mini --region eu",
);
pub(super) const TARGET_LIST: Behind = plain(
    "  vantage target list
  vantage target list --json",
);
pub(super) const GOLEM: Behind = plain(
    "  vantage golem offers
  vantage golem offers --wait 1m --json",
);
pub(super) const COMPLETIONS: Behind = plain(
    "  vantage completions bash > ~/.local/share/bash-completion/completions/vantage
  vantage completions zsh > ~/.zfunc/_vantage",
);
