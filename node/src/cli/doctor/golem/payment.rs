//! Which commands of yagna belong to a payment platform: without its network they are about another one.

use vantage_golem::is_test_platform;

/// The only driver of yagna 0.17, which it takes where none is named.
const DRIVER: &str = "erc20";

/// What a platform's name says: `driver-network-token`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Parts<'a> {
    driver: &'a str,
    network: &'a str,
}

impl<'a> Parts<'a> {
    fn of(platform: &'a str) -> Option<Self> {
        let mut parts = platform.split('-');
        let (driver, network, token) = (parts.next()?, parts.next()?, parts.next()?);
        let is_whole = parts.next().is_none() && [driver, network, token].iter().all(|part| !part.is_empty());
        is_whole.then_some(Self { driver, network })
    }

    /// `yagna payment …`, about this platform and no other.
    fn command(self, what: &str) -> String {
        let Self { driver, network } = self;
        let driver = if driver == DRIVER { String::new() } else { format!(" --driver {driver}") };
        format!("`yagna payment {what} --network {network}{driver}`")
    }

    /// What fees are paid in.
    fn coin(self) -> &'static str {
        match self.network {
            "polygon" => "POL",
            "mainnet" => "ETH",
            _ => "coin of the network",
        }
    }
}

/// How a platform is set up for paying.
pub(super) fn set_up(platform: &str) -> String {
    match Parts::of(platform) {
        Some(parts) => format!("{}; or correct platform in [golem]", parts.command("init --sender")),
        None => unknown(platform),
    }
}

/// Where money comes from; `payer` is the address that pays.
pub(super) fn more(platform: &str, payer: &str) -> String {
    const LESS: &str = "or lower glm_max_per_job";
    let Some(parts) = Parts::of(platform) else { return format!("{}; {LESS}", unknown(platform)) };
    let status = parts.command("status");
    let source = if is_test_platform(platform) {
        format!("{} gives test money", parts.command("fund"))
    } else {
        let (coin, network) = (parts.coin(), parts.network);
        format!("send GLM, and some {coin} for fees, on the network {network} to {payer}")
    };
    format!("{status} shows what there is; {source}; {LESS}")
}

fn unknown(platform: &str) -> String {
    format!("{platform:?} is not driver-network-token: `yagna payment driver list` shows what there is")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYER: &str = "0x00000000000000000000000000000000000000aa";

    #[test]
    fn a_test_network_is_funded_by_its_name() {
        for (platform, network) in [
            ("erc20-hoodi-tglm", "hoodi"),
            ("erc20-holesky-tglm", "holesky"),
            ("erc20-sepolia-tglm", "sepolia"),
            ("erc20-amoy-tglm", "amoy"),
        ] {
            let said = more(platform, PAYER);
            for command in ["status", "fund"] {
                let whole = format!("`yagna payment {command} --network {network}`");
                assert!(said.contains(&whole), "{said}");
            }
            assert!(!said.contains(PAYER), "nobody sends real money there: {said}");
            let whole = format!("`yagna payment init --sender --network {network}`");
            assert!(set_up(platform).contains(&whole), "{}", set_up(platform));
        }
    }

    #[test]
    fn real_money_is_sent_and_not_given() {
        for (platform, network, coin) in
            [("erc20-polygon-glm", "polygon", "POL"), ("erc20-mainnet-glm", "mainnet", "ETH")]
        {
            let said = more(platform, PAYER);
            assert!(!said.contains("fund"), "{said}");
            let status = format!("`yagna payment status --network {network}`");
            for words in [status.as_str(), coin, network, PAYER] {
                assert!(said.contains(words), "{words}: {said}");
            }
        }
    }

    #[test]
    fn another_driver_is_named_and_a_name_of_another_shape_gets_no_command() {
        let said = set_up("zksync-mainnet-glm");
        assert!(said.contains("`yagna payment init --sender --network mainnet --driver zksync`"), "{said}");
        for platform in ["erc20", "erc20-hoodi", "erc20--tglm", "erc20-hoodi-tglm-2", "-hoodi-tglm", ""] {
            for said in [set_up(platform), more(platform, PAYER)] {
                assert!(said.contains("`yagna payment driver list`"), "{said}");
                assert!(!said.contains("--network"), "{said}");
            }
        }
    }
}
