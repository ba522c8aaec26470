//! The engine: generation on one thread, the same bytes every time.

use crate::chat::Message;
use crate::facts::{self, EngineFacts};
use crate::gguf::{self, GgufError, ModelFile, guard};
use crate::hash::ModelHash;
use crate::sampler::{Sampler, Sampling};
use crate::store::PulledModel;
use crate::tokenizer::ChatTokenizer;
use candle_core::{Device, Tensor};
use candle_transformers::models::quantized_llama::{MAX_SEQ_LEN, ModelWeights};
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::{Deserialize, Serialize};
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::{Duration, Instant};

/// Prompt tokens fed at a time: bounds the memory of attention, which grows with this times the context. Part of the
/// engine's definition, since it may move the last bits of the logits. A guess.
const PROMPT_CHUNK_TOKENS: usize = 256;
/// Longest conversation in bytes, before it is tokenised; far more than any context holds. A guess.
pub const CONVERSATION_BYTES_MAX: usize = 256 * 1024;
/// Most messages of a conversation. A guess.
pub const MESSAGES_MAX: usize = 256;

/// A loaded model in this process. [`crate::Runner`] is how a node uses it: see the crate's documentation for why.
pub struct Engine {
    pristine: ModelWeights,
    tokenizer: ChatTokenizer,
    pool: ThreadPool,
    context_tokens: u32,
    facts: EngineFacts,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generation {
    /// What the model said, untrimmed, without special tokens.
    pub text: String,
    /// Tokens of the templated conversation.
    pub prompt_tokens: u32,
    /// Tokens generated; the one that ended the answer is not counted.
    pub output_tokens: u32,
    /// Why it ended.
    pub finish: Finish,
    /// Microseconds spent on the prompt, up to the first token.
    pub prompt_us: u64,
    /// Microseconds spent on the further tokens.
    pub output_us: u64,
}

/// Why a generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Finish {
    /// The model ended its answer.
    Stop,
    /// The answer reached the number of tokens asked for.
    Length,
}

/// Why a model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file of the model could not be read.
    #[error("model {model}: cannot read {path}: {source}; pull the model again")]
    Io {
        /// Model name.
        model: String,
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The weights are not the ones that were recorded.
    #[error(
        "model {model}: {path} was altered: expected sha256 {expected}, found {found}; pull the model again"
    )]
    Altered {
        /// Model name.
        model: String,
        /// The file.
        path: String,
        /// Hash recorded when the model was pulled.
        expected: ModelHash,
        /// Hash of the file as it is.
        found: ModelHash,
    },
    /// The file is not a model that the engine can run.
    #[error("model {model}: {source}")]
    Model {
        /// Model name.
        model: String,
        /// What is wrong with it.
        source: GgufError,
    },
    /// The engine could not start its thread.
    #[error("cannot start the engine's thread: {0}")]
    Thread(String),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case", deny_unknown_fields)]
pub enum GenerateError {
    /// The request itself is at fault: it would fail everywhere.
    #[error("bad request: {reason}")]
    BadRequest {
        /// What is wrong and what would be right.
        reason: String,
    },
    /// Prompt and answer do not fit the model's context.
    #[error(
        "the prompt has {prompt_tokens} tokens and {max_tokens} are asked for, together more than the context of \
         {context_tokens}: shorten one of them"
    )]
    ContextExceeded {
        /// Tokens of the templated conversation.
        prompt_tokens: u32,
        /// Tokens asked for.
        max_tokens: u32,
        /// Tokens the model holds.
        context_tokens: u32,
    },
    /// The caller asked to stop.
    #[error("stopped as asked, after {output_tokens} tokens")]
    Stopped {
        /// Tokens generated until then; 0 where unknown.
        output_tokens: u32,
    },
    /// The engine failed; not the request's fault.
    #[error("the engine failed: {reason}")]
    Engine {
        /// What went wrong.
        reason: String,
    },
}

impl Engine {
    /// Loads a pulled model, hashing its weights once more: what was altered is refused.
    pub fn load(model: &PulledModel) -> Result<Engine, LoadError> {
        let (name, path) = (model.name().to_owned(), model.weights_path());
        let pool = ThreadPoolBuilder::new()
            .num_threads(1)
            .thread_name(|_| "vantage-engine".to_owned())
            .build()
            .map_err(|error| LoadError::Thread(error.to_string()))?;
        // Side by side, for speed: what was read counts only once the hash is right.
        let (hashed, loaded) = thread::scope(|scope| {
            let hashing = scope.spawn(|| ModelHash::of_file(path, &mut |_| ()));
            let loaded = pool.install(|| read_model(path));
            let hashed = hashing.join().unwrap_or_else(|_| Err(io::Error::other("hashing panicked")));
            (hashed, loaded)
        });
        let shown = path.display().to_string();
        let expected = model.weights_sha256();
        let found = match hashed {
            Ok(found) => found,
            Err(source) => return Err(LoadError::Io { model: name, path: shown, source }),
        };
        if found != expected {
            return Err(LoadError::Altered { model: name, path: shown, expected, found });
        }
        let loaded = loaded.map_err(|source| LoadError::Model { model: name, source })?;
        let (pristine, tokenizer, context_tokens) = loaded;
        Ok(Engine { pristine, tokenizer, pool, context_tokens, facts: facts_of(model) })
    }

    /// Answers a conversation, taking the likeliest token each time (of equals, the lowest id), or drawing tokens as
    /// `sampling` says.
    ///
    /// `stop` is asked before every token; once it says true, the call ends with [`GenerateError::Stopped`].
    pub fn generate(
        &mut self,
        messages: &[Message],
        max_tokens: u32,
        sampling: Option<Sampling>,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Generation, GenerateError> {
        let prompt = self.prompt_ids(messages)?;
        let prompt_tokens = u32::try_from(prompt.len()).unwrap_or(u32::MAX);
        if max_tokens == 0 {
            return Err(GenerateError::BadRequest {
                reason: "max_tokens is 0; ask for at least 1".to_owned(),
            });
        }
        if prompt_tokens.saturating_add(max_tokens) > self.context_tokens {
            let context_tokens = self.context_tokens;
            return Err(GenerateError::ContextExceeded { prompt_tokens, max_tokens, context_tokens });
        }
        // A copy shares the weights but has caches of its own: nothing of one conversation can reach the next.
        let weights = self.pristine.clone();
        let speaker = Speaker { weights, sampler: Sampler::new(sampling), position: 0 };
        let answer = self
            .in_pool(|| answer(speaker, &self.tokenizer, &prompt, PROMPT_CHUNK_TOKENS, max_tokens, stop))?;
        let text = self.tokenizer.decode(&answer.ids).map_err(|reason| GenerateError::Engine { reason })?;
        Ok(Generation {
            text,
            prompt_tokens,
            output_tokens: u32::try_from(answer.ids.len()).unwrap_or(u32::MAX),
            finish: answer.finish,
            prompt_us: micros(answer.prompt),
            output_us: micros(answer.output),
        })
    }

    /// Token ids of a conversation after the chat template, as the model will see them.
    pub fn prompt_ids(&self, messages: &[Message]) -> Result<Vec<u32>, GenerateError> {
        let refuse = |reason: String| Err(GenerateError::BadRequest { reason });
        if messages.is_empty() || messages.len() > MESSAGES_MAX {
            return refuse(format!("{} messages; 1 to {MESSAGES_MAX} are supported", messages.len()));
        }
        let bytes = messages.iter().fold(0usize, |sum, message| sum.saturating_add(message.content.len()));
        if bytes > CONVERSATION_BYTES_MAX {
            return refuse(format!(
                "the conversation has {bytes} bytes; at most {CONVERSATION_BYTES_MAX} are supported"
            ));
        }
        self.in_pool(|| {
            self.tokenizer.prompt_ids(messages).map_err(|reason| GenerateError::Engine { reason })
        })
    }

    /// What to record with every answer.
    pub fn facts(&self) -> &EngineFacts {
        &self.facts
    }

    /// Tokens that prompt and answer together may have.
    pub fn context_tokens(&self) -> u32 {
        self.context_tokens
    }

    /// Runs on the engine's one thread; a panic in there becomes an error.
    fn in_pool<T: Send>(
        &self,
        run: impl FnOnce() -> Result<T, GenerateError> + Send,
    ) -> Result<T, GenerateError> {
        let caught = panic::catch_unwind(AssertUnwindSafe(|| self.pool.install(run)));
        caught.unwrap_or_else(|panic| {
            Err(GenerateError::Engine {
                reason: format!("it panicked: {}", gguf::panic_text(panic.as_ref())),
            })
        })
    }
}

fn read_model(path: &std::path::Path) -> Result<(ModelWeights, ChatTokenizer, u32), GgufError> {
    let ModelFile { mut file, content, shape } = ModelFile::open(path)?;
    let tokenizer = ChatTokenizer::from_gguf(&content)?;
    // Candle prepares rotary angles for this many positions, whatever the file says.
    let engine_max = u32::try_from(MAX_SEQ_LEN).unwrap_or(u32::MAX);
    let embedding = content.tensor_infos.get("token_embd.weight").map(|info| info.shape.dims());
    if embedding.and_then(<[usize]>::first) != Some(&tokenizer.vocabulary()) {
        return Err(GgufError::Refused("the embedding does not have one row per token".to_owned()));
    }
    let weights = guard(|| ModelWeights::from_gguf(content, &mut file, &Device::Cpu))?;
    Ok((weights, tokenizer, shape.context_tokens.min(engine_max)))
}

fn facts_of(model: &PulledModel) -> EngineFacts {
    EngineFacts {
        engine: facts::ENGINE.to_owned(),
        version: facts::ENGINE_VERSION.to_owned(),
        model: model.name().to_owned(),
        model_sha256: model.model_sha256(),
        weights_sha256: model.weights_sha256(),
        quantisation: model.quantisation().to_owned(),
        cpu: facts::cpu(),
        threads: facts::threads(),
    }
}

struct Answer {
    ids: Vec<u32>,
    finish: Finish,
    prompt: Duration,
    output: Duration,
}

/// The loop: prompt in chunks, then one token after the other.
fn answer(
    mut speaker: Speaker,
    tokenizer: &ChatTokenizer,
    prompt: &[u32],
    chunk_tokens: usize,
    max_tokens: u32,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Answer, GenerateError> {
    let stopped =
        |ids: &[u32]| GenerateError::Stopped { output_tokens: u32::try_from(ids.len()).unwrap_or(u32::MAX) };
    let mut ids = Vec::new();
    let started = Instant::now();
    let mut logits = None;
    for chunk in prompt.chunks(chunk_tokens) {
        if stop() {
            return Err(stopped(&ids));
        }
        logits = Some(speaker.hear(chunk)?);
    }
    let logits =
        logits.ok_or_else(|| GenerateError::Engine { reason: "the prompt has no tokens".to_owned() })?;
    let prompt = started.elapsed();
    let mut next = speaker.pick(&logits)?;
    let finish = loop {
        if tokenizer.is_end(next) {
            break Finish::Stop;
        }
        ids.push(next);
        if ids.len() >= max_tokens as usize {
            break Finish::Length;
        }
        if stop() {
            return Err(stopped(&ids));
        }
        let logits = speaker.hear(&[next])?;
        next = speaker.pick(&logits)?;
    };
    Ok(Answer { ids, finish, prompt, output: started.elapsed().saturating_sub(prompt) })
}

/// A model in the middle of a conversation.
struct Speaker {
    weights: ModelWeights,
    sampler: Sampler,
    /// Tokens heard.
    position: usize,
}

impl Speaker {
    /// Feeds tokens and returns the logits of what may follow.
    fn hear(&mut self, ids: &[u32]) -> Result<Vec<f32>, GenerateError> {
        let logits = Tensor::new(ids, &Device::Cpu)
            .and_then(|input| {
                self.weights.forward(&input.unsqueeze(0)?, self.position)?.flatten_all()?.to_vec1::<f32>()
            })
            .map_err(|error| GenerateError::Engine { reason: gguf::one_line(&error.to_string()) })?;
        self.position += ids.len();
        Ok(logits)
    }

    fn pick(&mut self, logits: &[f32]) -> Result<u32, GenerateError> {
        self.sampler.pick(logits).map_err(|reason| GenerateError::Engine { reason })
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
