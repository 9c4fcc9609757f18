//! One connection, watched: which answer has been written, and how it ends.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::record::Delivery;
use crate::world::World;

/// What is known of a connection by all who serve it.
pub(crate) struct Connection {
    pub(crate) id: u64,
    world: Arc<World>,
    state: Mutex<State>,
    reset: AtomicBool,
}

#[derive(Default)]
struct State {
    /// The latest request.
    sequence: Option<u64>,
    /// Its answer's last byte is in hyper's hands.
    handed_over: bool,
    closed: bool,
}

impl Connection {
    pub(crate) fn new(id: u64, world: Arc<World>) -> Self {
        Self {
            id,
            world,
            state: Mutex::default(),
            reset: AtomicBool::new(false),
        }
    }

    /// A request came in on it.
    pub(crate) fn begins(&self, sequence: u64) {
        let closed = {
            let mut state = self.state();
            state.sequence = Some(sequence);
            state.closed
        };
        if closed {
            self.world.log.ended(sequence);
        }
    }

    /// The last byte of the answer is about to be written.
    pub(crate) fn handed_over(&self) {
        self.state().handed_over = true;
    }

    /// When it is closed, it is to end with a reset.
    pub(crate) fn reset_when_closed(&self) {
        self.reset.store(true, Ordering::SeqCst);
    }

    /// The request whose answer is about to be written to the end.
    fn finishing(&self) -> Option<u64> {
        let state = self.state();
        state.sequence.filter(|_| state.handed_over)
    }

    fn finished(&self) {
        self.state().handed_over = false;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The socket, as hyper sees it.
pub(crate) struct Socket {
    inner: TokioIo<TcpStream>,
    connection: Arc<Connection>,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, connection: Arc<Connection>) -> Self {
        Self {
            inner: TokioIo::new(stream),
            connection,
        }
    }

    /// Writes, and notes it if that was all. The log is locked meanwhile, so that
    /// whoever has read the answer also finds it recorded as written.
    fn write(
        &mut self,
        all: usize,
        write: impl FnOnce(Pin<&mut TokioIo<TcpStream>>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let inner = Pin::new(&mut self.inner);
        let Some(sequence) = self.connection.finishing() else {
            return write(inner);
        };
        let mut whole = false;
        let written = self.connection.world.log.update_while(sequence, |call| {
            let written = write(inner);
            whole = matches!(written, Poll::Ready(Ok(count)) if count == all);
            if whole {
                call.delivery = Delivery::Written;
            }
            written
        });
        if whole {
            self.connection.finished();
        }
        written.unwrap_or(Poll::Pending)
    }
}

impl Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if let Poll::Ready(Err(error)) = &read
            && error.kind() == ErrorKind::ConnectionReset
            && let Some(sequence) = self.connection.state().sequence
        {
            self.connection.world.log.update(sequence, |call| {
                if call.delivery == Delivery::Written {
                    call.delivery = Delivery::Unread;
                }
            });
        }
        read
    }
}

impl Write for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(bytes.len(), |inner| inner.poll_write(cx, bytes))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let all = slices.iter().map(|slice| slice.len()).sum();
        self.write(all, |inner| inner.poll_write_vectored(cx, slices))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// The record is told before the peer can see that the socket is closed.
impl Drop for Socket {
    fn drop(&mut self) {
        if self.connection.reset.load(Ordering::SeqCst) {
            // If it fails the peer sees an ordinary end: still no answer.
            let _ = self.inner.inner().set_zero_linger();
        }
        let sequence = {
            let mut state = self.connection.state();
            state.closed = true;
            state.sequence
        };
        if let Some(sequence) = sequence {
            self.connection.world.log.ended(sequence);
        }
    }
}
