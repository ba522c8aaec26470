//! Reading a GGUF file that may be hostile: the header is bounded before it is parsed, every tensor is checked against
//! the file, and a panic of the parser becomes an error.

use candle_core::quantized::gguf_file::{Content, Value};
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

/// Longest header (metadata and tensor list). SmolLM2's is under 2 MB; a parsed value takes up to 32 bytes, so this
/// bounds memory to about half a gigabyte. A guess.
const HEADER_BYTES_MAX: u64 = 8 << 20;
/// Most parameters of a model: 4 GB as F32. A guess at what a volunteer's machine carries.
const PARAMETERS_MAX: u64 = 1_000_000_000;
/// Most transformer blocks; Llama 3 405B has 126.
const BLOCKS_MAX: u32 = 256;
/// Widest model; Llama 3 405B has 16,384.
const WIDTH_MAX: u32 = 32_768;
/// Most entries of a vocabulary; Gemma 3 has 262,144.
const VOCABULARY_MAX: usize = 300_000;

/// What is wrong with a GGUF file.
#[derive(Debug, thiserror::Error)]
pub enum GgufError {
    /// The file could not be read.
    #[error("reading the model file: {0}")]
    Io(#[from] io::Error),
    /// Not a GGUF file, or a broken one.
    #[error("not a readable GGUF file: {0}")]
    Parse(String),
    /// A GGUF file, but beyond the limits or without what the engine needs.
    #[error("GGUF file refused: {0}")]
    Refused(String),
}

/// A model file with a checked header.
pub(crate) struct ModelFile {
    pub(crate) file: File,
    pub(crate) content: Content,
    pub(crate) shape: LlamaShape,
}

/// The sizes in the metadata that the engine divides by or allocates from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LlamaShape {
    pub(crate) context_tokens: u32,
}

impl ModelFile {
    /// Opens `path`, parses its header and checks all of it; reads no weights.
    pub(crate) fn open(path: &Path) -> Result<Self, GgufError> {
        let mut file = File::open(path)?;
        let len_bytes = file.metadata()?.len();
        let mut head = Vec::new();
        file.by_ref().take(HEADER_BYTES_MAX).read_to_end(&mut head)?;
        let content = guard(|| Content::read(&mut Cursor::new(head)))?;
        check_tensors(&content, len_bytes)?;
        let shape = check_metadata(&content)?;
        Ok(Self { file, content, shape })
    }
}

/// Runs engine code on outside data: its errors and its panics come back as [`GgufError::Parse`].
pub(crate) fn guard<T>(run: impl FnOnce() -> candle_core::Result<T>) -> Result<T, GgufError> {
    match panic::catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(GgufError::Parse(one_line(&error.to_string()))),
        Err(panic) => Err(GgufError::Parse(format!("the parser panicked: {}", panic_text(panic.as_ref())))),
    }
}

/// The message of a caught panic.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    one_line(
        &text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned()),
    )
}

/// The first line, at most 200 characters, without control characters: file contents may be quoted in it.
pub(crate) fn one_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect()
}

fn refused(what: impl Into<String>) -> GgufError {
    GgufError::Refused(what.into())
}

/// Every tensor lies inside the file, and all together are within the limit.
fn check_tensors(content: &Content, len_bytes: u64) -> Result<(), GgufError> {
    let mut parameters = 0u64;
    for (name, info) in &content.tensor_infos {
        let name = one_line(name);
        let elements = info
            .shape
            .dims()
            .iter()
            .try_fold(1u64, |product, &dim| product.checked_mul(u64::try_from(dim).ok()?))
            .filter(|&elements| elements > 0 && elements <= PARAMETERS_MAX)
            .ok_or_else(|| {
                let dims: Vec<String> = info.shape.dims().iter().map(ToString::to_string).collect();
                refused(format!("tensor {name} has an impossible shape, {}", dims.join(" by ")))
            })?;
        let (block, bytes) = (info.ggml_dtype.block_size() as u64, info.ggml_dtype.type_size() as u64);
        let end = elements
            .checked_div(block)
            .and_then(|blocks| blocks.checked_mul(bytes))
            .and_then(|size| size.checked_add(info.offset)?.checked_add(content.tensor_data_offset))
            .ok_or_else(|| refused(format!("tensor {name} has an impossible size")))?;
        if end > len_bytes {
            return Err(refused(format!("tensor {name} ends at byte {end} of a file of {len_bytes}")));
        }
        parameters = parameters.saturating_add(elements);
    }
    if parameters == 0 || parameters > PARAMETERS_MAX {
        return Err(refused(format!("{parameters} parameters; 1 to {PARAMETERS_MAX} are supported")));
    }
    Ok(())
}

/// The sizes in the metadata agree with each other and with the limits.
fn check_metadata(content: &Content) -> Result<LlamaShape, GgufError> {
    let architecture = text(content, "general.architecture")?;
    if architecture != "llama" {
        return Err(refused(format!("architecture {:?}; only llama is supported", one_line(architecture))));
    }
    let bounded = |key: &str, max: u32| match number(content, key)? {
        value if (1..=max).contains(&value) => Ok(value),
        value => Err(refused(format!("{key} is {value}; 1 to {max} is supported"))),
    };
    bounded("llama.block_count", BLOCKS_MAX)?;
    let width = bounded("llama.embedding_length", WIDTH_MAX)?;
    let heads = bounded("llama.attention.head_count", width)?;
    let kv_heads = bounded("llama.attention.head_count_kv", heads)?;
    let rope = bounded("llama.rope.dimension_count", width)?;
    if !width.is_multiple_of(heads) || !heads.is_multiple_of(kv_heads) || rope != width / heads {
        return Err(refused(format!(
            "width {width}, heads {heads}, key heads {kv_heads}, rotary width {rope} do not fit together"
        )));
    }
    if content.metadata.contains_key("llama.expert_count") {
        return Err(refused("mixtures of experts are not supported"));
    }
    Ok(LlamaShape { context_tokens: bounded("llama.context_length", u32::MAX)? })
}

fn value<'a>(content: &'a Content, key: &str) -> Result<&'a Value, GgufError> {
    content.metadata.get(key).ok_or_else(|| refused(format!("no {key} in the metadata")))
}

/// An unsigned number of the metadata.
pub(crate) fn number(content: &Content, key: &str) -> Result<u32, GgufError> {
    match value(content, key)? {
        Value::U32(number) => Ok(*number),
        _ => Err(refused(format!("{key} is not a 32-bit unsigned number"))),
    }
}

/// A text of the metadata.
pub(crate) fn text<'a>(content: &'a Content, key: &str) -> Result<&'a str, GgufError> {
    match value(content, key)? {
        Value::String(text) => Ok(text),
        _ => Err(refused(format!("{key} is not a text"))),
    }
}

/// A truth value of the metadata.
pub(crate) fn boolean(content: &Content, key: &str) -> Result<bool, GgufError> {
    match value(content, key)? {
        Value::Bool(value) => Ok(*value),
        _ => Err(refused(format!("{key} is not a truth value"))),
    }
}

/// A list of the metadata, each entry read by `entry`.
pub(crate) fn list<'a, T>(
    content: &'a Content,
    key: &str,
    entry: impl Fn(&'a Value) -> Option<T>,
) -> Result<Vec<T>, GgufError> {
    let Value::Array(values) = value(content, key)? else {
        return Err(refused(format!("{key} is not a list")));
    };
    if values.len() > VOCABULARY_MAX {
        return Err(refused(format!("{key} has {} entries; {VOCABULARY_MAX} are supported", values.len())));
    }
    values
        .iter()
        .map(|value| entry(value).ok_or_else(|| refused(format!("{key} holds an entry of the wrong type"))))
        .collect()
}

#[cfg(test)]
mod tests;
