//! `client.rs`: what progenitor generates, with the derives that the project adds.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle};
use quote::quote;
use syn::visit_mut::{self, VisitMut};

use crate::emit::doc;

/// The settings that every file of one run is generated with.
pub(crate) fn settings(
    inner: TokenStream,
    replaced: &BTreeMap<String, String>,
) -> GenerationSettings {
    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_tag(TagStyle::Merged)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(inner);
    for (name, path) in replaced {
        settings.with_replacement(name, path, std::iter::empty());
    }
    settings
}

/// What the generated client asks of the crate that it becomes part of.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Needs {
    pub(crate) chrono: bool,
    pub(crate) uuid: bool,
    pub(crate) regress: bool,
    pub(crate) futures: bool,
    pub(crate) websockets: bool,
}

/// The client, or what progenitor said, be it in an error or in a panic.
pub(crate) fn generate(
    settings: &GenerationSettings,
    document: &OpenAPI,
) -> Result<(syn::File, Needs), String> {
    let (tokens, needs) = guarded(|| {
        let mut generator = Generator::new(settings);
        let tokens = generator
            .generate_tokens(document)
            .map_err(|error| error.to_string())?;
        let types = generator.get_type_space();
        let needs = Needs {
            chrono: types.uses_chrono(),
            uuid: types.uses_uuid(),
            regress: types.uses_regress(),
            futures: generator.uses_futures(),
            websockets: generator.uses_websockets(),
        };
        Ok((tokens, needs))
    })?;
    let mut file: syn::File = syn::parse2(tokens).map_err(|error| error.to_string())?;
    Derives.visit_file_mut(&mut file);
    redact(&mut file);
    doc::harmless(&mut file);
    Ok((file, needs))
}

/// A client that prints itself by its name alone: its HTTP client would print the headers that it
/// sends by default, which may be keys.
fn redact(file: &mut syn::File) {
    let client = file.items.iter_mut().find_map(|item| match item {
        syn::Item::Struct(item) if item.ident == "Client" => Some(item),
        _ => None,
    });
    let Some(client) = client else {
        return;
    };
    for attribute in &mut client.attrs {
        if attribute.path().is_ident("derive") {
            *attribute = syn::parse_quote!(#[derive(Clone)]);
        }
    }
    file.items.push(syn::parse_quote! {
        impl ::std::fmt::Debug for Client {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str("Client")
            }
        }
    });
}

/// progenitor and typify assert what they do not support. An assertion is as good as an error,
/// as long as nobody sees the panic.
pub(crate) fn guarded<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let _silence = crate::silence::Silence::new();
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no reason given");
        Err(said.to_owned())
    })
}

/// Adds the JSON schema derive to every type that is sent or received.
///
/// progenitor's own setting for derives cannot make one conditional on a feature.
struct Derives;

impl Derives {
    fn add(attributes: &mut Vec<syn::Attribute>) {
        let derive = attributes.iter().position(|attribute| {
            attribute.path().is_ident("derive")
                && quote!(#attribute).to_string().contains("Serialize")
        });
        if let Some(index) = derive {
            let schema = syn::parse_quote! {
                #[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
            };
            attributes.insert(index + 1, schema);
        }
    }
}

impl VisitMut for Derives {
    fn visit_item_struct_mut(&mut self, item: &mut syn::ItemStruct) {
        Self::add(&mut item.attrs);
        visit_mut::visit_item_struct_mut(self, item);
    }

    fn visit_item_enum_mut(&mut self, item: &mut syn::ItemEnum) {
        Self::add(&mut item.attrs);
        visit_mut::visit_item_enum_mut(self, item);
    }
}
