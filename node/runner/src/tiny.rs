//! A model of a few kilobytes for tests: SmolLM2's shape, tokenizer kind and template, weights from a counter.

use crate::chat;
use crate::engine::Engine;
use crate::hash::ModelHash;
use crate::spec::{ModelSource, ModelSpec};
use crate::store::{ModelStore, PulledModel};
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

const WIDTH: usize = 64;
const HIDDEN: usize = 96;
const BLOCKS: usize = 2;
/// Positions the tiny model claims to hold.
pub(crate) const CONTEXT_TOKENS: u32 = 512;

/// The metadata, to be changed by a test before it is written.
pub(crate) type Metadata = BTreeMap<String, Value>;

/// The tiny model as a GGUF file.
pub(crate) fn gguf() -> Vec<u8> {
    gguf_with(|_| ())
}

/// The tiny model with changed metadata.
pub(crate) fn gguf_with(change: impl FnOnce(&mut Metadata)) -> Vec<u8> {
    let (tokens, types) = vocabulary();
    let tensors = tensors(tokens.len());
    let mut metadata = metadata(tokens, types);
    change(&mut metadata);
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let tensors: Vec<(&str, &QTensor)> =
        tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let mut file = Cursor::new(Vec::new());
    gguf_file::write(&mut file, &metadata, &tensors).unwrap();
    file.into_inner()
}

/// Pins these bytes as a model called `tiny`.
pub(crate) fn spec(bytes: &[u8]) -> ModelSpec {
    ModelSpec {
        name: "tiny".to_owned(),
        source: ModelSource::File,
        sha256: hash(bytes),
        size_bytes: bytes.len() as u64,
        weights_sha256: None,
        licence: "CC0-1.0".to_owned(),
    }
}

/// SHA-256 of bytes.
pub(crate) fn hash(bytes: &[u8]) -> ModelHash {
    let mut writer = crate::hash::HashingWriter::new(std::io::sink());
    std::io::Write::write_all(&mut writer, bytes).unwrap();
    writer.finish().1
}

/// Imports the tiny model into a store in `dir`.
pub(crate) fn pulled(dir: &Path) -> PulledModel {
    let (bytes, file) = (gguf(), dir.join("tiny.gguf"));
    std::fs::write(&file, &bytes).unwrap();
    ModelStore::new(dir.join("store")).import(&spec(&bytes), &file, &mut |_| ()).unwrap()
}

/// The tiny model, loaded.
pub(crate) fn engine() -> Engine {
    let dir = tempfile::tempdir().unwrap();
    Engine::load(&pulled(dir.path())).unwrap()
}

fn metadata(tokens: Vec<Value>, types: Vec<Value>) -> Metadata {
    let text = |text: &str| Value::String(text.to_owned());
    let number = |number: usize| Value::U32(number as u32);
    let merges = ["h e", "l l", "he ll", "hell o", "Ġ hello", "1 2"].map(text).to_vec();
    [
        ("general.architecture", text("llama")),
        ("llama.block_count", number(BLOCKS)),
        ("llama.context_length", Value::U32(CONTEXT_TOKENS)),
        ("llama.embedding_length", number(WIDTH)),
        ("llama.attention.head_count", number(2)),
        ("llama.attention.head_count_kv", number(1)),
        ("llama.attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
        ("llama.rope.dimension_count", number(WIDTH / 2)),
        ("llama.rope.freq_base", Value::F32(10_000.0)),
        ("tokenizer.chat_template", text(chat::TEMPLATE)),
        ("tokenizer.ggml.add_bos_token", Value::Bool(false)),
        ("tokenizer.ggml.add_space_prefix", Value::Bool(false)),
        ("tokenizer.ggml.eos_token_id", number(2)),
        ("tokenizer.ggml.merges", Value::Array(merges)),
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text("smollm")),
        ("tokenizer.ggml.token_type", Value::Array(types)),
        ("tokenizer.ggml.tokens", Value::Array(tokens)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

/// Three special tokens, all bytes, and what the merges make.
fn vocabulary() -> (Vec<Value>, Vec<Value>) {
    let special = ["<|endoftext|>", chat::TURN_START, chat::TURN_END].map(str::to_owned);
    let bytes = (0..=255u8).map(|byte| byte_char(byte).to_string());
    let merged = ["he", "ll", "hell", "hello", "Ġhello", "12"].map(str::to_owned);
    let tokens: Vec<String> = special.into_iter().chain(bytes).chain(merged).collect();
    let types = (0..tokens.len()).map(|id| Value::I32(if id < 3 { 3 } else { 1 })).collect();
    (tokens.into_iter().map(Value::String).collect(), types)
}

/// The printable stand-in of a byte in byte-level BPE, as GPT-2 defined it.
fn byte_char(byte: u8) -> char {
    let plain = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    if plain(byte) {
        return char::from(byte);
    }
    let rank = (0..byte).filter(|other| !plain(*other)).count() as u32;
    char::from_u32(256 + rank).unwrap()
}

fn tensors(tokens: usize) -> BTreeMap<String, QTensor> {
    let mut seed = 0x2545_F491u32;
    let mut random = |rows: usize, columns: usize, dtype: GgmlDType| {
        let values: Vec<f32> = (0..rows * columns)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (f64::from(seed >> 8) / f64::from(1u32 << 24) - 0.5) as f32
            })
            .collect();
        QTensor::quantize(&Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap(), dtype).unwrap()
    };
    let ones = |width: usize| {
        let tensor = Tensor::ones(width, candle_core::DType::F32, &Device::Cpu).unwrap();
        QTensor::quantize(&tensor, GgmlDType::F32).unwrap()
    };
    let mut tensors = BTreeMap::from([
        ("token_embd.weight".to_owned(), random(tokens, WIDTH, GgmlDType::Q8_0)),
        ("output_norm.weight".to_owned(), ones(WIDTH)),
    ]);
    for block in 0..BLOCKS {
        for (name, rows, columns) in [
            ("attn_q", WIDTH, WIDTH),
            ("attn_k", WIDTH / 2, WIDTH),
            ("attn_v", WIDTH / 2, WIDTH),
            ("attn_output", WIDTH, WIDTH),
            ("ffn_gate", HIDDEN, WIDTH),
            ("ffn_up", HIDDEN, WIDTH),
            ("ffn_down", WIDTH, HIDDEN),
        ] {
            tensors.insert(format!("blk.{block}.{name}.weight"), random(rows, columns, GgmlDType::Q4_1));
        }
        for name in ["attn_norm", "ffn_norm"] {
            tensors.insert(format!("blk.{block}.{name}.weight"), ones(WIDTH));
        }
    }
    tensors
}
