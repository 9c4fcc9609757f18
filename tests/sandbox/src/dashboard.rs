use crate::failure::ApplicationError;
use crate::pair::{Pair, Revocation, Session};
use crate::world::World;

/// What people do to the account with a mouse.
pub struct Dashboard<'a>(pub(crate) &'a World);

impl Dashboard<'_> {
    /// A Super Admin makes a new pair of company tokens. All other pairs end,
    /// unless [`dashboard_pair_ends_others`](crate::Switches) is off.
    pub fn new_pair(&self) -> Pair {
        let mut account = self.0.account();
        if account.switches.dashboard_pair_ends_others {
            account.sessions.revoke_all(Revocation::NewPairInDashboard);
        }
        let switches = account.switches.clone();
        account
            .sessions
            .mint(Session::Company, None, self.0.clock.now_ms(), &switches)
    }

    /// A Super Admin resets the password: all pairs end, and are rejected with
    /// `auth.token_error`.
    pub fn reset_password(&self) {
        let mut account = self.0.account();
        account.sessions.revoke_all(Revocation::PasswordReset);
    }

    /// Everything is refused with this from now on; no token is spent or ended.
    pub fn bar(&self, why: ApplicationError) {
        self.0.account().barred = Some(why);
    }

    /// The user is disabled: PIPE10015.
    pub fn disable_user(&self) {
        self.bar(ApplicationError::UserDisabled);
    }

    /// The company is disabled: PIPE10016.
    pub fn disable_company(&self) {
        self.bar(ApplicationError::CompanyDisabled);
    }

    /// This machine's IP address is no longer registered: PIPE10017.
    pub fn unregister_ip(&self) {
        self.bar(ApplicationError::IpNotRegistered);
    }

    /// All is well again.
    pub fn unbar(&self) {
        self.0.account().barred = None;
    }
}
