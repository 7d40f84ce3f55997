//! HTTP without a client: what comes back is exactly what the other side said.

use std::io::{Read, Write};

/// Sends one request with a JSON body (none, if it is empty) and reads the whole answer, head and all.
///
/// # Panics
///
/// If the connection fails.
pub fn exchange(mut stream: impl Read + Write, method: &str, path: &str, json: &str) -> String {
    let length = json.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{json}"
    );
    stream.write_all(request.as_bytes()).expect("the request can be sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the answer can be read");
    String::from_utf8_lossy(&answer).into_owned()
}
