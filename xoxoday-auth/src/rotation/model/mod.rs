//! The rotation protocol, explored to its end: every order in which at least
//! three processes, their store, their rescue file, the token server, time and
//! trouble can take their steps.
//!
//! What is checked is the [machine](super::machine) itself, step for step, with
//! its own documents, and the driver's rules for the rescue file. The model is
//! the world around them:
//!
//! - [`process`]: a machine and what a driver performs for it, one action at a
//!   time. Between any two steps it may die, or stand still while leases end.
//! - [`store`]: swaps by version; each may fail before or after it was written,
//!   and the store may be down for a while. The rescue file may be impossible
//!   to write, and may be lost.
//! - [`server`]: strict, or with grace for an old token, which brings a fresh
//!   pair or the same. An answer may be lost, spoilt, a rate limit or trouble,
//!   before the work or after it; a request may never leave, or arrive after
//!   its sender has given up or died.
//! - [`world`]: all of that at one moment, and what may still happen; [`steps`]:
//!   what each event does; [`space`]: the events that are possible.
//! - [`guarantees`]: what must hold; [`probe`]: a look ahead from where no
//!   rotation runs.
//! - [`subject`]: the machine, or one broken from outside, to see that the
//!   checker notices.
//!
//! # Never locked out
//!
//! Once trouble is over, one rotation brings the account back, unless every
//! token that the server still accepts
//!
//! - never reached a process: the server spent its predecessor, and the answer
//!   was lost; or
//! - died with the one process that had received it, before that had tried to
//!   save it and, where that failed, to write the rescue file, or after both
//!   had failed; or was lost with the disk of the rescue file.
//!
//! # What is left out, and why that is no loss
//!
//! - A request is sent in the step in which the machine decides to. Nothing can
//!   check a lease after the last byte has left, so a process that is stopped
//!   between the two (for more than half a lease) may present a token late. The
//!   model has every stop before the decision and after the sending.
//! - The server works on a request when its answer arrives, or later if nobody
//!   waits any more. To the others it is the same as an answer that lies
//!   waiting.
//! - A look into the store belongs to the step before it. A look that comes
//!   later finds what the step would have found if it had come later: a swap
//!   that lost once will always lose.
//! - Processes that have done nothing yet are alike, so the first goes first.
//! - Clocks agree, and times are multiples of two thirds of a lease. Clocks
//!   that are set are the matter of the machine's own tests.
//! - The rescue file is compared and written in one step: a lock is held.
//!
//! # How much is explored
//!
//! Every test explores its space to the end and prints how much that was. With
//! `XOXODAY_MODEL=long` there are more mishaps, more time and more rotations:
//!
//! `XOXODAY_MODEL=long cargo test -p xoxoday-auth --lib rotation::model`

mod guarantees;
mod hash;
mod probe;
mod process;
mod server;
mod shared;
mod space;
mod steps;
mod store;
mod subject;
mod tests;
mod tokens;
mod world;
