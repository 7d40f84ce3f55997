//! A language model's provider on this machine: speaks the Messages API, and cuts every second answer off.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use serde_json::{Value, json};

/// A provider; it serves until the test's process ends.
pub struct Provider {
    address: String,
    asked: Arc<AtomicU64>,
}

impl Provider {
    /// One that takes this key, and no other.
    ///
    /// # Panics
    ///
    /// If this machine gives no port.
    pub fn start(key: &str) -> Provider {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("a bound socket"));
        let asked = Arc::<AtomicU64>::default();
        let (counter, key) = (asked.clone(), key.to_owned());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (counter, key) = (counter.clone(), key.clone());
                thread::spawn(move || serve(stream, &counter, &key));
            }
        });
        Provider { address, asked }
    }

    /// Where it is asked.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// How often it was asked.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: TcpStream, asked: &AtomicU64, key: &str) {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        let Ok(read @ 1..) = stream.read(&mut part) else { return };
        bytes.extend_from_slice(part.get(..read).unwrap_or_default());
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if body.len() < length.unwrap_or(0) {
            continue;
        }
        let (status, answer) = answer(head, body, asked.fetch_add(1, Ordering::SeqCst), key);
        let written = write!(
            stream,
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        );
        if written.is_err() {
            return;
        }
        bytes.clear();
    }
}

fn answer(head: &str, body: &str, n: u64, key: &str) -> (u16, String) {
    if !head.lines().any(|line| line == format!("x-api-key: {key}")) {
        let error =
            json!({"type": "error", "error": {"type": "authentication_error", "message": format!("no: {key}")}});
        return (401, error.to_string());
    }
    let prompt: Value = serde_json::from_str(body).unwrap_or_default();
    let is_new = prompt.get("system").and_then(Value::as_str).is_some_and(|system| system.contains("Write an email"));
    let text = if is_new { "Subject: In my words\n\nHi,\n\nit rains.\n\nAna" } else { "It rains here, too." };
    let answer = json!({
        "type": "message", "role": "assistant", "model": "m-1", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": text}], "usage": {"input_tokens": 100, "output_tokens": 10},
    });
    let answer = answer.to_string();
    let cut = if n % 2 == 1 { answer.len() / 2 } else { answer.len() };
    (200, answer.get(..cut).unwrap_or_default().to_owned())
}
