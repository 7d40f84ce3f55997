//! The smallest host that a person would write by hand for the heartbeat: wasmtime, generated bindings, a log.
//!
//! It is written to be fast and not to be safe: synchronous, pooled, pre-linked, with no limit on time or memory and
//! with WASI as it comes. It keeps what the guest logs, because otherwise the compared work would not be the same.

use anyhow::Context;
use haymaker::workload::events::{Host, Level};
use wasmtime::component::{Component, HasSelf, Linker, ResourceTable};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

pub(crate) use generated::exports::haymaker::workload::lifecycle::{Deployment, Outcome, Task};
use generated::{HeartbeatPre, haymaker};

mod generated {
    #![allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, reason = "generated")]
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package haymaker:bench;
            world heartbeat {
                import haymaker:workload/events@0.1.0-rc.2;
                export haymaker:workload/lifecycle@0.1.0-rc.2;
            }
        ",
        world: "haymaker:bench/heartbeat",
    });
}

/// Memory that a slot of the pool keeps: what haymaker's engine keeps, bytes.
const KEEP: usize = 64 << 10;

/// The heartbeat, linked.
pub(crate) struct Bare {
    engine: Engine,
    pre: HeartbeatPre<State>,
}

/// What one instance has.
struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    lines: Vec<(Level, String)>,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl Host for State {
    fn log(&mut self, level: Level, message: String) {
        self.lines.push((level, message));
    }
}

/// An instance that is kept.
pub(crate) struct Kept {
    store: Store<State>,
    guest: generated::Heartbeat,
}

impl Bare {
    /// Compiles and links.
    pub(crate) fn new(bytes: &[u8]) -> anyhow::Result<Bare> {
        let mut pool = PoolingAllocationConfig::new();
        pool.linear_memory_keep_resident(KEEP).table_keep_resident(KEEP);
        let mut config = Config::new();
        config.concurrency_support(false).allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config)?;
        let component = Component::from_binary(&engine, bytes)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
        haymaker::workload::events::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
        // `perform` of the heartbeat only logs; what its other functions import is never called.
        linker.define_unknown_imports_as_traps(&component)?;
        let pre = HeartbeatPre::new(linker.instantiate_pre(&component)?)?;
        Ok(Bare { engine, pre })
    }

    /// An instance.
    pub(crate) fn instance(&self) -> anyhow::Result<Kept> {
        let state = State { wasi: WasiCtx::builder().build(), table: ResourceTable::new(), lines: Vec::new() };
        let mut store = Store::new(&self.engine, state);
        let guest = self.pre.instantiate(&mut store)?;
        Ok(Kept { store, guest })
    }
}

impl Kept {
    /// Does one task, and takes its log.
    pub(crate) fn perform(&mut self, deployment: &Deployment, task: &Task) -> anyhow::Result<(Outcome, usize)> {
        let performed = self.guest.haymaker_workload_lifecycle().call_perform(&mut self.store, deployment, task)?;
        let outcome = performed.map_err(|problem| anyhow::anyhow!(problem.message));
        Ok((outcome.context("the heartbeat does not beat")?, std::mem::take(&mut self.store.data_mut().lines).len()))
    }
}
