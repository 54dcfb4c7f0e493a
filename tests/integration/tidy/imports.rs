//! Which file names what of which other file, as the compiler would find it: re-exports lead to where a thing is defined.
//!
//! Tests are left out (`#[cfg(test)]`), and so is what is reached without a path: methods, and what a derive writes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::{
    Attribute, File, Item, UseTree,
    visit::{self, Visit},
};

/// A path from the root of a crate: `["engines", "general", "check"]`.
type Names = Vec<String>;

/// The source of one crate.
#[derive(Default)]
pub(super) struct Crate {
    modules: BTreeMap<Names, Module>,
}

#[derive(Default)]
struct Module {
    file: PathBuf,
    /// What is defined here.
    items: BTreeSet<String>,
    /// What is here under a name of its own, with the path that it was taken from.
    aliases: BTreeMap<String, Names>,
    /// Modules of which everything is here.
    globs: Vec<Names>,
    /// Every path that is named, as it is written.
    paths: Vec<Names>,
}

/// One file names something of another: the files, and the name.
pub(super) type Edges = BTreeMap<(PathBuf, PathBuf), BTreeSet<String>>;

impl Crate {
    /// Reads the crate whose root is this file.
    pub(super) fn read(root: &Path) -> Self {
        let mut this = Self::default();
        this.file(root, Vec::new());
        this
    }

    fn file(&mut self, file: &Path, at: Names) {
        let text = fs::read_to_string(file).unwrap();
        let File { items, .. } = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.module(file, at, items);
    }

    fn module(&mut self, file: &Path, at: Names, items: Vec<Item>) {
        let mut module = Module {
            file: file.to_path_buf(),
            ..Module::default()
        };
        for item in items {
            if is_test(attributes(&item)) {
                continue;
            }
            match item {
                Item::Mod(inner) => {
                    let below = [at.clone(), vec![inner.ident.to_string()]].concat();
                    match inner.content {
                        Some((_, items)) => self.module(file, below, items),
                        None => self.file(&file_of(file, &inner.ident.to_string()), below),
                    }
                }
                Item::Use(import) => module.import(&import.tree, &mut Vec::new()),
                item => {
                    module.items.extend(name(&item));
                    Paths(&mut module.paths).visit_item(&item);
                }
            }
        }
        self.modules.insert(at, module);
    }

    /// Who names what of whom.
    pub(super) fn edges(&self) -> Edges {
        let mut edges = Edges::new();
        for (at, module) in &self.modules {
            let imports = module.aliases.values().chain(&module.globs);
            for path in imports.chain(&module.paths) {
                let Some(full) = self.absolute(at, path) else { continue };
                let Some((file, name)) = self.defined(&full, 0) else {
                    continue;
                };
                if *file != module.file {
                    let names = edges.entry((module.file.clone(), file.clone())).or_default();
                    names.insert(name);
                }
            }
        }
        edges
    }

    /// The crates of others that are named, with the files that name them.
    pub(super) fn externals(&self) -> BTreeMap<String, BTreeSet<PathBuf>> {
        let mut found: BTreeMap<String, BTreeSet<PathBuf>> = BTreeMap::new();
        for (at, module) in &self.modules {
            for path in module.aliases.values().chain(&module.globs).chain(&module.paths) {
                if self.absolute(at, path).is_none() {
                    // The standard library is told apart by its modules.
                    let parts = 1 + usize::from(path[0] == "std" && path.len() > 1);
                    found
                        .entry(path[..parts].join("::"))
                        .or_default()
                        .insert(module.file.clone());
                }
            }
        }
        found
    }

    /// A path as it is written in a module, from the root. `None`: it begins with something that is not ours.
    fn absolute(&self, at: &Names, path: &Names) -> Option<Names> {
        let (first, rest) = path.split_first()?;
        Some(match first.as_str() {
            "crate" | "$crate" => rest.to_vec(),
            "self" => [at.as_slice(), rest].concat(),
            "super" => return self.absolute(&at[..at.len().checked_sub(1)?].to_vec(), &path_after_super(rest)),
            name => {
                let module = self.modules.get(at)?;
                let below = [at.as_slice(), path.as_slice()].concat();
                if module.items.contains(name) || self.modules.contains_key(&below[..=at.len()]) {
                    below
                } else {
                    let alias = module
                        .aliases
                        .get(name)
                        .filter(|alias| **alias != *path && alias[0] != *name)?;
                    self.absolute(at, &[alias.as_slice(), rest].concat())?
                }
            }
        })
    }

    /// The file that defines what a path leads to, and its name there. `None` for a module as such.
    fn defined(&self, path: &Names, depth: usize) -> Option<(&PathBuf, String)> {
        let known = (0..=path.len())
            .rev()
            .find(|&end| self.modules.contains_key(&path[..end]))?;
        let module = &self.modules[&path[..known]];
        let name = path.get(known)?;
        if name == "*" {
            return None;
        }
        if module.items.contains(name) || depth > 8 {
            return Some((&module.file, name.clone()));
        }
        let at = path[..known].to_vec();
        let rest = &path[known + 1..];
        if let Some(alias) = module.aliases.get(name) {
            let full = self.absolute(&at, &[alias.as_slice(), rest].concat())?;
            return if full == *path {
                None
            } else {
                self.defined(&full, depth + 1)
            };
        }
        module.globs.iter().find_map(|glob| {
            let whole = [&glob[..glob.len() - 1], &path[known..]].concat();
            self.defined(&self.absolute(&at, &whole)?, depth + 1)
        })
    }
}

/// `super::super::a` after its first word.
fn path_after_super(rest: &[String]) -> Names {
    match rest.first().map(String::as_str) {
        Some("super") => rest.to_vec(),
        _ => [&["self".to_string()], rest].concat(),
    }
}

/// The file of `mod name;` in `file`.
fn file_of(file: &Path, name: &str) -> PathBuf {
    let stem = file.file_stem().unwrap();
    let folder = match stem.to_str().unwrap() {
        "mod" | "lib" | "main" => file.parent().unwrap().to_path_buf(),
        _ => file.with_extension(""),
    };
    let alone = folder.join(name).with_extension("rs");
    if alone.exists() {
        alone
    } else {
        folder.join(name).join("mod.rs")
    }
}

impl Module {
    fn import(&mut self, tree: &UseTree, prefix: &mut Names) {
        match tree {
            UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.import(&path.tree, prefix);
                prefix.pop();
            }
            UseTree::Name(name) if name.ident == "self" => {
                let alias = prefix.last().cloned().unwrap_or_default();
                self.aliases.insert(alias, prefix.clone());
            }
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                let path = [prefix.as_slice(), std::slice::from_ref(&name)].concat();
                self.aliases.insert(name, path);
            }
            UseTree::Rename(name) => {
                let mut path = prefix.clone();
                if name.ident != "self" {
                    path.push(name.ident.to_string());
                }
                let alias = match name.rename.to_string().as_str() {
                    // A trait without a name is still taken from somewhere.
                    "_" => format!("_{}", self.aliases.len()),
                    alias => alias.to_string(),
                };
                self.aliases.insert(alias, path);
            }
            UseTree::Glob(_) => self.globs.push([prefix.as_slice(), &["*".to_string()]].concat()),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.import(item, prefix)),
        }
    }
}

/// Collects the paths of more than one name, also in what is handed to macros.
struct Paths<'a>(&'a mut Vec<Names>);

impl Paths<'_> {
    fn push(&mut self, path: Names) {
        if path.len() > 1 {
            self.0.push(path);
        }
    }

    /// Words of tokens, as in `crate :: a :: B`.
    fn words(&mut self, text: &str) {
        let mut path = Names::new();
        let mut joined = false;
        let text = text.replace("::", " :: ");
        for word in text.split(|c: char| c.is_whitespace() || "(){}[]<>,;&!.?=|+-*/\"'".contains(c)) {
            if word == "::" {
                joined = true;
            } else if !word.is_empty() {
                if !joined {
                    self.push(std::mem::take(&mut path));
                }
                joined = false;
                if word.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$') {
                    path.push(word.to_string());
                } else {
                    path.clear();
                }
            }
        }
        self.push(path);
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.push(path.segments.iter().map(|part| part.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.words(&call.tokens.to_string());
    }

    fn visit_item_use(&mut self, import: &'ast syn::ItemUse) {
        // Within a function: as if it were written at each use.
        let mut module = Module::default();
        module.import(&import.tree, &mut Vec::new());
        self.0.extend(module.aliases.into_values().chain(module.globs));
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"))
    })
}

fn name(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Macro(item) => item.ident.as_ref()?.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        Item::Union(item) => item.ident.to_string(),
        _ => return None,
    })
}

/// Groups of files that name each other, directly or by way of others.
pub(super) fn circles(edges: &Edges) -> Vec<BTreeSet<PathBuf>> {
    let mut next: BTreeMap<&PathBuf, Vec<&PathBuf>> = BTreeMap::new();
    for (from, to) in edges.keys() {
        next.entry(from).or_default().push(to);
    }
    let mut reached: BTreeMap<&PathBuf, BTreeSet<&PathBuf>> = BTreeMap::new();
    for &from in next.keys() {
        let mut seen = BTreeSet::new();
        let mut left = vec![from];
        while let Some(file) = left.pop() {
            left.extend(
                next.get(file)
                    .into_iter()
                    .flatten()
                    .copied()
                    .filter(|to| seen.insert(*to)),
            );
        }
        reached.insert(from, seen);
    }
    let both = |one: &PathBuf, other: &PathBuf| reached.get(one).is_some_and(|seen| seen.contains(other));
    let mut circles: BTreeSet<BTreeSet<PathBuf>> = BTreeSet::new();
    for from in reached.keys() {
        let circle: BTreeSet<PathBuf> = reached
            .keys()
            .filter(|to| both(from, to) && both(to, from))
            .map(|to| (*to).clone())
            .collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}
