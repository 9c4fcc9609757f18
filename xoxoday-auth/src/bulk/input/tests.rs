use std::io::{BufReader, Cursor, Read};

use super::*;

const HEADER: &str = "to_email,to_name,amount,citation\n";

/// Each row in one line, or what is wrong with it.
fn rows(input: &[u8]) -> Vec<String> {
    let input = Input::of_either(Cursor::new(input)).unwrap();
    input
        .map(|row| match row {
            Ok(row) => {
                let or_none = |text: Option<&str>| text.unwrap_or("-").to_owned();
                let (email, amount) = (row.email(), row.amount());
                let (name, note) = (or_none(row.full_name()), or_none(row.note()));
                format!("{email} {amount} {name} {note}")
            }
            Err(wrong) => wrong.to_string(),
        })
        .collect()
}

fn csv(lines: &str) -> Vec<String> {
    rows(format!("{HEADER}{lines}").as_bytes())
}

#[test]
fn csv_is_read_as_people_make_it() {
    let made = "\u{feff}to_email,to_name,amount,citation\r\n\
        ann@x.com,\"Smith, Ann\",10,\"Thanks, and \"\"well\"\" done\"\r\n\
        \r\n\
        ,,,\r\n\
        zoë@x.com , Zoë Ørsted , 12.50 ,多谢\r\n\
        \r\n\
        bob@x.com,,7,\"two\r\nlines\"";
    let expected = [
        "ann@x.com 10 Smith, Ann Thanks, and \"well\" done",
        "zoë@x.com 12.50 Zoë Ørsted 多谢",
        "bob@x.com 7 - two\r\nlines",
    ];
    assert_eq!(rows(made.as_bytes()), expected);
}

#[test]
fn columns_stand_in_any_order_and_two_are_enough() {
    assert_eq!(rows(b"amount,to_email\n3,a@x.com\n"), ["a@x.com 3 - -"]);
    let missing = rows(b"to_email,to_name\na@x.com,A\n");
    assert!(missing[0].contains("no column amount"), "{missing:?}");
    let unknown = rows(b"to_email,amount,note\na@x.com,1,n\n");
    assert!(
        unknown[0].contains("unknown column \"note\""),
        "{unknown:?}"
    );
    let twice = rows(b"to_email,amount,amount\na@x.com,1,2\n");
    assert!(twice[0].contains("amount is there twice"), "{twice:?}");
    let semicolons = rows(b"to_email;amount\na@x.com;1\n");
    assert!(
        semicolons[0].contains("not separated by commas"),
        "{semicolons:?}"
    );
    assert_eq!([missing.len(), unknown.len(), semicolons.len()], [1, 1, 1]);
}

#[test]
fn an_error_names_the_line_and_reading_goes_on_behind_it() {
    let told = csv("nobody,A,1,\n\na@x.com,\"two\nlines\",1,x\nb@x.com,B,-1,\nc@x.com,C,1\n");
    assert!(
        told[0].starts_with("line 2: recipient \"nobody\""),
        "{told:?}"
    );
    assert_eq!(told[1], "a@x.com 1 two\nlines x");
    assert!(
        told[2].starts_with("line 6: amount for b@x.com"),
        "{told:?}"
    );
    assert!(told[3].starts_with("line 7: 3 fields"), "{told:?}");
    assert_eq!(told.len(), 4);
}

#[test]
fn what_is_not_utf_8_is_named_with_the_way_out() {
    let mut made = HEADER.as_bytes().to_vec();
    made.extend(b"a@x.com,Zo\xeb,1,\nb@x.com,B,2,\n");
    let told = rows(&made);
    assert!(told[0].starts_with("line 2: not UTF-8: save"), "{told:?}");
    assert_eq!(told[1], "b@x.com 2 B -");
}

#[test]
fn an_input_without_rows_says_what_it_should_have() {
    for empty in [&b""[..], b"\xef\xbb\xbf", b"\r\n\r\n"] {
        let told = rows(empty);
        assert!(
            told[0].starts_with("no rows: expected the header"),
            "{told:?}"
        );
    }
    assert_eq!(rows(HEADER.as_bytes()), Vec::<String>::new());
}

#[test]
fn json_lines_are_read_with_amounts_as_text_or_numbers() {
    let told = rows(
        b"\xef\xbb\xbf{\"to_email\":\"a@x.com\",\"amount\":10}\r\n\n\
        {\"to_email\":\"b@x.com\",\"to_name\":\"B\",\"amount\":\"12.50\",\"citation\":\" c \"}\n\
        {\"to_email\":\"c@x.com\",\"amount\":1,\"note\":1}\n{oops\n\
        {\"to_email\":\"d@x.com\",\"amount\":0}",
    );
    assert_eq!(told[0], "a@x.com 10 - -");
    assert_eq!(told[1], "b@x.com 12.50 B c");
    assert!(
        told[2].starts_with("line 4: unknown field `note`"),
        "{told:?}"
    );
    assert!(told[3].starts_with("line 5: "), "{told:?}");
    assert!(told[4].starts_with("line 6: "), "{told:?}");
    assert_eq!(told.len(), 5);
}

#[test]
fn a_quote_that_is_never_closed_takes_no_more_memory_than_a_row_may() {
    let opened = format!("{HEADER}a@x.com,\"A,1,");
    let endless = Cursor::new(opened).chain(std::io::repeat(b'x'));
    let mut input = Input::csv(BufReader::new(endless));
    let wrong = input.next().unwrap().unwrap_err().to_string();
    assert!(wrong.contains("a quote never closed"), "{wrong}");
    assert!(input.next().is_none());

    let endless = Cursor::new("{\"to_email\":\"").chain(std::io::repeat(b'x'));
    let mut input = Input::json_lines(BufReader::new(endless));
    let wrong = input.next().unwrap().unwrap_err().to_string();
    assert!(wrong.contains("too long"), "{wrong}");
    assert!(input.next().is_none());
}
