//! File systems that only some processes see: one that is small, one that becomes read-only.
//!
//! They are in a mount namespace of their own, which ends with the test, whatever happens to it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A mount namespace, kept by a process that does nothing else.
#[derive(Debug)]
pub struct Mounts {
    keeper: Child,
    is_root: bool,
}

impl Mounts {
    /// A namespace with the mounts that there are.
    ///
    /// # Panics
    /// If this machine doesn't allow it.
    #[must_use = "the namespace ends when it is dropped"]
    #[track_caller]
    pub fn new() -> Self {
        let is_root = rustix::process::geteuid().is_root();
        let mut keeper = Command::new("unshare")
            .arg(if is_root { "-m" } else { "-rm" })
            // Says that it is there, and stays until standard input ends.
            .args(["sh", "-c", "echo there && exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`unshare` of util-linux can be started");
        let said = keeper.stdout.take().expect("it is piped");
        let said = BufReader::new(said).lines().next();
        assert!(
            said.is_some_and(|line| line.is_ok()),
            "no mounts of one's own, which takes leave to make namespaces: as root, or by the sysctl \
             kernel.unprivileged_userns_clone (on Ubuntu kernel.apparmor_restrict_unprivileged_userns)"
        );
        Self { keeper, is_root }
    }

    /// Mounts something, with the arguments of `mount`; or changes what is mounted.
    ///
    /// # Panics
    /// If it cannot be done.
    #[track_caller]
    pub fn mount(&self, arguments: &[&str]) {
        self.run("mount", arguments);
    }

    /// Takes away what is mounted there, which nobody may use.
    ///
    /// # Panics
    /// If it cannot be done.
    #[track_caller]
    pub fn unmount(&self, place: &str) {
        self.run("umount", &[place]);
    }

    /// What a program has to be started by, to be in here.
    pub fn enter(&self) -> Vec<String> {
        let keeper = self.keeper.id().to_string();
        let namespaces: &[&str] = if self.is_root {
            &["-m"]
        } else {
            &["-U", "-m", "--preserve-credentials"]
        };
        let enter = [&["nsenter", "-t", &keeper], namespaces].concat();
        enter.into_iter().map(str::to_owned).collect()
    }

    /// Where this process finds what is at an absolute path in here.
    pub fn path(&self, path: &Path) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.keeper.id()));
        root.join(path.strip_prefix("/").unwrap_or(path))
    }

    #[track_caller]
    fn run(&self, program: &str, arguments: &[&str]) {
        let enter = self.enter();
        let output = Command::new(&enter[0])
            .args(&enter[1..])
            .arg(program)
            .args(arguments)
            .output()
            .expect("`nsenter` of util-linux can be started");
        let why = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "`{program} {}` failed, which may take root: {why}",
            arguments.join(" ")
        );
    }
}

impl Default for Mounts {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Mounts {
    fn drop(&mut self) {
        // Its input ends with that; it may have ended by itself.
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}
