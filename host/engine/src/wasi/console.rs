//! What a guest prints: debug lines of its log. The end of its standard error is kept as well, because a panic's
//! message and place are nowhere else.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::events::{Level, Lines};

/// The longest line that is put together from several writes: bytes. The log cuts lines shorter than this.
const LINE: usize = 4 << 10;
/// How much of the standard error is kept: bytes.
const TAIL: usize = 4 << 10;
/// How much a guest may write in one go: bytes.
const WRITE: usize = 64 << 10;

/// The last bytes of a stream.
#[derive(Debug, Default)]
pub(crate) struct Tail(VecDeque<u8>);

impl Tail {
    fn push(&mut self, bytes: &[u8]) {
        self.0.extend(bytes);
        let surplus = self.0.len().saturating_sub(TAIL);
        self.0.drain(..surplus);
    }

    /// As text, without what cannot be printed.
    pub(crate) fn text(&self) -> String {
        let bytes: Vec<u8> = self.0.iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        text.chars().filter(|c| *c == '\n' || !c.is_control()).collect::<String>().trim().to_owned()
    }
}

/// An output stream of a guest. Clones write to the same lines.
#[derive(Clone)]
pub(crate) struct Console {
    lines: Arc<Mutex<Lines>>,
    tail: Option<Arc<Mutex<Tail>>>,
    /// The line that has no end yet.
    open: Arc<Mutex<OpenLine>>,
}

impl Console {
    /// A stream into `lines`, whose end is also kept in `tail`.
    pub(crate) fn new(lines: Arc<Mutex<Lines>>, tail: Option<Arc<Mutex<Tail>>>) -> Self {
        let open = OpenLine { bytes: Vec::new(), lines: Arc::clone(&lines) };
        Self { lines, tail, open: Arc::new(Mutex::new(open)) }
    }

    fn print(&self, bytes: &[u8]) {
        if let Some(tail) = &self.tail {
            tail.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = part.strip_suffix(b"\n").map_or((part, false), |text| (text, true));
            let room = LINE.saturating_sub(open.bytes.len());
            open.bytes.extend(text.iter().take(room));
            if ended {
                let line = std::mem::take(&mut open.bytes);
                push(&self.lines, &line);
            }
        }
    }
}

/// A line without an end is a line when its stream is gone.
struct OpenLine {
    bytes: Vec<u8>,
    lines: Arc<Mutex<Lines>>,
}

impl Drop for OpenLine {
    fn drop(&mut self) {
        if !self.bytes.is_empty() {
            push(&self.lines, &self.bytes);
        }
    }
}

fn push(lines: &Mutex<Lines>, line: &[u8]) {
    let text = String::from_utf8_lossy(line);
    lines.lock().unwrap_or_else(PoisonError::into_inner).push(Level::Debug, &text);
}

impl IsTerminal for Console {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Console {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Console {
    async fn ready(&mut self) {}
}

impl OutputStream for Console {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        self.print(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE)
    }
}

impl AsyncWrite for Console {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.print(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(parts: &[&[u8]]) -> (Vec<String>, String) {
        let lines = Arc::new(Mutex::new(Lines::new(64 << 10)));
        let tail = Arc::new(Mutex::new(Tail::default()));
        let console = Console::new(Arc::clone(&lines), Some(Arc::clone(&tail)));
        for part in parts {
            console.print(part);
        }
        drop(console);
        let lines = lines.lock().unwrap().take();
        let text = tail.lock().unwrap().text();
        (lines.into_iter().map(|(_, line)| line).collect(), text)
    }

    #[test]
    fn writes_become_lines_wherever_they_are_cut() {
        let (lines, _) = printed(&[b"one\ntw", b"o\n", b"three"]);
        assert_eq!(lines, ["one", "two", "three"]);
    }

    #[test]
    fn the_tail_keeps_the_end() {
        let (_, tail) = printed(&["x".repeat(TAIL).as_bytes(), b"\nthe end\n"]);
        assert!(tail.ends_with("x\nthe end") && tail.len() <= TAIL, "{}", tail.len());
    }

    #[test]
    fn a_line_that_never_ends_takes_bounded_memory() {
        let part = vec![b'x'; WRITE];
        let (lines, _) = printed(&[&part, &part, b"\nnext\n"]);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1], "next");
    }
}
