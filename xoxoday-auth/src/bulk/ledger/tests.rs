use xoxoday_api::number::EpochMillis;

use super::*;
use crate::error::ErrorKind;
use crate::rotation::Account;

fn order_in(environment: &str, client: &str, sender: &str) -> Order {
    let account = Account::new(environment.into(), client.into());
    Order::of(account, sender).unwrap()
}

fn order() -> Order {
    order_in("sandbox", "client", "boss@x.com")
}

fn rows(count: usize) -> Vec<Result<Recipient, InvalidRow>> {
    let row = |number| {
        let recipient = Recipient::new(format!("user-{number}@x.com"), "1.5").unwrap();
        Ok(recipient.name("Zoë").citation("Thanks, all"))
    };
    (1..=count).map(row).collect()
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("friday.ledger")
    }

    fn load(&self, count: usize) -> Result<Ledger, Error> {
        Ledger::load(&self.path(), &order(), rows(count))
    }

    fn open(&self) -> Result<Ledger, Error> {
        Ledger::open(&self.path())
    }

    /// Writes down that some leave, and what became of the first two.
    fn with_history(count: usize) -> Self {
        let place = Self::new();
        let ledger = place.load(count).unwrap();
        let leaves = [1, 2, 3].map(|row| change(row, Fate::Pending, leaving()));
        ledger.change(&leaves).unwrap();
        let settled = [(1, credited()), (2, Fate::Pending)];
        let settled = settled.map(|(row, fate)| change(row, leaving(), fate));
        ledger.change(&settled).unwrap();
        place
    }
}

fn change(row: u64, from: Fate, to: Fate) -> Change {
    Change { row, from, to }
}

fn leaving() -> Fate {
    Fate::Leaving {
        request_id: "id-1".into(),
        since: EpochMillis::new(5),
    }
}

fn credited() -> Fate {
    Fate::Credited {
        transaction: Some(7.into()),
        request_id: Some("id-1".into()),
        by_hand: false,
        points: Some(2_u32.into()),
    }
}

fn told(opened: Result<Ledger, Error>) -> (ErrorKind, String) {
    let error = opened.map(drop).unwrap_err();
    (error.kind(), error.to_string())
}

#[test]
fn what_was_written_down_is_there_when_it_is_opened_again() {
    let place = Place::with_history(4);
    let ledger = place.load(4).unwrap();
    let fates: Vec<_> = (1..=4)
        .map(|row| ledger.row(row).unwrap().unwrap().fate)
        .collect();
    let cut_off = Fate::Unknown {
        why: Fate::CUT_OFF.into(),
        request_id: Some("id-1".into()),
    };
    assert_eq!(fates, [credited(), Fate::Pending, cut_off, Fate::Pending]);
    assert_eq!(ledger.row(5).unwrap(), None);

    let totals = ledger.totals().unwrap();
    let counts = [totals.pending, totals.credited, totals.unknown].map(|it| it.rows);
    assert_eq!(counts, [2, 1, 1]);
    assert_eq!(totals.pending.points.to_string(), "3.0");
    let pending = ledger.pending_after(0, 10).unwrap();
    let expected = rows(4).remove(1).unwrap();
    assert_eq!(pending[0], (2, expected));
    assert_eq!(pending[1].0, 4);
    assert_eq!(ledger.pending_after(2, 1).unwrap()[0].0, 4);
}

#[test]
fn a_recipient_who_is_there_twice_ends_a_batch() {
    let place = Place::new();
    let mut rows = rows(2);
    rows.push(Ok(Recipient::new("USER-1@x.com", 3).unwrap()));
    let ledger = Ledger::load(&place.path(), &order(), rows).unwrap();
    assert_eq!(ledger.pending_after(0, 10).unwrap().len(), 2);
    assert_eq!(ledger.pending_after(2, 10).unwrap()[0].0, 3);
}

#[test]
fn another_send_s_ledger_is_refused_with_what_differs() {
    let place = Place::with_history(2);
    let load = |order: Order, rows| told(Ledger::load(&place.path(), &order, rows));
    for (order, count, differs) in [
        (
            order_in("production", "client", "boss@x.com"),
            2,
            "environment",
        ),
        (order_in("sandbox", "other", "boss@x.com"), 2, "client id"),
        (order_in("sandbox", "client", "chief@x.com"), 2, "sender"),
        (order().expiry_months(3).unwrap(), 2, "expiry"),
        (order(), 1, "input"),
    ] {
        let (kind, message) = load(order, rows(count));
        assert_eq!(kind, ErrorKind::InvalidInput, "{message}");
        let expected = format!("belongs to another send: the {differs}");
        assert!(message.contains(&expected), "{message}");
    }
    place.load(2).unwrap();
}

#[test]
fn rows_that_are_wrong_leave_no_ledger_behind() {
    let place = Place::new();
    let mut wrong = rows(2);
    wrong.push(Err(InvalidRow::new(Some(4), "wrong")));
    let (kind, message) = told(Ledger::load(&place.path(), &order(), wrong));
    assert_eq!(
        (kind, &*message),
        (ErrorKind::InvalidInput, "line 4: wrong")
    );
    let left: Vec<_> = fs::read_dir(place.0.path()).unwrap().flatten().collect();
    let names: Vec<_> = left.iter().map(|entry| entry.file_name()).collect();
    assert_eq!(names, ["friday.ledger.lock"]);
    place.load(2).unwrap();
}

#[test]
fn a_ledger_of_a_newer_version_is_left_alone() {
    let place = Place::with_history(2);
    let database = Database::open(place.path()).unwrap();
    let transaction = begin(&database).unwrap();
    let newer = br#"{"format":2,"all":"else"}"#;
    let mut about = transaction.open_table(ABOUT).unwrap();
    about.insert("about", &newer[..]).unwrap();
    drop(about);
    transaction.commit().unwrap();
    drop(database);
    for opened in [place.open(), place.load(2)] {
        let (kind, message) = told(opened);
        assert_eq!(kind, ErrorKind::InvalidInput);
        assert!(message.contains("newer version"), "{message}");
        assert!(message.contains("format 2"), "{message}");
    }
}

#[test]
fn one_run_holds_a_ledger_at_a_time() {
    let place = Place::new();
    let held = place.load(2).unwrap();
    for opened in [place.open(), place.load(2)] {
        let (kind, message) = told(opened);
        assert_eq!(kind, ErrorKind::Unavailable);
        assert!(message.contains("another run holds"), "{message}");
    }
    drop(held);
    place.open().unwrap();
}

#[test]
fn a_ledger_that_was_cut_short_is_an_error_and_no_fresh_start() {
    let place = Place::with_history(500);
    let whole = fs::read(place.path()).unwrap();
    let lengths = (0..whole.len()).step_by(4093);
    for length in lengths.chain([1, 9, 319, 320, 4096, whole.len() - 1]) {
        fs::write(place.path(), &whole[..length]).unwrap();
        for opened in [place.open(), place.load(500)] {
            let (kind, message) = told(opened);
            assert_eq!(kind, ErrorKind::InvalidInput, "{length}: {message}");
            assert!(message.contains("damaged"), "{message}");
        }
    }
    fs::write(place.path(), &whole).unwrap();
    place.open().unwrap();
}

#[test]
fn what_is_no_ledger_is_said_to_be_none() {
    let place = Place::new();
    for content in [&b"row,outcome\n"[..], &[0; 8192], &[0xff; 70_000]] {
        fs::write(place.path(), content).unwrap();
        let (_, message) = told(place.load(1));
        assert!(message.contains("no ledger"), "{message}");
    }
    let nowhere = Ledger::open(&place.0.path().join("none/at/all"));
    assert_eq!(told(nowhere).0, ErrorKind::Unavailable);
}

/// A damaged commit must not pass for the one before it: rows that had left would
/// be pending again.
#[test]
fn a_page_that_was_damaged_is_found_or_harms_no_row() {
    let place = Place::with_history(50);
    let whole = fs::read(place.path()).unwrap();
    let known = |ledger: &Ledger| {
        let mut known = Vec::new();
        let each = ledger.each_from(1, |row| {
            known.push(row);
            Ok(ControlFlow::Continue(()))
        });
        each.map(|()| known)
    };
    let expected = known(&place.open().unwrap()).unwrap();
    fs::write(place.path(), &whole).unwrap();
    let in_use = |at: &usize| *at >= 4096 && whole[*at] != 0;
    let mut found = 0;
    for at in (0..whole.len()).filter(in_use).step_by(1201) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        fs::write(place.path(), &damaged).unwrap();
        match place.open().and_then(|ledger| known(&ledger)) {
            Ok(rows) => assert_eq!(rows, expected, "byte {at}"),
            Err(_) => found += 1,
        }
    }
    assert!(found > 3, "{found}");
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_a_ledger() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = Place::with_history(1);
    let mode = fs::metadata(place.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_has_changed_meanwhile_is_not_written_over() {
    let place = Place::with_history(4);
    let ledger = place.load(4).unwrap();
    // An answer that comes late, of a run that was given up.
    let late = [
        change(4, Fate::Pending, credited()),
        change(3, leaving(), Fate::Pending),
    ];
    let error = ledger.change(&late).unwrap_err();
    assert!(error.to_string().contains("row 3"), "{error}");
    let fates = [3, 4].map(|row| ledger.row(row).unwrap().unwrap().fate);
    assert_eq!(fates.map(|fate| fate.word()), ["unknown", "pending"]);
}

#[cfg(unix)]
#[test]
fn what_is_left_of_a_ledger_that_was_not_begun_is_neither_followed_nor_kept() {
    let place = Place::new();
    let elsewhere = place.0.path().join("elsewhere");
    fs::write(&elsewhere, "somebody's").unwrap();
    std::os::unix::fs::symlink(&elsewhere, guard::sibling(&place.path(), "new")).unwrap();
    drop(place.load(2).unwrap());
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "somebody's");
    drop(place.load(2).unwrap());
}
