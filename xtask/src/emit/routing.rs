//! `routing.rs`: hooks that send every operation to its own server. For documents whose client has
//! no hand-written transport.

use proc_macro2::TokenStream;
use quote::quote;

/// The hooks. They rest on the operation table alone, so they are the same for every document.
pub(crate) fn generate() -> TokenStream {
    quote! {
        //! Sends every operation to its own server, and the bearer only where it is wanted.

        use ::progenitor_client::{ClientHooks, ClientInfo, Error, OperationInfo};
        use ::reqwest::header::{AUTHORIZATION, HeaderValue, InvalidHeaderValue};

        use super::client::Client;
        use super::operations::Operation;

        /// Where requests go, and with what authority.
        #[derive(Clone)]
        #[non_exhaustive]
        pub struct Routing {
            /// The server to use, by the name that the document gives it in its `description`.
            pub server: String,
            /// The `Authorization` header of the operations that want a bearer.
            pub bearer: Option<HeaderValue>,
            /// Replaces scheme, host and port of every server, whose paths stay: for stand-ins and
            /// proxies.
            pub origin: Option<::reqwest::Url>,
        }

        impl Routing {
            /// Requests go to the servers of this name, without a bearer.
            #[must_use]
            pub fn new(server: impl Into<String>) -> Self {
                Self { server: server.into(), bearer: None, origin: None }
            }

            /// Sends this token with the operations that want a bearer.
            ///
            /// # Errors
            ///
            /// When the token has characters that no header can hold.
            pub fn with_bearer(mut self, token: &str) -> Result<Self, InvalidHeaderValue> {
                let mut header = HeaderValue::try_from(format!("Bearer {token}"))?;
                header.set_sensitive(true);
                self.bearer = Some(header);
                Ok(self)
            }

            /// Keeps every server's path and replaces its scheme, host and port by those of this
            /// URL.
            #[must_use]
            pub fn at_origin(mut self, origin: ::reqwest::Url) -> Self {
                self.origin = Some(origin);
                self
            }

            fn url(
                &self,
                operation: Operation,
                baseurl: &str,
                built: &::reqwest::Url,
            ) -> Result<::reqwest::Url, String> {
                let base = match operation.servers() {
                    [] => baseurl.trim_end_matches('/'),
                    servers => match servers.iter().find(|it| it.name == self.server) {
                        Some(server) => server.url,
                        None => {
                            let names: Vec<&str> = servers.iter().map(|it| it.name).collect();
                            return Err(format!(
                                "{operation} has no server called {:?}; it has: {}",
                                self.server,
                                names.join(", "),
                            ));
                        }
                    },
                };
                let path = wire_path(operation, baseurl, built)?;
                let mut url = parse(&format!("{base}{path}"))?;
                if let Some(origin) = &self.origin {
                    let mut moved = origin.clone();
                    moved.set_path(url.path());
                    url = moved;
                }
                url.set_query(built.query());
                Ok(url)
            }
        }

        /// The bearer is not shown.
        impl ::std::fmt::Debug for Routing {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct("Routing")
                    .field("server", &self.server)
                    .field("bearer", &self.bearer.as_ref().map(|_| "[redacted]"))
                    .field("origin", &self.origin.as_ref().map(::reqwest::Url::as_str))
                    .finish()
            }
        }

        /// The path to send: what the client built, less its base URL and what is virtual.
        fn wire_path(
            operation: Operation,
            baseurl: &str,
            built: &::reqwest::Url,
        ) -> Result<String, String> {
            let marked = parse(&format!("{baseurl}/-"))?;
            let prefix = marked.path().strip_suffix("/-").unwrap_or_default();
            let path = built.path().strip_prefix(prefix).unwrap_or(built.path());
            // Arguments of `.` and `..` are taken for steps of the path, and empty ones make it
            // another resource's.
            let same = path.split('/').count() == operation.path().split('/').count()
                && path.split('/').zip(operation.path().split('/')).all(|(is, template)| {
                    is.is_empty() == template.is_empty()
                });
            if !same {
                return Err(format!("an argument of {operation} changes the path to {path}"));
            }
            if !operation.is_virtual() {
                return Ok(path.to_owned());
            }
            let kept = operation.wire_path().matches('/').count();
            Ok(path.split('/').skip(1).take(kept).flat_map(|segment| ["/", segment]).collect())
        }

        fn parse(url: &str) -> Result<::reqwest::Url, String> {
            ::reqwest::Url::parse(url).map_err(|error| format!("{url}: {error}"))
        }

        impl ClientHooks<Routing> for Client {
            async fn pre<E>(
                &self,
                request: &mut ::reqwest::Request,
                info: &OperationInfo,
            ) -> Result<(), Error<E>> {
                let Some(operation) = Operation::from_id(info.operation_id) else {
                    return Err(Error::Custom(format!("unknown operation {}", info.operation_id)));
                };
                let routing = self.inner();
                let url = routing
                    .url(operation, self.baseurl(), request.url())
                    .map_err(Error::Custom)?;
                *request.url_mut() = url;
                if let Some(bearer) = routing.bearer.clone().filter(|_| operation.bearer()) {
                    let mut bearer = bearer;
                    bearer.set_sensitive(true);
                    request.headers_mut().insert(AUTHORIZATION, bearer);
                }
                Ok(())
            }
        }
    }
}
