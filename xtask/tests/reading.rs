//! Files that are no documents are refused at the line that makes them so.

use xtask::{Error, Profile, Source, generate};

#[track_caller]
fn refused(name: &str, bytes: &[u8], line: usize, words: &str) {
    let document = Source {
        name: name.into(),
        bytes: bytes.into(),
    };
    let Err(Error::Refused(findings)) = generate(&document, None, Profile::General) else {
        panic!("not refused")
    };
    let [finding] = &findings[..] else {
        panic!("{findings:#?}")
    };
    assert!(finding.what.contains(words), "{finding}");
    assert_eq!(finding.place.line, Some(line), "{finding}");
}

#[test]
fn yaml_that_says_nothing_or_too_much() {
    refused("a.yaml", b"", 1, "no document");
    refused("a.yaml", b"# only a comment\n", 2, "no document");
    refused("a.yaml", b"a: 1\n---\nb: 2\n", 2, "a second YAML document");
    refused("a.yaml", b"- a\n- b\n", 1, "the top level is not an object");
    refused(
        "a.yaml",
        b"just words\n",
        1,
        "the top level is not an object",
    );
}

#[test]
fn yaml_with_keys_that_json_does_not_have() {
    refused(
        "a.yaml",
        b"a: 1\nb: 2\na: 3\n",
        3,
        "`a` stands twice in one mapping, first in line 1",
    );
    refused(
        "a.yaml",
        b"a: 1\n200: 1\n'200': 2\n",
        3,
        "`200` stands twice",
    );
    refused(
        "a.yaml",
        b"a:\n  <<: {b: 1}\n  <<: {c: 2}\n",
        3,
        "`<<` stands twice in one mapping, first in line 2",
    );
    refused(
        "a.yaml",
        b"a: 1\n? [b]\n: 2\n",
        2,
        "this key is not a string",
    );
    refused(
        "a.yaml",
        b"a:\n  true: 1\n",
        2,
        "the key `true` is not a string",
    );
    refused(
        "a.yaml",
        b"x: &x [1]\ny:\n  <<: *x\n",
        3,
        "`<<` merges mappings",
    );
}

#[test]
fn yaml_with_values_that_json_does_not_have() {
    refused("a.yaml", b"a: 1\nb: .nan\n", 2, "no counterpart in JSON");
    refused("a.yaml", b"a: !thing 1\n", 1, "means nothing in JSON");
    refused("a.yaml", b"a: *nope\n", 1, "unknown anchor");
    refused("a.yaml", b"a: &a\n  b: *a\n", 2, "inside its own anchor");
}

#[test]
fn yaml_that_is_broken() {
    refused("a.yaml", b"a:\n\tb: 1\n", 2, "not YAML");
    refused("a.yaml", b"a: 'b\n", 1, "not YAML");
    refused("a.yaml", b"a: 1\nb: \xff\n", 2, "not UTF-8");
}

#[test]
fn json_that_is_broken_or_says_a_thing_twice() {
    refused("a.json", b"{\n  \"a\": 1,\n}", 3, "not JSON");
    refused(
        "a.json",
        b"{\n  \"a\": { \"b\": [1, {}] },\n  \"\\u0061\": 2\n}",
        3,
        "`a` stands twice in one object, first in line 2",
    );
    refused("a.json", b"[]", 1, "the top level is not an object");
}

#[test]
fn aliases_that_explode() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let last = level - 1;
        bomb += &format!(
            "a{level}: &a{level} [*a{last}, *a{last}, *a{last}, *a{last}, *a{last}, *a{last}]\n"
        );
    }
    refused(
        "a.yaml",
        bomb.as_bytes(),
        6,
        "the aliases add up to more than",
    );
}

#[test]
fn nesting_without_end() {
    let yaml = format!("a: {}", "[".repeat(5000));
    refused("a.yaml", yaml.as_bytes(), 1, "not YAML");
    let block: String = (0..200)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    refused("a.yaml", block.as_bytes(), 102, "nested deeper than");
    let mut chain = "a0: &a0 [x]\n".to_owned();
    for level in 1..5000 {
        chain += &format!("a{level}: &a{level} [*a{}]\n", level - 1);
    }
    refused("a.yaml", chain.as_bytes(), 100, "nested deeper than");
    let json = format!("{{\"a\": {}{}}}", "[".repeat(110), "]".repeat(110));
    refused("a.json", json.as_bytes(), 1, "nested deeper than");
}

#[test]
fn numbers_as_keys_byte_order_marks_and_aliases_are_fine() {
    let document = "\u{feff}openapi: 3.0.0\ninfo: { title: T, version: '1' }\npaths:\n  /a:\n    get: &op\n      operationId: a\n      responses: { 200: { description: '' } }\n  /b:\n    get:\n      operationId: b\n      responses: &r { 0x10: { description: '' } }\n";
    let document = document.replace("0x10", "204");
    let source = Source {
        name: "a.yaml".into(),
        bytes: document.into_bytes(),
    };
    let generated = generate(&source, None, Profile::General).unwrap();
    assert!(generated.files["client.rs"].contains("pub async fn b<"));
}
