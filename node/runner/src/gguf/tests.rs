use super::*;
use crate::tiny;

fn open(bytes: &[u8]) -> Result<ModelFile, GgufError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    ModelFile::open(file.path())
}

fn refusal(bytes: &[u8]) -> String {
    open(bytes).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn a_sound_file_opens() {
    assert_eq!(open(&tiny::gguf()).unwrap().shape, LlamaShape { context_tokens: tiny::CONTEXT_TOKENS });
}

#[test]
fn other_files_are_refused() {
    for bytes in [&b""[..], b"GGUF", b"PK\x03\x04 a zip", &[0; 4096], &[0xff; 4096]] {
        assert!(refusal(bytes).starts_with("not a readable GGUF file"), "{:?}", refusal(bytes));
    }
}

#[test]
fn every_shortened_file_is_refused() {
    let bytes = tiny::gguf();
    for len in (0..bytes.len()).step_by(97) {
        assert!(open(&bytes[..len]).is_err(), "{len} of {} bytes", bytes.len());
    }
}

#[test]
fn lengths_beyond_the_file_are_refused_before_memory_is_taken() {
    // magic, version 3, then the number of tensors and of metadata entries
    for (tensors, entries) in [(u64::MAX, 0), (0, u64::MAX), (1 << 29, 1 << 29)] {
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend(tensors.to_le_bytes());
        bytes.extend(entries.to_le_bytes());
        bytes.extend([0; 64]);
        assert!(refusal(&bytes).starts_with("not a readable GGUF file"), "{}", refusal(&bytes));
    }
}

#[test]
fn metadata_the_engine_would_stumble_over_is_refused() {
    let cases: [(&str, Option<Value>, &str); 12] = [
        ("general.architecture", Some(Value::String("gemma3".into())), "architecture \"gemma3\""),
        ("general.architecture", None, "no general.architecture"),
        ("llama.block_count", Some(Value::U32(u32::MAX)), "llama.block_count is 4294967295"),
        ("llama.block_count", Some(Value::U64(2)), "llama.block_count is not a 32-bit"),
        ("llama.attention.head_count", Some(Value::U32(0)), "llama.attention.head_count is 0"),
        ("llama.attention.head_count_kv", Some(Value::U32(0)), "llama.attention.head_count_kv is 0"),
        ("llama.attention.head_count", Some(Value::U32(3)), "do not fit together"),
        ("llama.embedding_length", Some(Value::U32(1 << 31)), "llama.embedding_length is 2147483648"),
        ("llama.rope.dimension_count", Some(Value::U32(7)), "do not fit together"),
        ("llama.context_length", Some(Value::U32(0)), "llama.context_length is 0"),
        ("llama.expert_count", Some(Value::U32(8)), "mixtures of experts"),
        ("general.alignment", Some(Value::U32(0)), "panicked"),
    ];
    for (key, value, expected) in cases {
        let bytes = tiny::gguf_with(|metadata| match value {
            Some(value) => drop(metadata.insert(key.to_owned(), value)),
            None => drop(metadata.remove(key)),
        });
        assert!(refusal(&bytes).contains(expected), "{key}: {}", refusal(&bytes));
    }
}

#[test]
fn quoted_file_contents_are_short_and_printable() {
    let bytes = tiny::gguf_with(|metadata| {
        let name = format!("\u{1b}[31m{}", "x".repeat(10_000));
        metadata.insert("general.architecture".to_owned(), Value::String(name));
    });
    let refusal = refusal(&bytes);
    assert!(refusal.len() < 400 && !refusal.contains('\u{1b}'), "{refusal}");
}
