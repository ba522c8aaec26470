//! IP addresses in text: an API that runs tools, and a server that reports on a request, can tell where it came from.
//!
//! Nobody can see whose address it is, so every one goes, in every region alike; docs/decisions/0033 says what counts as
//! one and what does not.

use std::net::Ipv6Addr;
use std::ops::{Range, RangeInclusive};

use crate::plain::{Escapes, Plain};

/// What stands where an address stood.
pub(crate) const ADDRESS: &[u8] = b"[ip]";

/// How many escapes, one in another, are undone.
const LAYERS: usize = 3;

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The body of a response: what stands in the strings of JSON is text.
    Json,
    /// Text as it is read.
    Text,
}

/// `source` with [`ADDRESS`] in place of every address; `None` if it holds none.
pub(crate) fn redacted(source: &[u8], kind: Kind) -> Option<Vec<u8>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut view = Plain::of(source);
    if kind == Kind::Json {
        // an address that begins amid an escape of the outer layer would leave half of it: no JSON any more
        view = view.undo(Escapes::Backslash).unwrap_or(view);
    }
    for _ in 0..=LAYERS {
        found.extend(addresses(&view.bytes).into_iter().map(|at| view.origin(at.start)..view.origin(at.end)));
        let Some(inner) = view.undo(Escapes::Around) else { break };
        view = inner;
    }
    if found.is_empty() {
        return None;
    }
    found.sort_unstable_by_key(|at| (at.start, at.end));
    let mut cleaned = Vec::with_capacity(source.len());
    let mut done = 0;
    for at in found {
        // what was found in several layers goes once
        if at.start >= done {
            cleaned.extend_from_slice(source.get(done..at.start).unwrap_or_default());
            cleaned.extend_from_slice(ADDRESS);
        }
        done = done.max(at.end);
    }
    cleaned.extend_from_slice(source.get(done..).unwrap_or_default());
    Some(cleaned)
}

/// Where the addresses of a text stand.
fn addresses(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let run = at..at + count(text, at, |byte| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.');
        at = run.end.max(at + 1);
        let joined = if is_several(text, run.clone()) { several(text, run.clone()) } else { None };
        found.extend(joined.or_else(|| Some(widened(text, v6(text, run.clone())?, false))));
        v4(text, run, &mut found);
    }
    let starts = |at: &usize| is_digit(text.get(*at)) && !is_digit(before(text, *at));
    found.extend((0..text.len()).filter(starts).filter_map(|at| named(text, at)));
    found
}

fn is_digit(byte: Option<&u8>) -> bool {
    byte.is_some_and(u8::is_ascii_digit)
}

/// How many bytes from `at` on are like this.
fn count(text: &[u8], at: usize, like: impl Fn(u8) -> bool) -> usize {
    text.iter().skip(at).take_while(|byte| like(**byte)).count()
}

fn is_word(byte: Option<&u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

fn before(text: &[u8], at: usize) -> Option<&u8> {
    text.get(at.checked_sub(1)?)
}

/// The numbers from `at` on with `between` between them, no more than `most`: each one's value and end.
fn numbers(text: &[u8], at: usize, between: u8, most: usize) -> Vec<(u32, usize)> {
    let mut numbers = Vec::new();
    let mut start = at;
    loop {
        let len = count(text, start, |byte| byte.is_ascii_digit());
        let digits = text.get(start..start + len).unwrap_or_default();
        // a longer one is no part of an address, and neither is what it belongs to
        let value = digits.iter().take(6).fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
        let whole = if (1..=3).contains(&len) { value } else { value.max(256) };
        if len > 0 {
            numbers.push((whole, start + len));
        }
        start += len + 1;
        if len == 0
            || numbers.len() >= most
            || text.get(start - 1) != Some(&between)
            || !text.get(start).is_some_and(u8::is_ascii_digit)
        {
            return numbers;
        }
    }
}

/// The addresses of the fourth version in a run: four numbers up to 255, no fewer and no more; with a port behind a
/// fifth dot, as some tools write it.
fn v4(text: &[u8], run: Range<usize>, found: &mut Vec<Range<usize>>) {
    if let Some(reversed) = nibbles(text, run.clone()) {
        return found.push(reversed);
    }
    let mut at = run.start;
    while at < run.end {
        let numbers = numbers(text, at, b'.', usize::MAX);
        let Some((_, end)) = numbers.last().copied() else {
            at += 1;
            continue;
        };
        let is_quad = numbers.iter().take(4).all(|(value, _)| *value <= 255);
        if is_quad
            && (numbers.len() == 4
                || (numbers.len() == 5 && numbers.last().is_some_and(|(port, _)| *port > 255)))
        {
            found.push(widened(text, at..end, true));
        }
        at = end;
    }
}

/// How many nibbles are taken for an address in `ip6.arpa`: from half of one, as its zones have, to a whole one.
const NIBBLES: RangeInclusive<usize> = 16..=32;

/// An address of the sixth version as the name service has it: its nibbles in reverse, with dots between them.
fn nibbles(text: &[u8], run: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.get(run.clone())?;
    let start = bytes.iter().rposition(|byte| *byte == b':').map_or(run.start, |colon| run.start + colon + 1);
    let end = bytes.iter().rposition(|byte| *byte != b'.').map_or(run.start, |last| run.start + last + 1);
    let nibbles = text.get(start..end)?;
    let alternate = nibbles.iter().enumerate().all(|(at, byte)| (*byte == b'.') == (at % 2 == 1));
    (alternate && NIBBLES.contains(&nibbles.len().div_ceil(2))).then_some(start..end)
}

/// How names of hosts begin that are made of an address.
const HOSTS: [&[u8]; 20] = [
    b"addr", b"address", b"adsl", b"cable", b"client", b"cpe", b"dhcp", b"dsl", b"dyn", b"dynamic", b"ec2",
    b"host", b"ip", b"ipv4", b"node", b"pool", b"ppp", b"server", b"static", b"vps",
];

/// A host's name that is made of its address, whose numbers begin at `at`: `ip-192-0-2-1`, `host192-0-2-1`,
/// `192-0-2-1.example.net`, or its numbers alone. Steps and versions are written so as well, and begin with a small number.
fn named(text: &[u8], at: usize) -> Option<Range<usize>> {
    let dash = text.get(at + count(text, at, |byte| byte.is_ascii_digit()))?;
    let numbers = numbers(text, at, *dash, 5);
    let (_, end) = numbers.last().copied()?;
    let is_quad = numbers.len() == 4 && numbers.iter().all(|(value, _)| *value <= 255);
    if !b"-_".contains(dash) || !is_quad || is_word(text.get(end)) {
        return None;
    }
    let is_large = numbers.first().is_some_and(|(value, _)| *value >= 10);
    let head = text.get(at.saturating_sub(64)..at)?;
    let joint = usize::from(head.last().is_some_and(|byte| b"-_".contains(byte)));
    let head = head.get(..head.len() - joint)?;
    let word = head
        .iter()
        .rposition(|byte| !byte.is_ascii_alphanumeric())
        .and_then(|last| head.get(last + 1..))
        .unwrap_or(head);
    let is_named = word.iter().any(u8::is_ascii_alphabetic)
        && (is_large || HOSTS.iter().any(|host| word.eq_ignore_ascii_case(host)));
    let goes_on =
        |mark: u8| text.get(end) == Some(&mark) && text.get(end + 1).is_some_and(u8::is_ascii_alphabetic);
    let is_free = word.is_empty() && joint == 0;
    let is_host = goes_on(b'.') && (is_free || is_named);
    let is_first = goes_on(b'-') && is_large && (is_free || is_named);
    // four alone; more numbers behind a hyphen are a list
    let is_alone = is_free && is_large && *dash == b'-' && text.get(end) != Some(&b'-');
    if is_alone && !is_host {
        return Some(widened(text, at..end, true));
    }
    (is_host || is_first || (is_named && text.get(end) != Some(&b'-'))).then_some(at..end)
}

/// Whether a run may be several addresses of the sixth version with colons between them.
fn is_several(text: &[u8], run: Range<usize>) -> bool {
    let bytes = text.get(run).unwrap_or_default();
    bytes.windows(2).filter(|pair| pair == b"::").take(2).count() == 2
}

/// Longest address of the sixth version, in bytes.
const V6_LEN_MAX: usize = 45;

/// The addresses of a run of several, from the first on: where one ends and the next begins cannot be told.
fn several(text: &[u8], run: Range<usize>) -> Option<Range<usize>> {
    let is_end = |end: &usize| *end == run.end || text.get(*end) == Some(&b':');
    let mut start = run.start;
    while start < run.end {
        let mut ends = (start + 2..=run.end.min(start + V6_LEN_MAX)).rev().filter(is_end);
        if ends.any(|end| counts(text, &(start..end))) {
            let marks = text.get(start..run.end)?.iter().rev().take_while(|byte| b".:".contains(byte));
            return Some(start..run.end - marks.count());
        }
        start += count(text, start, |byte| byte != b':').min(run.end - start) + 1;
    }
    None
}

/// The address of the sixth version in a run.
fn v6(text: &[u8], run: Range<usize>) -> Option<Range<usize>> {
    let mut part = run;
    let colon = |part: &Range<usize>| text.get(part.clone())?.iter().position(|byte| *byte == b':');
    let at = |at: usize| text.get(at).copied();
    while at(part.end.checked_sub(1)?) == Some(b'.') && !part.is_empty() {
        part.end -= 1;
    }
    if part.len() > 1 && at(part.end - 1) == Some(b':') && at(part.end - 2) != Some(b':') {
        part.end -= 1;
    }
    // what stands before a dot is no group of it
    let first = text.get(part.start..part.start + colon(&part)?)?;
    part.start += first.iter().rposition(|byte| *byte == b'.').map_or(0, |dot| dot + 1);
    // What a colon ends is a word and no group, if the word begins before the run, or is too long for one.
    while is_word(before(text, part.start)) || colon(&part).is_some_and(|len| len > 4) {
        part.start += colon(&part)? + 1;
    }
    while at(part.start) == Some(b'.') || (at(part.start) == Some(b':') && at(part.start + 1) != Some(b':')) {
        part.start += 1;
    }
    let groups: Vec<&[u8]> = text.get(part.clone())?.split(|byte| *byte == b':').collect();
    let is_label = groups.first().is_some_and(|group| group.iter().all(u8::is_ascii_alphabetic));
    let behind_label = part.start + colon(&part)? + 1..part.end;
    let before_port = part.start..part.end - groups.last().map_or(0, |group| group.len() + 1).min(part.len());
    // nine groups: a label before an address, or a port behind it; sixteen: two addresses
    let are_whole = groups.iter().all(|group| (1..=4).contains(&group.len()) && !group.contains(&b'.'));
    if matches!(groups.len(), 9 | 16 | 24) && are_whole && groups.iter().any(|group| group.len() > 2) {
        return Some(part);
    }
    // a port or a word behind a dot
    let dot = |last: bool| {
        let mut bytes = text.get(part.clone())?.iter();
        let at =
            if last { bytes.rposition(|byte| *byte == b'.') } else { bytes.position(|byte| *byte == b'.') };
        at.map(|at| part.start..part.start + at)
    };
    let before_dots = [dot(true), dot(false)];
    let candidates =
        [Some(part), is_label.then_some(behind_label), Some(before_port)].into_iter().chain(before_dots);
    candidates.flatten().find(|part| counts(text, part))
}

/// Whether a part of a text is an address of the sixth version, and is meant as one: `a::b` is how programs write names,
/// and `1::2` how they write ranges.
fn counts(text: &[u8], part: &Range<usize>) -> bool {
    let literal =
        text.get(part.clone()).and_then(|literal| std::str::from_utf8(literal).ok()).unwrap_or_default();
    let Ok(address) = literal.parse::<Ipv6Addr>() else { return false };
    let groups: Vec<&str> = literal.split(':').filter(|group| !group.is_empty()).collect();
    // eight groups of two digits are an adapter's address or a ratio: no such address is given out
    if literal == "::" || (groups.len() == 8 && groups.iter().all(|group| group.len() <= 2)) {
        return false;
    }
    if !literal.contains("::") || literal.contains('.') || groups.len() > 2 {
        return true;
    }
    let is_index = before(text, part.start) == Some(&b'[')
        && before(text, part.start.saturating_sub(1))
            .is_some_and(|byte| is_word(Some(byte)) || b")]'\"".contains(byte));
    let all = |is: fn(&u8) -> bool| groups.iter().all(|group| group.as_bytes().first().is_some_and(is));
    let numbers = groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_digit()));
    if is_word(text.get(part.end)) || (is_index && numbers) {
        return false;
    }
    let names = all(u8::is_ascii_alphabetic);
    is_given_out(&address, names) || !(names || numbers)
}

/// Whether an address lies where addresses are given out: global, local to a site or a link, multicast, this machine.
fn is_given_out(address: &Ipv6Addr, is_like_names: bool) -> bool {
    let first = address.segments().first().copied().unwrap_or(0);
    matches!(first, 0x2000..=0x3fff | 0xfc00..=0xfdff | 0xfe80..=0xfebf)
        || address.is_loopback()
        || (address.is_multicast() && !is_like_names)
}

/// An address with what belongs to it: its zone, brackets around it, a port, the length of a prefix.
fn widened(text: &[u8], address: Range<usize>, is_v4: bool) -> Range<usize> {
    let Range { mut start, mut end } = address;
    if !is_v4 && text.get(end) == Some(&b'%') {
        let zone = count(text, end + 1, |byte| byte.is_ascii_alphanumeric() || b"%._~-".contains(&byte));
        let zone = text.get(end..end + 1 + zone).unwrap_or_default();
        end += zone.iter().rposition(u8::is_ascii_alphanumeric).map_or(0, |last| last + 1);
    }
    let bracketed = before(text, start) == Some(&b'[') && text.get(end) == Some(&b']');
    if bracketed {
        (start, end) = (start - 1, end + 1);
    }
    let number_end = |mark: u8, len_max: usize| {
        let len = count(text, end + 1, |byte| byte.is_ascii_digit());
        let stop = end + 1 + len;
        let goes_on = is_word(text.get(stop))
            || (text.get(stop).is_some_and(|byte| b".:".contains(byte)) && is_word(text.get(stop + 1)));
        (text.get(end) == Some(&mark) && (1..=len_max).contains(&len) && !goes_on).then_some(stop)
    };
    let port = if is_v4 || bracketed { number_end(b':', 5) } else { None };
    start..port.or(number_end(b'/', 3)).unwrap_or(end)
}

#[cfg(test)]
mod tests;
