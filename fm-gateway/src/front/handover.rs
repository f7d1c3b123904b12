//! Hands the listening socket itself from one gateway to the next: one accept queue outlives them all.
//!
//! A socket of its own per gateway (`SO_REUSEPORT`) has a queue of its own, and the system resets whoever waits in it when the gateway ends.

use rustix::{
    cmsg_space,
    io::Errno,
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, recvmsg,
        sendmsg,
    },
};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use std::{
    ffi::OsStr,
    fs::{self, File, Permissions},
    io::{self, IoSlice, IoSliceMut, Read},
    mem::MaybeUninit,
    net::{Shutdown, SocketAddr, TcpListener},
    os::{
        fd::{AsFd, AsRawFd},
        unix::{
            fs::{MetadataExt, PermissionsExt},
            net::{UnixListener, UnixStream},
        },
    },
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

/// How long the gateway that is asked has to answer.
const ANSWER: Duration = Duration::from_secs(2);

/// How long nobody is answered after an error, which may be one of the system: no more descriptors.
const AFTER_ERROR: Duration = Duration::from_millis(200);

/// Gateways that may ask at once.
const BACKLOG: i32 = 8;

/// A socket that was taken. The other gateway sees by `tie` that this one lives.
#[derive(Debug)]
pub struct Taken {
    pub socket: TcpListener,
    pub tie: UnixStream,
}

/// Takes the listening socket from the gateway that answers at `path`. `None`, if there is none, or one that listens elsewhere.
///
/// # Errors
/// If somebody is there who does not hand over a listening socket.
pub fn take(path: &Path, address: SocketAddr) -> io::Result<Option<Taken>> {
    let (_folder, near) = within_reach(path)?;
    let tie = match UnixStream::connect(near) {
        Ok(tie) => tie,
        // Refused: whoever was there was killed.
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => return Ok(None),
        Err(e) => return Err(e),
    };
    tie.set_read_timeout(Some(ANSWER))?;
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
    let mut handed = RecvAncillaryBuffer::new(&mut space);
    let got = match recvmsg(&tie, &mut [IoSliceMut::new(&mut [0])], &mut handed, RecvFlags::CMSG_CLOEXEC) {
        Ok(got) if got.bytes > 0 => got,
        // It has just ended.
        Ok(_) | Err(Errno::CONNRESET) => return Ok(None),
        Err(e) => return Err(e.into()),
    };
    let descriptors = handed.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
        _ => None,
    });
    let Some(socket) = descriptors.flatten().next().filter(|_| !got.flags.contains(ReturnFlags::CTRUNC)) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("who answers at {} hands over no socket", path.display())));
    };
    let socket = Socket::from(socket);
    let local = socket.local_addr()?.as_socket();
    if local != Some(address) || socket.r#type()? != Type::STREAM || !socket.is_listener()? {
        log::warn!("handover: the gateway at {} listens on {local:?} and not on {address}, binding a new socket", path.display());
        return Ok(None);
    }
    socket.set_nonblocking(true)?;
    Ok(Some(Taken { socket: socket.into(), tie }))
}

/// Hands a listening socket to whoever asks, until it is dropped.
#[derive(Debug)]
pub struct Offer {
    path: PathBuf,
    inode: u64,
    listener: UnixListener,
    ties: Arc<Mutex<Vec<UnixStream>>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Offer {
    /// Takes the path over from whoever has it. Only this user may ask.
    ///
    /// # Errors
    /// If the path cannot be written.
    pub fn at(path: &Path, socket: &TcpListener) -> io::Result<Self> {
        let (_folder, near) = within_reach(path)?;
        let new = near.with_file_name(format!(".handover-{}-{}", std::process::id(), socket.as_raw_fd()));
        let _ = fs::remove_file(&new);
        let listener = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        listener.bind(&SockAddr::unix(&new)?)?;
        fs::set_permissions(&new, Permissions::from_mode(0o600))?;
        listener.listen(BACKLOG)?;
        let inode = fs::symlink_metadata(&new)?.ino();
        fs::rename(&new, &near)?;
        let listener = UnixListener::from(listener);
        let ties = Arc::<Mutex<Vec<UnixStream>>>::default();
        let thread = {
            let (listener, socket, ties) = (listener.try_clone()?, socket.try_clone()?, ties.clone());
            // Not a task: who asks may wait in the runtime that would have to answer.
            thread::Builder::new().name("handover".into()).spawn(move || {
                loop {
                    let asked = listener.accept().and_then(|(asks, _)| {
                        // Locked before it is sent: whoever has the socket counts.
                        let mut ties = ties.lock().unwrap_or_else(PoisonError::into_inner);
                        hand(&asks, &socket).map(|()| ties.push(asks))
                    });
                    match asked {
                        Ok(()) => {}
                        // It was shut.
                        Err(e) if e.kind() == io::ErrorKind::InvalidInput => return,
                        Err(e) => {
                            log::warn!("handover: listening socket not handed over: {e}");
                            thread::sleep(AFTER_ERROR);
                        }
                    }
                }
            })?
        };
        Ok(Offer { path: path.into(), inode, listener, ties, thread: Some(thread) })
    }

    /// Says whether a gateway that took the socket lives.
    pub fn taken(&self) -> bool {
        let ties = self.ties.lock().unwrap_or_else(PoisonError::into_inner);
        ties.iter().any(|tie| {
            tie.set_nonblocking(true).is_ok() && (&mut &*tie).read(&mut [0]).is_err_and(|e| e.kind() == io::ErrorKind::WouldBlock)
        })
    }
}

impl Drop for Offer {
    /// Closes its copy of the socket, and leaves the path to the gateway that has it now.
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|there| there.ino() == self.inode) {
            let _ = fs::remove_file(&self.path);
        }
        // Wakes the thread from its `accept`.
        let _ = SockRef::from(&self.listener).shutdown(Shutdown::Both);
        self.thread.take().map(thread::JoinHandle::join);
    }
}

fn hand(to: &UnixStream, socket: &TcpListener) -> io::Result<()> {
    let sockets = [socket.as_fd()];
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
    let mut handed = SendAncillaryBuffer::new(&mut space);
    handed.push(SendAncillaryMessage::ScmRights(&sockets));
    sendmsg(to, &[IoSlice::new(b"F")], &mut handed, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// The path by way of its open folder: the name of a Unix socket has 107 bytes at most (`unix(7)`).
fn within_reach(path: &Path) -> io::Result<(File, PathBuf)> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = File::open(folder)?;
    let name = path.file_name().unwrap_or(OsStr::new("")).to_owned();
    let near = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
    Ok((folder, near))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Write, net::TcpStream};

    fn listening() -> (TcpListener, SocketAddr) {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        (socket, address)
    }

    #[test]
    fn connections_in_the_backlog_are_served_by_the_next_gateway() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long".repeat(30)).join("listener");
        fs::create_dir(path.parent().unwrap()).unwrap();
        let (socket, address) = listening();
        let offer = Offer::at(&path, &socket).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(!offer.taken());
        let waits = TcpStream::connect(address).unwrap();
        let taken = take(&path, address).unwrap().unwrap();
        assert!(offer.taken());
        drop((offer, socket));
        assert!(!path.exists());
        let io = loop {
            match taken.socket.accept() {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => thread::yield_now(),
                accepted => break accepted.unwrap().0,
            }
        };
        assert_eq!(io.peer_addr().unwrap(), waits.local_addr().unwrap());
        drop(taken);
        drop(io);
        TcpStream::connect(address).unwrap_err();
    }

    #[test]
    fn a_gateway_that_took_the_socket_and_exited_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("listener");
        let (socket, address) = listening();
        let offer = Offer::at(&path, &socket).unwrap();
        let taken = take(&path, address).unwrap().unwrap();
        assert!(offer.taken());
        drop(taken);
        assert!(!offer.taken());
    }

    #[test]
    fn the_latest_gateway_owns_the_socket_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("listener");
        let (one, two) = (listening(), listening());
        let first = Offer::at(&path, &one.0).unwrap();
        let second = Offer::at(&path, &two.0).unwrap();
        drop(first);
        assert!(take(&path, one.1).unwrap().is_none(), "it listens elsewhere");
        assert!(take(&path, two.1).unwrap().is_some());
        drop(second);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn without_a_running_gateway_no_socket_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("listener");
        let (socket, address) = listening();
        assert!(take(&path, address).unwrap().is_none());
        // Of one that was killed the file is left.
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists() && take(&path, address).unwrap().is_none());
        let _offer = Offer::at(&path, &socket).unwrap();
        assert!(take(&path, address).unwrap().is_some());
    }

    #[test]
    fn a_foreign_process_at_the_socket_path_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("listener");
        let listener = UnixListener::bind(&path).unwrap();
        let speaks = thread::spawn(move || listener.accept().unwrap().0.write_all(b"F").unwrap());
        take(&path, listening().1).unwrap_err();
        speaks.join().unwrap();
    }
}
