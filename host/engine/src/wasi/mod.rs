//! The standard world around a guest: linked so that runtimes of other languages start, and granting nothing but time
//! and chance.
//!
//! Files, sockets, environment and arguments are there and empty: Python and JavaScript import them whether they use
//! them or not. Clocks show the call's moment, random numbers come from the call's seed, and what is printed goes to
//! the log.

mod console;
mod time;

use std::sync::{Arc, Mutex};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use wasmtime::component::Linker;
use wasmtime_wasi::{WasiCtx, WasiView};

use crate::events::Lines;

pub(crate) use console::{Console, Tail};
pub(crate) use time::{HasTimers, Time, Timers};

/// The most random bytes in one go: more would only make the host allocate.
const RANDOM: u64 = 1 << 20;

/// What an interface of WASI is called, without its version. Everything here is linked; nothing here grants anything.
pub(crate) const INTERFACES: &[&str] = &[
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
    "wasi:sockets/instance-network",
    "wasi:sockets/ip-name-lookup",
    "wasi:sockets/network",
    "wasi:sockets/tcp",
    "wasi:sockets/tcp-create-socket",
    "wasi:sockets/udp",
    "wasi:sockets/udp-create-socket",
];

/// Links all of it, with sleep in the guest's own time.
pub(crate) fn link<T>(linker: &mut Linker<T>, timers: fn(&mut T) -> Timers<'_>) -> wasmtime::Result<()>
where
    T: WasiView + 'static,
{
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    // Wasmtime's own monotonic clock sleeps on the machine's time.
    linker.allow_shadowing(true);
    wasmtime_wasi::p2::bindings::clocks::monotonic_clock::add_to_linker::<T, HasTimers>(linker, timers)?;
    linker.allow_shadowing(false);
    Ok(())
}

/// What one call is given of it.
pub(crate) fn context(seed: [u8; 32], time: &Arc<Time>, lines: &Arc<Mutex<Lines>>, tail: &Arc<Mutex<Tail>>) -> WasiCtx {
    let chance = |stream: u64| {
        let mut generator = ChaCha20Rng::from_seed(seed);
        generator.set_stream(stream);
        generator
    };
    let mut hash_seed = chance(2);
    let hash_seed = (u128::from(hash_seed.next_u64()) << 64) | u128::from(hash_seed.next_u64());
    WasiCtx::builder()
        .wall_clock(time::Wall(Arc::clone(time)))
        .secure_random(chance(0))
        .insecure_random(chance(1))
        .insecure_random_seed(hash_seed)
        .max_random_size(RANDOM)
        .stdout(Console::new(Arc::clone(lines), None))
        .stderr(Console::new(Arc::clone(lines), Some(Arc::clone(tail))))
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .build()
}
