//! What nginx reads when it starts.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

/// Answered by no file, logged nowhere, and before any limit.
pub(super) const PING: &str = "/.ping";

/// What nginx is told, beside where its things are: its own directives.
#[derive(Debug, Clone, Copy, Default)]
pub struct Config<'a> {
    /// In `http`.
    pub http: &'a str,
    /// In `server`.
    pub server: &'a str,
    /// With it there is a second port, which is encrypted.
    pub tls: Option<Tls<'a>>,
}

/// How nginx proves who it is.
#[derive(Debug, Clone, Copy)]
pub struct Tls<'a> {
    /// The certificate and those above it, in PEM.
    pub certificate: &'a str,
    /// Its key, in PEM.
    pub key: &'a str,
    /// Whether HTTP/2 is offered beside HTTP/1.1.
    pub http2: bool,
}

impl Config<'_> {
    /// Writes it, and what it names, to the directory that nginx has for its own.
    pub(super) fn write(
        &self,
        dir: &Path,
        plain: SocketAddr,
        encrypted: Option<SocketAddr>,
    ) -> io::Result<()> {
        fs::create_dir(dir.join("files"))?;
        let mut tls = String::new();
        if let (Some(said), Some(address)) = (self.tls, encrypted) {
            fs::write(dir.join("certificate.pem"), said.certificate)?;
            fs::write(dir.join("key.pem"), said.key)?;
            let http2 = if said.http2 { " http2" } else { "" };
            tls = format!(
                "listen {address} ssl{http2}; ssl_certificate certificate.pem; ssl_certificate_key key.pem;"
            );
        }
        let Self { http, server, .. } = self;
        let text = format!(
            r#"
            daemon off;
            master_process off;
            pid nginx.pid;
            error_log stderr;
            events {{ worker_connections 512; }}
            http {{
                client_body_temp_path body;
                proxy_temp_path proxy;
                fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi;
                scgi_temp_path scgi;
                default_type text/html;
                log_format json escape=json '{{'
                    '"protocol":"$server_protocol","host":"$host","target":"$request_uri",'
                    '"status":$status,"if_none_match":"$http_if_none_match",'
                    '"if_modified_since":"$http_if_modified_since",'
                    '"content_encoding":"$sent_http_content_encoding","sent":$body_bytes_sent}}';
                access_log access.log json;
                {http}
                server {{
                    listen {plain};
                    {tls}
                    root files;
                    {server}
                    location = {PING} {{ access_log off; return 204; }}
                }}
            }}
            "#
        );
        fs::write(dir.join("nginx.conf"), text)
    }
}
