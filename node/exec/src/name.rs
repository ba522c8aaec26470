//! Names of models: whether one is public, so that it names no account, person or machine.

use crate::form::is_account_word;

/// Longest public name, in bytes. A guess: the longest known have under 100.
const LEN_MAX: usize = 128;

/// Most slashes of a public name: owner and model, and a gateway before them.
const SLASHES_MAX: usize = 2;

/// Most colons: a version and a size (`cohere.command-r-v1:0:128k`).
const COLONS_MAX: usize = 2;

/// Fewest digits of the number of an account; dates have eight, twelve with the time of day, between marks.
const NUMBER_MIN: usize = 9;
const MARKED_NUMBER_MIN: usize = 12;

/// How public names begin that have another form: vendors' own catalogues.
const CATALOGUES: [&str; 4] = ["@cf/", "@hf/", "accounts/fireworks/models/", "models/"];

/// Last labels of hosts' names: of private networks, and the most usual public ones.
const HOSTS: [&str; 30] = [
    "ai",
    "app",
    "arpa",
    "br",
    "ch",
    "cloud",
    "cn",
    "com",
    "corp",
    "de",
    "dev",
    "edu",
    "eu",
    "example",
    "fr",
    "gov",
    "home",
    "internal",
    "intranet",
    "invalid",
    "io",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "net",
    "org",
    "private",
    "test",
    "uk",
];

/// Words in the names of machines.
const MACHINES: [&str; 9] =
    ["desktop", "imac", "laptop", "localhost", "macbook", "nas", "notebook", "thinkpad", "workstation"];

/// Whether a name is that of the model that was asked for, or of its edition of a day. Gemini's requests ask by their path.
pub(crate) fn is_asked(name: &str, asked: &str) -> bool {
    let asked =
        asked.strip_prefix("/v1beta/").and_then(|path| path.split_once(':')).map_or(asked, |(path, _)| path);
    let [name, asked] = [name, asked].map(|name| name.strip_prefix("models/").unwrap_or(name));
    !asked.is_empty() && name.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || is_day(rest))
}

/// `-2024-07-18`, `-20240718`, `@20240718`, `-0718`.
fn is_day(rest: &str) -> bool {
    let Some(day) = rest.strip_prefix(['-', '@']) else { return false };
    let lens: Vec<usize> = day.split('-').map(str::len).collect();
    matches!(lens.as_slice(), [4 | 6 | 8] | [4, 2, 2] | [2, 2] | [2, 4])
        && day.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// Whether a name has the form of public ones: letters, digits and a few marks, and nothing in it that accounts, persons and
/// hosts are named by. What reads like `owner/model` cannot be told from a person's own.
pub(crate) fn is_public(name: &str) -> bool {
    let name = CATALOGUES.iter().find_map(|catalogue| name.strip_prefix(catalogue)).unwrap_or(name);
    let of_marks = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:/".contains(&byte);
    let segments: Vec<&str> = name.split('/').collect();
    let count = |mark: u8| name.bytes().filter(|byte| *byte == mark).count();
    let starts_well = |segment: &&str| segment.starts_with(|first: char| first.is_ascii_alphanumeric());
    (1..=LEN_MAX).contains(&name.len())
        && name.bytes().all(of_marks)
        && segments.iter().all(starts_well)
        && segments.len() <= SLASHES_MAX + 1
        && count(b':') <= COLONS_MAX
        // an organisation's own, with its name in it
        && !["ft:", "arn:"].iter().any(|start| name.to_ascii_lowercase().starts_with(start))
        && !has_number(name)
        && !name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| is_account_word(word) || is_machine(word))
        && !name.split(['/', ':']).any(is_host)
        && !has_port(name)
}

/// Whether a number stands in a name that is as long as an account's, also in groups.
fn has_number(name: &str) -> bool {
    let is_long =
        |text: &str, min: usize| text.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= min);
    is_long(name, NUMBER_MIN) || is_long(&name.replace(['-', '_'], ""), MARKED_NUMBER_MIN)
}

fn is_machine(word: &str) -> bool {
    MACHINES.contains(&word.to_ascii_lowercase().as_str())
}

/// Whether a part of a name ends like the name of a host.
fn is_host(part: &str) -> bool {
    part.rsplit_once('.').is_some_and(|(_, last)| HOSTS.contains(&last.to_ascii_lowercase().as_str()))
}

/// Whether a port stands in a name: `gpu-3:11434/llama`. Versions and sizes are shorter.
fn has_port(name: &str) -> bool {
    name.split('/')
        .filter_map(|segment| segment.rsplit_once(':'))
        .any(|(_, port)| (4..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_names_are_told_from_those_of_accounts_persons_and_machines() {
        for name in [
            "gpt-4.1-mini",
            "gpt-4o-mini-2024-07-18",
            "Qwen/Qwen2.5-7B-Instruct",
            "Qwen2.5-7B-Instruct-Q4_K_M.gguf",
            "meta-llama/llama-3.1-8b-instruct:free",
            "openrouter/meta-llama/llama-3.1-8b-instruct",
            "accounts/fireworks/models/llama-v3p1-8b-instruct",
            "@cf/meta/llama-3.1-8b-instruct",
            "models/gemini-2.5-flash",
            "us.anthropic.claude-3-5-sonnet-20240620-v1:0",
            "cohere.command-r-v1:0:128k",
            "claude-sonnet-4-5-20250929",
            "smollm2:135m-instruct-q8_0",
            "01-ai/Yi-1.5-34B",
            "m",
            "4.5",
        ] {
            assert!(is_public(name), "{name}");
        }
        for name in [
            "",
            "[other]",
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.x",
            "acme.sagemaker.123456789012",
            "123456789012",
            "1234-5678-9012",
            "accounts/jdoe-9f3a/models/llama",
            "projects/acme/locations/llama",
            "user123/llama",
            "jdoe@example.org/llama",
            "ft:gpt-4o-mini-2024-07-18:acme-corp:jdoe-test:9x8y7z",
            "https://jdoe.openai.azure.com/x",
            "jdoe.openai.azure.com/x",
            "s3://bucket/jdoe",
            "gs://bucket/jdoe",
            "jdoe-laptop.local:llama",
            "jdoe-laptop:llama",
            "gpu-3:11434/llama",
            "qwen%2F..%2Fhome%2Fjdoe",
            "qwen/../jdoe",
            "llama (jdoe)",
            "llama jdoe",
            "llama[jdoe]",
            "~jdoe/llama",
            "a/b/c/d",
            "j\u{f6}hn/llama",
        ] {
            assert!(!is_public(name), "{name}");
        }
    }

    #[test]
    fn what_was_asked_for_is_told_with_its_day() {
        let asked = "ft:gpt-4o-mini:acme:x";
        for name in [asked, "ft:gpt-4o-mini:acme:x-2024-07-18", "ft:gpt-4o-mini:acme:x-20240718"] {
            assert!(is_asked(name, asked), "{name}");
        }
        assert!(is_asked("models/g", "g") && is_asked("g", "models/g"));
        assert!(is_asked("g-lite-2026-01-01", "/v1beta/models/g-lite:generateContent"));
        for name in
            ["ft:gpt-4o-mini:acme:x-jdoe", "ft:gpt-4o-mini:acme:xy", "ft:gpt-4o-mini:acme", "", "-2024-07-18"]
        {
            assert!(!is_asked(name, asked), "{name}");
            assert!(!is_asked(name, ""), "{name}");
        }
    }
}
