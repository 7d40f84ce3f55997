//! The wire between a host and its tenant, in a test's hands: it keeps every byte, and it can be cut.
//!
//! A cut makes the worst moment for a crash come at will, instead of by luck: a request has reached the tenant and
//! its answer is lost, others have left and never arrive. Nothing that was on a wire when it was cut is delivered later,
//! so what a dead host sent cannot surprise the next one.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::command::PATIENCE;

/// Whether a request is meant, by its first line.
pub type Meant = fn(&str) -> bool;

/// A listener that hands everything on to a tenant and back.
pub struct Relay {
    address: SocketAddr,
    wire: Arc<Wire>,
}

#[derive(Default)]
struct Wire {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// What went through, by connection and direction.
    kept: Vec<Vec<u8>>,
    /// Which request is the last that arrives: the one that is meant, and how many of its kind go before.
    fuse: Option<(Meant, usize)>,
    is_cut: bool,
    /// Answers that were held back.
    lost: usize,
    /// How often the wire was mended; what is older carries nothing any more.
    mends: usize,
}

/// The way of one connection's bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Requests,
    Answers,
}

impl Relay {
    /// A relay to a tenant's address (`http://127.0.0.1:8080`), for as long as the process lives.
    ///
    /// # Panics
    ///
    /// If this machine gives no port, or the address is none.
    pub fn to(tenant: &str) -> Relay {
        let tenant: SocketAddr = tenant.trim_start_matches("http://").parse().expect("an address and a port");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let wire = Arc::new(Wire::default());
        let kept = wire.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A tenant that is gone refuses the client, too.
                let Ok(server) = TcpStream::connect(tenant) else { continue };
                kept.connect(&client, &server);
            }
        });
        Relay { address, wire }
    }

    /// Where it listens, like `http://127.0.0.1:8080`.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on the `nth` request that is meant (from 1) arrives, and nothing after it; no answer comes back.
    pub fn cut_at(&self, meant: Meant, nth: usize) {
        self.wire.lock().fuse = Some((meant, nth));
    }

    /// Waits until the wire is cut and an answer is lost on it.
    ///
    /// # Panics
    ///
    /// If that does not happen in time.
    pub fn wait_until_cut(&self) {
        let waits = |state: &mut State| !state.is_cut || state.lost == 0;
        let waited = self.wire.changed.wait_timeout_while(self.wire.lock(), PATIENCE, waits);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(state.is_cut && state.lost > 0, "in vain: the request at which the wire is cut");
    }

    /// New connections are carried again; those that were open when it was cut are not.
    pub fn mend(&self) {
        let mut state = self.wire.lock();
        state.is_cut = false;
        state.lost = 0;
        state.mends += 1;
        self.wire.changed.notify_all();
    }

    /// All that went through, each connection's two ways for themselves.
    pub fn kept(&self) -> Vec<Vec<u8>> {
        self.wire.lock().kept.clone()
    }
}

impl Wire {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(self: &Arc<Self>, client: &TcpStream, server: &TcpStream) {
        let mut state = self.lock();
        let mends = state.mends;
        for (from, to, way) in [(client, server, Way::Requests), (server, client, Way::Answers)] {
            let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { return };
            // Half a request that waits for the other one would wait for an acknowledgement.
            let _ = to.set_nodelay(true);
            let place = state.kept.len();
            state.kept.push(Vec::new());
            let wire = self.clone();
            std::thread::spawn(move || wire.carry(from, to, way, place, mends));
        }
    }

    fn carry(&self, mut from: TcpStream, mut to: TcpStream, way: Way, place: usize, mends: usize) {
        let mut buffer = [0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let bytes = buffer.get(..length).unwrap_or_default();
            if !self.lets_through(bytes, way, place, mends) || to.write_all(bytes).is_err() {
                break;
            }
        }
        // One way ended: so does the other, which waits to read.
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }

    /// Whether bytes go on. On a cut wire they wait, as on a network that is down, and are lost when it is mended.
    fn lets_through(&self, bytes: &[u8], way: Way, place: usize, mends: usize) -> bool {
        let mut state = self.lock();
        if state.is_cut {
            state.lost += usize::from(way == Way::Answers);
            self.changed.notify_all();
            let waited = self.changed.wait_while(state, |state| state.mends == mends);
            drop(waited);
            return false;
        }
        if state.mends != mends {
            return false;
        }
        if let Some(kept) = state.kept.get_mut(place) {
            kept.extend_from_slice(bytes);
        }
        if way == Way::Requests {
            state.burn(bytes);
        }
        true
    }
}

impl State {
    /// A client sends one request at a time, so every request begins a read.
    fn burn(&mut self, bytes: &[u8]) {
        let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let Some((meant, left)) = &mut self.fuse else { return };
        if meant(&String::from_utf8_lossy(line)) {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.fuse = None;
                self.is_cut = true;
            }
        }
    }
}
