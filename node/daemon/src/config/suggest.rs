//! Which key may have been meant.

/// Edits up to which a name counts as a slip of the pen.
const EDITS_MAX: usize = 3;

/// Help for the decoder's "unknown field `x`, expected one of `a`, `b`"; none for other messages.
pub(super) fn for_unknown_field(message: &str) -> Option<String> {
    let rest = message.strip_prefix("unknown field ")?;
    let mut names = rest.split('`').skip(1).step_by(2);
    let unknown = names.next()?;
    let known: Vec<&str> = names.collect();
    let nearest = known.iter().map(|name| (edits(unknown, name), name)).min()?;
    Some(match nearest {
        (distance, name) if distance <= EDITS_MAX && distance < unknown.chars().count() => {
            format!("did you mean {name}?")
        }
        _ => format!("known here: {}", known.join(", ")),
    })
}

/// Levenshtein distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        for ((to, pair), left) in b.iter().zip(row.windows(2)).zip(0..) {
            let [diagonal, above] = pair else { continue };
            let beside: usize = next.get(left).copied().unwrap_or_default();
            next.push((diagonal + usize::from(from != *to)).min(above + 1).min(beside + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_levenshteins() {
        for (a, b, distance) in [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("a", "a", 0)] {
            assert_eq!((edits(a, b), edits(b, a)), (distance, distance), "{a} {b}");
        }
    }

    #[test]
    fn a_slip_of_the_pen_gets_its_word_and_nonsense_gets_the_list() {
        let help = |unknown: &str| {
            for_unknown_field(&format!("unknown field `{unknown}`, expected one of `listen`, `external`"))
        };
        assert_eq!(help("lisen").unwrap(), "did you mean listen?");
        assert_eq!(help("zzzzzzzz").unwrap(), "known here: listen, external");
        assert_eq!(for_unknown_field("invalid type: string"), None);
    }
}
