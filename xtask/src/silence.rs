//! Keeps caught panics off the screen.

use std::cell::Cell;
use std::panic;
use std::sync::Once;

thread_local! {
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

/// While one is alive, a panic of this thread prints nothing.
pub(crate) struct Silence {
    before: bool,
}

impl Silence {
    pub(crate) fn new() -> Self {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let usual = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                if !SILENT.get() {
                    usual(info);
                }
            }));
        });
        Self {
            before: SILENT.replace(true),
        }
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        SILENT.set(self.before);
    }
}
