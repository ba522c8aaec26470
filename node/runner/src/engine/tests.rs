use super::*;
use crate::tiny;
use std::sync::atomic::{AtomicU32, Ordering};

fn ask(engine: &mut Engine, text: &str, max_tokens: u32) -> Generation {
    engine.generate(&[Message::user(text)], max_tokens, None, &|| false).unwrap()
}

#[test]
fn interleaved_and_repeated_prompts_get_equal_answers() {
    let (mut one, mut other) = (tiny::engine(), tiny::engine());
    let first = ask(&mut one, "hello", 24);
    let second = ask(&mut one, "12 hellos", 24);
    assert_ne!(first.text, second.text, "the prompt matters");
    for _ in 0..2 {
        assert_eq!(ask(&mut other, "12 hellos", 24).text, second.text);
        assert_eq!(ask(&mut one, "hello", 24).text, first.text);
    }
}

#[test]
fn a_shorter_answer_is_the_start_of_a_longer_one() {
    let mut engine = tiny::engine();
    let long = ask(&mut engine, "hello", 24);
    assert_eq!((long.finish, long.output_tokens), (Finish::Length, 24));
    let short = ask(&mut engine, "hello", 1);
    assert_eq!((short.finish, short.output_tokens), (Finish::Length, 1));
    let start = short.text.trim_end_matches('\u{fffd}');
    assert!(long.text.starts_with(start), "{short:?} {long:?}");
}

#[test]
fn a_prompt_fed_in_chunks_gives_what_it_gives_whole() {
    let engine = tiny::engine();
    let prompt = engine.prompt_ids(&[Message::user("hello 12 ".repeat(8))]).unwrap();
    let run = |chunk_tokens: usize| {
        let speaker = Speaker { weights: engine.pristine.clone(), sampler: Sampler::new(None), position: 0 };
        engine
            .in_pool(|| answer(speaker, &engine.tokenizer, &prompt, chunk_tokens, 16, &|| false))
            .unwrap()
            .ids
    };
    let whole = run(prompt.len());
    for chunk_tokens in [1, 7, 64, prompt.len() - 1] {
        assert_eq!(run(chunk_tokens), whole, "chunks of {chunk_tokens}");
    }
}

#[test]
fn stopping_is_heard_before_every_token() {
    let mut engine = tiny::engine();
    let asked = AtomicU32::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) >= 5;
    let error = engine.generate(&[Message::user("hello")], 100, None, &stop).unwrap_err();
    assert_eq!(error, GenerateError::Stopped { output_tokens: 5 });
    assert_eq!(ask(&mut engine, "hello", 8).output_tokens, 8, "the engine goes on");
}

#[test]
fn requests_beyond_the_limits_are_refused() {
    let mut engine = tiny::engine();
    let mut refuse = |messages: &[Message], max_tokens| {
        engine.generate(messages, max_tokens, None, &|| false).unwrap_err()
    };
    let hello = [Message::user("hello")];
    for (messages, max_tokens, expected) in [
        (&[][..], 1, "0 messages"),
        (&vec![Message::user("a"); MESSAGES_MAX + 1][..], 1, "257 messages"),
        (&[Message::user("a".repeat(CONVERSATION_BYTES_MAX + 1))][..], 1, "262145 bytes"),
        (&hello[..], 0, "max_tokens is 0"),
    ] {
        let error = refuse(messages, max_tokens);
        assert!(
            matches!(&error, GenerateError::BadRequest { reason } if reason.contains(expected)),
            "{error}"
        );
    }
    for (text, max_tokens) in [("hello".to_owned(), u32::MAX), ("a".repeat(600), 1)] {
        let error = refuse(&[Message::user(text)], max_tokens);
        assert!(matches!(error, GenerateError::ContextExceeded { context_tokens: 512, .. }), "{error}");
    }
    let fits = engine.context_tokens() - engine.prompt_ids(&hello).unwrap().len() as u32;
    assert!(engine.generate(&hello, fits, None, &|| false).is_ok());
    assert!(engine.generate(&hello, fits + 1, None, &|| false).is_err());
}

#[test]
fn altered_weights_are_refused_with_both_hashes() {
    let dir = tempfile::tempdir().unwrap();
    let model = tiny::pulled(dir.path());
    let mut bytes = std::fs::read(model.weights_path()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(model.weights_path(), &bytes).unwrap();
    let error = Engine::load(&model).err().unwrap().to_string();
    let (expected, found) = (model.weights_sha256().to_string(), tiny::hash(&bytes).to_string());
    assert!(error.contains(&expected) && error.contains(&found) && error.contains("weights.gguf"), "{error}");
    std::fs::remove_file(model.weights_path()).unwrap();
    assert!(matches!(Engine::load(&model), Err(LoadError::Io { .. })));
}

#[test]
fn no_damaged_header_escapes_as_a_panic() {
    let bytes = tiny::gguf();
    let dir = tempfile::tempdir().unwrap();
    let (mut seed, mut refused) = (1u32, 0);
    // the header is what is parsed; behind it come weights, where every byte is a legal one
    let header_len = bytes.len() / 10;
    for round in 0..300 {
        let mut damaged = bytes.clone();
        for _ in 0..2 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            damaged[(seed >> 8) as usize % header_len] = (seed >> 3) as u8;
        }
        let path = dir.path().join(format!("{round}"));
        std::fs::write(&path, damaged).unwrap();
        refused += u32::from(read_model(&path).is_err());
        std::fs::remove_file(&path).unwrap();
    }
    assert!(refused > 50, "only {refused} of 300 damaged files were refused");
}

#[test]
fn facts_name_the_weights() {
    let dir = tempfile::tempdir().unwrap();
    let model = tiny::pulled(dir.path());
    let facts = Engine::load(&model).unwrap().facts().clone();
    assert_eq!((facts.model.as_str(), facts.quantisation.as_str()), ("tiny", "Q4_1 as F32"));
    assert_eq!((facts.model_sha256, facts.weights_sha256), (model.model_sha256(), model.weights_sha256()));
}
