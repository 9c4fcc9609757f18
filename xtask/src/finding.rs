//! What is said to the user: where, what is wrong, what to do.

use std::fmt;
use std::path::PathBuf;

/// Where in the sources something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as the user named it.
    pub file: String,
    /// The line, counted from 1.
    pub line: Option<usize>,
    /// The JSON pointer; empty for the whole document.
    pub pointer: Option<String>,
}

impl Place {
    /// A file as a whole.
    pub fn file(name: impl Into<String>) -> Self {
        Self {
            file: name.into(),
            line: None,
            pointer: None,
        }
    }

    /// A line of a file.
    pub fn line(name: impl Into<String>, line: usize) -> Self {
        Self {
            file: name.into(),
            line: Some(line),
            pointer: None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        match self.pointer.as_deref() {
            None => Ok(()),
            Some("") => f.write_str(" (the whole document)"),
            Some(pointer) => write!(f, " ({pointer})"),
        }
    }
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing can be generated that would be right.
    Refusal,
    /// Code is generated; something in the document is likely a mistake.
    Warning,
    /// A decision that the reader of the generated code should know.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refusal => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// One thing found in the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// What was found, without a full stop.
    pub what: String,
    /// What to do about it, without a full stop; empty where nothing is to be done.
    pub remedy: String,
}

impl Finding {
    /// Something that stops the generation.
    pub fn refusal(place: Place, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Refusal,
            place,
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    /// Something that is likely a mistake.
    pub fn warning(place: Place, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            place,
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    /// A decision worth knowing.
    pub fn note(place: Place, what: impl Into<String>) -> Self {
        Self {
            severity: Severity::Note,
            place,
            what: what.into(),
            remedy: String::new(),
        }
    }

    /// Whether it stops the generation.
    pub fn is_refusal(&self) -> bool {
        self.severity == Severity::Refusal
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  --> {}", self.severity, self.what, self.place)?;
        if !self.remedy.is_empty() {
            write!(f, "\n  help: {}", self.remedy)?;
        }
        Ok(())
    }
}

/// Why a command failed.
#[derive(Debug)]
pub enum Error {
    /// The sources are not fit to generate from; at least one finding is a refusal.
    Refused(Vec<Finding>),
    /// A file could not be read or written.
    Io {
        /// What was being done: `read`, `write`, …
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    /// For `map_err`: an I/O failure with what was being done to which file.
    pub fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}

impl From<Finding> for Error {
    fn from(finding: Finding) -> Self {
        Self::Refused(vec![finding])
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(findings) => {
                for (index, finding) in findings.iter().enumerate() {
                    if index > 0 {
                        f.write_str("\n\n")?;
                    }
                    finding.fmt(f)?;
                }
                Ok(())
            }
            Self::Io {
                doing,
                path,
                source,
            } => {
                write!(f, "error: cannot {doing} {}: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused(_) => None,
            Self::Io { source, .. } => Some(source),
        }
    }
}
