//! The property tables of a page.

/// Which body a table describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    Request,
    Response,
}

impl Body {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}

/// A property as the prose names it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The page's line.
    pub(super) line: usize,
    /// `data.recipients[].name`, in steps; those into a list end with `[]`.
    pub(super) path: Vec<String>,
    /// As it is written, without markup.
    pub(super) kind: String,
}

/// One table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) body: Body,
    /// Never empty.
    pub(super) rows: Vec<Row>,
}

/// What the first column of a property table is called.
const NAMES: [&str; 5] = ["property", "path", "field", "parameter", "name"];

/// Reads the tables with a column for properties and one for types. One below a heading that
/// speaks of the response is of the response; all others are of the request.
pub(super) fn tables(prose: &[(usize, &str)]) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut body = Body::Request;
    let mut lines = prose.iter().peekable();
    while let Some((number, line)) = lines.next() {
        if line.starts_with('#') {
            body = match line.to_lowercase().contains("response") {
                true => Body::Response,
                false => Body::Request,
            };
        }
        let next = lines.peek().filter(|(next, _)| *next == number + 1);
        if !is_head(line) || !next.is_some_and(|(_, line)| is_rule(line)) {
            continue;
        }
        lines.next();
        let mut rows = Vec::new();
        let mut last = number + 1;
        while let Some((number, line)) =
            lines.next_if(|(number, line)| *number == last + 1 && line.contains('|'))
        {
            last = *number;
            rows.extend(row(*number, line));
        }
        if !rows.is_empty() {
            tables.push(Table { body, rows });
        }
    }
    tables
}

fn is_head(line: &str) -> bool {
    let cells = cells(line);
    match cells.as_slice() {
        [name, kind, ..] => {
            NAMES.contains(&name.to_lowercase().as_str()) && kind.eq_ignore_ascii_case("type")
        }
        _ => false,
    }
}

fn is_rule(line: &str) -> bool {
    line.contains('-') && line.chars().all(|it| "|:- ".contains(it))
}

fn row(line: usize, text: &str) -> Option<Row> {
    let cells = cells(text);
    let [name, kind, ..] = cells.as_slice() else {
        return None;
    };
    let path: Vec<String> = without_optional(name)
        .split('.')
        .map(|step| step.trim().to_owned())
        .collect();
    (!path.iter().any(String::is_empty)).then(|| Row {
        line,
        path,
        kind: without_optional(kind),
    })
}

/// Whether something may be left out is not said in the tables alike everywhere.
fn without_optional(text: &str) -> String {
    let text = text.replace("(optional)", "").replace("(required)", "");
    text.trim().trim_end_matches('?').trim().to_owned()
}

/// The cells of a line, without markup.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let mut cells = vec![String::new()];
    let mut is_escaped = false;
    for character in line.chars() {
        match character {
            '\\' if !is_escaped => {
                is_escaped = true;
                continue;
            }
            '|' if !is_escaped => cells.push(String::new()),
            '`' | '*' => {}
            _ => cells.last_mut().map_or((), |cell| cell.push(character)),
        }
        is_escaped = false;
    }
    cells
        .into_iter()
        .map(|cell| cell.trim().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Table> {
        let lines: Vec<_> = (1..).zip(text.lines()).collect();
        tables(&lines)
    }

    #[test]
    fn markup_is_not_part_of_a_name_or_a_type() {
        let tables = read(
            "## Response Schema\n\n\
             | \\*\\*Path \\*\\* | \\*\\* Type \\*\\* | \\*\\*Description \\*\\* |\n\
             | :--- | ---: | --- |\n\
             | data.user\\_balance | string/null | a |\n\
             | `data.all[].to_name` (optional) | `[Recipient]` | b \\| c |\n\
             | | | |\n",
        );
        let [table] = tables.as_slice() else {
            panic!("{tables:?}")
        };
        assert_eq!(table.body, Body::Response);
        let rows: Vec<_> = table
            .rows
            .iter()
            .map(|row| (row.line, row.path.join("."), row.kind.as_str()))
            .collect();
        assert_eq!(
            rows,
            [
                (5, "data.user_balance".to_owned(), "string/null"),
                (6, "data.all[].to_name".to_owned(), "[Recipient]"),
            ]
        );
    }

    #[test]
    fn a_table_of_something_else_is_none() {
        let text = "| Code | Type |\n| --- | --- |\n| a | b |\n\n| Path | Type |\n| a | b |\n";
        assert!(read(text).is_empty());
        let text = "| Path | Type |\n| --- | --- |\n| a | b |\n";
        assert_eq!(read(text)[0].body, Body::Request);
    }
}
