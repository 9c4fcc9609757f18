//! A server that says what it is told to.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What a path is answered with.
#[derive(Clone)]
pub(crate) enum Reply {
    /// All of an answer after its protocol: `200 OK\r\nA: b`, and its body.
    Says(String, Vec<u8>),
    /// The same, with more announced than comes.
    Breaks(String, Vec<u8>),
    /// Nothing, for as long as anybody waits.
    Waits,
}

type Routes = HashMap<String, Vec<Reply>>;

pub(crate) struct Server {
    pub(crate) origin: String,
    routes: Arc<Mutex<Routes>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            routes: Arc::default(),
            asked: Arc::default(),
        };
        let (routes, asked) = (Arc::clone(&server.routes), Arc::clone(&server.asked));
        std::thread::spawn(move || {
            let mut waiting = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = head(&mut stream);
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                asked.lock().unwrap().push(request);
                let mut routes = routes.lock().unwrap();
                let replies = routes.get_mut(&path);
                let reply = replies.map(|replies| match replies.len() {
                    1 => replies[0].clone(),
                    _ => replies.remove(0),
                });
                let none = || Reply::Says("404 Not Found".to_owned(), Vec::new());
                match reply.unwrap_or_else(none) {
                    Reply::Says(head, body) => answer(&mut stream, &head, &body, body.len()),
                    Reply::Breaks(head, body) => answer(&mut stream, &head, &body, body.len() + 1),
                    Reply::Waits => waiting.push(stream),
                }
            }
        });
        server
    }

    /// Answers a path with these, one after the other, and the last of them from then on.
    pub(crate) fn route(&self, path: &str, replies: Vec<Reply>) {
        self.routes.lock().unwrap().insert(path.to_owned(), replies);
    }

    pub(crate) fn page(&self, path: &str, head: &str, body: impl Into<Vec<u8>>) {
        self.route(path, vec![Reply::Says(head.to_owned(), body.into())]);
    }

    /// The heads of all requests.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(stream: &mut TcpStream, head: &str, body: &[u8], length: usize) {
    let head = format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    // Whoever has read enough may have gone.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body);
}

fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}
