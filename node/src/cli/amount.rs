//! Values on the command line: times, names, targets, pairs, members.

use vantage_protocol::genesis::Member;
use vantage_protocol::id::unhex;
use vantage_protocol::keys::PublicKey;
use vantage_protocol::params::NAME_BYTES_MAX;
use vantage_protocol::target::Target;

/// Longest time that can be given: no deadline of ours lies beyond it.
const SECONDS_MAX: u64 = vantage_protocol::params::JOB_S_MAX;

/// A length of time in whole seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seconds(pub u64);

impl Seconds {
    /// For timers.
    pub fn duration(self) -> std::time::Duration {
        std::time::Duration::from_secs(self.0)
    }
}

/// Reads `90`, `90s`, `5m`, `2h`, `1d`.
pub fn seconds(text: &str) -> Result<Seconds, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..).unwrap_or_default() {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 24 * 3600,
        other => return Err(format!("unknown unit {other:?}: write 90s, 5m, 2h or 1d")),
    };
    let count: u64 =
        digits.parse().map_err(|_| "write a whole number and a unit: 90s, 5m, 2h or 1d".to_owned())?;
    match count.checked_mul(unit) {
        Some(0) => Err("at least 1s is needed".to_owned()),
        Some(s) if s <= SECONDS_MAX => Ok(Seconds(s)),
        _ => Err(format!("at most {}d are possible", SECONDS_MAX / (24 * 3600))),
    }
}

/// Reads a number of which there has to be some.
pub fn some(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(0) => Err("at least 1 is needed".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err(format!("a whole number from 1 to {} is needed", u32::MAX)),
    }
}

/// Reads the name of a region or an operator.
pub fn name(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.:/".contains(c);
    if text.is_empty() || text.len() > NAME_BYTES_MAX || !text.chars().all(good) {
        return Err(format!("a name is 1 to {NAME_BYTES_MAX} lower-case letters, digits and -_.:/"));
    }
    Ok(text.to_owned())
}

/// Reads `NAME` or `NAME=REPEATS`. A name may hold `=` itself: what stands behind the last one are repeats if it is digits
/// alone, so that a name which ends so itself needs `=1` behind it.
pub fn target(text: &str) -> Result<(Target, u32), String> {
    let counted =
        text.rsplit_once('=').filter(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let (name, repeats) = match counted {
        Some((name, repeats)) => {
            let repeats = repeats.parse().ok().filter(|n| *n > 0);
            (name, repeats.ok_or("after = comes how often each prompt is put: a whole number from 1")?)
        }
        None => (text, 1),
    };
    Ok((name.parse::<Target>().map_err(|e| e.to_string())?, repeats))
}

/// Reads `NAME=MICROUSD`.
pub fn price(text: &str) -> Result<(Target, u64), String> {
    let (name, price) =
        text.rsplit_once('=').ok_or("a target and its price are needed, e.g. openai/gpt-4.1-mini=400")?;
    let price =
        price.parse().map_err(|_| "after = comes the price of one call: whole millionths of a US dollar")?;
    Ok((name.parse::<Target>().map_err(|e| e.to_string())?, price))
}

/// Reads `ROOTKEY,OPERATOR,REGION`.
pub fn member(text: &str) -> Result<Member, String> {
    let fields: Vec<&str> = text.split(',').collect();
    let [root, operator, region] = fields.as_slice() else {
        return Err("three fields are needed: ROOTKEY,OPERATOR,REGION".to_owned());
    };
    let bytes = unhex(root).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let bytes = bytes.ok_or("the root key is 64 lower-case hex digits, as `vantage init` prints it")?;
    let root = PublicKey::from_bytes(&bytes).map_err(|e| format!("root key: {e}"))?;
    let operator = name(operator).map_err(|e| format!("operator: {e}"))?;
    let region = name(region).map_err(|e| format!("region: {e}"))?;
    Ok(Member { root, operator, region })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_and_bounds() {
        for (text, s) in [("90", 90), ("90s", 90), ("5m", 300), ("2h", 7200), ("7d", 604_800)] {
            assert_eq!(seconds(text).unwrap(), Seconds(s), "{text}");
        }
        for bad in ["", "s", "0", "0s", "-1s", "1.5s", "8d", "1w", "99999999999999999999s", "1 s", "９s"] {
            assert!(seconds(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn some_is_not_none() {
        assert_eq!(some("1"), Ok(1));
        for bad in ["0", "00", "-1", "", "x", "1.0", "4294967296"] {
            assert!(some(bad).is_err_and(|why| why.contains("needed")), "{bad}");
        }
    }

    #[test]
    fn targets_carry_their_repeats() {
        let (t, n) = target("sim:openai=2").unwrap();
        assert_eq!((t.as_str(), n), ("sim:openai", 2));
        assert_eq!(target("open:smollm2-135m").unwrap().1, 1);
        for (text, name, repeats) in [
            ("compat:lab/a=b=3", "compat:lab/a=b", 3),
            ("compat:lab/a=b", "compat:lab/a=b", 1),
            ("compat:lab/a=", "compat:lab/a=", 1),
            ("compat:lab/models=x=2", "compat:lab/models=x", 2),
            ("compat:lab/top=5=1", "compat:lab/top=5", 1),
            ("openai/ft:gpt-4o:Org::id=4", "openai/ft:gpt-4o:Org::id", 4),
            ("compat:lab/t=0.7", "compat:lab/t=0.7", 1),
        ] {
            let (t, n) = target(text).unwrap();
            assert_eq!((t.as_str(), n), (name, repeats), "{text}");
        }
        for bad in [
            "sim:openai=",
            "sim:openai=0",
            "sim:openai=x",
            "sim:openai=1=2",
            "=2",
            "gpt",
            "openai/a=99999999999",
        ] {
            assert!(target(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn prices_are_whole_millionths() {
        let (t, price_microusd) = price("sim:openai=400").unwrap();
        assert_eq!((t.as_str(), price_microusd), ("sim:openai", 400));
        let (t, price_microusd) = price("compat:lab/a=b=7").unwrap();
        assert_eq!((t.as_str(), price_microusd), ("compat:lab/a=b", 7));
        for bad in ["sim:openai", "sim:openai=", "sim:openai=-1", "sim:openai=0.5", "gpt=1"] {
            assert!(price(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn members_name_an_acceptable_key() {
        let key = vantage_protocol::keys::RootKey::from_seed(&[1; 32]).public();
        let root = key.node_id().to_string();
        assert_eq!(member(&format!("{root},acme,eu")).unwrap().root, key);
        let weak = "01".to_owned() + &"00".repeat(31);
        for bad in
            [format!("{root},acme"), format!("{root},Acme,eu"), format!("{weak},acme,eu"), "x,a,b".into()]
        {
            assert!(member(&bad).is_err(), "{bad:?}");
        }
    }
}
