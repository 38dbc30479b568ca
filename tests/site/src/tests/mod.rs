//! Every path, asked by a client that knows no more of HTTP than the test at hand needs.

mod broken;
mod client;
mod counted;
mod encoded;
mod lifetime;
mod mirrored;
mod routed;
mod wellformed;

use crate::Site;

/// Waits in a runtime of its own, for tests that have none.
fn wait(site: &Site, condition: impl Fn(&Site) -> bool) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(site.until(condition));
}
