//! Targets: what is asked. `open:smollm2-135m`, `openai/gpt-4.1-mini`, `compat:name/model`, `sim:openai`.

use crate::wire::rule;
use core::fmt;
use core::str::FromStr;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// How a target is reached. A product ("ChatGPT") is never the same surface as an API.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    /// An open model that the executor runs itself.
    Open,
    /// A vendor's HTTP API.
    Api,
}

impl Surface {
    /// The word used on the wire and in tables.
    pub fn word(self) -> &'static str {
        match self {
            Surface::Open => "open",
            Surface::Api => "api",
        }
    }
}

/// A parsed target name. Its text form is canonical.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Target {
    text: String,
    vendor: String,
    model: String,
    sim: bool,
}

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "target {text:?}: {why}; targets look like open:smollm2-135m, openai/<model>, compat:<name>/<model>, sim:openai"
)]
pub struct BadTarget {
    /// What was given, shortened.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
}

/// Model name that the simulated vendor answers to.
pub const SIM_MODEL: &str = "sim-gpt-1";

impl Target {
    /// Who runs the model: `open`, `openai`, or the name of a compatible endpoint as `compat:name`.
    pub fn vendor(&self) -> &str {
        &self.vendor
    }

    /// The model, as the vendor names it.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Simulated: only in test networks, and said everywhere.
    pub fn is_sim(&self) -> bool {
        self.sim
    }

    /// How it is reached.
    pub fn surface(&self) -> Surface {
        if self.vendor == "open" { Surface::Open } else { Surface::Api }
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Target {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        let bad = |why: &str| BadTarget { text: text.chars().take(80).collect(), why: why.to_owned() };
        rule::name("target", text).map_err(|why| bad(&why))?;
        let target = |vendor: &str, model: &str, sim| {
            if vendor.is_empty() || model.is_empty() {
                return Err(bad("a vendor and a model are needed"));
            }
            Ok(Target { text: text.to_owned(), vendor: vendor.to_owned(), model: model.to_owned(), sim })
        };
        if let Some(model) = text.strip_prefix("open:") {
            return target("open", model, false);
        }
        if let Some(vendor) = text.strip_prefix("sim:") {
            return if vendor == "openai" {
                target(vendor, SIM_MODEL, true)
            } else {
                Err(bad("only sim:openai is simulated"))
            };
        }
        let (vendor, model) = text.split_once('/').ok_or_else(|| bad("no model is named"))?;
        let known = vendor == "openai"
            || vendor.strip_prefix("compat:").is_some_and(|n| !n.is_empty() && !n.contains(':'));
        if known { target(vendor, model, false) } else { Err(bad("unknown vendor")) }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_vendor_model_and_simulation() {
        let open: Target = "open:smollm2-135m".parse().unwrap();
        assert_eq!((open.vendor(), open.model(), open.surface()), ("open", "smollm2-135m", Surface::Open));
        let sim: Target = "sim:openai".parse().unwrap();
        assert!(sim.is_sim() && sim.vendor() == "openai" && sim.model() == SIM_MODEL);
        let api: Target = "openai/gpt-4.1-mini".parse().unwrap();
        assert!(!api.is_sim() && api.model() == "gpt-4.1-mini");
        let compat: Target = "compat:lab/qwen-2.5".parse().unwrap();
        assert_eq!((compat.vendor(), compat.model()), ("compat:lab", "qwen-2.5"));
        for bad in ["openai", "sim:claude", "open:", "/x", "other/x", "compat:/x", "OPENAI/x", ""] {
            assert!(bad.parse::<Target>().is_err(), "{bad}");
        }
    }
}
