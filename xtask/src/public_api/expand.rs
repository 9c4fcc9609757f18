//! The macros that declare items: one rule, a name and its documentation.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::{Item, ItemMacro};

use crate::finding::{Finding, Place};

/// The items of a call such as `secret! { /// … AccessToken }`, with the macro
/// `($(#[$doc:meta])* $name:ident) => { … }`. Anything else is refused: what is not understood
/// must not be left out.
pub(super) fn expand(
    call: &ItemMacro,
    macros: &[ItemMacro],
    shown: &str,
) -> Result<Vec<Item>, Finding> {
    let refused = || {
        let called = call
            .mac
            .path
            .get_ident()
            .map(Ident::to_string)
            .unwrap_or_default();
        let what = format!("what `{called}!` declares is not known");
        let remedy = "give it one rule, ($(#[$doc:meta])* $name:ident), or write the items out";
        Finding::refusal(Place::file(shown), what, remedy)
    };
    let definition = macros
        .iter()
        .find(|it| it.ident.as_ref() == call.mac.path.get_ident());
    let definition = definition.ok_or_else(refused)?.mac.tokens.clone();
    let parts: Vec<_> = definition.into_iter().collect();
    let [TokenTree::Group(matcher), _, _, TokenTree::Group(body), ..] = &parts[..] else {
        return Err(refused());
    };
    let is_expected =
        matcher.stream().to_string().replace(' ', "") == "$(#[$doc:meta])*$name:ident";
    let is_single = parts[4..]
        .iter()
        .all(|part| matches!(part, TokenTree::Punct(_)));
    let Some(TokenTree::Ident(name)) = call.mac.tokens.clone().into_iter().last() else {
        return Err(refused());
    };
    if !is_expected || !is_single {
        return Err(refused());
    }
    let file: syn::File = syn::parse2(fill_in(body.stream(), &name)).map_err(|_| refused())?;
    Ok(file.items)
}

/// The body with the name in it, and without the documentation.
fn fill_in(body: TokenStream, name: &Ident) -> TokenStream {
    let mut filled = TokenStream::new();
    let mut tokens = body.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match (token, tokens.peek()) {
            (TokenTree::Punct(dollar), Some(TokenTree::Ident(_))) if dollar.as_char() == '$' => {
                tokens.next();
                filled.extend([TokenTree::Ident(name.clone())]);
            }
            (TokenTree::Punct(dollar), Some(TokenTree::Group(group)))
                if dollar.as_char() == '$' && group.delimiter() == Delimiter::Parenthesis =>
            {
                // `$(#[$doc])*`
                tokens.next();
                tokens.next();
            }
            (TokenTree::Group(group), _) => {
                let inside = fill_in(group.stream(), name);
                filled.extend([TokenTree::Group(Group::new(group.delimiter(), inside))]);
            }
            (token, _) => filled.extend([token]),
        }
    }
    filled
}
