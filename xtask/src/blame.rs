//! Finds the place in the document at which progenitor stumbled, since it does not say.

use openapiv3::{OpenAPI, ReferenceOr};
use progenitor::GenerationSettings;
use quote::ToTokens;

use crate::corrected::Corrected;
use crate::doubles::{self, Doubled};
use crate::emit::client;
use crate::finding::Finding;
use crate::operations::Operation;
use crate::registry::Types;
use crate::schema::SCHEMAS;

/// All that is known of a run that failed.
pub(crate) struct Blame<'r> {
    pub(crate) document: &'r Corrected,
    pub(crate) settings: &'r GenerationSettings,
    pub(crate) model: &'r OpenAPI,
    pub(crate) operations: &'r [Operation],
    pub(crate) types: &'r Types,
}

impl Blame<'_> {
    /// A refusal at the schema or the operation that progenitor fails on when it has nothing else
    /// to do; at the whole document if there is no single one.
    pub(crate) fn find(&self, said: &str) -> Finding {
        let mut without_paths = self.model.clone();
        without_paths.paths.paths.clear();
        if let Some(said) = self.failure(&without_paths) {
            for (name, place) in &self.types.places {
                if let Some(said) = self.failure(&alone(&without_paths, name)) {
                    return self.refusal(place, &format!("the schema of the type `{name}`"), &said);
                }
            }
            return self.refusal(SCHEMAS, "a combination of these schemas", &said);
        }
        for operation in self.operations {
            let mut alone = self.model.clone();
            alone.paths.paths.retain(|path, _| *path == operation.path);
            if let Some(said) = self.failure(&alone) {
                return self.refusal(
                    &operation.pointer,
                    &format!("the operation `{}`", operation.id),
                    &said,
                );
            }
        }
        self.refusal("", "this document", said)
    }

    fn failure(&self, model: &OpenAPI) -> Option<String> {
        client::generate(self.settings, model).err()
    }

    fn refusal(&self, pointer: &str, what: &str, said: &str) -> Finding {
        let said = said
            .lines()
            .next()
            .unwrap_or_default()
            .trim_end_matches([':', '(', ' ']);
        Finding::refusal(
            self.document.place(pointer),
            format!("{what} is more than the generator can do: {said}"),
            "say it in a simpler way, or remove it, with an overlay",
        )
    }

    /// Refuses when two names of the document became one in the code.
    pub(crate) fn doubled(&self, code: &syn::File) -> Result<(), Finding> {
        let Some(Doubled { around, name }) = doubles::find(code) else {
            return Ok(());
        };
        let place = self
            .types
            .places
            .get(&around)
            .map(String::as_str)
            .unwrap_or_default();
        Err(Finding::refusal(
            self.document.place(place),
            format!("two names in `{around}` would both become `{name}` in Rust"),
            "rename or remove one of them with an overlay",
        ))
    }

    /// Refuses when a hand-written type that the document asks for is nowhere in the code.
    pub(crate) fn unused_replacements(&self, client: &syn::File) -> Result<(), Finding> {
        if self.types.replaced.is_empty() {
            return Ok(());
        }
        let code = squeezed(&client.to_token_stream().to_string());
        for (name, path) in &self.types.replaced {
            if !mentions(&code, &squeezed(path)) {
                let place = self
                    .types
                    .places
                    .get(name)
                    .map(String::as_str)
                    .unwrap_or_default();
                return Err(Finding::refusal(
                    self.document.place(place),
                    format!(
                        "`{path}` stands in for `{name}`, which no generated type or operation uses"
                    ),
                    "remove `x-replace-with` where nothing refers to the schema",
                ));
            }
        }
        Ok(())
    }
}

/// The model with one schema as it is. Any value will do for the others, as long as references to
/// them lead somewhere.
fn alone(model: &OpenAPI, name: &str) -> OpenAPI {
    let mut alone = model.clone();
    for (other, schema) in alone
        .components
        .iter_mut()
        .flat_map(|it| it.schemas.iter_mut())
    {
        if other != name {
            *schema = ReferenceOr::Item(openapiv3::Schema {
                schema_data: openapiv3::SchemaData::default(),
                schema_kind: openapiv3::SchemaKind::Any(openapiv3::AnySchema::default()),
            });
        }
    }
    alone
}

/// Whether the path stands in the code, and not as the beginning of a longer one.
fn mentions(code: &str, path: &str) -> bool {
    code.match_indices(path).any(|(start, _)| {
        let next = code[start + path.len()..].chars().next();
        !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

fn squeezed(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace()).collect()
}
