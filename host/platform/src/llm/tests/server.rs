//! A server that does what its script says, byte for byte.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What it does with the next request.
#[derive(Clone, Debug)]
pub(in super::super) enum Play {
    /// Writes this, and keeps the connection.
    Say(String),
    /// Writes this, and closes it.
    SayAndClose(String),
    /// Never answers.
    Silence,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(in super::super) struct Seen {
    pub(in super::super) line: String,
    headers: Vec<(String, String)>,
    pub(in super::super) text: String,
}

impl Seen {
    pub(in super::super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(in super::super) fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

/// The server; it ends with its test's runtime.
pub(in super::super) struct Server {
    pub(in super::super) origin: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub(in super::super) async fn start(script: impl IntoIterator<Item = Play>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let script: Arc<Mutex<VecDeque<Play>>> = Arc::new(Mutex::new(script.into_iter().collect()));
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let kept = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, script.clone(), seen.clone()));
            }
        });
        Server { origin, seen: kept }
    }

    pub(in super::super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Mutex<VecDeque<Play>>>, seen: Arc<Mutex<Vec<Seen>>>) {
    while let Some(request) = read(&mut stream).await {
        seen.lock().unwrap().push(request);
        let play = script.lock().unwrap().pop_front().unwrap_or_else(|| say(418, &[], "the script is over"));
        match play {
            Play::Say(text) => drop(stream.write_all(text.as_bytes()).await),
            Play::SayAndClose(text) => return drop(stream.write_all(text.as_bytes()).await),
            Play::Silence => std::future::pending().await,
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let mut lines = head.split("\r\n");
        let line = lines.next()?.to_owned();
        let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        let headers: Vec<(String, String)> = lines.filter_map(header).collect();
        let length =
            headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some(Seen { line, headers, text: body.to_owned() });
        }
    }
}

/// A whole answer.
pub(in super::super) fn say(status: u16, headers: &[(&str, &str)], body: &str) -> Play {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    Play::Say(format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n{body}"
    ))
}

/// An answer that says it is longer than it is.
pub(in super::super) fn cut_off(body: &str) -> Play {
    Play::SayAndClose(format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len() + 100
    ))
}
