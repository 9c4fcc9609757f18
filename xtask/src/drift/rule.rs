//! What can be found, and what each finding means to a client.

use std::fmt;

use serde::Serialize;

/// What a change means to a client that was built from the base document and
/// talks to a server of the revision.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It may fail, or do something else than it did.
    Breaking,
    /// It goes on; the documents say different things all the same.
    Compatible,
    /// The documents say the same in other words.
    Info,
}

impl Level {
    /// The word for people and machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Compatible => "compatible",
            Self::Info => "info",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One kind of change.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, which stays the same from version to version.
    pub id: &'static str,
    /// What it means, unless a policy says otherwise.
    pub level: Level,
    /// What has happened, in a line.
    pub meaning: &'static str,
}

/// A kind of change that means one thing in what a client sends and another in
/// what it receives.
#[derive(Debug)]
pub(crate) struct Both {
    pub(crate) request: Rule,
    pub(crate) response: Rule,
}

/// Which way data goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Direction {
    Request,
    Response,
}

impl Direction {
    /// What the server calls back with, the client receives.
    pub(crate) fn turned(self) -> Self {
        match self {
            Self::Request => Self::Response,
            Self::Response => Self::Request,
        }
    }
}

impl Both {
    pub(crate) fn of(&'static self, direction: Direction) -> &'static Rule {
        match direction {
            Direction::Request => &self.request,
            Direction::Response => &self.response,
        }
    }
}

use Level::{Breaking, Compatible, Info};

macro_rules! rules {
    ($($name:ident $id:literal $level:ident $meaning:literal)*) => {
        $(pub(crate) static $name: Rule = Rule { id: $id, level: $level, meaning: $meaning };)*
        static SINGLE: &[&Rule] = &[$(&$name),*];
    };
}

/// Rules of what is ordinarily sent or received, and in a callback the other way
/// round.
macro_rules! rules_of_callbacks {
    ($($name:ident $usual:ident $id:literal $level:ident $turned:ident $meaning:literal)*) => {
        $(pub(crate) static $name: Both = rules_of_callbacks! {
            @$usual
            Rule { id: $id, level: $level, meaning: $meaning },
            Rule {
                id: concat!("callback-", $id),
                level: $turned,
                meaning: concat!("In a callback: ", $meaning),
            }
        };)*
        static TURNED: &[&Both] = &[$(&$name),*];
    };
    (@sent $usual:expr, $callback:expr) => { Both { request: $usual, response: $callback } };
    (@received $usual:expr, $callback:expr) => { Both { request: $callback, response: $usual } };
}

macro_rules! rules_of_both {
    ($($name:ident $id:literal $request:ident $response:ident $meaning:literal)*) => {
        $(pub(crate) static $name: Both = Both {
            request: Rule {
                id: concat!("request-", $id),
                level: $request,
                meaning: concat!("In what is sent: ", $meaning),
            },
            response: Rule {
                id: concat!("response-", $id),
                level: $response,
                meaning: concat!("In what is received: ", $meaning),
            },
        };)*
        static DOUBLE: &[&Both] = &[$(&$name),*];
    };
}

/// Every rule, in the order of the reference page.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let double = TURNED.iter().chain(DOUBLE);
    let double = double.flat_map(|both| [&both.request, &both.response]);
    SINGLE.iter().copied().chain(double)
}

rules! {
    OPERATION_REMOVED "operation-removed" Breaking "an operation is gone"
    OPERATION_ADDED "operation-added" Compatible "there is a new operation"
    OPERATION_MOVED "operation-moved" Breaking "an operation has another path or method"
    OPERATION_ID_CHANGED "operation-id-changed" Compatible "an operation has another operationId: generated code calls it by another name"
    OPERATION_DEPRECATED "operation-deprecated" Compatible "an operation is deprecated now"
    OPERATION_UNDEPRECATED "operation-undeprecated" Compatible "an operation is no longer deprecated"
    WIRE_PATH_CHANGED "wire-path-changed" Breaking "another part of an operation's path is virtual: `x-virtual-path`, or the Real URL in its description"

    SERVER_REMOVED "server-removed" Breaking "a server no longer serves an operation"
    SERVER_INHERITED "own-servers-removed" Breaking "an operation or a path has lost servers of its own, and another comes first where it inherits"
    SERVER_ADDED "server-added" Compatible "another server serves an operation"
    SERVER_VARIABLE_DEFAULT_CHANGED "server-variable-default-changed" Breaking "a server variable has another default, and so a URL another host or path"
    SERVER_VARIABLE_VALUE_REMOVED "server-variable-value-removed" Breaking "a server variable can no longer have a value"
    SERVER_VARIABLE_VALUE_ADDED "server-variable-value-added" Compatible "a server variable can have another value"

    SECURITY_REQUIRED "security-required" Breaking "what needed no credentials needs them now"
    SECURITY_REMOVED "security-removed" Breaking "no credentials are asked for any more: it is open to anybody, or the document forgot them"
    SECURITY_LIFTED "security-lifted" Compatible "what needed credentials may be had without, too"
    SECURITY_ALTERNATIVE_REMOVED "security-alternative-removed" Breaking "a way to authenticate no longer suffices"
    SECURITY_ALTERNATIVE_ADDED "security-alternative-added" Compatible "there is another way to authenticate"
    SECURITY_SCOPE_REQUIRED "security-scope-required" Breaking "a scope is needed that was not"
    SECURITY_SCOPE_NOT_REQUIRED "security-scope-not-required" Compatible "a scope is no longer needed"
    SECURITY_LISTED_OTHERWISE "security-listed-otherwise" Compatible "the ways to authenticate are listed otherwise, and whatever sufficed suffices"
    SECURITY_SCHEME_CHANGED "security-scheme-changed" Breaking "credentials are sent in another way"
    SECURITY_FLOW_REMOVED "security-flow-removed" Breaking "an OAuth flow is gone"
    SECURITY_FLOW_ADDED "security-flow-added" Compatible "there is a new OAuth flow"
    SECURITY_URL_CHANGED "security-url-changed" Breaking "credentials come from another URL"
    SECURITY_URL_ADDED "security-url-added" Compatible "there is a URL where credentials are renewed"
    SECURITY_SCOPE_REMOVED "security-scope-removed" Breaking "an OAuth scope is gone"
    SECURITY_SCOPE_ADDED "security-scope-added" Compatible "there is a new OAuth scope"

    PARAMETER_REMOVED "parameter-removed" Breaking "the server no longer knows a parameter"
    OPTIONAL_PARAMETER_ADDED "optional-parameter-added" Compatible "there is a new parameter, which may be left out"
    PARAMETER_REQUIRED_WITH_DEFAULT "parameter-became-required-with-default" Compatible "a parameter is required that was not, and a default stands in for it"
    PARAMETER_SERIALIZATION_CHANGED "parameter-serialization-changed" Breaking "a parameter is written in another style"
    PARAMETER_DEPRECATED "parameter-deprecated" Compatible "a parameter is deprecated now"
    PARAMETER_UNDEPRECATED "parameter-undeprecated" Compatible "a parameter is no longer deprecated"

    REQUEST_BODY_REMOVED "request-body-removed" Breaking "the server no longer takes a body"
    OPTIONAL_REQUEST_BODY_ADDED "optional-request-body-added" Compatible "there is a body now, which may be left out"

    SUCCESS_RESPONSE_REMOVED "success-response-removed" Breaking "a success is answered with another status"
    RESPONSE_ADDED "response-added" Compatible "there is another status"
    RESPONSE_HEADER_REMOVED "response-header-removed" Breaking "a header no longer comes"
    RESPONSE_HEADER_ADDED "response-header-added" Compatible "there is another header"

    LINK_REMOVED "link-removed" Compatible "a link between operations is gone"
    LINK_ADDED "link-added" Compatible "there is a link between operations"
    LINK_CHANGED "link-changed" Compatible "a link leads elsewhere"
    CALLBACK_REMOVED "callback-removed" Breaking "the server no longer calls back"
    CALLBACK_ADDED "callback-added" Compatible "the server calls back, where it did not"

    COMPONENT_REMOVED "component-removed" Breaking "a component is gone, in a document without operations"
    COMPONENT_ADDED "component-added" Compatible "there is a new component, in a document without operations"

    NOT_UNDERSTOOD "not-understood" Breaking "something differs that OpenAPI 3.0 does not allow there: nobody knows what it means"
    NOT_COMPARED "not-compared" Breaking "schemas are put together of each other in more ways than can be compared: what is below is not known"
    UNKNOWN_MEMBER_CHANGED "unknown-member-changed" Compatible "a member differs that OpenAPI 3.0 does not know"
    REFERENCE_UNRESOLVED "reference-unresolved" Breaking "a `$ref` leads nowhere in this document, and not to the same as before"
    EXTENSION_CHANGED "extension-changed" Compatible "an extension differs that this project reads"
    OTHER_EXTENSION_CHANGED "other-extension-changed" Info "an extension differs that this project does not read"
    DESCRIPTION_CHANGED "description-changed" Info "a description, a title, a tag, a version, or a link to documentation differs"
    EXAMPLE_CHANGED "example-changed" Info "an example differs"
    UNUSED_COMPONENT_CHANGED "unused-component-changed" Info "a component differs that no operation refers to"
}

rules_of_callbacks! {
    REQUIRED_PARAMETER_ADDED sent "required-parameter-added" Breaking Compatible "there is a new parameter, and it is required"
    PARAMETER_REQUIRED sent "parameter-became-required" Breaking Compatible "a parameter is required that was not"
    PARAMETER_OPTIONAL sent "parameter-became-optional" Compatible Breaking "a parameter may be left out now"
    PARAMETER_LISTS sent "parameter-became-a-list" Compatible Breaking "a parameter may be given several times, where it was given once"
    PARAMETER_SERIALIZATION_LOOSENED sent "parameter-serialization-loosened" Compatible Breaking "a parameter may be written in another way as well"
    REQUIRED_REQUEST_BODY_ADDED sent "required-request-body-added" Breaking Compatible "there is a body now, and it is required"
    REQUEST_BODY_REQUIRED sent "request-body-became-required" Breaking Compatible "the body is required that was not"
    REQUEST_BODY_OPTIONAL sent "request-body-became-optional" Compatible Breaking "the body may be left out now"
    ERROR_RESPONSE_REMOVED received "error-response-removed" Compatible Breaking "an error no longer comes with this status"
    RESPONSE_RANGE_NARROWED received "response-range-narrowed" Compatible Breaking "statuses are named that a range or `default` stood for"
    RESPONSE_HEADER_OPTIONAL received "response-header-became-optional" Breaking Compatible "a header may be missing that always came"
    RESPONSE_HEADER_REQUIRED received "response-header-became-required" Compatible Breaking "a header always comes now"
    REQUIRED_HEADER_ADDED received "required-response-header-added" Compatible Breaking "there is another header, which always comes"
}

rules_of_both! {
    MEDIA_TYPE_REMOVED "media-type-removed" Breaking Breaking "a media type is gone"
    MEDIA_TYPE_ADDED "media-type-added" Compatible Compatible "there is another media type"
    MEDIA_TYPE_NARROWED "media-type-narrowed" Breaking Compatible "media types are named where others were possible"
    MEDIA_TYPE_WIDENED "media-type-widened" Compatible Breaking "other media types than the named one are possible"
    BODY_REMOVED "content-removed" Breaking Breaking "no body is documented any more"
    BODY_ADDED "content-added" Breaking Compatible "a body is documented now"
    ENCODING_CHANGED "encoding-changed" Breaking Breaking "a part of a form is written in another way"

    TYPE_CHANGED "type-changed" Breaking Breaking "a value is of another type"
    TYPE_NARROWED "type-narrowed" Breaking Compatible "a value is of fewer types"
    TYPE_WIDENED "type-widened" Compatible Breaking "a value may be of more types"
    TYPE_IMPLIED "type-implied" Compatible Compatible "the type is said, or no longer said, that the other members imply"
    FORMAT_CHANGED "format-changed" Breaking Breaking "text or a number has another format"
    FORMAT_NARROWED "format-narrowed" Breaking Compatible "text or a number has a format, or a narrower one"
    FORMAT_WIDENED "format-widened" Compatible Breaking "text or a number has no format any more, or a wider one"
    NULL_FORBIDDEN "null-forbidden" Breaking Compatible "a value can no longer be null"
    NULL_ALLOWED "null-allowed" Compatible Breaking "a value can be null now"
    ENUM_VALUE_REMOVED "enum-value-removed" Breaking Compatible "a value is no longer among those that are listed"
    ENUM_VALUE_ADDED "enum-value-added" Compatible Breaking "a value is added to those that are listed"
    ENUM_INTRODUCED "enum-introduced" Breaking Compatible "only listed values are possible now"
    ENUM_LIFTED "enum-lifted" Compatible Breaking "other values than the listed ones are possible now"
    DEFAULT_CHANGED "default-changed" Breaking Compatible "what is left out counts as another value"
    DEFAULT_IDLE "default-of-required-changed" Compatible Compatible "another default is named for what is never left out"
    DEFAULT_REMOVED "default-removed" Breaking Compatible "it is no longer said what counts if a value is left out"
    DEFAULT_ADDED "default-added" Compatible Compatible "it is said now what counts if a value is left out"
    BOUND_TIGHTENED "bound-tightened" Breaking Compatible "a number, a length or a count has a narrower bound"
    BOUND_LOOSENED "bound-loosened" Compatible Breaking "a number, a length or a count has a wider bound, or none"
    PATTERN_ADDED "pattern-added" Breaking Compatible "text must match a pattern now"
    PATTERN_REMOVED "pattern-removed" Compatible Breaking "text need not match a pattern any more"
    PATTERN_CHANGED "pattern-changed" Breaking Breaking "text must match another pattern"
    MULTIPLE_CHANGED "multiple-changed" Breaking Breaking "a number must be a multiple of another one"
    UNIQUE_REQUIRED "unique-items-required" Breaking Compatible "the items of a list must differ now"
    UNIQUE_LIFTED "unique-items-not-required" Compatible Breaking "the items of a list may be alike now"

    PROPERTY_REMOVED "required-property-removed" Breaking Breaking "a property is gone that was required"
    OPTIONAL_PROPERTY_REMOVED "optional-property-removed" Breaking Breaking "a property is gone that could be missing"
    REQUIRED_PROPERTY_ADDED "required-property-added" Breaking Compatible "there is a new property, and it is required"
    OPTIONAL_PROPERTY_ADDED "optional-property-added" Compatible Compatible "there is a new property, which may be missing"
    UNEXPECTED_PROPERTY_ADDED "unexpected-property-added" Compatible Breaking "there is a new property where no others were allowed"
    PROPERTY_REQUIRED "property-became-required" Breaking Compatible "a property is required that was not"
    PROPERTY_REQUIRED_WITH_DEFAULT "property-became-required-with-default" Compatible Compatible "a property is required that was not, and a default stands in for it"
    PROPERTY_OPTIONAL "property-became-optional" Compatible Breaking "a property may be missing now"
    PROPERTY_HIDDEN "property-hidden" Breaking Breaking "a property no longer goes this way: it is readOnly or writeOnly now"
    PROPERTY_SHOWN "property-shown" Compatible Compatible "a property goes this way as well: it is no longer readOnly or writeOnly"
    HIDDEN_PROPERTY_CHANGED "hidden-property-changed" Compatible Compatible "a readOnly or writeOnly property differs that does not go this way, or is marked otherwise"
    ADDITIONAL_FORBIDDEN "additional-properties-forbidden" Breaking Compatible "no other properties than the listed ones are allowed now"
    ADDITIONAL_ALLOWED "additional-properties-allowed" Compatible Breaking "other properties than the listed ones are possible now"
    SCHEMA_DEPRECATED "schema-deprecated" Compatible Compatible "a value is deprecated now"
    SCHEMA_UNDEPRECATED "schema-undeprecated" Compatible Compatible "a value is no longer deprecated"

    ALTERNATIVE_REMOVED "alternative-removed" Breaking Compatible "an alternative of oneOf or anyOf is gone"
    ALTERNATIVE_ADDED "alternative-added" Compatible Breaking "there is another alternative of oneOf or anyOf"
    ALTERNATIVES_INTRODUCED "alternatives-introduced" Breaking Compatible "a value must be one of several alternatives now"
    ALTERNATIVES_LIFTED "alternatives-lifted" Compatible Breaking "a value need not be one of several alternatives any more"
    ALTERNATIVES_EXCLUDE "alternatives-exclude-each-other" Breaking Compatible "anyOf has become oneOf"
    ALTERNATIVES_OVERLAP "alternatives-overlap" Compatible Breaking "oneOf has become anyOf"
    NEGATION_ADDED "negation-added" Breaking Compatible "it is said now what a value must not be"
    NEGATION_REMOVED "negation-removed" Compatible Breaking "it is no longer said what a value must not be"
    NEGATION_CHANGED "negation-changed" Breaking Breaking "what a value must not be differs"
    DISCRIMINATOR_CHANGED "discriminator-changed" Breaking Breaking "another property tells the alternatives apart, or none"
    DISCRIMINATOR_ADDED "discriminator-added" Compatible Compatible "a property tells the alternatives apart now"
    DISCRIMINATOR_VALUE_REMOVED "discriminator-value-removed" Breaking Compatible "a value no longer names an alternative"
    DISCRIMINATOR_VALUE_ADDED "discriminator-value-added" Compatible Breaking "another value names an alternative"
    XML_CHANGED "xml-changed" Breaking Breaking "a value is written as XML in another way"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_rule_has_a_name_of_its_own() {
        let ids: BTreeSet<_> = rules().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), rules().count());
    }
}
