//! What is said to the model: roles, messages and the ChatML template of SmolLM2.

use serde::{Deserialize, Serialize};

/// Who speaks a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions that stand above the conversation.
    System,
    /// The person asking.
    User,
    /// The model, in an earlier turn.
    Assistant,
}

impl Role {
    /// The name the template writes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said; taken as it is, without trimming.
    pub content: String,
}

impl Message {
    /// A message of `role`.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into() }
    }

    /// A message of the user.
    pub fn user(content: impl Into<String>) -> Self {
        Self::new(Role::User, content)
    }

    /// A system message.
    pub fn system(content: impl Into<String>) -> Self {
        Self::new(Role::System, content)
    }
}

/// The system message that SmolLM2's template puts first when the conversation does not start with one.
pub const DEFAULT_SYSTEM: &str = "You are a helpful AI assistant named SmolLM, trained by Hugging Face";

/// The chat template this module implements, as `tokenizer.chat_template` in the model's metadata; a model with
/// another template is refused at load.
pub(crate) const TEMPLATE: &str = "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}\
    {{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}\
    {% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}\
    {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/// The text that opens a turn.
pub(crate) const TURN_START: &str = "<|im_start|>";
/// The text that closes a turn.
pub(crate) const TURN_END: &str = "<|im_end|>";

/// A piece of a templated conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// The special token that opens a turn.
    TurnStart,
    /// The special token that closes a turn.
    TurnEnd,
    /// Text between two special tokens. What looks like a special token in here is text, so that no prompt can forge
    /// a turn.
    Text(String),
}

/// Applies the template with `add_generation_prompt`: the pieces of the prompt, in order.
pub(crate) fn apply_template(messages: &[Message]) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(messages.len().saturating_add(2).saturating_mul(4));
    let mut turn = |role: Role, content: &str| {
        pieces.push(Piece::TurnStart);
        pieces.push(Piece::Text(format!("{}\n{content}", role.as_str())));
        pieces.push(Piece::TurnEnd);
        pieces.push(Piece::Text("\n".to_owned()));
    };
    if messages.first().is_some_and(|first| first.role != Role::System) {
        turn(Role::System, DEFAULT_SYSTEM);
    }
    for message in messages {
        turn(message.role, &message.content);
    }
    pieces.push(Piece::TurnStart);
    pieces.push(Piece::Text(format!("{}\n", Role::Assistant.as_str())));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(messages: &[Message]) -> String {
        apply_template(messages)
            .iter()
            .map(|piece| match piece {
                Piece::TurnStart => TURN_START,
                Piece::TurnEnd => TURN_END,
                Piece::Text(text) => text,
            })
            .collect()
    }

    #[test]
    fn a_conversation_without_a_system_message_gets_the_default_one() {
        assert_eq!(
            flat(&[Message::user("Hi")]),
            "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n\
             <|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
        );
    }

    #[test]
    fn a_first_system_message_stands_instead_of_the_default_one() {
        assert_eq!(
            flat(&[Message::system(""), Message::user(" Hi\n")]),
            "<|im_start|>system\n<|im_end|>\n<|im_start|>user\n Hi\n<|im_end|>\n<|im_start|>assistant\n"
        );
    }

    #[test]
    fn a_later_system_message_does_not_stop_the_default_one() {
        let text = flat(&[Message::user("a"), Message::new(Role::Assistant, "b"), Message::system("c")]);
        assert!(text.contains(DEFAULT_SYSTEM));
        assert!(text.ends_with(
            "user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n<|im_start|>system\nc<|im_end|>\n\
             <|im_start|>assistant\n"
        ));
    }
}
