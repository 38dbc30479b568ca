//! Ports that nobody else takes.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A port of 127.0.0.1 that stays ours while nobody listens on it.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) address: SocketAddr,
    /// Bound, and never listening.
    _reserved: TcpSocket,
}

impl Port {
    #[track_caller]
    pub(crate) fn new() -> Self {
        Self::reserve().expect("a free port")
    }

    /// Others may have it who say so of a port that they name, as nginx does; who asks for any doesn't get it.
    fn reserve() -> io::Result<Self> {
        let reserved = TcpSocket::new_v4()?;
        reserved.set_reuseaddr(true)?;
        reserved.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        Ok(Self {
            address: reserved.local_addr()?,
            _reserved: reserved,
        })
    }
}
