use super::*;
use crate::gguf::ModelFile;
use crate::tiny;

fn build(bytes: &[u8]) -> Result<ChatTokenizer, GgufError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    ChatTokenizer::from_gguf(&ModelFile::open(file.path()).unwrap().content)
}

#[test]
fn text_survives_encoding_and_decoding() {
    let tokenizer = build(&tiny::gguf()).unwrap();
    for text in
        ["", " ", "hello  hello", "héllo\n\t你好 👍🏽", "12 3", "\u{0}\u{7f}\u{feff}", "<|im_start|> <|x|>"]
    {
        let ids = tokenizer.prompt_ids(&[Message::user(text)]).unwrap();
        // the user's turn: after the second start, "user\n", up to the second end
        let starts: Vec<usize> = (0..ids.len()).filter(|at| ids[*at] == tokenizer.turn_start).collect();
        let ends: Vec<usize> = (0..ids.len()).filter(|at| ids[*at] == tokenizer.turn_end).collect();
        assert_eq!((starts.len(), ends.len()), (3, 2), "no turn is forged by {text:?}");
        assert_eq!(tokenizer.decode(&ids[starts[1] + 1..ends[1]]).unwrap(), format!("user\n{text}"));
    }
}

#[test]
fn merges_are_applied_and_digits_stay_apart() {
    let tokenizer = build(&tiny::gguf()).unwrap();
    let vocabulary = tokenizer.vocabulary() as u32;
    let (hello, twelve) = (vocabulary - 2, vocabulary - 1);
    let ids = tokenizer.prompt_ids(&[Message::user("hello hello 12")]).unwrap();
    assert!(ids.contains(&hello), "\" hello\" is one token");
    assert!(!ids.contains(&twelve), "digits are never merged");
}

#[test]
fn bytes_that_are_not_utf8_become_replacement_characters() {
    let tokenizer = build(&tiny::gguf()).unwrap();
    let byte = |byte: u32| byte + 3;
    assert_eq!(tokenizer.decode(&[byte(0xff), byte(0x41), byte(0xe4)]).unwrap(), "\u{fffd}A\u{fffd}");
    assert_eq!(tokenizer.decode(&[0, byte(0x41), 2]).unwrap(), "A", "special tokens are left out");
}

#[test]
fn another_tokenizer_is_refused() {
    let text = |text: &str| Value::String(text.to_owned());
    let cases = [
        ("tokenizer.ggml.model", text("llama"), "tokenizer.ggml.model is \"llama\""),
        ("tokenizer.ggml.pre", text("qwen2"), "tokenizer.ggml.pre is \"qwen2\""),
        ("tokenizer.chat_template", text("{{ x }}"), "tokenizer.chat_template is \"{{ x }}\""),
        ("tokenizer.ggml.add_space_prefix", Value::Bool(true), "add_space_prefix is set"),
        ("tokenizer.ggml.add_bos_token", Value::U32(0), "add_bos_token is not a truth value"),
        ("tokenizer.ggml.eos_token_id", Value::U32(0), "the end token is not <|im_end|>"),
        ("tokenizer.ggml.tokens", Value::Array(vec![text("a"), text("a")]), "1 of them distinct"),
        ("tokenizer.ggml.tokens", Value::Array(vec![Value::U32(1)]), "wrong type"),
        ("tokenizer.ggml.merges", Value::Array(vec![text("nospace")]), "wrong type"),
        ("tokenizer.ggml.merges", Value::Array(vec![text("q zz")]), "cannot be built"),
        ("tokenizer.ggml.token_type", Value::U32(1), "is not a list"),
    ];
    for (key, value, expected) in cases {
        let bytes = tiny::gguf_with(|metadata| drop(metadata.insert(key.to_owned(), value)));
        let refusal = build(&bytes).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refusal.contains(expected), "{key}: {refusal}");
    }
}
