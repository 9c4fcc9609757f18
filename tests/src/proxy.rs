//! Stands between a client and PostgreSQL, and cuts them off from each other at
//! the worst moment.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The server never hears of the next commit of a write.
    BeforeTheCommit,
    /// It is made, and the client never hears of it.
    BeforeTheAnswer,
    /// The same, and no connection is made from then on.
    BeforeTheAnswerForGood,
}

/// A proxy on a free port of this machine. It ends with its runtime.
#[derive(Debug, Clone)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    next: Mutex<Option<Cut>>,
    refuses: Mutex<bool>,
    cuts: AtomicUsize,
}

impl Proxy {
    /// Before the server at an address.
    ///
    /// # Panics
    ///
    /// Where no port is free.
    pub async fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let proxy = Self {
            address: listener.local_addr().expect("it is bound"),
            shared: Arc::default(),
        };
        let shared = Arc::clone(&proxy.shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *lock(&shared.refuses) {
                    continue;
                }
                let (server, shared) = (server.clone(), Arc::clone(&shared));
                tokio::spawn(async move { between(client, &server, &shared).await });
            }
        });
        proxy
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Cuts the next write off.
    pub fn cut(&self, cut: Cut) {
        *lock(&self.shared.next) = Some(cut);
    }

    /// Makes connections again.
    pub fn mend(&self) {
        *lock(&self.shared.refuses) = false;
    }

    /// How many were cut off so far.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn between(mut client: TcpStream, server: &str, shared: &Shared) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut writes = false;
    loop {
        // Whichever speaks first.
        let (from_client, bytes) = tokio::select! {
            read = client.read(&mut asked) => (true, read?),
            read = server.read(&mut answered) => (false, read?),
        };
        if bytes == 0 {
            return Ok(());
        }
        if !from_client {
            client.write_all(&answered[..bytes]).await?;
            continue;
        }
        let said = &asked[..bytes];
        writes |= holds(said, b"WITH swapped AS");
        let commits = writes && holds(said, b"COMMIT");
        let cut = match commits {
            true => lock(&shared.next).take(),
            false => None,
        };
        if cut == Some(Cut::BeforeTheAnswerForGood) {
            *lock(&shared.refuses) = true;
        }
        if cut == Some(Cut::BeforeTheCommit) {
            shared.cuts.fetch_add(1, Ordering::SeqCst);
            return Ok(());
        }
        server.write_all(said).await?;
        if cut.is_some() {
            // Its answer comes here, and no further.
            let _ = server.read(&mut answered).await?;
            shared.cuts.fetch_add(1, Ordering::SeqCst);
            return Ok(());
        }
        writes &= !commits;
    }
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|it| it == text)
}
