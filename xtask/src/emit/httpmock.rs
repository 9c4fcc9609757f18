//! `httpmock.rs`: progenitor's mock helpers, made to match what is really sent.
//!
//! progenitor anchors each mock at the document's path. A client that is pointed at a mock server
//! keeps the path of its real server and leaves out what is virtual, so the mocks must match that,
//! and operations that share a wire path must be told apart by their bodies.

use std::collections::HashMap;

use openapiv3::OpenAPI;
use progenitor::{GenerationSettings, Generator};
use quote::quote;
use syn::visit_mut::{self, VisitMut};

use crate::emit::{client, doc};
use crate::names;
use crate::operations::Operation;

/// The helpers, or what progenitor said.
pub(crate) fn generate(
    settings: &GenerationSettings,
    document: &OpenAPI,
    operations: &[Operation],
) -> Result<syn::File, String> {
    let document = without_nameless_statuses(document);
    let tokens = client::guarded(|| {
        Generator::new(settings)
            .httpmock(&document, "super::super::client")
            .map_err(|error| error.to_string())
    })?;
    let mut file: syn::File = syn::parse2(tokens).map_err(|error| error.to_string())?;
    Mocks::of(operations).visit_file_mut(&mut file);
    let mut arguments = Arguments { has_query: false };
    arguments.visit_file_mut(&mut file);
    if arguments.has_query {
        file.items.push(query_helper());
    }
    doc::harmless(&mut file);
    Ok(file)
}

/// progenitor names a mock's answers after their statuses and panics at one without a name.
fn without_nameless_statuses(document: &OpenAPI) -> OpenAPI {
    let mut document = document.clone();
    for (_, item) in &mut document.paths.paths {
        let openapiv3::ReferenceOr::Item(item) = item else {
            continue;
        };
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.options,
            &mut item.head,
            &mut item.patch,
            &mut item.trace,
        ];
        for operation in operations.into_iter().flatten() {
            operation
                .responses
                .responses
                .retain(|status, _| match *status {
                    openapiv3::StatusCode::Code(code) => STATUSES_WITH_A_NAME.contains(&code),
                    openapiv3::StatusCode::Range(_) => true,
                });
        }
    }
    document
}

/// Those of the `http` crate.
const STATUSES_WITH_A_NAME: &[u16] = &[
    200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 400, 401, 402, 403, 404, 405, 406, 407, 408,
    409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424, 425, 426, 428, 429, 431,
    451, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511,
];

fn shares_path(operation: &Operation, operations: &[Operation]) -> bool {
    operations.iter().any(|other| {
        other.id != operation.id
            && other.method == operation.method
            && other.wire_path == operation.wire_path
            && server_paths(other)
                .iter()
                .any(|path| server_paths(operation).contains(path))
    })
}

/// The paths of the operation's servers, each once.
fn server_paths(operation: &Operation) -> Vec<String> {
    let mut paths: Vec<String> = operation
        .servers
        .iter()
        .map(|server| server.path())
        .collect();
    paths.sort();
    paths.dedup();
    if paths.is_empty() {
        paths.push(String::new());
    }
    paths
}

/// A regular expression for the path on the wire; the named parameter, if any, becomes `{value}`,
/// which the generated code fills in.
fn path_pattern(operation: &Operation, parameter: Option<&str>) -> String {
    let prefixes: Vec<String> = server_paths(operation)
        .iter()
        .map(|path| escape(path))
        .collect();
    let prefix = match prefixes.as_slice() {
        [one] => one.clone(),
        several => format!("(?:{})", several.join("|")),
    };
    let mut pattern = String::new();
    let mut rest = operation.wire_path.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        pattern.push_str(&escape(before));
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        pattern.push_str(if parameter == Some(name) {
            "{value}"
        } else {
            "[^/]*"
        });
        rest = after;
    }
    pattern.push_str(&escape(rest));
    let whole = format!("{prefix}{pattern}");
    // A server at the root with nothing after it is asked for `/`.
    if whole.is_empty() {
        "^/$".to_owned()
    } else {
        format!("^{whole}$")
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Rewrites the helpers of one operation.
struct Mock<'o> {
    operation: &'o Operation,
    shares_path: bool,
}

impl Mock<'_> {
    fn parameters(&self) -> Vec<&str> {
        let pieces = self.operation.path.split('{').skip(1);
        pieces
            .filter_map(|piece| piece.split_once('}'))
            .map(|(name, _)| name)
            .collect()
    }

    fn rewrite(&self, method: &mut syn::ImplItemFn) {
        let name = method.sig.ident.to_string();
        if name == "new" {
            method.block = self.new_block();
        } else if let Some(parameter) = self
            .parameters()
            .into_iter()
            .find(|parameter| names::method_name(parameter) == name)
        {
            let pattern = path_pattern(self.operation, Some(parameter));
            method.block = if pattern.contains("{value}") {
                let pattern = pattern_format(&pattern);
                syn::parse_quote!({
                    let value =
                        ::regex::escape(&::progenitor_client::encode_path(&value.to_string()));
                    let re = ::regex::Regex::new(&format!(#pattern)).unwrap();
                    Self(self.0.path_matches(re))
                })
            } else {
                // The parameter is in the virtual part, which no request shows.
                syn::parse_quote!({
                    let _ = value;
                    self
                })
            };
        }
    }

    fn new_block(&self) -> syn::Block {
        let method = syn::Ident::new(&self.operation.method, proc_macro2::Span::call_site());
        let pattern = path_pattern(self.operation, None);
        let constants = (self.shares_path && !self.operation.constants.is_empty()).then(|| {
            let members: serde_json::Map<String, serde_json::Value> = self
                .operation
                .constants
                .iter()
                .map(|(name, value)| (name.clone(), value.clone().into()))
                .collect();
            let body = serde_json::Value::Object(members).to_string();
            quote!(.json_body_includes(#body))
        });
        syn::parse_quote!({
            Self(
                inner
                    .method(::httpmock::Method::#method)
                    .path_matches(::regex::Regex::new(#pattern).unwrap())
                    #constants
            )
        })
    }
}

/// Has arguments matched and answered as the client reads and writes them.
///
/// progenitor asks query parameters for a string, which lists do not have, and which quotes JSON
/// values; and it takes every body for a reference, which plain numbers are not.
struct Arguments {
    has_query: bool,
}

impl VisitMut for Arguments {
    fn visit_expr_mut(&mut self, expression: &mut syn::Expr) {
        visit_mut::visit_expr_mut(self, expression);
        let syn::Expr::MethodCall(call) = expression else {
            return;
        };
        if call.method == "json_body_obj" {
            call.args = syn::parse_quote!(&value);
        } else if call.method == "query_param"
            && let Some(name) = call.args.first()
        {
            let when = &call.receiver;
            *expression = syn::parse_quote!(super::with_query(#when, #name, &value));
            self.has_query = true;
        }
    }
}

fn query_helper() -> syn::Item {
    syn::parse_quote! {
        fn with_query(
            when: ::httpmock::When,
            name: &str,
            value: &impl ::serde::Serialize,
        ) -> ::httpmock::When {
            let request = ::reqwest::Client::new()
                .get("http://mock.test/")
                .query(&::progenitor_client::QueryParam::new(name, value))
                .build()
                .unwrap();
            request
                .url()
                .query_pairs()
                .fold(when, |when, (name, value)| when.query_param(name, value))
        }
    }
}

/// The pattern as a format string that has one argument, `value`.
fn pattern_format(pattern: &str) -> String {
    let parts: Vec<String> = pattern
        .split("{value}")
        .map(|part| part.replace('{', "{{").replace('}', "}}"))
        .collect();
    parts.join("{value}")
}

/// Rewrites the helpers of all operations, by the types that they are of.
struct Mocks<'o>(HashMap<String, Mock<'o>>);

impl<'o> Mocks<'o> {
    fn of(operations: &'o [Operation]) -> Self {
        let mock = |operation: &'o Operation| {
            let when = names::type_name(&format!("{}-when", operation.method_name()));
            let shares_path = shares_path(operation, operations);
            let mock = Mock {
                operation,
                shares_path,
            };
            (when, mock)
        };
        Self(operations.iter().map(mock).collect())
    }
}

impl VisitMut for Mocks<'_> {
    fn visit_item_impl_mut(&mut self, item: &mut syn::ItemImpl) {
        let of = match &*item.self_ty {
            syn::Type::Path(path) => path.path.get_ident(),
            _ => None,
        };
        if let Some(mock) = of.and_then(|of| self.0.get(&of.to_string())) {
            for member in &mut item.items {
                if let syn::ImplItem::Fn(method) = member {
                    mock.rewrite(method);
                }
            }
        }
        visit_mut::visit_item_impl_mut(self, item);
    }
}
