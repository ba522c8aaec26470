//! What Rust sources mention, read from their tokens: comments and strings do not count, contents of macros do.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::BTreeSet;
use syn::visit_mut::{VisitMut, visit_file_mut, visit_item_impl_mut, visit_item_mod_mut};

/// Something mentioned, and on which line (from 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// What it is.
    pub what: What,
    /// The line it starts on.
    pub line: usize,
}

/// A mention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A path, use-trees written out: `std::{fs, io::*}` is `[std, fs]` and `[std, io, *]`.
    Path(Vec<String>),
    /// A macro that is called.
    Macro(String),
    /// A method, field or item by its last name: `.name` or `path::name`.
    Member(String),
    /// An attribute, by its first word.
    Attribute(String),
}

/// Everything mentioned in a file; without items under `#[cfg(test)]` unless `tests`.
pub fn mentions(text: &str, tests: bool) -> syn::Result<Vec<Mention>> {
    let mut file = syn::parse_file(text)?;
    if !tests {
        WithoutTests.visit_file_mut(&mut file);
    }
    let mut found = Vec::new();
    scan(file.into_token_stream(), &mut found);
    Ok(found)
}

/// Modules that a file declares with `mod name;`: the names, and whether under `#[cfg(test)]`.
pub fn modules(text: &str) -> syn::Result<Vec<(String, bool)>> {
    let declared = |item| match item {
        syn::Item::Mod(module) if module.content.is_none() => {
            Some((module.ident.to_string(), is_test(&module.attrs)))
        }
        _ => None,
    };
    Ok(syn::parse_file(text)?.items.into_iter().filter_map(declared).collect())
}

/// Every function of a file with its first and last line.
pub fn functions(text: &str) -> syn::Result<Vec<(String, usize, usize)>> {
    struct Functions(Vec<(String, usize, usize)>);
    impl Functions {
        fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
            let end = block.brace_token.span.close().end().line;
            self.0.push((signature.ident.to_string(), signature.fn_token.span.start().line, end));
        }
    }
    impl<'ast> syn::visit::Visit<'ast> for Functions {
        fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
            self.add(&item.sig, &item.block);
            syn::visit::visit_item_fn(self, item);
        }
        fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
            self.add(&item.sig, &item.block);
            syn::visit::visit_impl_item_fn(self, item);
        }
    }
    let mut functions = Functions(Vec::new());
    syn::visit::Visit::visit_file(&mut functions, &syn::parse_file(text)?);
    Ok(functions.0)
}

/// Variants of an enum of a file, in lower case.
pub fn variants(text: &str, wanted: &str) -> BTreeSet<String> {
    let of = |item: syn::Item| match item {
        syn::Item::Enum(item) if item.ident == wanted => Some(item.variants),
        _ => None,
    };
    let items = syn::parse_file(text).map(|file| file.items).unwrap_or_default();
    let variants = items.into_iter().filter_map(of).flatten();
    variants.map(|variant| variant.ident.to_string().to_lowercase()).collect()
}

/// Types for which a file implements a trait.
pub fn implementors(text: &str, wanted: &str) -> Vec<String> {
    let name = |path: &syn::Path| path.segments.last().map(|segment| segment.ident.to_string());
    let of = |item: syn::Item| match item {
        syn::Item::Impl(block)
            if block.trait_.as_ref().and_then(|(path, _)| name(path)).as_deref() == Some(wanted) =>
        {
            match *block.self_ty {
                syn::Type::Path(implementor) => name(&implementor.path),
                _ => None,
            }
        }
        _ => None,
    };
    syn::parse_file(text).map(|file| file.items.into_iter().filter_map(of).collect()).unwrap_or_default()
}

/// Drops what is compiled for tests alone.
struct WithoutTests;

impl VisitMut for WithoutTests {
    fn visit_file_mut(&mut self, file: &mut syn::File) {
        file.items.retain(|item| !is_test_item(item));
        visit_file_mut(self, file);
    }

    fn visit_item_mod_mut(&mut self, module: &mut syn::ItemMod) {
        if let Some((_, items)) = &mut module.content {
            items.retain(|item| !is_test_item(item));
        }
        visit_item_mod_mut(self, module);
    }

    fn visit_item_impl_mut(&mut self, block: &mut syn::ItemImpl) {
        block.items.retain(|item| !matches!(item, syn::ImplItem::Fn(function) if is_test(&function.attrs)));
        visit_item_impl_mut(self, block);
    }
}

fn is_test_item(item: &syn::Item) -> bool {
    match item {
        syn::Item::Mod(item) => is_test(&item.attrs),
        syn::Item::Fn(item) => is_test(&item.attrs),
        syn::Item::Use(item) => is_test(&item.attrs),
        syn::Item::Impl(item) => is_test(&item.attrs),
        syn::Item::Macro(item) => is_test(&item.attrs),
        _ => false,
    }
}

/// Exactly `#[cfg(test)]`: any other condition can hold outside tests.
fn is_test(attributes: &[syn::Attribute]) -> bool {
    let only_test = |list: &syn::MetaList| list.path.is_ident("cfg") && list.tokens.to_string() == "test";
    attributes.iter().any(|attribute| matches!(&attribute.meta, syn::Meta::List(list) if only_test(list)))
}

fn scan(stream: TokenStream, found: &mut Vec<Mention>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => {
                if group.delimiter() == Delimiter::Bracket && is_attribute(&tokens, at) {
                    found.extend(attribute(group.stream()));
                }
                scan(group.stream(), found);
                at += 1;
            }
            TokenTree::Ident(_) => at = path(&tokens, at, &[], found),
            _ => at += 1,
        }
    }
}

/// `#[..]` or `#![..]` with the bracket at `at`.
fn is_attribute(tokens: &[TokenTree], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|index| tokens.get(index));
    is_punct(before(1), '#') || (is_punct(before(1), '!') && is_punct(before(2), '#'))
}

fn attribute(stream: TokenStream) -> Option<Mention> {
    match stream.into_iter().next() {
        Some(TokenTree::Ident(ident)) => {
            let line = ident.span().start().line;
            Some(Mention { what: What::Attribute(ident.to_string()), line })
        }
        _ => None,
    }
}

/// Reads the path that starts with the identifier at `at`, under `prefix`; returns where it ends.
fn path(tokens: &[TokenTree], at: usize, prefix: &[String], found: &mut Vec<Mention>) -> usize {
    let line = tokens[at].span().start().line;
    let mut segments = prefix.to_vec();
    segments.push(name(&tokens[at]));
    let mut end = at + 1;
    while is_punct(tokens.get(end), ':') && is_punct(tokens.get(end + 1), ':') {
        match tokens.get(end + 2) {
            Some(TokenTree::Ident(ident)) => segments.push(name(&ident.clone().into())),
            Some(TokenTree::Punct(star)) if star.as_char() == '*' => segments.push("*".to_owned()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                branches(group.stream(), &segments, found);
                return end + 3;
            }
            _ => break,
        }
        end += 3;
    }
    let last = segments.last().cloned().unwrap_or_default();
    let before = |back: usize| at.checked_sub(back).and_then(|index| tokens.get(index));
    // one dot is a member, two are a range
    let after_dot = is_punct(before(1), '.') && !is_punct(before(2), '.');
    if is_punct(tokens.get(end), '!') && matches!(tokens.get(end + 1), Some(TokenTree::Group(_))) {
        found.push(Mention { what: What::Macro(last), line });
    } else if after_dot || segments.len() > 1 {
        found.push(Mention { what: What::Member(last), line });
    }
    if !after_dot {
        found.push(Mention { what: What::Path(segments), line });
    }
    end
}

/// The branches of a use-tree, between its braces.
fn branches(stream: TokenStream, prefix: &[String], found: &mut Vec<Mention>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut at = 0;
    let mut starts = true;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(_) if starts => {
                at = path(&tokens, at, prefix, found);
                starts = false;
                continue;
            }
            TokenTree::Punct(star) if star.as_char() == '*' => {
                let all = [prefix, &["*".to_owned()]].concat();
                found.push(Mention { what: What::Path(all), line: star.span().start().line });
            }
            TokenTree::Punct(comma) if comma.as_char() == ',' => starts = true,
            _ => {}
        }
        at += 1;
    }
}

fn name(token: &TokenTree) -> String {
    token.to_string().trim_start_matches("r#").to_owned()
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}
