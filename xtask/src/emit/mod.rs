//! The generated files.

pub(crate) mod client;
pub(crate) mod doc;
pub(crate) mod httpmock;
pub(crate) mod module;
pub(crate) mod operations;
pub(crate) mod routing;

use proc_macro2::TokenStream;

use crate::finding::{Finding, Place};

/// Formats tokens as rustfmt would, without a nightly one.
pub(crate) fn format(place: &Place, tokens: TokenStream) -> Result<String, Finding> {
    let file: syn::File = syn::parse2(tokens).map_err(|error| {
        Finding::refusal(
            place.clone(),
            format!("the document leads to code that is not Rust: {error}"),
            "look for an unusual name or pattern in the document, and correct it with an overlay",
        )
    })?;
    Ok(spaced(&prettyplease::unparse(&file)))
}

/// An empty line after each item at the outer levels.
fn spaced(code: &str) -> String {
    let mut out = String::with_capacity(code.len() + code.len() / 16);
    let mut lines = code.lines().peekable();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let indent = line.len() - line.trim_start().len();
        let closes = line.trim_start() == "}" && indent <= 4;
        let follows = lines.peek().is_some_and(|next| {
            let text = next.trim_start();
            !text.is_empty() && !text.starts_with('}') && next.len() - text.len() <= 8
        });
        if closes && follows {
            out.push('\n');
        }
    }
    out
}
