//! `operations.rs`: the operation table. It needs nothing but `reqwest`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::emit::doc;
use crate::operations::Operation;
use crate::servers::Server;

/// The table of `operations`.
pub(crate) fn generate(operations: &[Operation]) -> TokenStream {
    let variants: Vec<_> = operations
        .iter()
        .map(|it| format_ident!("{}", it.variant()))
        .collect();
    let docs = operations.iter().map(doc);
    let ids: Vec<_> = operations.iter().map(|it| it.id.clone()).collect();
    let known = operations.iter().map(|it| {
        let (id, snake) = (&it.id, it.method_name());
        if *id == snake {
            quote!(#id)
        } else {
            quote!(#id | #snake)
        }
    });
    let methods = operations.iter().map(|it| format_ident!("{}", it.method));
    let paths = operations.iter().map(|it| &it.path);
    let wire_paths = operations.iter().map(|it| &it.wire_path);
    let virtuals = operations.iter().map(Operation::is_virtual);
    let bearers = operations.iter().map(|it| it.bearer);
    let lists = operations.iter().map(|it| list(&it.servers));
    let constants = operations.iter().map(|it| {
        let pairs = it
            .constants
            .iter()
            .map(|(name, value)| quote!((#name, #value)));
        quote!(&[#(#pairs),*])
    });
    // A match without arms does not return for an empty enum behind a value.
    let each = |arms: TokenStream| {
        if operations.is_empty() {
            quote!(match self {})
        } else {
            quote!(match self { #arms })
        }
    };
    let id = each(quote!(#(Self::#variants => #ids,)*));
    let method = each(quote!(#(Self::#variants => ::reqwest::Method::#methods,)*));
    let path = each(quote!(#(Self::#variants => #paths,)*));
    let wire_path = each(quote!(#(Self::#variants => #wire_paths,)*));
    let is_virtual = each(quote!(#(Self::#variants => #virtuals,)*));
    let bearer = each(quote!(#(Self::#variants => #bearers,)*));
    let servers = each(quote!(#(Self::#variants => #lists,)*));
    let constants = each(quote!(#(Self::#variants => #constants,)*));
    quote! {
        //! The operation table: method, path, servers and authority of every operation.

        /// One operation of the document.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Operation {
            #(#[doc = #docs] #variants,)*
        }

        /// A server that an operation has.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub struct Server {
            /// The name that the document gives it, in its `description`.
            pub name: &'static str,
            /// Its URL, without a slash at its end; variables are at their defaults.
            pub url: &'static str,
        }

        impl Operation {
            /// Every operation, in the document's order.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];

            /// The document's `operationId`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                #id
            }

            /// The operation with this `operationId`, as the document writes it or in snake case,
            /// as the client's hooks are given it.
            #[must_use]
            pub fn from_id(id: &str) -> Option<Self> {
                match id {
                    #(#known => Some(Self::#variants),)*
                    _ => None,
                }
            }

            /// The HTTP method.
            #[must_use]
            pub const fn method(self) -> ::reqwest::Method {
                #method
            }

            /// The path as the document writes it.
            #[must_use]
            pub const fn path(self) -> &'static str {
                #path
            }

            /// The part of the path that is sent: all of it, unless it is virtual.
            #[must_use]
            pub const fn wire_path(self) -> &'static str {
                #wire_path
            }

            /// Whether the path, or its end, exists in the document only.
            #[must_use]
            pub const fn is_virtual(self) -> bool {
                #is_virtual
            }

            /// Whether a bearer token goes along.
            #[must_use]
            pub const fn bearer(self) -> bool {
                #bearer
            }

            /// The servers that the document gives this operation, in its order.
            #[must_use]
            pub const fn servers(self) -> &'static [Server] {
                #servers
            }

            /// The URL on the server of this name, with the parameters of the path, if it has
            /// any, still in braces. `None` where the operation has no such server.
            #[must_use]
            pub fn url(self, server: &str) -> Option<String> {
                let server = self.servers().iter().find(|it| it.name == server)?;
                Some(format!("{}{}", server.url, self.wire_path()))
            }

            /// The required properties of the request body that can have one value only.
            #[must_use]
            pub const fn constants(self) -> &'static [(&'static str, &'static str)] {
                #constants
            }
        }

        impl ::std::fmt::Display for Operation {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.id())
            }
        }
    }
}

fn doc(operation: &Operation) -> String {
    let request = format!("`{} {}`", operation.method, operation.path);
    let summary = doc::plain(operation.summary.as_deref().unwrap_or_default());
    match summary
        .lines()
        .next()
        .map(|line| line.trim().trim_end_matches('.'))
    {
        Some(summary) if !summary.is_empty() => format!(" {summary}: {request}."),
        _ => format!(" {request}."),
    }
}

fn list(servers: &[Server]) -> TokenStream {
    let entries = servers
        .iter()
        .map(|Server { name, url }| quote!(Server { name: #name, url: #url }));
    quote!(&[#(#entries),*])
}
