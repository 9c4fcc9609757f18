//! A send of many, and how its ledger is compared with the sandbox's books.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use xoxoday_auth::bulk::{Bulk, Fate, Input, Order, Pace, Row};
use xoxoday_auth::{Points, Xoxoday};
use xoxoday_sandbox::Issuance;
use xoxoday_tests::{BOSS, TestSandbox, canary, client_of, directory, rescue_file, sandbox_with};

/// Every so many rows one goes to somebody who cannot receive.
const ELSEWHERE: usize = 97;

/// A file of rows, an account that pays for them, and a place for a ledger.
pub(crate) struct Send {
    pub(crate) sandbox: TestSandbox,
    directory: TempDir,
    pub(crate) rows: usize,
}

impl Send {
    pub(crate) fn of(rows: usize) -> Self {
        let sandbox = sandbox_with(|mut builder| {
            for number in (ELSEWHERE..=rows).step_by(ELSEWHERE) {
                builder = builder.registered_elsewhere(recipient(number));
            }
            builder.wallet("1000000000")
        });
        let directory = directory();
        let send = Self {
            sandbox,
            directory,
            rows,
        };
        let mut csv = String::from("to_email,to_name,amount,citation\n");
        for number in 1..=rows {
            let (email, cents) = (recipient(number), number % 50 + 1);
            writeln!(csv, "{email},\"Zoë, {number}\",{number}.{cents:02},Thanks").unwrap();
        }
        std::fs::write(send.input(), csv).unwrap();
        send
    }

    pub(crate) fn input(&self) -> PathBuf {
        self.directory.path().join("friday.csv")
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.directory.path().join("friday.ledger")
    }

    /// A process that sends.
    pub(crate) fn sender(&self, batch: usize, further: &[&str]) -> Command {
        let mut command = self.process();
        command
            .arg("send")
            .args([self.input(), self.ledger()])
            .arg(batch.to_string())
            .args(further);
        command
    }

    /// A process for this account; the signal of a full disk does not end it.
    pub(crate) fn process(&self) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
            .arg(env!("CARGO_BIN_EXE_sender"))
            .envs(self.sandbox.environment())
            .env("XOXODAY_TOKEN_STORE", self.token_store())
            .env("XOXODAY_RESCUE_FILE", rescue_file(&self.sandbox))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn token_store(&self) -> String {
        let path = self.directory.path().join(xoxoday_tests::canary::STORE);
        format!("file:{}", path.display())
    }

    pub(crate) async fn client(&self) -> Xoxoday {
        client_of(&self.sandbox).build().await.unwrap()
    }

    pub(crate) fn load(&self, xoxoday: &Xoxoday) -> Result<Bulk, xoxoday_auth::Error> {
        let order = Order::new(xoxoday, BOSS)?;
        Bulk::load(self.ledger(), &order, Input::csv(self.file()))
    }

    pub(crate) fn file(&self) -> std::io::BufReader<std::fs::File> {
        std::io::BufReader::new(std::fs::File::open(self.input()).unwrap())
    }

    /// What everybody was sent, by address.
    pub(crate) fn issuances(&self) -> BTreeMap<String, Vec<(i64, Issuance)>> {
        let mut issuances: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (id, issuance) in self.sandbox.books().issuances {
            let of = issuances.entry(issuance.recipient.clone()).or_default();
            of.push((id.try_into().unwrap(), issuance));
        }
        issuances
    }

    /// Each row was credited once, or is called unknown, or was not credited; the
    /// books and the ledger agree to the point. Returns the rows.
    pub(crate) fn assert_books_agree(&self, bulk: &Bulk) -> Vec<Row> {
        let issuances = self.issuances();
        let rows = rows(bulk);
        assert_eq!(rows.len(), self.rows);
        let (mut credited, mut unknown) = (Points::ZERO, Points::ZERO);
        for row in &rows {
            let amount = Points::from(row.recipient.amount());
            let of = issuances.get(row.recipient.email().as_str());
            let of = of.map_or(&[][..], Vec::as_slice);
            assert!(of.len() <= 1, "credited twice: {row:?} {of:?}");
            for (_, issuance) in of {
                assert_eq!(issuance.points, amount.get(), "{row:?}");
            }
            match &row.fate {
                Fate::Credited { transaction, .. } => {
                    assert_eq!(of.len(), 1, "{row:?}");
                    if let Some(id) = transaction {
                        assert_eq!(of[0].0, id.get(), "{row:?}");
                    }
                    credited = credited.checked_add(amount).unwrap();
                }
                Fate::Unknown { .. } if of.is_empty() => {}
                Fate::Unknown { .. } => unknown = unknown.checked_add(amount).unwrap(),
                other => assert_eq!(of.len(), 0, "{other:?}: {row:?}"),
            }
        }
        let books = self.sandbox.books();
        let sent = books
            .issuances
            .values()
            .map(|issuance| issuance.points)
            .sum();
        assert_eq!(credited.checked_add(unknown), Some(Points::new(sent)));
        assert_eq!(bulk.totals().credited.points, credited);
        rows
    }
}

/// `XOXODAY_ROWS`, or so many; fewer where it is only to be heard what is said.
pub(crate) fn rows_wanted(ordinary: usize, watched: usize) -> usize {
    let otherwise = match canary::is_watching() {
        true => watched,
        false => ordinary,
    };
    let wanted = std::env::var("XOXODAY_ROWS");
    wanted.map_or(otherwise, |rows| rows.parse().unwrap())
}

pub(crate) fn rows(bulk: &Bulk) -> Vec<Row> {
    let mut rows = Vec::new();
    bulk.rows(|row| {
        rows.push(row);
        Ok(ControlFlow::Continue(()))
    })
    .unwrap();
    rows
}

pub(crate) fn recipient(number: usize) -> String {
    format!("user-{number}@company.example")
}

/// How many rows are for somebody who cannot receive.
pub(crate) fn refused(rows: usize) -> u64 {
    (rows / ELSEWHERE) as u64
}

/// Waits for nothing for long.
pub(crate) fn hasty() -> Pace {
    Pace::default().waits(Duration::from_millis(1), Duration::from_millis(5))
}
