//! `mod.rs`: ties the generated files together.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::doc;

/// The module; `routing` where the hooks are generated too.
pub(crate) fn generate(title: &str, routing: bool) -> TokenStream {
    let title = doc::plain(title).replace('\n', " ");
    let doc = format!(" The client of {title}, its types, and its operation table.");
    let routing_module = routing.then(|| {
        quote! {
            #[rustfmt::skip]
            pub mod routing;
        }
    });
    quote! {
        #![doc = #doc]
        // The docs are the document's, and what of this is public is the crate's choice.
        #![allow(rustdoc::all, unreachable_pub)]

        #[allow(missing_docs, rust_2018_idioms, unreachable_patterns, unused_qualifications, clippy::all, clippy::pedantic)]
        #[rustfmt::skip]
        pub mod client;
        #[cfg(feature = "httpmock")]
        #[allow(missing_docs, rust_2018_idioms, unused_imports, unused_qualifications, clippy::all, clippy::pedantic)]
        #[rustfmt::skip]
        pub mod httpmock;
        #[rustfmt::skip]
        pub mod operations;
        #routing_module
    }
}
