use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

use crate::connection::Connection;

/// How an answer's body is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    Whole,
    /// Half of it, and then the end of the connection.
    Cut,
    /// One byte at a time.
    Slow(Duration),
    /// So many bytes in its stead.
    Huge(u64),
}

/// The body on its way.
pub(crate) struct AnswerBody {
    rest: Rest,
    connection: Option<Arc<Connection>>,
}

enum Rest {
    Whole(Bytes),
    Cut {
        bytes: Bytes,
        stage: Stage,
    },
    Slow {
        bytes: Bytes,
        every: Duration,
        pause: Pin<Box<Sleep>>,
    },
    Huge {
        left: u64,
    },
}

/// A cut goes in steps: hyper must have time to write what it has.
#[derive(Clone, Copy)]
enum Stage {
    Half,
    Flush,
    Cut,
}

/// The connection is to be closed as it is.
#[derive(Debug)]
pub(crate) struct Severed;

impl fmt::Display for Severed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("severed on purpose")
    }
}

impl std::error::Error for Severed {}

/// What a huge body is made of. Shared: its size costs no memory.
static FILLER: [u8; 64 * 1024] = [b'x'; 64 * 1024];

impl AnswerBody {
    pub(crate) fn new(bytes: Bytes, manner: Manner, connection: Arc<Connection>) -> Self {
        let rest = match manner {
            Manner::Whole => Rest::Whole(bytes),
            Manner::Cut => Rest::Cut {
                bytes,
                stage: Stage::Half,
            },
            Manner::Slow(every) => Rest::Slow {
                bytes,
                every,
                pause: Box::pin(sleep(Duration::ZERO)),
            },
            Manner::Huge(left) => Rest::Huge { left },
        };
        let body = Self {
            rest,
            connection: Some(connection),
        };
        body.note_end();
        body
    }

    /// A body that nobody watches.
    pub(crate) fn plain(bytes: Bytes) -> Self {
        Self {
            rest: Rest::Whole(bytes),
            connection: None,
        }
    }

    fn note_end(&self) {
        if let Some(connection) = self.connection.as_ref().filter(|_| self.is_end_stream()) {
            connection.handed_over();
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Severed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Severed>>> {
        if self.is_end_stream() {
            return Poll::Ready(None);
        }
        let bytes = match &mut self.rest {
            Rest::Whole(bytes) => std::mem::take(bytes),
            Rest::Cut { bytes, stage } => match stage {
                Stage::Half => {
                    *stage = Stage::Flush;
                    bytes.slice(..bytes.len() / 2)
                }
                Stage::Flush => {
                    *stage = Stage::Cut;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Stage::Cut => return Poll::Ready(Some(Err(Severed))),
            },
            Rest::Slow {
                bytes,
                every,
                pause,
            } => {
                ready!(pause.as_mut().poll(cx));
                pause.as_mut().reset(Instant::now() + *every);
                bytes.split_to(1)
            }
            Rest::Huge { left } => {
                let length =
                    usize::try_from(*left).map_or(FILLER.len(), |left| left.min(FILLER.len()));
                *left -= length as u64;
                Bytes::from_static(&FILLER[..length])
            }
        };
        self.note_end();
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.rest {
            Rest::Whole(bytes) | Rest::Slow { bytes, .. } => bytes.is_empty(),
            Rest::Cut { .. } => false,
            Rest::Huge { left } => *left == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.rest {
            Rest::Whole(bytes) | Rest::Slow { bytes, .. } | Rest::Cut { bytes, .. } => {
                SizeHint::with_exact(bytes.len() as u64)
            }
            // Not declared: whoever reads it must count for himself.
            Rest::Huge { .. } => SizeHint::default(),
        }
    }
}
