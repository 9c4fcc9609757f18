//! The sandbox as a program. See the library for what it does.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use xoxoday_sandbox::{
    Call, Delivery, Numbers, Rotation, Sandbox, SendAnswer, SendBody, StartError, Switches,
};

/// A stand-in for Xoxoday on 127.0.0.1. Ends 0 when told to stop, 1 if it cannot
/// start, 2 if it is called wrongly.
#[derive(Parser)]
#[command(name = "xoxoday-sandbox", version)]
struct Arguments {
    /// The port; 0 for any that is free.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Points in the company's wallet.
    #[arg(long, value_name = "POINTS")]
    wallet: Option<String>,
    /// A user with a balance; may be repeated. Without users and Super Admins there is one
    /// of each.
    #[arg(long, value_name = "EMAIL=POINTS", value_parser = user)]
    user: Vec<(String, String)>,
    /// A Super Admin, who may send points; may be repeated.
    #[arg(long, value_name = "EMAIL")]
    super_admin: Vec<String>,
    /// Someone who is registered with another company; may be repeated.
    #[arg(long, value_name = "EMAIL")]
    registered_elsewhere: Vec<String>,
    /// Used refresh tokens stay valid for 6 hours.
    #[arg(long)]
    grace: bool,
    /// How many live token pairs a session may have.
    #[arg(long, value_name = "N")]
    pair_cap: Option<usize>,
    /// Numbers are answered as strings.
    #[arg(long)]
    numbers_as_strings: bool,
    /// Token answers say nothing of expiry.
    #[arg(long)]
    no_expiry: bool,
    /// The shape of the answer to a send.
    #[arg(long, value_enum, default_value = "short")]
    send_answer: Shape,
    /// A send's body is expected under variables.recipients_data.
    #[arg(long)]
    wrapped_send_body: bool,
    /// The paths /chef/v1/oauth/api/sendPoints and its sisters exist.
    #[arg(long)]
    suffix_accepted: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Shape {
    /// data.{unique_id,email,points,…}
    Short,
    /// data.sendBalance.{error,message}
    Message,
    /// data.sendBalance.{error,message,recipients[]}
    WithRecipients,
}

fn user(text: &str) -> Result<(String, String), &'static str> {
    let (email, points) = text.split_once('=').ok_or("expected EMAIL=POINTS")?;
    Ok((email.to_owned(), points.to_owned()))
}

fn main() -> ExitCode {
    match run(Arguments::parse().with_somebody()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Start(error @ (StartError::Points { .. } | StartError::Address(_)))) => {
            eprintln!("xoxoday-sandbox: {error}");
            ExitCode::from(2)
        }
        Err(failure) => {
            eprintln!("xoxoday-sandbox: {failure}");
            ExitCode::FAILURE
        }
    }
}

enum Failure {
    Start(StartError),
    Io(io::Error),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Start(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // Before anything is printed: whoever reads it may tell us to stop at once.
        let stop = stop_signal()?;
        let people = (arguments.user.clone(), arguments.super_admin.clone());
        let sandbox = start(arguments).map_err(Failure::Start)?;
        introduce(&sandbox, &people.0, &people.1, &mut io::stdout().lock())?;
        stop.await;
        sandbox.shutdown();
        Ok(())
    })
}

/// Somebody to try it with.
const SUPER_ADMIN: &str = "boss@company.example";
const USER: (&str, &str) = ("john@company.example", "150");

impl Arguments {
    fn with_somebody(mut self) -> Self {
        if self.user.is_empty() && self.super_admin.is_empty() {
            self.super_admin.push(SUPER_ADMIN.to_owned());
            self.user.push((USER.0.to_owned(), USER.1.to_owned()));
        }
        self
    }
}

fn start(arguments: Arguments) -> Result<Sandbox, StartError> {
    let mut switches = Switches::default();
    if arguments.grace {
        switches.rotation = Rotation::SIX_HOURS;
    }
    if let Some(cap) = arguments.pair_cap {
        switches.pair_cap = cap;
    }
    if arguments.numbers_as_strings {
        switches.numbers = Numbers::AsStrings;
    }
    if arguments.no_expiry {
        switches.expires_in = false;
        switches.expiry_timestamps = false;
    }
    if arguments.wrapped_send_body {
        switches.send_body = SendBody::Wrapped;
    }
    switches.suffix_accepted = arguments.suffix_accepted;
    switches.send_answer = match arguments.send_answer {
        Shape::Short => SendAnswer::Short,
        Shape::Message => SendAnswer::Message,
        Shape::WithRecipients => SendAnswer::WithRecipients,
    };
    let mut builder = Sandbox::builder()
        .port(arguments.port)
        .switches(switches)
        .on_call(tell);
    if let Some(wallet) = arguments.wallet {
        builder = builder.wallet(wallet);
    }
    for (email, points) in arguments.user {
        builder = builder.user(email, points);
    }
    for email in arguments.super_admin {
        builder = builder.super_admin(email);
    }
    for email in arguments.registered_elsewhere {
        builder = builder.registered_elsewhere(email);
    }
    builder.start()
}

/// To standard output, ready to be pasted into a shell. At one go: whoever has seen
/// the address may close the pipe.
fn introduce(
    sandbox: &Sandbox,
    users: &[(String, String)],
    super_admins: &[String],
    out: &mut impl io::Write,
) -> io::Result<()> {
    let origin = sandbox.origin();
    let mut text = format!(
        "# The sandbox is at {origin}. Its tokens are play tokens:\n\
         # they open nothing anywhere else. What it holds: {origin}/_sandbox/state\n"
    );
    for (who, points) in users {
        text.push_str(&format!("# User {who} has {points} points.\n"));
    }
    for who in super_admins {
        text.push_str(&format!("# Super Admin {who} may send points.\n"));
    }
    for (name, value) in sandbox.environment() {
        text.push_str(&format!("export {name}='{value}'\n"));
    }
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// One line to standard error for each request that is over. No tokens.
fn tell(call: &Call) {
    let operation = call.operation.map_or("-", |operation| operation.id());
    let status = call
        .status
        .map_or("-".to_owned(), |status| status.to_string());
    let lost = match call.delivery {
        Delivery::Incomplete => " not delivered",
        _ => "",
    };
    let path = call.path.split('?').next().unwrap_or_default();
    // If no one reads it any more, there is no one to tell.
    let _ = writeln!(
        io::stderr(),
        "{} {} {path} {operation} {status}{lost}{}",
        call.sequence,
        call.method,
        if call.trouble.is_empty() {
            String::new()
        } else {
            format!(" trouble: {}", call.trouble.join(", "))
        },
    );
}

#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a handler there is nothing to wait for but the end of the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
