//! A server of the system's packages, as a child of the test: in the foreground, on ports that nobody else takes.

use std::env;
use std::fs::{self, File};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use tempfile::TempDir;

use crate::port::Port;

/// Where daemons are, which isn't in everybody's `PATH`.
const DAEMONS: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// A program with a directory of its own, which ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Daemon {
    program: &'static str,
    arguments: Vec<String>,
    pub(crate) dir: TempDir,
    pub(crate) port: Port,
    pub(crate) second_port: Option<Port>,
    process: Option<Child>,
}

impl Daemon {
    /// One that listens on a port, not yet started.
    #[track_caller]
    pub(crate) fn new(program: &'static str) -> Self {
        Self {
            program,
            arguments: Vec::new(),
            dir: tempfile::tempdir().expect("a place for temporary files"),
            port: Port::new(),
            second_port: None,
            process: None,
        }
    }

    pub(crate) fn arguments(&mut self, arguments: impl IntoIterator<Item = impl Into<String>>) {
        self.arguments = arguments.into_iter().map(Into::into).collect();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Starts it, for the first time or after [`stop`](Self::stop); returns when it listens.
    #[track_caller]
    pub(crate) fn go_on(&mut self) {
        let program = self.program;
        assert!(self.process.is_none(), "{program} runs already");
        let errors = self.path("error.log");
        let file = File::create(&errors).expect("a file in a temporary directory");
        let process = Command::new(installed(program))
            .args(&self.arguments)
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn();
        let process = process.unwrap_or_else(|error| {
            panic!("cannot start {program}, which `cargo xtask test` installs: {error}")
        });
        let process = self.process.insert(process);
        // It listens before it serves: who is connected is answered.
        let refused = |port: &Port| TcpStream::connect(port.address).is_err();
        let ports = [Some(&self.port), self.second_port.as_ref()];
        while ports.into_iter().flatten().any(refused) {
            if let Some(ended) = process.try_wait().expect("a child of this process") {
                let errors = fs::read_to_string(errors).unwrap_or_default();
                panic!("{program} does not start: {ended}\n{errors}");
            }
            thread::yield_now();
        }
    }

    /// Ends it: nobody listens on its ports, and nobody else takes them.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // It may have ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stop();
    }
}

fn installed(program: &str) -> PathBuf {
    let paths = env::var_os("PATH").unwrap_or_default();
    let places = env::split_paths(&paths).chain(DAEMONS.map(PathBuf::from));
    let mut programs = places.map(|place| place.join(program));
    programs
        .find(|program| program.is_file())
        .unwrap_or_else(|| Path::new(program).to_owned())
}
