//! A reader that gives out so much and no more.

use std::io::{self, Read};

/// Bounds what is read between two refills: a row, with what is read ahead.
pub(super) struct Metered<R> {
    inner: R,
    left: u64,
    limit: u64,
}

impl<R> Metered<R> {
    pub(super) fn new(inner: R, limit: u64) -> Self {
        let left = limit;
        Self { inner, left, limit }
    }

    /// A new row begins.
    pub(super) fn refill(&mut self) {
        self.left = self.limit;
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let fits = usize::try_from(self.left).unwrap_or(usize::MAX);
        let fits = fits.min(buffer.len());
        if fits == 0 && !buffer.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a row is too long: is a quote never closed?",
            ));
        }
        let read = self.inner.read(&mut buffer[..fits])?;
        self.left -= read as u64;
        Ok(read)
    }
}
