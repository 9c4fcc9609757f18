//! Items as lines.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Fields, FnArg, Generics, ImplItem, Item, ItemImpl, Meta, Pat, ReceiverKind,
    Signature, Token, TraitItem, Type,
};

use super::modules::{Meaning, Modules, conditions, is_public};
use super::{is_told, segments};

/// Writes what stands in one module.
pub(super) struct Writer<'a> {
    modules: &'a Modules,
    shown: &'a BTreeMap<Meaning, String>,
    module: &'a str,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        modules: &'a Modules,
        shown: &'a BTreeMap<Meaning, String>,
        module: &'a str,
    ) -> Self {
        Self {
            modules,
            shown,
            module,
        }
    }

    /// An item under its public path, and its members.
    pub(super) fn item(&self, item: &Item, path: &str, lines: &mut Vec<String>) {
        match item {
            Item::Fn(it) => lines.push(self.signature(&it.sig, path)),
            Item::Const(it) => lines.push(format!("pub const {path}: {}", self.ty(&it.ty))),
            Item::Static(it) => lines.push(format!("pub static {path}: {}", self.ty(&it.ty))),
            Item::Type(it) => {
                let (generics, ty) = (self.generics(&it.generics), self.ty(&it.ty));
                lines.push(format!("pub type {path}{generics} = {ty}"));
            }
            Item::Struct(it) => {
                let is_open = it.fields.iter().all(|field| is_public(&field.vis))
                    && !is_non_exhaustive(&it.attrs);
                let kind = match (&it.fields, is_open) {
                    (_, false) => " { .. }",
                    (Fields::Unit, true) => ";",
                    (_, true) => "",
                };
                lines.push(format!(
                    "pub struct {path}{}{kind}",
                    self.generics(&it.generics)
                ));
                self.derived(&it.attrs, path, lines);
                let fields = it.fields.iter().enumerate();
                for (index, field) in fields.filter(|(_, it)| is_public(&it.vis)) {
                    let name = field.ident.as_ref();
                    let name = name.map_or(index.to_string(), ToString::to_string);
                    let suffix = suffix(&conditions(&field.attrs));
                    lines.push(format!(
                        "pub field {path}::{name}: {}{suffix}",
                        self.ty(&field.ty)
                    ));
                }
            }
            Item::Enum(it) => {
                let more = if is_non_exhaustive(&it.attrs) {
                    " { .. }"
                } else {
                    ""
                };
                lines.push(format!(
                    "pub enum {path}{}{more}",
                    self.generics(&it.generics)
                ));
                self.derived(&it.attrs, path, lines);
                for variant in &it.variants {
                    let fields = variant.fields.iter().map(|field| match &field.ident {
                        Some(name) => format!("{name}: {}", self.ty(&field.ty)),
                        None => self.ty(&field.ty),
                    });
                    let fields = fields.collect::<Vec<_>>().join(", ");
                    let fields = match &variant.fields {
                        Fields::Named(_) => format!(" {{ {fields} }}"),
                        Fields::Unnamed(_) => format!("({fields})"),
                        Fields::Unit => String::new(),
                    };
                    let suffix = suffix(&conditions(&variant.attrs));
                    lines.push(format!(
                        "pub variant {path}::{}{fields}{suffix}",
                        variant.ident
                    ));
                }
            }
            Item::Trait(it) => {
                let bounds = it.supertraits.iter();
                let bounds = bounds
                    .map(|it| self.text(it, |paths, it| paths.visit_type_param_bound_mut(it)));
                let bounds = bounds.collect::<Vec<_>>().join(" + ");
                let colon = if bounds.is_empty() { "" } else { ": " };
                lines.push(format!(
                    "pub trait {path}{}{colon}{bounds}",
                    self.generics(&it.generics)
                ));
                for member in it.items.iter().filter(|member| is_told(member)) {
                    lines.push(self.required(member, path));
                }
            }
            other => lines.push(format!(
                "pub {path}: {}",
                self.text(other, |paths, it| paths.visit_item_mut(it))
            )),
        }
    }

    /// A member of a trait, and whether it may be left out.
    fn required(&self, member: &TraitItem, path: &str) -> String {
        match member {
            TraitItem::Fn(it) => {
                let provided = if it.default.is_some() { " { .. }" } else { "" };
                let path = format!("{path}::{}", it.sig.ident);
                self.signature(&it.sig, &path) + provided
            }
            other => format!(
                "pub {path}: {}",
                self.text(other, |paths, it| paths.visit_trait_item_mut(it))
            ),
        }
    }

    /// A member of an inherent implementation, with what that asks of its parameters.
    pub(super) fn member(&self, of: &ItemImpl, member: &ImplItem, path: &str) -> String {
        let generics = match of.generics.type_params().next() {
            Some(_) => format!(" where impl{}", self.generics(&of.generics)),
            None => String::new(),
        };
        match member {
            ImplItem::Fn(it) => {
                let path = format!("{path}::{}", it.sig.ident);
                self.signature(&it.sig, &path) + &generics
            }
            ImplItem::Const(it) => {
                format!(
                    "pub const {path}::{}: {}{generics}",
                    it.ident,
                    self.ty(&it.ty)
                )
            }
            other => self.text(other, |paths, it| paths.visit_impl_item_mut(it)),
        }
    }

    pub(super) fn implementation(&self, item: &ItemImpl) -> String {
        let mut item = item.clone();
        item.attrs.clear();
        item.items
            .retain(|member| matches!(member, ImplItem::Type(_)));
        self.text(&item, |paths, it| paths.visit_item_impl_mut(it))
            .replace(" {  }", "")
    }

    fn derived(&self, attributes: &[Attribute], path: &str, lines: &mut Vec<String>) {
        for attribute in attributes {
            // `derive(A, B)`, or `cfg_attr(condition, derive(A, B))`.
            let (traits, conditions) = if attribute.path().is_ident("derive") {
                (attribute.parse_args_with(list_of_paths), Vec::new())
            } else if attribute.path().is_ident("cfg_attr") {
                let Ok(args) =
                    attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
                else {
                    continue;
                };
                let Some(Meta::List(derive)) = args.iter().find(|it| it.path().is_ident("derive"))
                else {
                    continue;
                };
                let condition = args.first().map(|it| it.to_token_stream().to_string());
                (
                    derive.parse_args_with(list_of_paths),
                    condition.into_iter().collect(),
                )
            } else {
                continue;
            };
            if conditions == ["test"] {
                continue;
            }
            for derived in traits.into_iter().flatten() {
                let name = self.text(&derived, |paths, it| paths.visit_path_mut(it));
                lines.push(format!("impl {name} for {path}{}", suffix(&conditions)));
            }
        }
    }

    /// A signature under its public path, without what concerns its body alone.
    fn signature(&self, signature: &Signature, path: &str) -> String {
        let before = format!("fn {}", signature.ident);
        let mut signature = signature.clone();
        for input in &mut signature.inputs {
            match input {
                FnArg::Receiver(it) if matches!(it.kind, ReceiverKind::Value) => {
                    it.mutability = None
                }
                FnArg::Typed(it) => {
                    if let Pat::Ident(name) = &mut *it.pat {
                        name.mutability = None;
                    }
                }
                _ => {}
            }
        }
        let line = self.text(&signature, |paths, it| paths.visit_signature_mut(it));
        format!("pub {}", line.replacen(&before, &format!("fn {path}"), 1))
    }

    fn ty(&self, ty: &Type) -> String {
        self.text(ty, |paths, it| paths.visit_type_mut(it))
    }

    fn generics(&self, generics: &Generics) -> String {
        let text = self.text(generics, |paths, it| paths.visit_generics_mut(it));
        match &generics.where_clause {
            Some(clause) => format!(
                "{text} {}",
                self.text(clause, |paths, it| paths.visit_where_clause_mut(it))
            ),
            None => text,
        }
    }

    /// Code in one line, with every path as users write it.
    fn text<N: Clone + ToTokens>(
        &self,
        code: &N,
        visit: impl Fn(&mut Paths<'_>, &mut N),
    ) -> String {
        let mut code = code.clone();
        visit(&mut Paths(self), &mut code);
        spaced(code.to_token_stream())
    }

    /// The public path of what a path leads to.
    fn public(&self, path: &syn::Path) -> Option<String> {
        match self.modules.resolve(self.module, &segments(path))? {
            Meaning::Outside(path) if PRELUDE.contains(&path.as_str()) => {
                path.rsplit("::").next().map(str::to_owned)
            }
            Meaning::Outside(path) => Some(path),
            meaning => self.shown.get(&meaning).cloned(),
        }
    }
}

/// Names that are written without their path, or derived.
const PRELUDE: [&str; 20] = [
    "std::boxed::Box",
    "std::clone::Clone",
    "std::cmp::Eq",
    "std::cmp::Ord",
    "std::cmp::PartialEq",
    "std::cmp::PartialOrd",
    "std::convert::AsRef",
    "std::convert::From",
    "std::convert::Into",
    "std::convert::TryFrom",
    "std::default::Default",
    "std::fmt::Debug",
    "std::hash::Hash",
    "std::iter::IntoIterator",
    "std::iter::Iterator",
    "std::marker::Copy",
    "std::option::Option",
    "std::result::Result",
    "std::string::String",
    "std::vec::Vec",
];

/// Replaces paths by public ones.
struct Paths<'a>(&'a Writer<'a>);

impl VisitMut for Paths<'_> {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        visit_mut::visit_path_mut(self, path);
        let public = self
            .0
            .public(path)
            .map(|it| syn::parse_str::<syn::Path>(&it));
        let Some(Ok(mut public)) = public else {
            return;
        };
        if let (Some(new), Some(old)) = (public.segments.last_mut(), path.segments.last()) {
            new.arguments = old.arguments.clone();
        }
        *path = public;
    }

    fn visit_type_path_mut(&mut self, path: &mut syn::TypePath) {
        // `<T as Trait>::Name` counts its segments.
        if path.qself.is_none() {
            visit_mut::visit_type_path_mut(self, path);
        }
    }
}

/// The conditions under which something is there.
pub(super) fn suffix(conditions: &[String]) -> String {
    let conditions: BTreeSet<_> = conditions.iter().collect();
    conditions
        .iter()
        .map(|it| format!(" #[cfg({it})]"))
        .collect()
}

fn list_of_paths(input: ParseStream<'_>) -> syn::Result<Punctuated<syn::Path, Token![,]>> {
    Punctuated::parse_terminated(input)
}

fn is_non_exhaustive(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|it| it.path().is_ident("non_exhaustive"))
}

/// Tokens as people space them.
fn spaced(tokens: TokenStream) -> String {
    let mut text = String::new();
    write_spaced(tokens, &mut text);
    text.replace(", )", ")")
        .replace(",)", ")")
        .replace(";  }", " }")
}

fn write_spaced(tokens: TokenStream, text: &mut String) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => (" { ", " }"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write_spaced(group.stream(), text);
                text.push_str(close);
            }
            TokenTree::Punct(punct) => {
                let (sign, is_joint) = (punct.as_char(), punct.spacing() == Spacing::Joint);
                let ends_arrow = sign == '>' && text.ends_with('-');
                match sign {
                    '=' | '+' | '-' | '|' => text.push(' '),
                    '&' if text.ends_with(is_word) => text.push(' '),
                    '\'' if text.ends_with(is_word) => text.push(' '),
                    _ => {}
                }
                text.push(sign);
                let ends_path = sign == ':' && (is_joint || text.ends_with("::"));
                match sign {
                    ',' | ';' | '=' | '+' => text.push(' '),
                    ':' if !ends_path => text.push(' '),
                    '>' if ends_arrow => text.push(' '),
                    _ => {}
                }
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                if text.ends_with(|last: char| is_word(last) || matches!(last, '>' | ')')) {
                    text.push(' ');
                }
                text.push_str(&token.to_string());
            }
        }
    }
}

fn is_word(last: char) -> bool {
    last.is_alphanumeric() || last == '_'
}
