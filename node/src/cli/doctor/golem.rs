//! The operator's yagna daemon: whether it answers, knows the key, and can set money aside. What is not looked at is
//! said.

mod payment;

use super::place::Configured;
use super::{Findings, Running};
use crate::cli::control;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use vantage_daemon::config::Golem;
use vantage_golem::{NewAllocation, Trouble, is_test_platform};

/// The version that this program is tested with.
const TESTED: &str = "0.17";
/// How long the money that is set aside for the check stays so if it cannot be given back.
const TRIAL: Duration = Duration::from_secs(60);
/// What one agrees to by running yagna, as its `--help` says.
const TERMS: &str = "https://docs.golem.network/docs/golem/terms";

/// Looks at everything that a hire needs.
pub(super) fn look(configured: &Configured, running: &Running, findings: &mut Findings) {
    const CHECK: &str = "golem";
    let Some(raw) = &configured.raw.golem else {
        return findings.ok(CHECK, "not set up: no [golem]");
    };
    let Some(golem) = &configured.checked.golem else {
        let what = match raw.app_key.load() {
            Ok(_) => "no app-key is named".to_owned(),
            Err(error) if error.is_of_surroundings() && rents(running) => {
                let found = format!("the running node has its own app-key; the daemon is not asked: {error}");
                let mend = "nothing, if the node's service hands it over at each start; `vantage status` shows what \
                            the node hears of the daemon";
                return findings.warn(CHECK, found, mend);
            }
            Err(error) => error.to_string(),
        };
        let mend = "`yagna app-key create vantage` makes one; name it under app_key in [golem]";
        return findings.fail(CHECK, what, mend);
    };
    let asked = control::block_on(async {
        ask(golem, findings).await;
        Ok(())
    });
    if let Err(error) = asked {
        findings.fail(CHECK, error, "put right what is named");
    }
}

/// Whether a node runs that is set up for Golem.
fn rents(running: &Running) -> bool {
    matches!(running, Running::Yes(answered) if answered.status.golem.is_some())
}

async fn ask(golem: &Golem, findings: &mut Findings) {
    let daemon = &golem.daemon;
    let version = match daemon.version().await {
        Ok(version) => version.current.version,
        Err(trouble) => return unanswered(golem, &trouble, findings),
    };
    if version.starts_with(TESTED) {
        findings.ok("golem daemon", format!("{} answers, version {version}", daemon.address()));
    } else {
        let found = format!("version {version}; this program is tested with {TESTED}");
        findings.warn("golem daemon", found, format!("use yagna {TESTED}, or try a job of one cell first"));
    }
    let payer = match daemon.me().await {
        Ok(me) => me.identity,
        Err(trouble) => return unanswered(golem, &trouble, findings),
    };
    findings.ok("golem app-key", format!("known; this is {payer}"));
    platform(golem, findings).await;
    funds(golem, &payer, findings).await;
    unasked(findings);
}

/// What is not looked at, so that nobody takes the rest for all there is.
fn unasked(findings: &mut Findings) {
    findings.skip(
        "golem network",
        "not looked at: whether the daemon reaches others of Golem (`yagna net status`), and who offers what \
         (`vantage golem offers`)",
    );
    findings.skip(
        "golem terms",
        format!(
            "not checkable: the daemon cannot be asked; whoever runs yagna accepts {TERMS}: read that, and the chapter \
             Golem of OPERATING"
        ),
    );
}

fn unanswered(golem: &Golem, trouble: &Trouble, findings: &mut Findings) {
    let address = golem.daemon.address();
    match trouble {
        Trouble::AppKey => findings.fail(
            "golem app-key",
            format!("the daemon at {address} does not know it"),
            "`yagna app-key list` shows the keys it knows; name one under app_key in [golem]",
        ),
        Trouble::Refused { .. } | Trouble::NotYet | Trouble::Silent => findings.fail(
            "golem daemon",
            format!("{address}: {trouble}"),
            "something answers there: if yagna was started just now, wait a minute and look again; else see its own log, \
             or correct daemon in [golem]",
        ),
        trouble => findings.fail(
            "golem daemon",
            format!("{address}: {trouble}"),
            "start it with `yagna service run`, or correct daemon in [golem] (it is the daemon's YAGNA_API_URL)",
        ),
    }
}

async fn platform(golem: &Golem, findings: &mut Findings) {
    const CHECK: &str = "golem platform";
    let platform = &golem.order.platform;
    let kind = if is_test_platform(platform) { "test money, worth nothing" } else { "real money" };
    match golem.daemon.accounts().await {
        Ok(accounts) => match accounts.iter().find(|account| account.platform == *platform && account.send) {
            Some(account) => {
                findings.ok(CHECK, format!("{platform} ({kind}): {} is set up for paying", account.address));
            }
            // whether money can be set aside there all the same, the next check tells
            None => findings.warn(
                CHECK,
                format!("{platform} ({kind}): the daemon lists no account that was set up for paying on it"),
                payment::set_up(platform),
            ),
        },
        Err(trouble) => findings.fail(CHECK, trouble, "see the daemon's own log"),
    }
}

/// Sets one job's budget aside for a moment: nothing else tells whether that can be done.
async fn funds(golem: &Golem, payer: &str, findings: &mut Findings) {
    const CHECK: &str = "golem funds";
    let most = golem.limits.job;
    let until = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + TRIAL;
    let until = OffsetDateTime::UNIX_EPOCH + until;
    let Ok(timeout) = until.format(&Rfc3339) else { return };
    let asked = NewAllocation {
        payment_platform: golem.order.platform.clone(),
        total_amount: most.to_string(),
        timeout,
        make_deposit: false,
    };
    match golem.daemon.allocate(&asked).await {
        Ok(allocation) => match golem.daemon.release(&allocation.allocation_id).await {
            Ok(()) => findings.ok(CHECK, format!("{most} GLM, a job's budget, can be set aside")),
            Err(Trouble::Gone(said)) => findings.ok(
                CHECK,
                format!("{most} GLM, a job's budget, can be set aside; the daemon had given it back already ({said})"),
            ),
            Err(trouble) => findings.warn(
                CHECK,
                format!("{most} GLM were set aside and not given back: {trouble}"),
                format!("they are free again within {} s", TRIAL.as_secs()),
            ),
        },
        Err(trouble) => findings.fail(
            CHECK,
            format!("{most} GLM, a job's budget, cannot be set aside: {trouble}"),
            payment::more(&golem.order.platform, payer),
        ),
    }
}
