//! What is listed of a crate, and that a change of it is seen.

use std::fs;
use std::path::Path;
use std::process::Command;

/// A crate of these files below `src`, listed.
fn listed(files: &[(&str, &str)]) -> Result<Vec<String>, String> {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), files);
    let listing = xtask::public_api(&dir.path().join("src/lib.rs"), "it");
    let listing = listing.map_err(|error| error.to_string())?;
    Ok(listing.lines().map(str::to_owned).collect())
}

fn write(dir: &Path, files: &[(&str, &str)]) {
    for (name, code) in files {
        let path = dir.join("src").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, code).unwrap();
    }
}

fn alone(code: &str) -> Vec<String> {
    listed(&[("lib.rs", code)]).unwrap()
}

#[test]
fn an_item_is_listed_with_its_members_and_what_it_implements() {
    let lines = alone(
        "use std::fmt::{self, Debug};
        #[derive(Clone)]
        pub struct Open { pub a: Vec<u8> }
        #[non_exhaustive]
        pub struct Closed { pub a: u8 }
        pub struct Hiding<'a, T: Debug>(pub &'a T, u8);
        pub enum Choice { Empty, Pair(u8, Open), Named { it: Open } }
        impl Open {
            pub const ZERO: Self = Self { a: Vec::new() };
            pub async fn a(&mut self, mut by: &str) -> Result<(), fmt::Error> { Ok(()) }
            fn not_told(&self) {}
            #[doc(hidden)]
            pub fn hidden(&self) {}
        }
        impl<'a, T: Debug> Hiding<'a, T> { pub fn get(mut self) -> &'a T { self.0 } }
        impl fmt::Display for Open {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { Ok(()) }
        }
        impl From<Open> for u8 { fn from(it: Open) -> u8 { 0 } }
        pub trait Does: Debug + Send {
            fn must(&self, it: &dyn Fn(u8) -> bool);
            fn may(&self) {}
        }
        pub fn all<T>(these: impl Iterator<Item = T>) -> bool where T: Debug { true }",
    );
    let expected = "\
pub mod it
pub enum it::Choice
pub variant it::Choice::Empty
pub variant it::Choice::Named { it: it::Open }
pub variant it::Choice::Pair(u8, it::Open)
pub struct it::Closed { .. }
pub field it::Closed::a: u8
pub fn it::Does::may(&self) { .. }
pub fn it::Does::must(&self, it: &dyn Fn(u8) -> bool)
pub trait it::Does: Debug + Send
pub struct it::Hiding<'a, T: Debug> { .. }
pub field it::Hiding::0: &'a T
pub fn it::Hiding::get(self) -> &'a T where impl<'a, T: Debug>
impl Clone for it::Open
impl From<it::Open> for u8
impl std::fmt::Display for it::Open
pub async fn it::Open::a(&mut self, by: &str) -> Result<(), std::fmt::Error>
pub const it::Open::ZERO: Self
pub field it::Open::a: Vec<u8>
pub struct it::Open
pub fn it::all<T>(these: impl Iterator<Item = T>) -> bool where T: Debug";
    let mut expected: Vec<_> = expected.lines().collect();
    let mut lines: Vec<_> = lines.iter().map(String::as_str).collect();
    expected.sort_unstable();
    lines.sort_unstable();
    assert_eq!(lines, expected);
}

#[test]
fn what_users_cannot_reach_is_not_listed_and_what_moves_behind_their_backs_stays() {
    let root = "mod hidden; pub mod shown; pub use hidden::deep::Kept; pub use serde::Value as V;";
    let here = listed(&[
        ("lib.rs", root),
        ("hidden/mod.rs", "pub mod deep; pub struct Unreachable;"),
        (
            "hidden/deep.rs",
            "pub struct Kept; pub(crate) trait Ours {} impl Ours for Kept {}",
        ),
        (
            "shown.rs",
            "pub use crate::hidden::deep::*; pub fn f(it: super::Kept) {}",
        ),
    ]);
    assert_eq!(
        here.as_deref().unwrap(),
        [
            "pub mod it",
            "pub struct it::Kept;",
            "pub use it::V = serde::Value",
            "pub mod it::shown",
            "pub use it::shown::Kept = it::Kept",
            "pub fn it::shown::f(it: it::Kept)",
        ]
    );
    let moved = listed(&[
        (
            "lib.rs",
            "mod hidden; pub mod shown; pub use hidden::Kept; pub use serde::Value as V;",
        ),
        (
            "hidden.rs",
            "pub struct Kept; pub(crate) trait Ours {} impl Ours for Kept {}",
        ),
        (
            "shown.rs",
            "pub use super::hidden::Kept; pub fn f(it: crate::hidden::Kept) {}",
        ),
    ]);
    assert_eq!(here, moved);
}

#[test]
fn a_condition_is_part_of_what_is_promised_and_tests_are_not() {
    let lines = alone(
        r#"#[cfg(feature = "extra")]
        pub mod extra { pub fn f() {} }
        #[cfg_attr(feature = "extra", derive(Debug))]
        pub struct S;
        impl S { #[cfg(unix)] pub fn on_unix(&self) {} }
        #[cfg(test)]
        pub mod tests { pub fn not_told() {} }"#,
    );
    assert_eq!(
        lines,
        [
            "pub mod it",
            r#"impl Debug for it::S #[cfg(feature = "extra")]"#,
            "pub fn it::S::on_unix(&self) #[cfg(unix)]",
            "pub struct it::S;",
            r#"pub mod it::extra #[cfg(feature = "extra")]"#,
            r#"pub fn it::extra::f() #[cfg(feature = "extra")]"#,
        ]
    );
}

#[test]
fn what_a_macro_declares_is_listed_or_refused() {
    let one_rule = "macro_rules! id { ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])* pub struct $name(u8);
        impl $name { pub fn get(&self) -> u8 { self.0 } }
    }; }";
    assert_eq!(
        alone(&format!("{one_rule} id! {{ /// A\n A }} id!(B);")),
        [
            "pub mod it",
            "pub fn it::A::get(&self) -> u8",
            "pub struct it::A { .. }",
            "pub fn it::B::get(&self) -> u8",
            "pub struct it::B { .. }",
        ]
    );
    let two_rules = "macro_rules! id { ($a:ident) => {}; ($a:ident $b:ident) => {}; } id!(A);";
    for code in [two_rules, "elsewhere! { A }"] {
        let refusal = listed(&[("lib.rs", code)]).unwrap_err();
        assert!(refusal.contains("declares is not known"), "{refusal}");
    }
}

#[test]
fn a_listing_that_is_out_of_date_is_shown_and_ends_with_4() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["xoxoday-api", "xoxoday-auth"] {
        write(&dir.path().join(name), &[("lib.rs", "pub fn kept() {}")]);
    }
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(arguments)
            .env("CARGO_MANIFEST_DIR", dir.path().join("xtask"))
            .output()
            .unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), stdout)
    };
    assert_eq!(run(&["public-api", "--check"]).0, 4);
    assert_eq!(run(&["public-api"]).0, 0);
    assert_eq!(run(&["public-api", "--check"]), (0, String::new()));

    let code = "pub fn kept(more: u8) {}";
    write(&dir.path().join("xoxoday-auth"), &[("lib.rs", code)]);
    let (code, diff) = run(&["public-api", "--check"]);
    assert_eq!(code, 4);
    assert!(diff.contains("-pub fn xoxoday_auth::kept()"), "{diff}");
    assert!(
        diff.contains("+pub fn xoxoday_auth::kept(more: u8)"),
        "{diff}"
    );
}
