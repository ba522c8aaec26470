//! Targets: what is asked. `open:smollm2-135m`, `golem:smollm2-135m`, `openai/gpt-4.1-mini`, `anthropic/claude-haiku-4-5`,
//! `gemini/gemini-2.5-flash`, `compat:lab/Qwen/Qwen2.5-7B-Instruct`, `sim:openai`.
//!
//! Names of our own are narrow: open models, simulated vendors, and what an operator calls a compatible endpoint. A model
//! behind an API is named by its vendor, and stands here as the vendor spells it.

use crate::params::{MODEL_BYTES_MAX, TARGET_BYTES_MAX};
use crate::wire::rule;
use core::fmt;
use core::str::FromStr;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// How a target is reached. A product ("ChatGPT") is never the same surface as an API.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
        parts(text)
            .map(|(vendor, model, sim)| Self {
                text: text.to_owned(),
                vendor: vendor.to_owned(),
                model: model.to_owned(),
                sim,
            })
            .map_err(|why| BadTarget { text: text.chars().take(80).collect(), why })
    }
}

/// Vendor, model, and whether both are simulated.
fn parts(text: &str) -> Result<(&str, &str, bool), String> {
    rule::text("target", text, TARGET_BYTES_MAX)?;
    for place in ["open", "golem"] {
        if let Some(model) = text.strip_prefix(place).and_then(|rest| rest.strip_prefix(':')) {
            rule::name("target", text)?;
            rule::name("model", model)?;
            return Ok((place, model, false));
        }
    }
    if let Some(vendor) = text.strip_prefix("sim:") {
        let found = SIM_MODELS.iter().find(|(name, _)| *name == vendor);
        let (vendor, model) = found.ok_or("no vendor of this name is simulated")?;
        return Ok((vendor, model, true));
    }
    let (vendor, model) = text.split_once('/').ok_or("no model is named")?;
    match vendor.strip_prefix("compat:") {
        Some(name) => endpoint_name(name)?,
        None if VENDORS.contains(&vendor) => {}
        None => return Err("unknown vendor".into()),
    }
    rule::spelled("model", model, MODEL_BYTES_MAX)?;
    Ok((vendor, model, false))
}

/// What an operator may call a compatible endpoint: nothing that has a meaning of its own.
fn endpoint_name(name: &str) -> Result<(), String> {
    rule::name("name of the endpoint", name)?;
    if name.contains(':') {
        return Err("the name of an endpoint holds no colon".into());
    }
    if name == "open" || name == "golem" || VENDORS.contains(&name) {
        return Err(format!("{name:?} is no name for a compatible endpoint: it is taken"));
    }
    Ok(())
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
    use proptest::prelude::*;

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
            "compat:Lab/x",
            "compat:a:b/x",
            "OPENAI/x",
            "open:Qwen",
            "golem:a@b",
            "sim:OpenAI",
            "compat:lab/",
            "openai/",
            "openai/gpt 4",
            "openai/gpt\t4",
            "openai/g\u{e9}",
            "openai/gpt\u{7f}",
            " openai/gpt",
            "openai/gpt\n",
            "",
        ] {
            assert!(bad.parse::<Target>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_model_is_named_as_its_vendor_spells_it() {
        for (text, vendor, model) in [
            ("compat:lab/Qwen/Qwen2.5-7B-Instruct", "compat:lab", "Qwen/Qwen2.5-7B-Instruct"),
            (
                "compat:x/accounts/fireworks/models/llama-v3p1",
                "compat:x",
                "accounts/fireworks/models/llama-v3p1",
            ),
            ("compat:x/models=x", "compat:x", "models=x"),
            ("compat:x//models/a.gguf", "compat:x", "/models/a.gguf"),
            ("compat:x/@cf/meta/llama-3.1-8b-instruct", "compat:x", "@cf/meta/llama-3.1-8b-instruct"),
            ("compat:x/a\"b\\c<d>|e`f%2F{g}?h#i&j", "compat:x", "a\"b\\c<d>|e`f%2F{g}?h#i&j"),
            ("anthropic/claude-3-5-sonnet@20240620", "anthropic", "claude-3-5-sonnet@20240620"),
            ("openai/ft:gpt-4o:org::id", "openai", "ft:gpt-4o:org::id"),
            ("gemini/models/gemini-2.5-flash", "gemini", "models/gemini-2.5-flash"),
            ("gemini/..", "gemini", ".."),
            ("gemini/x:generateContent", "gemini", "x:generateContent"),
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!((target.vendor(), target.model(), target.as_str()), (vendor, model, text));
            assert_eq!((target.surface(), target.is_sim()), (Surface::Api, false));
        }
    }

    #[test]
    fn lengths_are_bounded() {
        let model = |bytes: usize| format!("openai/{}", "M".repeat(bytes)).parse::<Target>();
        assert!(model(MODEL_BYTES_MAX).is_ok());
        let error = model(MODEL_BYTES_MAX + 1).unwrap_err().to_string();
        assert!(error.contains("model: 129 bytes, at most 128 are allowed"), "{error}");
        let named = |name: usize, model: usize| {
            format!("compat:{}/{}", "a".repeat(name), "M".repeat(model)).parse::<Target>()
        };
        assert!(named(56, 128).is_ok() && named(64, 120).is_ok());
        let error = named(57, 128).unwrap_err().to_string();
        assert!(error.contains("target: 193 bytes, at most 192 are allowed"), "{error}");
        assert!(named(65, 1).is_err());
        assert!(format!("open:{}", "a".repeat(59)).parse::<Target>().is_ok());
        assert!(format!("open:{}", "a".repeat(60)).parse::<Target>().is_err(), "our own names are shorter");
    }

    #[test]
    fn names_that_differ_in_case_alone_are_different() {
        let [small, capital]: [Target; 2] =
            ["compat:lab/m", "compat:lab/M"].map(|text| text.parse().unwrap());
        assert!(capital < small, "by bytes");
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
    proptest! {
        #[test]
        fn every_name_of_a_model_comes_back(vendor in "openai|anthropic|gemini|compat:[a-z0-9._-]{1,8}x", model in "[!-~]{1,128}") {
            let text = format!("{vendor}/{model}");
            let target: Target = text.parse().unwrap();
            prop_assert_eq!((target.vendor(), target.model(), target.as_str()), (&*vendor, &*model, &*text));
        }

        #[test]
        fn a_text_is_refused_or_means_itself(text in "(open:|golem:|sim:|openai/|compat:lab/|compat:)?\\PC{0,24}.{0,2}") {
            match text.parse::<Target>() {
                Ok(target) => {
                    prop_assert_eq!(target.to_string(), text.clone());
                    prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
                }
                Err(error) => prop_assert!(error.to_string().contains("targets look like")),
            }
        }
    }
}
