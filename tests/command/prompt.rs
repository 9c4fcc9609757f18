use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use xoxoday_tests::{BOSS, JOHN};

use crate::account::{Account, pasted};

/// A terminal, and the command at it.
struct Terminal {
    ours: File,
    child: Child,
}

impl Terminal {
    fn start(account: &Account, arguments: &[&str]) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let ours: OwnedFd = openpt(flags).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let open = || {
            let path = name.to_str().unwrap();
            let file = File::options().read(true).write(true).open(path);
            Stdio::from(file.unwrap())
        };
        let command = account.command(arguments);
        // Makes it the terminal that the command's prompt asks for.
        let mut at_terminal = Command::new("setsid");
        at_terminal
            .args(["--ctty", "--wait"])
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(open())
            .stdout(open())
            .stderr(open());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => at_terminal.env(name, value),
                None => at_terminal.env_remove(name),
            };
        }
        let child = at_terminal.spawn().unwrap();
        Self {
            ours: ours.into(),
            child,
        }
    }

    fn shows(&mut self, expected: &str) -> String {
        let mut seen = String::new();
        let mut bytes = [0; 4096];
        while !seen.contains(expected) {
            let length = self.ours.read(&mut bytes).unwrap_or(0);
            assert_ne!(length, 0, "{seen}");
            seen += &String::from_utf8_lossy(&bytes[..length]);
        }
        seen
    }

    /// Types once the echo is off: what was typed before would be shown.
    fn types(&mut self, text: &str) {
        let echoes = |terminal: &File| {
            let modes = tcgetattr(terminal).unwrap().local_modes;
            modes.contains(LocalModes::ECHO)
        };
        let give_up = Instant::now() + Duration::from_secs(60);
        while echoes(&self.ours) {
            assert!(Instant::now() < give_up, "what is typed would be shown");
            std::thread::yield_now();
        }
        self.ours.write_all(text.as_bytes()).unwrap();
    }
}

#[test]
fn a_token_that_is_typed_is_not_shown() {
    let account = Account::new();
    let token = account.sandbox.refresh_token().to_owned();
    let json = pasted(account.sandbox.seed());
    for (typed, told) in [(token, "imported: "), (json, "already there: ")] {
        let mut terminal = Terminal::start(&account, &["import"]);
        let mut seen = terminal.shows("Refresh token");
        terminal.types(&format!("{typed}\r"));
        seen += &terminal.shows(told);
        assert_eq!(terminal.child.wait().unwrap().code(), Some(0));
        account.assert_no_secret(&seen);
    }
    assert_eq!(
        account.document()["refresh"],
        account.sandbox.refresh_token()
    );
}

#[test]
fn points_move_once_yes_is_typed_and_for_no_other_word() {
    let account = Account::imported();
    let send = ["points", "send", "--sender", BOSS, "--to", JOHN];
    let send = [&send[..], &["--amount", "5"]].concat();
    for (typed, told, code, balance) in [
        ("\r", "nothing was done", 2, "150"),
        ("y\r", "nothing was done", 2, "150"),
        ("yes\r", "credited: 5 points", 0, "155"),
    ] {
        let mut terminal = Terminal::start(&account, &send);
        let asked = terminal.shows("Type yes to send: ");
        let wallet = format!("5 points to 1 recipient, sent by {BOSS} out of the wallet of client");
        assert!(asked.contains(&wallet), "{asked}");
        terminal.ours.write_all(typed.as_bytes()).unwrap();
        terminal.shows(told);
        assert_eq!(terminal.child.wait().unwrap().code(), Some(code));
        let books = account.sandbox.books();
        assert_eq!(books.user(JOHN).unwrap().balance.to_string(), balance);
    }
}

#[test]
fn nothing_typed_is_nothing_done() {
    let account = Account::new();
    let mut terminal = Terminal::start(&account, &["import"]);
    terminal.shows("Refresh token");
    terminal.types("\r");
    terminal.shows("nothing was changed");
    assert_eq!(terminal.child.wait().unwrap().code(), Some(2));
    assert!(!account.store().exists());
}
