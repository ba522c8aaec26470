//! How an answer ended, by the adapter that asked for it and the word that the model's server gave as its reason.
//!
//! The words are closed lists, so that everybody who holds a receipt classifies it alike. A word that is in no list says
//! nothing about the text before it, and such a text is no answer.

use crate::request::Adapter;

/// How an answer ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ending {
    /// The model came to an end.
    Whole,
    /// The limit of tokens, or the model's context, cut the answer off.
    Cut,
    /// A filter of the vendor's withheld the answer, or cut it off.
    Withheld,
    /// The model asks for a tool to be run, though none is offered.
    ToolCall,
    /// The server or the model broke off: what there is of text is a part by accident.
    Torn,
    /// A word that is in no list; or none, where the vendor's reference promises one.
    Unknown,
    /// No word, on a compatible endpoint: many of their servers give none with a whole answer.
    Untold,
}

impl Ending {
    /// The ending that `finish` stands for in answers to this adapter's requests.
    ///
    /// Words of the vendors' own APIs are compared exactly; those of compatible endpoints without regard to the case of
    /// ASCII letters, as their servers spell the same word in several ways. There the name of a filter may stand before a
    /// reason of Gemini's, see [`filtered`]. An empty word is none.
    pub fn of(adapter: Adapter, finish: Option<&str>) -> Self {
        let is_compatible = adapter == Adapter::CompatibleChat;
        let Some(finish) = finish.filter(|word| !word.trim().is_empty()) else {
            return if is_compatible { Self::Untold } else { Self::Unknown };
        };
        let is_it = |word: &str| word == finish || (is_compatible && word.eq_ignore_ascii_case(finish));
        let listed = words(adapter).iter().find(|(word, _)| is_it(word)).map(|(_, ending)| *ending);
        listed.or_else(|| filtered(finish).filter(|_| is_compatible)?.1).unwrap_or(Self::Unknown)
    }

    /// Whether the text before it is an answer, which is compared with others.
    pub fn is_answer(self) -> bool {
        self.failure().is_none()
    }

    /// The stable code of the failure that it is; none for an answer.
    pub fn failure(self) -> Option<&'static str> {
        match self {
            Self::Whole | Self::Cut | Self::Untold => None,
            Self::Withheld => Some("content_filter"),
            Self::ToolCall => Some("tool_call"),
            Self::Torn => Some("torn"),
            Self::Unknown => Some("unknown_finish"),
        }
    }

    /// The word for it in tables: `whole`, `cut`, `withheld`, `tool call`, `torn`, `unknown`, `untold`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Cut => "cut",
            Self::Withheld => "withheld",
            Self::ToolCall => "tool call",
            Self::Torn => "torn",
            Self::Unknown => "unknown",
            Self::Untold => "untold",
        }
    }
}

/// The reason behind the name of a filter, `content_filter: RECITATION`, as Gemini's compatible endpoint writes it, and the
/// ending that it is; no ending if the reason is none for which `gemini-generate/1` withholds, breaks off or asks for a tool.
pub fn filtered(finish: &str) -> Option<(&str, Option<Ending>)> {
    let (filter, reason) = finish.split_once(": ")?;
    let (_, ending) = FILTERS.iter().find(|(known, _)| known.eq_ignore_ascii_case(filter))?;
    let is_it = |(word, ending): &&(&str, Ending)| {
        // those of prompts have a mark of their own
        let is_of_answers = !word.contains(':') && matches!(ending, Withheld | ToolCall | Torn);
        is_of_answers && word.eq_ignore_ascii_case(reason)
    };
    Some((reason, GEMINI.iter().find(is_it).map(|_| *ending)))
}

/// All words that are known in answers to this adapter's requests, with their meaning.
pub fn words(adapter: Adapter) -> &'static [(&'static str, Ending)] {
    match adapter {
        Adapter::OpenChat => &OPEN,
        Adapter::OpenAiChat => &OPENAI,
        Adapter::CompatibleChat => &COMPATIBLE,
        Adapter::AnthropicMessages => &ANTHROPIC,
        Adapter::GeminiGenerate => &GEMINI,
    }
}

use Ending::{Cut, ToolCall, Torn, Unknown, Whole, Withheld};

/// The filters of Gemini's compatible endpoint: of what the model wrote, and of the calls that it asked for.
const FILTERS: [(&str, Ending); 2] = [("content_filter", Withheld), ("function_call_filter", ToolCall)];

/// The runner's own two.
const OPEN: [(&str, Ending); 2] = [("length", Cut), ("stop", Whole)];

/// The `finish_reason` of OpenAI's reference.
const OPENAI: [(&str, Ending); 5] = [
    ("content_filter", Withheld),
    ("function_call", ToolCall),
    ("length", Cut),
    ("stop", Whole),
    ("tool_calls", ToolCall),
];

/// What the common servers say that speak OpenAI's format, and what gateways pass on of other vendors' words.
const COMPATIBLE: [(&str, Ending); 48] = [
    // OpenAI's own, and with them Azure, vLLM, SGLang, llama.cpp, Ollama, Groq, Fireworks, OpenRouter, Moonshot, xAI
    ("content_filter", Withheld),
    ("function_call", ToolCall),
    ("length", Cut),
    ("stop", Whole),
    ("tool_calls", ToolCall),
    // the engine gave up the request, or an upstream did: vLLM, SGLang, OpenRouter, Mistral, watsonx
    ("abort", Torn),
    ("aborted", Torn),
    ("cancelled", Torn),
    ("error", Torn),
    ("not_finished", Torn),
    // vLLM, when it stops a model that says the same again and again
    ("repetition", Torn),
    ("time_limit", Torn),
    // Ollama, when the model was loaded or unloaded instead of asked
    ("load", Torn),
    ("unload", Torn),
    // TGI, Together, watsonx
    ("eos", Whole),
    ("eos_token", Whole),
    ("stop_sequence", Whole),
    ("token_limit", Cut),
    // Mistral: the model's context is full
    ("model_length", Cut),
    // DeepSeek
    ("insufficient_system_resource", Torn),
    // Z.ai
    ("network_error", Torn),
    ("sensitive", Withheld),
    // Cohere
    ("complete", Whole),
    ("error_limit", Cut),
    ("error_toxic", Withheld),
    ("max_tokens", Cut),
    ("timeout", Torn),
    ("tool_call", ToolCall),
    ("user_cancel", Torn),
    // Anthropic's and Bedrock's
    ("compaction", Torn),
    ("content_filtered", Withheld),
    ("end_turn", Whole),
    ("guardrail_intervened", Withheld),
    ("malformed_model_output", Torn),
    ("malformed_tool_use", ToolCall),
    ("model_context_window_exceeded", Cut),
    ("pause_turn", Torn),
    ("refusal", Withheld),
    ("tool_use", ToolCall),
    // Gemini's
    ("blocklist", Withheld),
    ("language", Withheld),
    ("malformed_function_call", ToolCall),
    ("malformed_response", Torn),
    ("other", Torn),
    ("prohibited_content", Withheld),
    ("recitation", Withheld),
    ("safety", Withheld),
    ("spii", Withheld),
];

/// The `stop_reason` of Anthropic's reference.
const ANTHROPIC: [(&str, Ending); 8] = [
    // the server made the conversation shorter, and has not answered yet
    ("compaction", Torn),
    ("end_turn", Whole),
    ("max_tokens", Cut),
    ("model_context_window_exceeded", Cut),
    // a turn of the server's own tools that wants to be taken up again
    ("pause_turn", Torn),
    // a classifier stepped in; a model that declines in its own words ends with `end_turn`
    ("refusal", Withheld),
    ("stop_sequence", Whole),
    ("tool_use", ToolCall),
];

/// The `finishReason` of Gemini's reference, Vertex included, and behind `BLOCKED:` the `blockReason` of a prompt that was
/// refused itself: `OTHER` is a reason of both kinds, with two meanings.
const GEMINI: [(&str, Ending); 31] = [
    ("BLOCKED:BLOCKED_REASON_UNSPECIFIED", Unknown),
    ("BLOCKED:BLOCKLIST", Withheld),
    ("BLOCKED:BLOCK_REASON_UNSPECIFIED", Unknown),
    ("BLOCKED:IMAGE_SAFETY", Withheld),
    ("BLOCKED:JAILBREAK", Withheld),
    ("BLOCKED:MODEL_ARMOR", Withheld),
    ("BLOCKED:OTHER", Withheld),
    ("BLOCKED:PROHIBITED_CONTENT", Withheld),
    ("BLOCKED:SAFETY", Withheld),
    ("BLOCKLIST", Withheld),
    ("ESCALATION", Withheld),
    ("FINISH_REASON_UNSPECIFIED", Unknown),
    ("IMAGE_OTHER", Torn),
    ("IMAGE_PROHIBITED_CONTENT", Withheld),
    ("IMAGE_RECITATION", Withheld),
    ("IMAGE_SAFETY", Withheld),
    // the vendor flags what the model wrote for its language, and takes it back
    ("LANGUAGE", Withheld),
    ("MALFORMED_FUNCTION_CALL", ToolCall),
    ("MALFORMED_RESPONSE", Torn),
    ("MAX_TOKENS", Cut),
    ("MISSING_THOUGHT_SIGNATURE", Torn),
    ("MODEL_ARMOR", Withheld),
    ("NO_IMAGE", Torn),
    ("OTHER", Torn),
    ("PROHIBITED_CONTENT", Withheld),
    ("RECITATION", Withheld),
    ("SAFETY", Withheld),
    ("SPII", Withheld),
    ("STOP", Whole),
    ("TOO_MANY_TOOL_CALLS", ToolCall),
    ("UNEXPECTED_TOOL_CALL", ToolCall),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_one_meaning_and_an_unknown_one_none() {
        for adapter in Adapter::ALL {
            let mut seen: Vec<_> = words(adapter).iter().map(|(word, _)| *word).collect();
            assert!(words(adapter).iter().all(|(word, ending)| Ending::of(adapter, Some(word)) == *ending));
            let count = seen.len();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), count, "{adapter:?}");
            for strange in ["stopped", "done", "null", "0", " stop", "stop.", "ｓｔｏｐ", "interrupted"] {
                assert_eq!(Ending::of(adapter, Some(strange)), Ending::Unknown, "{adapter:?} {strange}");
            }
        }
    }

    #[test]
    fn only_what_ended_or_met_its_limit_is_an_answer() {
        let answers = |adapter: Adapter| {
            let is_answer = |(word, ending): &&(&'static str, Ending)| {
                assert_eq!(ending.failure().is_none(), ending.is_answer(), "{word}");
                ending.is_answer()
            };
            words(adapter).iter().filter(is_answer).map(|(word, _)| *word).collect::<Vec<_>>()
        };
        assert_eq!(answers(Adapter::OpenChat), ["length", "stop"]);
        assert_eq!(answers(Adapter::OpenAiChat), ["length", "stop"]);
        assert_eq!(
            answers(Adapter::AnthropicMessages),
            ["end_turn", "max_tokens", "model_context_window_exceeded", "stop_sequence"]
        );
        assert_eq!(answers(Adapter::GeminiGenerate), ["MAX_TOKENS", "STOP"]);
        for adapter in Adapter::ALL {
            let is_compatible = adapter == Adapter::CompatibleChat;
            for none in [None, Some(""), Some(" ")] {
                let ending = Ending::of(adapter, none);
                assert_eq!((ending.is_answer(), ending == Ending::Untold), (is_compatible, is_compatible));
            }
        }
    }

    #[test]
    fn case_matters_to_the_vendors_own_alone() {
        assert_eq!(Ending::of(Adapter::CompatibleChat, Some("COMPLETE")), Ending::Whole);
        assert_eq!(Ending::of(Adapter::CompatibleChat, Some("Length")), Ending::Cut);
        assert_eq!(Ending::of(Adapter::OpenAiChat, Some("STOP")), Ending::Unknown);
        assert_eq!(Ending::of(Adapter::GeminiGenerate, Some("stop")), Ending::Unknown);
    }

    #[test]
    fn a_reason_behind_a_filter_is_no_answer_and_an_unknown_one_nothing() {
        for (word, ending) in [
            ("content_filter: PROHIBITED_CONTENT", Ending::Withheld),
            ("content_filter: RECITATION", Ending::Withheld),
            ("Content_Filter: other", Ending::Withheld),
            ("function_call_filter: MALFORMED_FUNCTION_CALL", Ending::ToolCall),
            ("function_call_filter: UNEXPECTED_TOOL_CALL", Ending::ToolCall),
            ("content_filter: STOP", Ending::Unknown),
            ("content_filter: MAX_TOKENS", Ending::Unknown),
            ("content_filter: FINISH_REASON_UNSPECIFIED", Ending::Unknown),
            ("content_filter: OF_THE_FUTURE", Ending::Unknown),
            ("content_filter:RECITATION", Ending::Unknown),
            ("content_filter: BLOCKED:SAFETY", Ending::Unknown),
            ("content_filter: ", Ending::Unknown),
            ("of_the_future: RECITATION", Ending::Unknown),
            ("stop: RECITATION", Ending::Unknown),
        ] {
            assert_eq!(Ending::of(Adapter::CompatibleChat, Some(word)), ending, "{word}");
            for own in Adapter::ALL.into_iter().filter(|adapter| *adapter != Adapter::CompatibleChat) {
                assert_eq!(Ending::of(own, Some(word)), Ending::Unknown, "{own:?} {word}");
            }
        }
    }
}
