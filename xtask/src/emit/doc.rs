//! Keeps a document's prose from becoming code: rustdoc runs indented and fenced blocks as tests.

use syn::visit_mut::VisitMut;

/// Makes every code block in the file's docs plain text.
pub(crate) fn harmless(file: &mut syn::File) {
    Docs.visit_file_mut(file);
}

struct Docs;

impl VisitMut for Docs {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<syn::Attribute>) {
        *attributes = std::mem::take(attributes)
            .into_iter()
            .flat_map(lines)
            .collect();
    }
}

/// One attribute a line, so that docs read as they would be written by hand.
fn lines(attribute: syn::Attribute) -> Vec<syn::Attribute> {
    let text = match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) => text.value(),
            _ => return vec![attribute],
        },
        _ => return vec![attribute],
    };
    if text.is_empty() {
        return vec![attribute];
    }
    let style = attribute.style;
    plain(&text)
        .lines()
        .map(|line| {
            let line = if line.is_empty() || line.starts_with(' ') {
                line.to_owned()
            } else {
                format!(" {line}")
            };
            let mut attribute: syn::Attribute = syn::parse_quote!(#[doc = #line]);
            attribute.style = style;
            attribute
        })
        .collect()
}

/// The text with its code blocks marked as text.
pub(crate) fn plain(text: &str) -> String {
    // rustc takes no lone carriage return in a doc comment.
    let text = text.replace("\r\n", "\n").replace('\r', " ");
    let mut fenced = false;
    let mut out: Vec<String> = Vec::new();
    for line in text.lines() {
        let body = line.trim_start();
        if body.starts_with("```") || body.starts_with("~~~") {
            let unmarked = body.trim_end().len() == 3;
            out.push(if !fenced && unmarked {
                format!("{body}text")
            } else {
                line.to_owned()
            });
            fenced = !fenced;
        } else if !fenced && line.len() - body.len() >= 4 {
            out.push(body.to_owned());
        } else {
            out.push(line.trim_end().to_owned());
        }
    }
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn prose_never_becomes_a_doctest() {
        assert_eq!(plain("a\n\n    let x = 1;\n"), "a\n\nlet x = 1;");
        assert_eq!(plain("```\nx\n```\n"), "```text\nx\n```");
        assert_eq!(plain("```json\n    {}\n```"), "```json\n    {}\n```");
    }
}
