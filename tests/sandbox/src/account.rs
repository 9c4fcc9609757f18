use crate::books::{Addresses, Books};
use crate::failure::ApplicationError;
use crate::sessions::Sessions;
use crate::switches::Switches;

/// All that Xoxoday keeps of one company.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// Who may send points and have user tokens.
    pub(crate) super_admins: Addresses,
    /// Who belongs to another company and cannot receive points.
    pub(crate) registered_elsewhere: Addresses,
    /// Why nothing is done for this account, if so.
    pub(crate) barred: Option<ApplicationError>,
    pub(crate) sessions: Sessions,
    pub(crate) books: Books,
    pub(crate) switches: Switches,
}
