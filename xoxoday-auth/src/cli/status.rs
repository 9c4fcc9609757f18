//! `xoxoday status`.

use serde_json::{Value, json};
use xoxoday_api::number::EpochMillis;

use super::exit::Exit;
use super::page::{Page, bar};
use super::report::Report;
use super::words::{moment, span};
use crate::error::Error;
use crate::rotation::clock::until;
use crate::rotation::{Clock as _, SystemClock};
use crate::stored::{StoreStatus, StoredTokens};
use crate::tokens::Status;

pub(super) async fn perform() -> Result<Report, Error> {
    let tokens = StoredTokens::from_env()?;
    let report = match tokens.status().await {
        Ok(status) => told(&status, &tokens, SystemClock.now()),
        Err(error) => Report::of_error(&error),
    };
    Ok(report
        .about(tokens.account())
        .with("store", tokens.location()))
}

/// Something that a person or a program should know. The words are a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finding {
    Empty,
    LoginRequired,
    RefreshTokenEnded,
    RefreshTokenEnding,
    AttemptOpen,
    Braked,
    RotationDue,
    TokensRescued,
}

impl Finding {
    fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::LoginRequired => "login_required",
            Self::RefreshTokenEnded => "refresh_token_ended",
            Self::RefreshTokenEnding => "refresh_token_ending",
            Self::AttemptOpen => "attempt_open",
            Self::Braked => "braked",
            Self::RotationDue => "rotation_due",
            Self::TokensRescued => "tokens_rescued",
        }
    }

    /// For people: what it means, and what to do.
    fn advice(self) -> &'static str {
        match self {
            Self::Empty => {
                "the store is empty: take tokens from the dashboard, and run xoxoday import"
            }
            Self::LoginRequired => {
                "a person must take new tokens from the dashboard, and run xoxoday import"
            }
            Self::RefreshTokenEnded => {
                "the refresh token has ended: take new tokens from the dashboard, and run xoxoday import"
            }
            Self::RefreshTokenEnding => "the refresh token ends soon: run xoxoday rotate",
            Self::AttemptOpen => {
                "an exchange is under way, or its answer was lost: the next rotation settles it"
            }
            Self::Braked => "no exchange for now, by any process",
            Self::RotationDue => {
                "a rotation is due: run xoxoday rotate, or keep xoxoday run running"
            }
            Self::TokensRescued => {
                "newer tokens wait in the rescue file: mend the store, and run xoxoday rotate"
            }
        }
    }

    fn exit(self) -> Exit {
        match self {
            Self::Empty | Self::LoginRequired | Self::RefreshTokenEnded => Exit::LoginRequired,
            _ => Exit::Degraded,
        }
    }
}

/// The most serious first.
fn findings(status: &StoreStatus, now: EpochMillis) -> Vec<Finding> {
    let rescued = status.rescued.is_some();
    let Some(tokens) = &status.tokens else {
        return vec![match rescued {
            true => Finding::TokensRescued,
            false => Finding::Empty,
        }];
    };
    let ended = tokens.refresh_expires_at.is_some_and(|end| end <= now);
    let braked = tokens
        .braked
        .as_ref()
        .is_some_and(|brake| now < brake.until);
    [
        (tokens.login_required.is_some(), Finding::LoginRequired),
        (ended, Finding::RefreshTokenEnded),
        (rescued, Finding::TokensRescued),
        (
            !ended && tokens.refresh_token_ends_soon(now),
            Finding::RefreshTokenEnding,
        ),
        (tokens.open_attempt.is_some(), Finding::AttemptOpen),
        (braked, Finding::Braked),
        (tokens.rotation_due_at <= now, Finding::RotationDue),
    ]
    .into_iter()
    .filter_map(|(holds, finding)| holds.then_some(finding))
    .collect()
}

fn told(status: &StoreStatus, stored: &StoredTokens, now: EpochMillis) -> Report {
    let findings = findings(status, now);
    let mut page = Page::default();
    page.line("account", &stored.account().to_string());
    page.line("store", &stored.location());
    if let Some(tokens) = &status.tokens {
        tell(&mut page, tokens, now);
    }
    if let Some(staged) = &status.staged {
        let text = format!(
            "HTTP {}, saved {}; counted in above",
            staged.status,
            ago(now, staged.answered_at)
        );
        page.line("staged answer", &text);
    }
    if let Some(rescued) = &status.rescued {
        let text = format!(
            "generation {} in {}",
            rescued.generation,
            rescued.path.display()
        );
        page.line("rescue file", &text);
    }
    for finding in &findings {
        page.line("attention", finding.advice());
    }
    if findings.is_empty() {
        page.line("state", "all is well");
    }
    let exit = findings
        .first()
        .map_or(Exit::Fine, |finding| finding.exit());
    let words: Vec<_> = findings.iter().map(|finding| finding.word()).collect();
    let staged = status
        .staged
        .map(|staged| json!({"status": staged.status, "answered_at": moment(staged.answered_at)}));
    let rescued = status.rescued.as_ref().map(|rescued| {
        json!({"path": rescued.path.display().to_string(), "generation": rescued.generation})
    });
    Report::new(exit, page.into_text())
        .with("findings", words)
        .with(
            "tokens",
            status.tokens.as_ref().map(|tokens| as_json(tokens, now)),
        )
        .with("staged_answer", staged)
        .with("rescue_file", rescued)
}

fn tell(page: &mut Page, tokens: &Status, now: EpochMillis) {
    let obtained = ago(now, tokens.obtained_at);
    page.line(
        "generation",
        &format!("{}, obtained {obtained}", tokens.generation),
    );
    let access = match tokens.has_access_token {
        true => life(tokens, tokens.access_expires_at, now),
        false => "none yet: the first rotation buys it".into(),
    };
    page.line("access token", &access);
    page.line(
        "refresh token",
        &life(tokens, tokens.refresh_expires_at, now),
    );
    let due = match until(now, tokens.rotation_due_at) {
        left if left.is_zero() => "due".into(),
        left => format!("due in {}", span(left)),
    };
    page.line("next rotation", &due);
    if let Some(attempt) = tokens.last_attempt_at {
        page.line("last exchange", &ago(now, attempt));
    }
    if let Some(attempt) = &tokens.open_attempt {
        let lease = match until(now, attempt.lease_until) {
            left if left.is_zero() => "its lease has ended".to_owned(),
            left => format!("its lease ends in {}", span(left)),
        };
        let text = format!(
            "presented {} without an answer that settles it, last {}; {lease}",
            times(attempt.presentations),
            ago(now, attempt.started_at)
        );
        page.line("open attempt", &text);
    }
    if let Some(brake) = tokens.braked.as_ref().filter(|brake| now < brake.until) {
        let left = span(until(now, brake.until));
        page.line("brake", &format!("for {left}: {}", brake.why));
    }
    if let (Some(why), Some(since)) = (&tokens.login_required, tokens.login_required_since) {
        page.line("latched", &format!("{}: {why}", ago(now, since)));
    }
}

/// A token's life at a glance.
fn life(tokens: &Status, end: Option<EpochMillis>, now: EpochMillis) -> String {
    let Some(end) = end else {
        return "its end is not known".into();
    };
    let left = until(now, end);
    let bar = bar(left.as_millis(), until(tokens.obtained_at, end).as_millis());
    match left.is_zero() {
        true => format!("{bar} ended {}", ago(now, end)),
        false => format!("{bar} ends in {} ({})", span(left), moment(end)),
    }
}

fn ago(now: EpochMillis, then: EpochMillis) -> String {
    match then > now {
        true => format!("in {}, by its own clock", span(until(now, then))),
        false => format!("{} ago", span(until(then, now))),
    }
}

fn times(count: u32) -> String {
    match count {
        1 => "once".into(),
        count => format!("{count} times"),
    }
}

fn as_json(tokens: &Status, now: EpochMillis) -> Value {
    let token = |end: Option<EpochMillis>| {
        json!({
            "ends_at": end.map(moment),
            "left_seconds": end.map(|end| until(now, end).as_secs()),
        })
    };
    let access = tokens
        .has_access_token
        .then(|| token(tokens.access_expires_at));
    let attempt = tokens.open_attempt.map(|attempt| {
        json!({
            "started_at": moment(attempt.started_at),
            "lease_until": moment(attempt.lease_until),
            "presentations": attempt.presentations,
        })
    });
    let brake = tokens.braked.as_ref().filter(|brake| now < brake.until);
    let brake = brake.map(|brake| json!({"until": moment(brake.until), "why": brake.why}));
    let latch = tokens
        .login_required
        .as_ref()
        .map(|why| json!({"since": tokens.login_required_since.map(moment), "why": why}));
    json!({
        "generation": tokens.generation,
        "obtained_at": moment(tokens.obtained_at),
        "age_seconds": until(tokens.obtained_at, now).as_secs(),
        "access_token": access,
        "refresh_token": token(tokens.refresh_expires_at),
        "rotation_due_at": moment(tokens.rotation_due_at),
        "last_attempt_at": tokens.last_attempt_at.map(moment),
        "open_attempt": attempt,
        "brake": brake,
        "login_required": latch,
    })
}
