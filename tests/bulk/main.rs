//! Points to many: a ledger beside the send, and what becomes of both when the
//! server, the network, the disk or the process itself fails.

mod kills;
#[cfg(target_os = "linux")]
mod ledger;
#[cfg(target_os = "linux")]
mod memory;
mod outages;
mod send;
