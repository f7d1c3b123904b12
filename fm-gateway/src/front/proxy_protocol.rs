//! The PROXY protocol (HAProxy, versions 1 and 2): a load balancer that hands on bytes says first for whom.

use ppp::{HeaderResult, v1, v2};
use std::{io, net::IpAddr};
use tokio::io::{AsyncRead, AsyncReadExt};

/// What version 2 begins with.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The longest line of version 1, with its end.
const MAX_LINE: usize = 107;
/// The longest rest of a header of version 2: addresses, and what else is said of the connection.
const MAX_REST: usize = 4096;

/// Why there is no header that can be read.
#[derive(Debug, thiserror::Error)]
pub enum BadHeader {
    #[error("the connection ended: {0}")]
    Ended(#[from] io::Error),
    #[error("no header of the PROXY protocol")]
    Malformed,
    #[error("a header of more than {MAX_REST} bytes")]
    TooLong,
}

/// Reads a header and nothing behind it. Gives the client's address; none for a connection of the load balancer's own, or an address that is none of IP.
///
/// # Errors
/// See [`BadHeader`]; what follows cannot be trusted then.
pub async fn read(io: &mut (impl AsyncRead + Unpin)) -> Result<Option<IpAddr>, BadHeader> {
    let mut header = vec![0; SIGNATURE.len()];
    io.read_exact(&mut header).await?;
    if header == SIGNATURE {
        header.resize(16, 0);
        io.read_exact(&mut header[SIGNATURE.len()..]).await?;
        let rest = usize::from(u16::from_be_bytes([header[14], header[15]]));
        if rest > MAX_REST {
            return Err(BadHeader::TooLong);
        }
        header.resize(16 + rest, 0);
        io.read_exact(&mut header[16..]).await?;
    } else if header.starts_with(b"PROXY ") && !header.contains(&b'\n') {
        // What is behind the line is none of it, so that it is read up to its end.
        while !header.ends_with(b"\r\n") {
            if header.len() == MAX_LINE {
                return Err(BadHeader::Malformed);
            }
            header.push(io.read_u8().await?);
        }
    } else {
        return Err(BadHeader::Malformed);
    }
    client_of(&header)
}

fn client_of(header: &[u8]) -> Result<Option<IpAddr>, BadHeader> {
    let address: Option<IpAddr> = match HeaderResult::parse(header) {
        HeaderResult::V1(Ok(header)) => match header.addresses {
            v1::Addresses::Unknown => None,
            v1::Addresses::Tcp4(addresses) => Some(addresses.source_address.into()),
            v1::Addresses::Tcp6(addresses) => Some(addresses.source_address.into()),
        },
        HeaderResult::V2(Ok(header)) => match (header.command, header.protocol, header.addresses) {
            (v2::Command::Local, ..) => None,
            (_, v2::Protocol::Datagram, _) => return Err(BadHeader::Malformed),
            (_, v2::Protocol::Stream, v2::Addresses::IPv4(addresses)) => Some(addresses.source_address.into()),
            (_, v2::Protocol::Stream, v2::Addresses::IPv6(addresses)) => Some(addresses.source_address.into()),
            _ => None,
        },
        HeaderResult::V1(Err(_)) | HeaderResult::V2(Err(_)) => return Err(BadHeader::Malformed),
    };
    Ok(address.map(|address| address.to_canonical()))
}
