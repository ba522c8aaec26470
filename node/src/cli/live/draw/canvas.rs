//! Lines of painted text, cut to the terminal.

use super::super::super::render::{PLAIN, Paint};
use vantage_protocol::compare::escape_line;

/// Home, and what follows overwrites: nothing flickers.
const HOME: &str = "\u{1b}[H";
/// Erases what an earlier, longer line has left.
const REST_OF_LINE: &str = "\u{1b}[K";
/// Erases what an earlier, longer picture has left.
const REST_OF_SCREEN: &str = "\u{1b}[J";

/// Text of one colour, which steers no terminal.
#[derive(Clone, Debug)]
pub(super) struct Span {
    paint: Paint,
    text: String,
}

/// Spans beside one another.
pub(super) type Line = Vec<Span>;

impl Span {
    pub(super) fn new(paint: Paint, text: impl AsRef<str>) -> Self {
        Self { paint, text: escape_line(text.as_ref()) }
    }

    fn cut(&self, columns: usize) -> String {
        self.text.chars().take(columns).collect()
    }
}

/// A head and rows below it, each column so many characters wide, a blank between two included.
pub(super) fn columns<const N: usize>(
    head: [&str; N],
    rows: Vec<[Span; N]>,
    widths: [usize; N],
) -> Vec<Line> {
    let head = head.map(|name| Span::new(Paint::Dim, name));
    let padded = |row: [Span; N]| -> Line {
        let cells = row.into_iter().zip(widths).map(|(span, width)| {
            let text = span.cut(width.saturating_sub(1));
            let blanks = if width == usize::MAX { 0 } else { width - text.chars().count() };
            Span { paint: span.paint, text: text + &" ".repeat(blanks) }
        });
        cells.collect()
    };
    [head].into_iter().chain(rows).map(padded).collect()
}

/// The lines as they are written over what was there, at most as many and as long as the terminal has room for.
pub(super) fn fitted(lines: &[Line], (columns, rows): (u16, u16), colour: bool) -> String {
    let mut picture = HOME.to_owned();
    for (number, line) in lines.iter().take(rows.into()).enumerate() {
        if number > 0 {
            picture += "\r\n";
        }
        let mut room = usize::from(columns);
        for span in line {
            let text = span.cut(room);
            room -= text.chars().count();
            let painted = colour && span.paint != Paint::Plain && !text.is_empty();
            match painted {
                true => picture += &format!("{}{text}{PLAIN}", span.paint.sequence()),
                false => picture += &text,
            }
        }
        picture += REST_OF_LINE;
    }
    picture + REST_OF_SCREEN
}
