//! A crate's sources as modules: what each declares, and what each name in it means.

use std::collections::BTreeMap;
use std::path::Path;

use syn::{Attribute, Ident, Item, ItemMacro, UseTree, Visibility};

use super::expand::expand;
use crate::document::Source;
use crate::finding::{Error, Finding, Place};

/// All modules of a crate, by their path below its root, which is "".
#[derive(Default)]
pub(super) struct Modules(BTreeMap<String, Module>);

#[derive(Default)]
pub(super) struct Module {
    pub(super) items: Vec<Item>,
    pub(super) imports: Vec<Import>,
    pub(super) children: Vec<Child>,
}

/// One name that a `use` brings in; `*` for all of them.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) name: String,
    target: Vec<String>,
    pub(super) is_public: bool,
    pub(super) conditions: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Child {
    pub(super) name: String,
    pub(super) is_public: bool,
    pub(super) conditions: Vec<String>,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meaning {
    Module(String),
    Item {
        module: String,
        name: String,
    },
    /// Of another crate.
    Outside(String),
}

impl Modules {
    pub(super) fn read(root: &Path, shown: &str) -> Result<Self, Error> {
        let mut modules = Self::default();
        let folder = root.parent().unwrap_or(root);
        modules.read_file(root, folder, shown, "")?;
        Ok(modules)
    }

    pub(super) fn get(&self, path: &str) -> Option<&Module> {
        self.0.get(path)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Module)> {
        self.0.iter().map(|(path, module)| (path.as_str(), module))
    }

    fn read_file(
        &mut self,
        file: &Path,
        folder: &Path,
        shown: &str,
        path: &str,
    ) -> Result<(), Error> {
        let source = Source::read(file, shown)?;
        let parsed = syn::parse_file(source.text()?).map_err(|error| {
            let place = Place::file(shown);
            Finding::refusal(place, format!("this is not Rust: {error}"), "mend it")
        })?;
        self.declare(parsed.items, folder, shown, path)
    }

    fn declare(
        &mut self,
        items: Vec<Item>,
        folder: &Path,
        shown: &str,
        path: &str,
    ) -> Result<(), Error> {
        let mut module = Module::default();
        let mut macros: Vec<ItemMacro> = Vec::new();
        for item in items {
            let attributes = match &item {
                Item::Impl(item) => &item.attrs,
                Item::Mod(item) => &item.attrs,
                Item::Use(item) => &item.attrs,
                item => parts(item).map_or(&[][..], |(_, _, attributes)| attributes),
            };
            if conditions(attributes).iter().any(|it| it == "test") {
                continue;
            }
            match item {
                Item::Mod(child) => {
                    let name = child.ident.to_string();
                    let below = join(path, &name);
                    match child.content {
                        Some((_, items)) => {
                            self.declare(items, &folder.join(&name), shown, &below)?
                        }
                        None => {
                            let beside = folder.join(format!("{name}.rs"));
                            let within = folder.join(&name).join("mod.rs");
                            let file = if beside.is_file() { beside } else { within };
                            let shown = format!("{shown}, mod {name}");
                            self.read_file(&file, &folder.join(&name), &shown, &below)?;
                        }
                    }
                    module.children.push(Child {
                        name,
                        is_public: is_public(&child.vis),
                        conditions: conditions(&child.attrs),
                    });
                }
                Item::Use(item) => {
                    let (is_public, conditions) = (is_public(&item.vis), conditions(&item.attrs));
                    leaves(&item.tree, &mut Vec::new(), &mut |name, target| {
                        let conditions = conditions.clone();
                        module.imports.push(Import {
                            name,
                            target,
                            is_public,
                            conditions,
                        });
                    });
                }
                Item::Macro(item) if item.ident.is_some() => macros.push(item),
                Item::Macro(call) => module.items.extend(expand(&call, &macros, shown)?),
                item => module.items.push(item),
            }
        }
        self.0.insert(path.to_owned(), module);
        Ok(())
    }

    /// What an import brings in.
    pub(super) fn imported(&self, module: &str, import: &Import) -> Option<Meaning> {
        self.follow(module, &import.target, 0)
    }

    /// What a path stands for where it is written; none for what is declared nowhere: a
    /// primitive, a parameter, a name of the prelude.
    pub(super) fn resolve(&self, module: &str, path: &[String]) -> Option<Meaning> {
        let here = self.0.get(module)?;
        let first = path.first()?;
        let known = ["crate", "self", "super"].contains(&first.as_str())
            || self.find(module, first, 0).is_some()
            || here.imports.iter().any(|import| import.name == *first);
        match known || path.len() > 1 && first.starts_with(char::is_lowercase) {
            true => self.follow(module, path, 0),
            false => None,
        }
    }

    fn follow(&self, module: &str, path: &[String], depth: usize) -> Option<Meaning> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => Meaning::Module(String::new()),
            "self" => Meaning::Module(module.to_owned()),
            "super" => Meaning::Module(parent(module)),
            name => self
                .find(module, name, depth)
                .unwrap_or_else(|| Meaning::Outside(name.to_owned())),
        };
        while let Some((next, after)) = rest.split_first() {
            rest = after;
            at = match at {
                Meaning::Module(path) if next == "super" => Meaning::Module(parent(&path)),
                Meaning::Module(path) if next == "self" || next == "*" => Meaning::Module(path),
                Meaning::Module(path) => self.find(&path, next, depth)?,
                Meaning::Outside(path) => Meaning::Outside(join(&path, next)),
                // A variant, or an associated type.
                Meaning::Item { .. } => return None,
            };
        }
        Some(at)
    }

    /// A name that a module declares or brings in.
    fn find(&self, path: &str, name: &str, depth: usize) -> Option<Meaning> {
        // Modules that bring each other in lead in circles.
        let module = self.0.get(path).filter(|_| depth < 16)?;
        if module
            .items
            .iter()
            .any(|item| parts(item).is_some_and(|(it, ..)| it == name))
        {
            return Some(Meaning::Item {
                module: path.to_owned(),
                name: name.to_owned(),
            });
        }
        if module.children.iter().any(|child| child.name == name) {
            return Some(Meaning::Module(join(path, name)));
        }
        let named = module.imports.iter().find(|import| import.name == name);
        if let Some(import) = named.filter(|import| import.target != [name]) {
            return self.follow(path, &import.target, depth + 1);
        }
        let globs = module.imports.iter().filter(|import| import.name == "*");
        globs
            .into_iter()
            .find_map(|glob| match self.follow(path, &glob.target, depth + 1)? {
                Meaning::Module(path) => self.find(&path, name, depth + 1),
                _ => None,
            })
    }
}

fn leaves(tree: &UseTree, before: &mut Vec<String>, found: &mut impl FnMut(String, Vec<String>)) {
    let mut leaf = |name: String, last: String| {
        let target = match last.as_str() {
            "self" => before.clone(),
            _ => [&before[..], &[last]].concat(),
        };
        let name = match name.as_str() {
            "self" => target.last().cloned().unwrap_or_default(),
            _ => name,
        };
        found(name, target);
    };
    match tree {
        UseTree::Name(name) => leaf(name.ident.to_string(), name.ident.to_string()),
        UseTree::Rename(name) => leaf(name.rename.to_string(), name.ident.to_string()),
        UseTree::Glob(_) => leaf("*".into(), "*".into()),
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            leaves(&path.tree, before, found);
            before.pop();
        }
        UseTree::Group(group) => group
            .items
            .iter()
            .for_each(|tree| leaves(tree, before, found)),
    }
}

pub(super) fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}::{name}"),
    }
}

fn parent(path: &str) -> String {
    path.rsplit_once("::")
        .map_or("", |(parent, _)| parent)
        .to_owned()
}

pub(super) fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Name, visibility and attributes of an item that can be referred to, modules and imports aside.
pub(super) fn parts(item: &Item) -> Option<(&Ident, &Visibility, &[Attribute])> {
    Some(match item {
        Item::Const(item) => (&item.ident, &item.vis, &item.attrs),
        Item::Enum(item) => (&item.ident, &item.vis, &item.attrs),
        Item::Fn(item) => (&item.sig.ident, &item.vis, &item.attrs),
        Item::Static(item) => (&item.ident, &item.vis, &item.attrs),
        Item::Struct(item) => (&item.ident, &item.vis, &item.attrs),
        Item::Trait(item) => (&item.ident, &item.vis, &item.attrs),
        Item::Type(item) => (&item.ident, &item.vis, &item.attrs),
        Item::Union(item) => (&item.ident, &item.vis, &item.attrs),
        _ => return None,
    })
}

/// The conditions of `cfg` under which something is there.
pub(super) fn conditions(attributes: &[Attribute]) -> Vec<String> {
    let cfg = attributes.iter().filter(|it| it.path().is_ident("cfg"));
    cfg.filter_map(|it| Some(it.meta.require_list().ok()?.tokens.to_string()))
        .collect()
}
