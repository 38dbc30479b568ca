//! nginx on one core, with one page, whatever is asked below `/page/`.

use std::fmt::Write as _;
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::folders::Folders;
use crate::usage;

/// A running nginx; ends when dropped.
#[derive(Debug)]
pub struct Server {
    process: Child,
    origin: String,
    page: String,
    /// Its configuration and files, which go when it has ended.
    _folders: Folders,
}

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(10);

impl Server {
    /// Starts it on a core, with a page of that size in bytes.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(core: usize, size: usize) -> Self {
        let folders = Folders::within(&std::env::temp_dir());
        let root = folders.fresh("nginx", size.try_into().unwrap_or(u32::MAX));
        let page = page_of(size);
        let address = free_address();
        let prepared = fs::create_dir_all(&root)
            .and_then(|()| fs::write(Path::new(&root).join("page.html"), &page))
            .and_then(|()| fs::write(Path::new(&root).join("nginx.conf"), configuration(address)));
        prepared.unwrap_or_else(|error| panic!("cannot write to {root}: {error}"));
        let mut process = usage::on_core(core, "nginx")
            .args(["-p", &root, "-c", "nginx.conf", "-e", "error.log"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("nginx cannot be started, which `cargo xtask bench` installs: {error}")
            });
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            let ended = process.try_wait().ok().flatten();
            assert!(
                ended.is_none() && began.elapsed() < PATIENCE,
                "nginx doesn't listen on {address} ({ended:?}): {}",
                fs::read_to_string(Path::new(&root).join("error.log")).unwrap_or_default()
            );
            thread::sleep(Duration::from_millis(10));
        }
        Self {
            process,
            origin: format!("http://{address}"),
            page,
            _folders: folders,
        }
    }

    /// What its URLs begin with.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What it answers.
    pub fn page(&self) -> &str {
        &self.page
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already; there is nothing left to do about it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Somebody else may take it before nginx does, which is then said.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it has an address")
}

/// One process in the foreground, whoever starts it, that keeps connections for as many requests as there are.
fn configuration(address: SocketAddr) -> String {
    format!(
        "daemon off;
master_process off;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 4096; }}
http {{
    types {{ text/html html; }}
    charset utf-8;
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    open_file_cache max=16;
    client_body_temp_path client_body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen {address} backlog=1024;
        root .;
        location /page/ {{ rewrite ^ /page.html break; }}
        location / {{ return 404; }}
    }}
}}
"
    )
}

/// A page of that size in bytes.
pub fn page_of(size: usize) -> String {
    let mut page = String::from("<!doctype html>\n<title>A page</title>\n");
    for nth in 0.. {
        if page.len() >= size {
            break;
        }
        let _ = writeln!(
            page,
            "<p>Paragraph {nth} and <a href=\"/page/{nth}\">its link</a></p>"
        );
    }
    page.truncate(size);
    page
}
