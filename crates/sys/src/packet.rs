//! Whole frames on a link.

use std::mem::size_of;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use crate::{Context, Result};

/// Sends `frame`, with its Ethernet header, on the link with number `link`. Needs CAP_NET_RAW.
///
/// # Errors
/// If the process may not, or the link is gone or down.
pub fn send(link: u32, frame: &[u8]) -> Result<()> {
    const ACTION: &str = "send a frame";
    // Protocol 0: the socket receives nothing.
    // SAFETY: socket() takes numbers only.
    let fd = unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) };
    let fd = nix::errno::Errno::result(fd).context(|| ACTION.into())?;
    // SAFETY: the descriptor was just made and has no other owner.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: an all-zero sockaddr_ll is valid: it consists of numbers.
    let mut to: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    to.sll_family = libc::AF_PACKET as u16;
    to.sll_ifindex = i32::try_from(link).unwrap_or_default();
    // SAFETY: frame and address are valid for the lengths that are given with them.
    let sent = unsafe {
        libc::sendto(
            socket.as_raw_fd(),
            frame.as_ptr().cast(),
            frame.len(),
            libc::MSG_DONTWAIT,
            (&raw const to).cast(),
            size_of::<libc::sockaddr_ll>() as libc::socklen_t,
        )
    };
    nix::errno::Errno::result(sent).map(drop).context(|| ACTION.into())
}

/// A socket that receives the frames of one EtherType on the link with number `link`, with their Ethernet headers;
/// it does not block. Needs CAP_NET_RAW.
///
/// # Errors
/// If the process may not, or the link is gone.
pub fn listen(link: u32, ether_type: u16) -> Result<OwnedFd> {
    const ACTION: &str = "listen for frames";
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: socket() takes numbers only. Protocol 0: nothing is received before the link is chosen.
    let fd = unsafe { libc::socket(libc::AF_PACKET, kind, 0) };
    let fd = nix::errno::Errno::result(fd).context(|| ACTION.into())?;
    // SAFETY: the descriptor was just made and has no other owner.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: an all-zero sockaddr_ll is valid: it consists of numbers.
    let mut on: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    on.sll_family = libc::AF_PACKET as u16;
    on.sll_protocol = ether_type.to_be();
    on.sll_ifindex = i32::try_from(link).unwrap_or_default();
    // SAFETY: the address is valid for the length that is given with it.
    let bound = unsafe {
        libc::bind(
            socket.as_raw_fd(),
            (&raw const on).cast(),
            size_of::<libc::sockaddr_ll>() as libc::socklen_t,
        )
    };
    nix::errno::Errno::result(bound).map(drop).context(|| ACTION.into())?;
    Ok(socket)
}
