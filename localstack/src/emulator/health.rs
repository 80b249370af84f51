//! Asks the emulator whether it is there. One request over a plain socket: no HTTP client needed.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(2);

/// Whether an emulator answers on the port.
pub(super) fn answers(port: u16) -> bool {
    ask(port).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn ask(port: u16) -> std::io::Result<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut connection = TcpStream::connect_timeout(&address, PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    let request = format!(
        "GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    );
    connection.write_all(request.as_bytes())?;
    let mut status = [0; 12];
    connection.read_exact(&mut status)?;
    Ok(String::from_utf8_lossy(&status).into_owned())
}
