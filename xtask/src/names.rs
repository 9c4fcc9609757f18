//! The Rust names that progenitor and typify will make of the document's names.
//!
//! Both change names with heck and then keep the first of two that became the same. To notice
//! that before they do, the names are foretold here, by the same rules.

use heck::{ToPascalCase, ToSnakeCase};

/// The name of a type or variant.
pub(crate) fn type_name(name: &str) -> String {
    identifier(&letters(name).to_pascal_case(), 'X')
}

/// The name of a method or argument, as progenitor makes it.
pub(crate) fn method_name(name: &str) -> String {
    identifier(&letters(name).to_snake_case(), '_')
}

/// Whether `name` is a type name as it stands.
pub(crate) fn is_type_name(name: &str) -> bool {
    type_name(name) == name
}

fn letters(name: &str) -> String {
    name.chars()
        .filter(|c| *c != '\'')
        .map(|c| {
            if c.is_alphanumeric() || c == '_' {
                c
            } else {
                '-'
            }
        })
        .collect()
}

fn identifier(cased: &str, prefix: char) -> String {
    let name = match cased.chars().next() {
        None => prefix.to_string(),
        Some(first) if first.is_alphabetic() || first == '_' => cased.to_owned(),
        Some(_) => format!("{prefix}{cased}"),
    };
    if syn::parse_str::<syn::Ident>(&name).is_ok() && name != "gen" {
        name
    } else {
        format!("{name}_")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_what_progenitor_makes_of_them() {
        assert_eq!(type_name("points_balance"), "PointsBalance");
        assert_eq!(
            type_name("fetchPoints-401-response"),
            "FetchPoints401Response"
        );
        assert_eq!(type_name("9lives"), "X9lives");
        assert_eq!(type_name("self"), "Self_");
        assert_eq!(method_name("fetchPoints"), "fetch_points");
        assert_eq!(method_name("type"), "type_");
        assert_eq!(method_name("2fa"), "_2fa");
    }

    #[test]
    fn a_type_name_is_one_that_stays_as_it_is() {
        assert!(is_type_name("PointsBalance"));
        assert!(!is_type_name("pointsBalance"));
        assert!(!is_type_name("HTTPError"));
    }
}
