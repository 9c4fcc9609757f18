//! The thread that serves.
//!
//! The sandbox runs on a thread and a runtime of its own. A test may pause time,
//! block its only thread, or shut its runtime down in the middle of a call; none of
//! this may hold up or hurry the server.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::admin;
use crate::body::Severed;
use crate::connection::{Connection, Socket};
use crate::handle::handle;
use crate::world::World;

/// The running server. It ends, with all its connections, when this is dropped.
pub(crate) struct Server {
    commands: Option<UnboundedSender<Command>>,
    thread: Option<JoinHandle<()>>,
}

/// To be reachable or not; answered when it is so.
struct Command {
    online: bool,
    done: mpsc::Sender<io::Result<()>>,
}

impl Server {
    pub(crate) fn start(listener: StdListener, world: Arc<World>) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let listener = {
            let _its_events_go_to_this_runtime = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let (commands, receiver) = unbounded_channel();
        let thread = std::thread::Builder::new()
            .name("xoxoday-sandbox".to_owned())
            .spawn(move || {
                // Dropping the runtime afterwards ends what is still under way.
                runtime.block_on(run(listener, address, world, receiver));
            })?;
        Ok(Self {
            commands: Some(commands),
            thread: Some(thread),
        })
    }

    pub(crate) fn set_online(&self, online: bool) -> io::Result<()> {
        let gone = || io::Error::other("the sandbox has stopped");
        let (done, answer) = mpsc::channel();
        let command = Command { online, done };
        let commands = self.commands.as_ref().ok_or_else(gone)?;
        commands.send(command).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.commands.take());
        if let Some(thread) = self.thread.take() {
            // It can only have panicked, and has said so.
            let _ = thread.join();
        }
    }
}

/// The port, open or closed.
enum Door {
    Open(TcpListener),
    /// Bound, and not listening: connecting is refused, and nobody else gets the port.
    Closed(TcpSocket),
    /// Closed, and then another program took the port.
    Lost,
}

impl Door {
    fn close(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        // Old connections may still linger on the port.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(Self::Closed(socket))
    }

    /// Opens or closes it.
    fn turn(&mut self, online: bool, address: SocketAddr) -> io::Result<()> {
        let old = std::mem::replace(self, Self::Lost);
        *self = match (online, old) {
            (true, Self::Closed(socket)) => Self::Open(socket.listen(BACKLOG)?),
            (false, Self::Open(listener)) => {
                drop(listener);
                Self::close(address)?
            }
            (_, Self::Lost) => return Err(io::ErrorKind::AddrInUse.into()),
            (_, as_it_is) => as_it_is,
        };
        Ok(())
    }

    /// The next connection; never, if it is not open.
    async fn accept(&self) -> TcpStream {
        let Self::Open(listener) = self else {
            return std::future::pending().await;
        };
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    // Only slower without.
                    let _ = stream.set_nodelay(true);
                    return stream;
                }
                // Out of file descriptors, or the peer is gone already.
                Err(_) => sleep(Duration::from_millis(5)).await,
            }
        }
    }
}

/// Herds come at once.
const BACKLOG: u32 = 1024;

/// Serves until the commands end.
async fn run(
    listener: TcpListener,
    address: SocketAddr,
    world: Arc<World>,
    mut commands: UnboundedReceiver<Command>,
) {
    let mut door = Door::Open(listener);
    let mut connections = JoinSet::new();
    let mut count = 0;
    loop {
        tokio::select! {
            command = commands.recv() => {
                let Some(Command { online, done }) = command else { return };
                let turned = door.turn(online, address);
                if !online {
                    connections.shutdown().await;
                }
                // Whoever asked may no longer wait.
                let _ = done.send(turned);
            }
            stream = door.accept() => {
                count += 1;
                let connection = Arc::new(Connection::new(count, Arc::clone(&world)));
                let socket = Socket::new(stream, Arc::clone(&connection));
                connections.spawn(serve(socket, connection, Arc::clone(&world)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(socket: Socket, connection: Arc<Connection>, world: Arc<World>) {
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        let world = Arc::clone(&world);
        let connection = Arc::clone(&connection);
        async move {
            if admin::is_for_admin(request.uri().path()) {
                let answer: Result<_, Infallible> = Ok(admin::serve(&world, request).await);
                return answer.map_err(|_| Severed);
            }
            let task = tokio::spawn(handle(world, connection, request));
            task.await.unwrap_or(Err(Severed))
        }
    });
    // An error is a peer that is gone, or trouble on purpose. Both are recorded.
    let _ = http1::Builder::new()
        .serve_connection(socket, service)
        .await;
}
