//! One connection: reads a request, waits as its answer says, writes it, and so on until either side ends it.

use std::io::{self, ErrorKind};
use std::sync::Arc;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::ledger::Flight;
use super::server::Shared;
use super::wire::Wire;
use super::{Answer, Ending, read};

/// Serves a connection to its end.
///
/// # Errors
/// What broke the connection.
pub(super) async fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let connected = shared.ledger.connected();
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        let request = match read::request(&mut stream, connected.number()).await {
            Ok(Some(request)) => Arc::new(request),
            Ok(None) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return refuse(stream, &error).await;
            }
            Err(error) => return Err(error),
        };
        let mut flight = shared.ledger.received(&request);
        let answer = shared.routes.answer(&request, flight.hit());
        tokio::select! {
            // In this order: a client that has closed its writing side still gets what needs no waiting.
            biased;
            () = wait(&answer, shared) => {}
            () = gone(stream.get_ref()) => return Ok(()),
        }
        if !write(stream.get_mut(), Wire::new(answer, &request), &mut flight).await? {
            return Ok(());
        }
    }
}

/// Tells a client that broke the protocol so, for whoever reads the failing test.
async fn refuse(mut stream: BufReader<TcpStream>, error: &io::Error) -> io::Result<()> {
    let why = error.to_string();
    let head = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        why.len()
    );
    stream.write_all((head + &why).as_bytes()).await
}

async fn wait(answer: &Answer, shared: &Shared) {
    if let Some(gate) = answer.gate_name() {
        shared.routes.opened(gate).await;
    }
    // Even no time at all would take the timer a millisecond.
    if !answer.delay_length().is_zero() {
        tokio::time::sleep(answer.delay_length()).await;
    }
}

/// Ends when the client has closed its side, so that a request that it gave up doesn't stay in flight.
///
/// Behind a request that was pipelined meanwhile the end cannot be seen without taking it off the stream.
async fn gone(stream: &TcpStream) {
    if let Ok(1..) = stream.peek(&mut [0]).await {
        std::future::pending::<()>().await;
    }
}

/// Writes an answer and ends as it says; true if the connection goes on.
async fn write(stream: &mut TcpStream, wire: Wire, flight: &mut Flight<'_>) -> io::Result<bool> {
    let Wire {
        pieces,
        ending,
        keeps_alive,
    } = wire;
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_some() || ending == Ending::Hang {
            stream.write_all(&piece).await?;
        } else {
            write_last(stream, &piece, flight, ending == Ending::Whole).await?;
        }
    }
    match ending {
        Ending::Whole => return Ok(keeps_alive),
        Ending::Cut => {}
        Ending::Reset => stream.set_zero_linger()?,
        Ending::Hang => gone(stream).await,
    }
    Ok(false)
}

async fn write_last(
    stream: &TcpStream,
    mut rest: &[u8],
    flight: &mut Flight<'_>,
    served: bool,
) -> io::Result<()> {
    loop {
        stream.writable().await?;
        let written = flight.land(served, || {
            if !rest.is_empty() {
                rest = &rest[stream.try_write(rest)?..];
            }
            Ok(rest.is_empty())
        });
        match written {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
