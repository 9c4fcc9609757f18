//! The examples do what they say.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use xoxoday_sandbox::Sandbox;
use xoxoday_tests::canary::STORE;
use xoxoday_tests::{directory, sandbox};

/// An example, built, without anything of Xoxoday in its environment.
fn example(name: &str) -> Command {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--example", name])
        .current_dir(root)
        .status();
    assert!(built.unwrap().success());
    // …/debug/deps/examples-0123 has …/debug/examples beside it.
    let this = std::env::current_exe().unwrap();
    let folder = this.parent().and_then(|deps| deps.parent()).unwrap();
    let program: PathBuf = folder.join("examples").join(name);
    let mut command = Command::new(program.with_extension(std::env::consts::EXE_EXTENSION));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("XOXODAY_") {
            command.env_remove(name);
        }
    }
    command.env_remove("DATABASE_URL");
    command
}

fn printed(output: &Output) -> String {
    let all = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8(all).unwrap()
}

/// The example `cron` over a store that has a refresh token alone: a rotation is
/// due at once.
fn cron(sandbox: &Sandbox, directory: &Path) -> (Option<i32>, String) {
    let mut cron = example("cron");
    cron.envs(sandbox.environment())
        .env_remove("XOXODAY_ACCESS_TOKEN")
        .env_remove("XOXODAY_ACCESS_TOKEN_EXPIRY")
        .env(
            "XOXODAY_TOKEN_STORE",
            format!("file:{}", directory.join(STORE).display()),
        )
        .env("XOXODAY_RESCUE_FILE", directory.join("rescue.json"));
    let output = cron.output().unwrap();
    (output.status.code(), printed(&output))
}

#[test]
fn cron_rotates_what_is_due_and_leaves_the_rest_alone() {
    let (sandbox, directory) = (sandbox(), directory());
    let run = || cron(&sandbox, directory.path());
    assert_eq!(run(), (Some(0), "new tokens: generation 2\n".into()));
    assert_eq!(run(), (Some(0), "still fresh: generation 2\n".into()));
    assert_eq!(sandbox.record().exchanges().len(), 1);
}

#[test]
fn cron_tells_by_its_exit_code_that_a_person_must_log_in() {
    let (sandbox, directory) = (sandbox(), directory());
    sandbox.dashboard().reset_password();
    let (code, said) = cron(&sandbox, directory.path());
    assert_eq!(code, Some(3), "{said}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_service_answers_and_stops_when_it_is_told_to() {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::Stdio;

    use rustix::process::{Pid, Signal, kill_process};

    let mut service = example("service")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(service.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let origin = line.trim().strip_prefix("listening on ").unwrap();

    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async |path: &str| {
        let answer = http.get(format!("{origin}{path}")).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(
        get("/balance/john@company.example").await,
        (200, "150".into())
    );
    let thanks = http.post(format!("{origin}/thanks/john@company.example/5"));
    let answer = thanks.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    assert_eq!(
        get("/balance/john@company.example").await,
        (200, "155".into())
    );
    assert_eq!(get("/balance/no-address").await.0, 400);
    assert_eq!(get("/balance/nobody@company.example").await.0, 422);
    assert_eq!(get("/health").await, (200, "generation 2".into()));

    let pid = Pid::from_child(&service);
    kill_process(pid, Signal::TERM).unwrap();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "stopped\n");
    assert!(service.wait().unwrap().success());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn of_a_fleet_one_rotates_and_all_have_its_tokens() {
    let Some(database) = xoxoday_tests::postgres::database().await else {
        return;
    };
    let output = example("fleet")
        .env("DATABASE_URL", &database.url)
        .output()
        .unwrap();
    let printed = printed(&output);
    assert!(output.status.success(), "{printed}");
    for line in [
        "replica 1 has rotated: generation 2",
        "replica 2 has taken over generation 2",
        "replica 3 has taken over generation 2",
    ] {
        assert!(printed.contains(line), "{printed}");
    }
}

#[test]
fn a_fleet_without_a_database_says_what_to_name() {
    let output = example("fleet").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(printed(&output).contains("DATABASE_URL"), "{output:?}");
}
