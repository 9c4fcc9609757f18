//! Where each platform keeps a program's state.

use std::path::PathBuf;

use super::FileStore;
use crate::error::Error;
use crate::rotation::Account;

/// The file for an account that was given no store.
pub(crate) fn default_store(account: &Account) -> Result<FileStore, Error> {
    let path = state_file(account, "json").map_err(no_home)?;
    Ok(FileStore::new(path))
}

/// A file for one account in the platform's state directory.
pub(crate) fn state_file(
    account: &Account,
    extension: &str,
) -> Result<PathBuf, etcetera::HomeDirError> {
    use etcetera::BaseStrategy as _;

    let directories = etcetera::choose_base_strategy()?;
    let state = directories
        .state_dir()
        .unwrap_or_else(|| directories.data_dir());
    // The file says whose tokens it holds, so names that collide here are
    // told apart when it is opened.
    let name: String = format!("{}-{}", account.environment, account.client_id)
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect();
    Ok(state.join("xoxoday").join(format!("{name}.{extension}")))
}

fn no_home(error: etcetera::HomeDirError) -> Error {
    let what = "no home directory to keep the tokens in; name a file in XOXODAY_TOKEN_STORE";
    Error::input(what, error)
}
