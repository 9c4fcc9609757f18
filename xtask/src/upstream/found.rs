//! What the pages themselves can have wrong with them.

use serde::Serialize;

use crate::finding::{Finding, Place, Severity};

/// What kind of thing was found; its name stays the same from version to version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A page, or the index, could not be read, or not be trusted to be what it says.
    PageUnreadable,
    /// A page is no longer where pages are.
    PageMissing,
    /// A page is on record without the slice of its operation.
    PageWithoutSlice,
    /// A slice is no part of a document that could be put together.
    SliceRefused,
    /// Two slices hold one operation.
    SliceTwice,
    /// Slices disagree on what they share.
    SlicesDisagree,
    /// The words before a slice name another operation than it holds.
    SliceMislabelled,
    /// The document is not the one that was put together from the pages on record.
    DocumentEdited,
    /// A property table and the schema contradict each other, and the ledger does not say so.
    ProseContradicts,
    /// The ledger names a contradiction that the pages do not have.
    LedgerIdle,
    /// A page is elsewhere than on record.
    PageMoved,
    /// An operation is published that is not on record.
    OperationNew,
    /// A page holds its operation under another id.
    OperationRenamed,
    /// The words of a page have changed, and its slice has not.
    ProseChanged,
    /// The document is written otherwise, and says the same.
    LayoutChanged,
}

impl Kind {
    /// The word for people and machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PageUnreadable => "page-unreadable",
            Self::PageMissing => "page-missing",
            Self::PageWithoutSlice => "page-without-slice",
            Self::SliceRefused => "slice-refused",
            Self::SliceTwice => "slice-twice",
            Self::SlicesDisagree => "slices-disagree",
            Self::SliceMislabelled => "slice-mislabelled",
            Self::DocumentEdited => "document-edited",
            Self::ProseContradicts => "prose-contradicts",
            Self::LedgerIdle => "ledger-idle",
            Self::PageMoved => "page-moved",
            Self::OperationNew => "operation-new",
            Self::OperationRenamed => "operation-renamed",
            Self::ProseChanged => "prose-changed",
            Self::LayoutChanged => "layout-changed",
        }
    }

    fn severity(self) -> Severity {
        match self {
            Self::ProseChanged | Self::LayoutChanged => Severity::Note,
            Self::PageMoved | Self::OperationNew | Self::OperationRenamed => Severity::Warning,
            _ => Severity::Refusal,
        }
    }

    /// Whether the pages, as they are, can not be taken over.
    pub fn stops_pull(self) -> bool {
        matches!(
            self,
            Self::PageUnreadable
                | Self::PageMissing
                | Self::PageWithoutSlice
                | Self::SliceRefused
                | Self::SliceTwice
                | Self::SlicesDisagree
                | Self::SliceMislabelled
        )
    }

    pub(crate) fn at(
        self,
        place: Place,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Found {
        let finding = Finding {
            severity: self.severity(),
            place,
            what: what.into(),
            remedy: remedy.into(),
        };
        Found {
            kind: self,
            finding,
        }
    }

    /// What another part of the program has found, as a finding of this kind.
    pub(crate) fn with(self, finding: Finding) -> Found {
        self.at(finding.place, finding.what, finding.remedy)
    }
}

/// One thing found on the pages, in the index, or in the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What kind of thing it is.
    pub kind: Kind,
    /// Where, what, and what to do.
    pub finding: Finding,
}

impl Found {
    /// Whether it is worth knowing and nothing is to be done.
    pub fn is_note(&self) -> bool {
        self.finding.severity == Severity::Note
    }
}
