//! SmolLM2's tokenizer, built from the metadata of its GGUF file: byte-level BPE, digits one by one.
//!
//! Candle's own `TokenizerFromGguf` puts a space in front of this model's text, which changes the answer. The tokenizer
//! built here gives the ids of llama.cpp; `tests/known_answers.json` holds them.

use crate::chat::{self, Message, Piece};
use crate::gguf::{self, GgufError};
use candle_core::quantized::gguf_file::{Content, Value};
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::{AddedToken, Tokenizer};

/// The other token, besides the end of a turn, after which the model has nothing to say.
const END_OF_TEXT: &str = "<|endoftext|>";
/// Token types of the GGUF specification that are never made by merging: control and user-defined.
const SPECIAL_TYPES: [i32; 2] = [3, 4];

/// Turns conversations into token ids and generated ids into text.
pub(crate) struct ChatTokenizer {
    inner: Tokenizer,
    turn_start: u32,
    turn_end: u32,
    end_of_text: u32,
    vocabulary: usize,
}

impl ChatTokenizer {
    /// Builds the tokenizer; refuses a file whose tokenizer or chat template is not the one implemented here.
    pub(crate) fn from_gguf(content: &Content) -> Result<Self, GgufError> {
        check_kind(content)?;
        let string = |value: &Value| value.to_string().ok().cloned();
        let tokens = gguf::list(content, "tokenizer.ggml.tokens", string)?;
        let types = gguf::list(content, "tokenizer.ggml.token_type", |value| value.to_i32().ok())?;
        let merges = gguf::list(content, "tokenizer.ggml.merges", |value| {
            let (left, right) = value.to_string().ok()?.split_once(' ')?;
            Some((left.to_owned(), right.to_owned()))
        })?;
        let vocabulary = tokens.len();
        let ids: Vocab = (0u32..).zip(&tokens).map(|(id, token)| (token.clone(), id)).collect();
        if ids.len() != vocabulary || types.len() != vocabulary {
            return Err(GgufError::Refused(format!(
                "{vocabulary} tokens, {} of them distinct, {} types",
                ids.len(),
                types.len()
            )));
        }
        let special: Vec<AddedToken> = tokens
            .into_iter()
            .zip(types)
            .filter(|(_, kind)| SPECIAL_TYPES.contains(kind))
            .map(|(token, _)| AddedToken::from(token, true))
            .collect();
        let inner = assemble(ids, merges, special)?;
        let id = |token: &str| {
            inner
                .token_to_id(token)
                .ok_or_else(|| GgufError::Refused(format!("no token {token} in the vocabulary")))
        };
        let (turn_start, turn_end) = (id(chat::TURN_START)?, id(chat::TURN_END)?);
        let end_of_text = id(END_OF_TEXT)?;
        if gguf::number(content, "tokenizer.ggml.eos_token_id")? != turn_end {
            return Err(GgufError::Refused(format!("the end token is not {}", chat::TURN_END)));
        }
        Ok(Self { inner, turn_start, turn_end, end_of_text, vocabulary })
    }

    /// Token ids of a conversation, ready for the model's answer. Fails only if the tokenizer itself does.
    pub(crate) fn prompt_ids(&self, messages: &[Message]) -> Result<Vec<u32>, String> {
        let mut ids = Vec::new();
        for piece in chat::apply_template(messages) {
            match piece {
                Piece::TurnStart => ids.push(self.turn_start),
                Piece::TurnEnd => ids.push(self.turn_end),
                Piece::Text(text) => {
                    let encoding =
                        self.inner.encode_fast(text, false).map_err(|e| gguf::one_line(&e.to_string()))?;
                    ids.extend_from_slice(encoding.get_ids());
                }
            }
        }
        Ok(ids)
    }

    /// Text of generated ids without special tokens; bytes that are not UTF-8 become U+FFFD.
    pub(crate) fn decode(&self, ids: &[u32]) -> Result<String, String> {
        self.inner.decode(ids, true).map_err(|e| gguf::one_line(&e.to_string()))
    }

    /// Whether the model has said that its answer is complete.
    pub(crate) fn is_end(&self, id: u32) -> bool {
        id == self.turn_end || id == self.end_of_text
    }

    /// How many token ids there are.
    pub(crate) fn vocabulary(&self) -> usize {
        self.vocabulary
    }
}

/// The file asks for exactly the tokenizer and the template of this crate.
fn check_kind(content: &Content) -> Result<(), GgufError> {
    for (key, expected) in [
        ("tokenizer.ggml.model", "gpt2"),
        ("tokenizer.ggml.pre", "smollm"),
        ("tokenizer.chat_template", chat::TEMPLATE),
    ] {
        let found = gguf::text(content, key)?;
        if found != expected {
            return Err(GgufError::Refused(format!(
                "{key} is {:?}; the runner implements only SmolLM2's",
                gguf::one_line(found)
            )));
        }
    }
    for key in ["tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_space_prefix"] {
        if gguf::boolean(content, key)? {
            return Err(GgufError::Refused(format!("{key} is set; the runner implements only SmolLM2's")));
        }
    }
    Ok(())
}

fn assemble(
    ids: Vocab,
    merges: Vec<(String, String)>,
    special: Vec<AddedToken>,
) -> Result<Tokenizer, GgufError> {
    let broken = |what: String| {
        GgufError::Refused(format!("the tokenizer cannot be built: {}", gguf::one_line(&what)))
    };
    let bpe = BPE::builder().vocab_and_merges(ids, merges).build().map_err(|e| broken(e.to_string()))?;
    let byte_level = ByteLevel::new(false, true, true);
    let mut tokenizer = Tokenizer::new(bpe);
    tokenizer.with_pre_tokenizer(Some(Sequence::new(vec![
        PreTokenizerWrapper::Digits(Digits::new(true)),
        PreTokenizerWrapper::ByteLevel(byte_level),
    ])));
    tokenizer.with_decoder(Some(byte_level));
    tokenizer.add_special_tokens(special).map_err(|e| broken(e.to_string()))?;
    tokenizer.set_encode_special_tokens(true);
    Ok(tokenizer)
}

#[cfg(test)]
mod tests;
