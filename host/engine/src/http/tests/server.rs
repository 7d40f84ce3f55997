//! A server that does what a script says, byte for byte: what a hyper server would never do can be done here.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What the server does with the next request.
#[derive(Clone, Debug)]
pub(super) enum Play {
    /// Writes this, and keeps the connection.
    Say(String),
    /// Writes this, and closes the connection.
    SayAndClose(String),
    /// Accepts, and resets without reading a byte.
    ResetUnread,
    /// Reads the request, and resets.
    ResetRead,
    /// Reads the request, and never answers.
    Silence,
    /// Writes this, then one byte a millisecond for ever.
    Trickle(String),
    /// Writes this, then chunks as fast as they are taken.
    Flood(String),
    /// Waits for [`Server::release`], then writes this.
    Hold(String),
}

/// A request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) line: String,
    /// Names as written.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct Stage {
    script: Mutex<VecDeque<Play>>,
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    arrived: Notify,
    released: Notify,
}

/// The server; it ends with its test's runtime.
#[derive(Clone)]
pub(super) struct Server {
    stage: Arc<Stage>,
    pub(super) origin: String,
}

impl Server {
    pub(super) async fn start(script: impl IntoIterator<Item = Play>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let stage = Arc::new(Stage { script: Mutex::new(script.into_iter().collect()), ..Stage::default() });
        let server = Server { stage: stage.clone(), origin };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stage.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, stage.clone()));
            }
        });
        server
    }

    pub(super) fn then(&self, play: Play) {
        self.stage.script.lock().unwrap().push_back(play);
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.stage.seen.lock().unwrap().clone()
    }

    pub(super) fn connections(&self) -> usize {
        self.stage.connections.load(Ordering::SeqCst)
    }

    /// Returns when a request has been read.
    pub(super) async fn arrival(&self) {
        self.stage.arrived.notified().await;
    }

    pub(super) fn release(&self) {
        self.stage.released.notify_one();
    }
}

async fn serve(mut stream: TcpStream, stage: Arc<Stage>) {
    let reset = matches!(stage.script.lock().unwrap().front(), Some(Play::ResetUnread));
    if reset {
        stage.script.lock().unwrap().pop_front();
        stream.set_zero_linger().unwrap();
        return;
    }
    let mut buffer = Vec::new();
    while let Some(seen) = read(&mut stream, &mut buffer).await {
        stage.seen.lock().unwrap().push(seen);
        stage.arrived.notify_one();
        let play =
            stage.script.lock().unwrap().pop_front().unwrap_or_else(|| Play::Say(answer(418, &[], "no more lines")));
        match play {
            Play::Say(text) => drop(stream.write_all(text.as_bytes()).await),
            Play::SayAndClose(text) => {
                let _ = stream.write_all(text.as_bytes()).await;
                return;
            }
            Play::ResetUnread | Play::ResetRead => {
                stream.set_zero_linger().unwrap();
                return;
            }
            Play::Silence => std::future::pending().await,
            Play::Trickle(text) => {
                let _ = stream.write_all(text.as_bytes()).await;
                while stream.write_all(b"x").await.is_ok() {
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
                return;
            }
            Play::Flood(text) => {
                let _ = stream.write_all(text.as_bytes()).await;
                let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
                while stream.write_all(chunk.as_bytes()).await.is_ok() {}
                return;
            }
            Play::Hold(text) => {
                stage.released.notified().await;
                let _ = stream.write_all(text.as_bytes()).await;
            }
        }
    }
}

/// One request, with a body as long as its `content-length` says.
async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Seen> {
    let head = loop {
        if let Some(end) = memchr::memmem::find(buffer, b"\r\n\r\n") {
            let head = String::from_utf8(buffer[..end].to_vec()).unwrap();
            buffer.drain(..end + 4);
            break head;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
    while buffer.len() < length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(buffer.drain(..length).collect()).unwrap();
    Some(Seen { line, headers, body })
}

/// A well-formed answer.
pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> String {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

/// An answer to say.
pub(super) fn say(status: u16, headers: &[(&str, &str)], body: &str) -> Play {
    Play::Say(answer(status, headers, body))
}
