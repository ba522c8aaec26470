//! Targets: what is asked. `open:smollm2-135m`, `golem:smollm2-135m`, `openai/gpt-4.1-mini`, `anthropic/claude-haiku-4-5`,
//! `gemini/gemini-2.5-flash`, `compat:name/model`, `sim:openai`.

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
    /// An open model that the executor has run by a provider of the Golem Network.
    Golem,
}

impl Surface {
    /// The word used on the wire and in tables.
    pub fn word(self) -> &'static str {
        match self {
            Surface::Open => "open",
            Surface::Api => "api",
            Surface::Golem => "golem",
        }
    }
}

/// The format in which a target's API is spoken: what a request looks like, and how an answer is to be read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Dialect {
    /// OpenAI's chat completions, and every endpoint that speaks the same.
    OpenAi,
    /// Anthropic's messages.
    Anthropic,
    /// Gemini's `generateContent`.
    Gemini,
}

impl Dialect {
    /// The dialect of a vendor's own API; of whatever is not known by name, OpenAI's.
    pub fn of_vendor(name: &str) -> Self {
        match name {
            "anthropic" => Dialect::Anthropic,
            "gemini" => Dialect::Gemini,
            _ => Dialect::OpenAi,
        }
    }
}

/// Vendors that a target names without saying more. No compatible endpoint may go by these names.
pub const VENDORS: [&str; 3] = ["openai", "anthropic", "gemini"];

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
    "target {text:?}: {why}; targets look like open:smollm2-135m, golem:smollm2-135m, openai/<model>, anthropic/<model>, gemini/<model>, \
     compat:<name>/<model>, and in test networks sim:openai, sim:anthropic, sim:gemini"
)]
pub struct BadTarget {
    /// What was given, shortened.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
}

/// The simulated vendors, and the model that each is asked for.
pub const SIM_MODELS: [(&str, &str); 3] =
    [("openai", "sim-gpt-1"), ("anthropic", "sim-claude-1"), ("gemini", "sim-gemini-1")];

impl Target {
    /// Who runs the model: `open`, `golem`, `openai`, `anthropic`, `gemini`, or the name of a compatible endpoint as
    /// `compat:name`.
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

    /// An open model: which bytes come back depends on the request alone, wherever it runs.
    pub fn is_open_model(&self) -> bool {
        matches!(self.surface(), Surface::Open | Surface::Golem)
    }

    /// How it is reached.
    pub fn surface(&self) -> Surface {
        match self.vendor.as_str() {
            "open" => Surface::Open,
            "golem" => Surface::Golem,
            _ => Surface::Api,
        }
    }

    /// The format of its API; none for a model that the executor runs itself.
    pub fn dialect(&self) -> Option<Dialect> {
        (self.surface() == Surface::Api).then(|| Dialect::of_vendor(&self.vendor))
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
        for place in ["open", "golem"] {
            if let Some(model) = text.strip_prefix(place).and_then(|rest| rest.strip_prefix(':')) {
                return target(place, model, false);
            }
        }
        if let Some(vendor) = text.strip_prefix("sim:") {
            let model = SIM_MODELS.iter().find(|(name, _)| *name == vendor).map(|(_, model)| *model);
            return target(vendor, model.ok_or_else(|| bad("no vendor of this name is simulated"))?, true);
        }
        let (vendor, model) = text.split_once('/').ok_or_else(|| bad("no model is named"))?;
        // this vendor's models stand in the path of the request, where the name must remain one segment
        if vendor == "gemini" && (model.contains(['/', ':']) || model.contains("..")) {
            return Err(bad("a model of gemini is one name, without / : or .."));
        }
        let is_name = |n: &str| {
            !n.is_empty() && !n.contains(':') && n != "open" && n != "golem" && !VENDORS.contains(&n)
        };
        let known = VENDORS.contains(&vendor) || vendor.strip_prefix("compat:").is_some_and(is_name);
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
        let golem: Target = "golem:smollm2-135m".parse().unwrap();
        assert_eq!(
            (golem.vendor(), golem.model(), golem.surface()),
            ("golem", "smollm2-135m", Surface::Golem)
        );
        let sim: Target = "sim:openai".parse().unwrap();
        assert!(sim.is_sim() && sim.vendor() == "openai" && sim.model() == "sim-gpt-1");
        let api: Target = "openai/gpt-4.1-mini".parse().unwrap();
        assert!(!api.is_sim() && api.model() == "gpt-4.1-mini");
        let compat: Target = "compat:lab/qwen-2.5".parse().unwrap();
        assert_eq!((compat.vendor(), compat.model()), ("compat:lab", "qwen-2.5"));
        for bad in [
            "openai",
            "anthropic",
            "sim:claude",
            "sim:open",
            "open:",
            "golem:",
            "compat:golem/x",
            "sim:golem",
            "/x",
            "other/x",
            "compat:/x",
            "compat:anthropic/x",
            "compat:openai/x",
            "OPENAI/x",
            "gemini/models/x",
            "gemini/x:generatecontent",
            "gemini/a..b",
            "",
        ] {
            assert!(bad.parse::<Target>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_target_speaks_one_dialect() {
        for (text, dialect) in [
            ("open:smollm2-135m", None),
            ("golem:smollm2-135m", None),
            ("openai/gpt-4.1-mini", Some(Dialect::OpenAi)),
            ("compat:lab/claude", Some(Dialect::OpenAi)),
            ("anthropic/claude-haiku-4-5-20251001", Some(Dialect::Anthropic)),
            ("gemini/gemini-2.5-flash", Some(Dialect::Gemini)),
            ("sim:openai", Some(Dialect::OpenAi)),
            ("sim:anthropic", Some(Dialect::Anthropic)),
            ("sim:gemini", Some(Dialect::Gemini)),
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!((target.dialect(), target.as_str()), (dialect, text));
            assert_eq!(target.is_sim(), text.starts_with("sim:"));
        }
    }
}
