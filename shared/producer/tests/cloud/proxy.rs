//! A network between a producer and the stream, which can be cut.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of connections, those that are open included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    Up,
    /// They are closed.
    Refuses,
    /// Nothing arrives.
    Silent,
}

/// Gone with its runtime.
pub(crate) struct Proxy {
    pub(crate) endpoint: String,
    network: watch::Sender<Network>,
}

impl Proxy {
    pub(crate) async fn start(endpoint: &str) -> Self {
        let to: SocketAddr = endpoint.strip_prefix("http://").unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (network, changes) = watch::channel(Network::Up);
        tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(connection, to, changes.clone()));
            }
        });
        Self { endpoint, network }
    }

    pub(crate) fn set(&self, network: Network) {
        self.network.send_replace(network);
    }
}

async fn serve(mut connection: TcpStream, to: SocketAddr, mut changes: watch::Receiver<Network>) {
    let now = *changes.borrow_and_update();
    let work = async {
        match now {
            Network::Up => {
                let Ok(mut other) = TcpStream::connect(to).await else { return };
                let _ended = copy_bidirectional(&mut connection, &mut other).await;
            }
            Network::Refuses => {}
            Network::Silent => {
                let mut bytes = [0; 4096];
                while connection.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
            }
        }
    };
    tokio::select! {
        () = work => {}
        _ = changes.changed() => {}
    }
}
