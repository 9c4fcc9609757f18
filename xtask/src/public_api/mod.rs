//! What of a crate is public, one line each: a change of it is a change for its users.
//!
//! Read from the sources, with all features on, so that any toolchain comes to the same.
//!
//! - `modules`: the sources, and what a name in them means; `expand`: items that macros declare.
//! - `lines`: an item in a line, every type by the path under which users find it.
//!
//! What is not seen: whether a type is `Send` or `Sync` where that follows from private fields,
//! and blanket implementations.

mod expand;
mod lines;
mod modules;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use syn::{Attribute, ImplItem, Item, ItemImpl, TraitItem, visit::Visit};

use crate::finding::Error;
use lines::Writer;
use modules::{Meaning, Modules, conditions, is_public, join, parts};

/// The listing of a crate, sorted: one line for each item, member and implementation.
///
/// # Errors
///
/// Where a source cannot be read or is not understood.
pub fn public_api(root: &Path, crate_name: &str) -> Result<String, Error> {
    let modules = Modules::read(root, &root.display().to_string())?;
    let mut listing = Listing {
        modules: &modules,
        shown: BTreeMap::new(),
        places: Vec::new(),
        lines: BTreeSet::new(),
    };
    listing.find_all(crate_name);
    listing.write_all();
    let lines = listing.lines.into_iter().map(|(_, line)| line + "\n");
    Ok(lines.collect())
}

struct Listing<'a> {
    modules: &'a Modules,
    /// Where users find what is public.
    shown: BTreeMap<Meaning, String>,
    /// The same with the conditions under which it is there, in the order it was found.
    places: Vec<(Meaning, String, Vec<String>)>,
    /// By the path that a line belongs to.
    lines: BTreeSet<(String, String)>,
}

impl Listing<'_> {
    /// From the crate's root down: what is there under two paths belongs to the shorter one.
    fn find_all(&mut self, crate_name: &str) {
        let root = Meaning::Module(String::new());
        let mut left = VecDeque::from([(root, crate_name.to_owned(), Vec::new())]);
        while let Some((what, path, conditions)) = left.pop_front() {
            if let Some(known) = self.shown.get(&what) {
                let line = format!("pub use {path} = {known}{}", lines::suffix(&conditions));
                self.lines.insert((path, line));
                continue;
            }
            self.shown.insert(what.clone(), path.clone());
            if let Meaning::Module(module) = &what {
                left.extend(self.names_in(module, &path, &conditions));
            }
            self.places.push((what, path, conditions));
        }
    }

    /// What a module shows to others.
    fn names_in(
        &self,
        at: &str,
        path: &str,
        outer: &[String],
    ) -> Vec<(Meaning, String, Vec<String>)> {
        let Some(module) = self.modules.get(at) else {
            return Vec::new();
        };
        let named = |what, name: &str, conditions: Vec<String>| {
            (what, join(path, name), [outer, &conditions].concat())
        };
        let mut names = Vec::new();
        for (name, visibility, attributes) in module.items.iter().filter_map(parts) {
            if is_public(visibility) && !is_hidden(attributes) {
                let what = Meaning::Item {
                    module: at.to_owned(),
                    name: name.to_string(),
                };
                names.push(named(what, &name.to_string(), conditions(attributes)));
            }
        }
        for import in module.imports.iter().filter(|import| import.is_public) {
            match self.modules.imported(at, import) {
                Some(Meaning::Module(inner)) if import.name == "*" => {
                    names.extend(self.names_in(
                        &inner,
                        path,
                        &[outer, &import.conditions].concat(),
                    ));
                }
                Some(what) => names.push(named(what, &import.name, import.conditions.clone())),
                None => {}
            }
        }
        for child in module.children.iter().filter(|child| child.is_public) {
            let what = Meaning::Module(join(at, &child.name));
            names.push(named(what, &child.name, child.conditions.clone()));
        }
        names
    }

    fn write_all(&mut self) {
        for (what, path, conditions) in std::mem::take(&mut self.places) {
            let mut added = Vec::new();
            match &what {
                Meaning::Module(_) => added.push(format!("pub mod {path}")),
                Meaning::Outside(other) => added.push(format!("pub use {path} = {other}")),
                Meaning::Item { module, name } => {
                    let writer = Writer::new(self.modules, &self.shown, module);
                    let items = self.modules.get(module).map(|module| &module.items[..]);
                    let is_it = |item: &&Item| parts(item).is_some_and(|(it, ..)| it == name);
                    for item in items.unwrap_or_default().iter().filter(is_it) {
                        writer.item(item, &path, &mut added);
                    }
                }
            }
            // What is below an item is there if it is.
            if let Some(first) = added.first_mut() {
                first.push_str(&lines::suffix(&conditions));
            }
            let added = added.into_iter().map(|line| (path.clone(), line));
            self.lines.extend(added);
        }
        for (path, module) in self.modules.iter() {
            for item in &module.items {
                if let Item::Impl(item) = item {
                    self.write_impl(path, item);
                }
            }
        }
    }

    /// An implementation belongs to its own type or, where that is another crate's, to the first
    /// of ours that it names.
    fn write_impl(&mut self, module: &str, item: &ItemImpl) {
        let mut names = Names {
            modules: self.modules,
            module,
            found: Vec::new(),
        };
        names.visit_type(&item.self_ty);
        if let Some((path, _)) = &item.trait_ {
            names.visit_path(path);
        }
        let ours = names
            .found
            .iter()
            .find(|it| matches!(it, Meaning::Item { .. }));
        let Some(owner) = ours.and_then(|it| self.shown.get(it)).cloned() else {
            return;
        };
        let writer = Writer::new(self.modules, &self.shown, module);
        let mut added = Vec::new();
        match &item.trait_ {
            Some((path, _)) if self.hides(module, path) => {}
            Some(_) => added.push(writer.implementation(item)),
            None => {
                for member in &item.items {
                    let (attributes, visibility) = match member {
                        ImplItem::Fn(it) => (&it.attrs, &it.vis),
                        ImplItem::Const(it) => (&it.attrs, &it.vis),
                        _ => continue,
                    };
                    if is_public(visibility) && !is_hidden(attributes) {
                        let suffix = lines::suffix(&conditions(attributes));
                        added.push(writer.member(item, member, &owner) + &suffix);
                    }
                }
            }
        }
        let suffix = lines::suffix(&conditions(&item.attrs));
        let added = added
            .into_iter()
            .map(|line| (owner.clone(), line + &suffix));
        self.lines.extend(added);
    }

    /// Whether a trait is ours and nobody else's.
    fn hides(&self, module: &str, path: &syn::Path) -> bool {
        let meaning = self.modules.resolve(module, &segments(path));
        meaning
            .is_some_and(|it| matches!(it, Meaning::Item { .. }) && !self.shown.contains_key(&it))
    }
}

/// What the paths in a piece of code stand for.
struct Names<'a> {
    modules: &'a Modules,
    module: &'a str,
    found: Vec<Meaning>,
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.found
            .extend(self.modules.resolve(self.module, &segments(path)));
        syn::visit::visit_path(self, path);
    }
}

fn segments(path: &syn::Path) -> Vec<String> {
    path.segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect()
}

/// `#[doc(hidden)]`: nobody is promised anything.
fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|it| {
        let list = it.meta.require_list();
        it.path().is_ident("doc") && list.is_ok_and(|list| list.tokens.to_string() == "hidden")
    })
}

/// A member of a trait, if users are told of it.
fn is_told(member: &TraitItem) -> bool {
    match member {
        TraitItem::Fn(item) => !is_hidden(&item.attrs),
        _ => true,
    }
}
