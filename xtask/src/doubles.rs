//! Names that stand twice in generated code, where Rust allows one.
//!
//! Names are foretold wherever they can be; this is the net under that.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::visit::{self, Visit};

/// A name, and the type or module that has it twice.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Doubled {
    pub(crate) around: String,
    pub(crate) name: String,
}

/// The first double of a file.
pub(crate) fn find(file: &syn::File) -> Option<Doubled> {
    let mut search = Search {
        around: "client".into(),
        found: None,
    };
    search.names(file.items.iter().filter_map(type_name));
    search.visit_file(file);
    search.found
}

struct Search {
    around: String,
    found: Option<Doubled>,
}

impl Search {
    fn names(&mut self, names: impl Iterator<Item = String>) {
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(name.clone()) && self.found.is_none() {
                self.found = Some(Doubled {
                    around: self.around.clone(),
                    name,
                });
            }
        }
    }

    fn within(&mut self, around: String, names: impl Iterator<Item = String>) {
        let outer = std::mem::replace(&mut self.around, around);
        self.names(names);
        self.around = outer;
    }
}

impl<'ast> Visit<'ast> for Search {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let items = item.content.iter().flat_map(|(_, items)| items);
        self.within(item.ident.to_string(), items.filter_map(type_name));
        visit::visit_item_mod(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        let fields = item.fields.iter().filter_map(|field| field.ident.as_ref());
        self.within(item.ident.to_string(), fields.map(ToString::to_string));
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        let variants = item
            .variants
            .iter()
            .map(|variant| variant.ident.to_string());
        self.within(item.ident.to_string(), variants);
        for variant in &item.variants {
            let fields = variant
                .fields
                .iter()
                .filter_map(|field| field.ident.as_ref());
            self.within(item.ident.to_string(), fields.map(ToString::to_string));
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if item.trait_.is_none() {
            let methods = item.items.iter().filter_map(|member| match member {
                syn::ImplItem::Fn(method) => Some(method.sig.ident.to_string()),
                _ => None,
            });
            self.within(item.self_ty.to_token_stream().to_string(), methods);
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        let arguments = signature
            .inputs
            .iter()
            .filter_map(|argument| match argument {
                syn::FnArg::Typed(argument) => Some(argument.pat.to_token_stream().to_string()),
                syn::FnArg::Receiver(_) => None,
            });
        self.within(signature.ident.to_string(), arguments);
    }
}

fn type_name(item: &syn::Item) -> Option<String> {
    match item {
        syn::Item::Struct(item) => Some(item.ident.to_string()),
        syn::Item::Enum(item) => Some(item.ident.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubled(code: &str) -> Option<(String, String)> {
        find(&syn::parse_str(code).unwrap()).map(|it| (it.around, it.name))
    }

    #[test]
    fn what_stands_twice_is_found_with_what_is_around_it() {
        let found = |code: &str| doubled(code).unwrap();
        let pair = |around: &str, name: &str| (around.to_owned(), name.to_owned());
        assert_eq!(found("struct S { a: u8, a: u8 }"), pair("S", "a"));
        assert_eq!(found("enum E { A, A }"), pair("E", "A"));
        assert_eq!(found("enum E { A { b: u8, b: u8 } }"), pair("E", "b"));
        assert_eq!(
            found("mod types { struct A; enum A {} }"),
            pair("types", "A")
        );
        assert_eq!(
            found("impl C { fn f(&self) {} fn f(&self) {} }"),
            pair("C", "f")
        );
        assert_eq!(
            found("impl C { fn f(&self, a: u8, a: u8) {} }"),
            pair("f", "a")
        );
    }

    #[test]
    fn the_same_name_in_different_places_is_no_double() {
        let code = "struct S { a: u8 } struct T { a: u8 } impl S { fn a(&self) {} } \
                    impl From<u8> for S { fn from(a: u8) {} } impl From<u16> for S { fn from(a: u16) {} }";
        assert_eq!(doubled(code), None);
    }
}
