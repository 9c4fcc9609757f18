#![doc = include_str!("index.md")]

#[doc = include_str!("concepts.md")]
pub mod concepts {}

#[doc = include_str!("environments.md")]
pub mod environments {}

#[doc = include_str!("errors.md")]
pub mod errors {}

#[doc = include_str!("stores.md")]
pub mod stores {}

#[doc = include_str!("user_sessions.md")]
pub mod user_sessions {}

#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("production.md")]
pub mod production {}

#[doc = include_str!("migrating.md")]
pub mod migrating {}

#[doc = include_str!("costs.md")]
#[doc = include_str!("costs.svg")]
pub mod costs {}
