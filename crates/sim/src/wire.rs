//! The socket under a connection, with a switch that resets it, and the body that can end badly.

use crate::quota::Permit;
use crate::service::Sending;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Set once a connection is to be reset.
pub(crate) type Switch = Arc<AtomicBool>;

/// A socket that is reset, not closed, once its switch is set.
pub(crate) struct Wire {
    tcp: TcpStream,
    switch: Switch,
}

impl Wire {
    pub(crate) fn new(tcp: TcpStream, switch: Switch) -> Wire {
        Wire { tcp, switch }
    }

    fn check(&self) -> io::Result<()> {
        if self.switch.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.switch.load(Ordering::SeqCst) {
            // Without lingering a close sends RST. Where it cannot be set the peer sees an orderly end.
            let _ = self.tcp.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.tcp).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }
}

/// The body of an answer: sent whole, or in part and then cut or stalled. The call counts as running until it
/// is dropped.
pub struct AnswerBody {
    left: Bytes,
    promised: u64,
    sending: Sending,
    /// Turns to wait before a cut, so that the part before it is flushed.
    turns: u8,
    _permit: Option<Permit>,
}

impl AnswerBody {
    pub(crate) fn new(mut body: Bytes, sending: Sending, permit: Option<Permit>) -> AnswerBody {
        let promised = body.len() as u64;
        if sending != Sending::Whole {
            body.truncate(body.len() / 2);
        }
        AnswerBody { left: body, promised, sending, turns: 3, _permit: permit }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if !self.left.is_empty() {
            let part = std::mem::take(&mut self.left);
            self.promised -= part.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(part))));
        }
        match self.sending {
            Sending::Whole => Poll::Ready(None),
            Sending::Stalled => Poll::Pending,
            Sending::Cut if self.turns > 0 => {
                self.turns -= 1;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Sending::Cut => Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.sending == Sending::Whole && self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}
