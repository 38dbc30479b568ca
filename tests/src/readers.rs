//! Programs of Python that read what we write, in the environment that `cargo xtask test` makes.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What a program of Python, run in `folder` with `arguments`, prints as JSON. It has pandas, pyarrow and warcio.
///
/// # Panics
/// If there is no such environment, the program fails, or prints something else.
pub fn python(folder: &Path, program: &str, arguments: &[&Path]) -> Value {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/readers/bin/python");
    let said = Command::new(&python)
        .current_dir(folder)
        .args(["-c", program])
        .args(arguments)
        .output();
    let said = said.unwrap_or_else(|error| {
        panic!(
            "{} cannot be started ({error}): `cargo xtask test` installs it",
            python.display()
        )
    });
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    serde_json::from_slice(&said.stdout).expect("JSON")
}
