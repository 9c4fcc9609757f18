//! The one place through which every call of the generated client passes.
//!
//! The client itself knows neither servers nor tokens: progenitor gives each
//! operation the same base URL. A [`Transport`] corrects that from the
//! operation table, and `xoxoday-auth` is the transport that does so.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use progenitor_client::{ClientHooks, OperationInfo};

use crate::generated::client::{Client, Error};
use crate::generated::operations::Operation;

/// A boxed future: what keeps [`Transport`] usable behind a pointer.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends the requests of the generated client.
pub trait Transport: Send + Sync + 'static {
    /// Readies a request: gives it the address of its operation.
    ///
    /// # Errors
    ///
    /// A sentence for the caller when the call must not be made, for example
    /// because the operation has no server in the chosen environment. The
    /// client returns it as [`Error::Custom`] and nothing is sent.
    fn prepare<'a>(
        &'a self,
        operation: Operation,
        request: &'a mut reqwest::Request,
    ) -> BoxFuture<'a, Result<(), String>>;

    /// Sends a request that [`prepare`](Self::prepare) has readied and returns
    /// the server's answer.
    fn send(
        &self,
        operation: Operation,
        request: reqwest::Request,
    ) -> BoxFuture<'_, reqwest::Result<reqwest::Response>>;
}

/// The transport inside a generated client.
#[derive(Clone)]
pub struct Inner(Arc<dyn Transport>);

impl Inner {
    /// Wraps a transport.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self(transport)
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Inner")
    }
}

impl Client {
    /// A generated client whose every call goes through the transport.
    ///
    /// Unlike [`Client::new`] this cannot panic, and unlike a base URL the
    /// transport gives each operation its own address.
    pub fn with_transport(client: reqwest::Client, transport: Arc<dyn Transport>) -> Self {
        Self::new_with_client(UNROUTED, client, Inner::new(transport))
    }
}

/// What stands before each path until the transport has given the request its
/// address. The name can never be resolved (RFC 2606), so that a request that
/// was not routed goes nowhere.
const UNROUTED: &str = "https://unrouted.invalid";

impl ClientHooks<Inner> for Client {
    async fn pre<E>(
        &self,
        request: &mut reqwest::Request,
        info: &OperationInfo,
    ) -> Result<(), Error<E>> {
        let operation = operation(info)
            .ok_or_else(|| Error::Custom(format!("no operation {:?}", info.operation_id)))?;
        self.inner
            .0
            .prepare(operation, request)
            .await
            .map_err(Error::Custom)
    }

    async fn exec(
        &self,
        request: reqwest::Request,
        info: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        match operation(info) {
            Some(operation) => self.inner.0.send(operation, request).await,
            // Not reached: `pre` has refused it. Unrouted, it leads nowhere.
            None => self.client.execute(request).await,
        }
    }
}

fn operation(info: &OperationInfo) -> Option<Operation> {
    Operation::from_id(info.operation_id)
}
