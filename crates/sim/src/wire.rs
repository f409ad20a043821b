//! The socket under a connection, with a switch that resets it, and the body that can end badly.

use crate::quota::Permit;
use crate::service::Sending;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

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

/// The body of an answer: sent whole, slowly, or in part and then cut or stalled. The call counts as running
/// until it is dropped.
pub struct AnswerBody {
    left: Bytes,
    promised: u64,
    sending: Sending,
    /// Turns to wait before a cut, so that the part before it is flushed.
    turns: u8,
    pause: Option<Pin<Box<Sleep>>>,
    switch: Option<Switch>,
    _permit: Option<Permit>,
}

impl AnswerBody {
    /// `switch` is that of the connection it goes out on.
    pub(crate) fn new(
        mut body: Bytes,
        sending: Sending,
        permit: Option<Permit>,
        switch: Option<Switch>,
    ) -> AnswerBody {
        let promised = body.len() as u64;
        if !matches!(sending, Sending::Whole | Sending::Drip(_)) {
            body.truncate(body.len() / 2);
        }
        AnswerBody { left: body, promised, sending, turns: 3, pause: None, switch, _permit: permit }
    }

    /// The next part: everything, or what flows in a tenth of a second, with the wait behind it.
    fn part(&mut self) -> Bytes {
        let part = match self.sending {
            Sending::Drip(rate) => {
                let size = (rate as usize / 10).max(1).min(self.left.len());
                let wait = Duration::from_secs_f64(size as f64 / f64::from(rate.max(1)));
                self.pause = Some(Box::pin(tokio::time::sleep(wait)));
                self.left.split_to(size)
            }
            _ => std::mem::take(&mut self.left),
        };
        self.promised -= part.len() as u64;
        part
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        if !self.left.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(self.part()))));
        }
        match self.sending {
            Sending::Whole | Sending::Drip(_) => Poll::Ready(None),
            Sending::Stalled => Poll::Pending,
            Sending::Cut | Sending::Reset if self.turns > 0 => {
                self.turns -= 1;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Sending::Cut => Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
            Sending::Reset => {
                if let Some(switch) = &self.switch {
                    switch.store(true, Ordering::SeqCst);
                }
                Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.sending, Sending::Whole | Sending::Drip(_)) && self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}
