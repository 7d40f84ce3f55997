//! What one running instance holds: each capability's view for this call, side by side.

use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::bindings::haymaker::workload as contract;
use crate::call::{Effects, Grants};
use crate::events::{Level, Lines};
use crate::limits::{Limiter, Limits};
use crate::meter::Meter;
use crate::patience::Patience;
use crate::permits::Permit;
use crate::wasi::{self, Tail, Time, Timers};
use crate::{Instant, context, events, http, journal, ledger, llm, secrets, state, workspace};

/// The most things (streams, timers, ...) that a guest may hold at once: each is a small allocation of the host's.
const HANDLES: usize = 10_000;

/// The data of one instance's store.
pub(crate) struct Guest {
    wasi: WasiCtx,
    table: ResourceTable,
    time: Arc<Time>,
    tail: Arc<Mutex<Tail>>,
    lines: Arc<Mutex<Lines>>,
    pub(crate) limiter: Limiter,
    pub(crate) meter: Arc<Meter>,
    pub(crate) patience: Arc<Patience>,
    http: http::Binding,
    state: state::Overlay,
    ledger: ledger::Overlay,
    journal: journal::Binding,
    secrets: secrets::Binding,
    events: events::Binding,
    context: context::Context,
    llm: llm::Binding,
    workspace: workspace::Binding,
}

impl Guest {
    /// Nothing done yet.
    pub(crate) fn new(now: Instant, seed: [u8; 32], limits: &Limits, grants: Grants, permit: Permit) -> Self {
        let time = Arc::new(Time::new(now));
        let lines = Arc::new(Mutex::new(Lines::new(limits.log)));
        let tail = Arc::new(Mutex::new(Tail::default()));
        let patience = Arc::<Patience>::default();
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        Self {
            wasi: wasi::context(seed, &time, &lines, &tail),
            table,
            limiter: Limiter::new(limits, permit),
            http: http::Binding { http: grants.http, response: limits.response },
            state: state::Overlay::new(grants.state, limits.state),
            ledger: ledger::Overlay::new(grants.ledger),
            journal: journal::Binding(grants.journal),
            secrets: secrets::Binding::new(grants.secrets),
            events: events::Binding(Arc::clone(&lines)),
            context: context::Context { parameters: grants.parameters },
            llm: llm::Binding { llm: grants.llm, patience: Arc::clone(&patience) },
            workspace: workspace::Binding(grants.workspace),
            time,
            tail,
            lines,
            meter: Arc::default(),
            patience,
        }
    }

    /// How long it slept in its own time: milliseconds.
    pub(crate) fn slept(&self) -> u64 {
        self.time.slept()
    }

    /// The last lines of its standard error.
    pub(crate) fn stderr(&self) -> String {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner).text()
    }

    /// What it did that is not durable yet.
    pub(crate) fn into_effects(self) -> Effects {
        let slept = self.slept();
        let writes = self.state.into_writes();
        let ledger = self.ledger.into_changes();
        let forgotten = self.secrets.into_forgotten();
        drop(self.wasi);
        Effects { writes, ledger, forgotten, lines: take(&self.lines), slept }
    }

    /// What it logged.
    pub(crate) fn into_lines(self) -> Vec<(Level, String)> {
        drop(self.wasi);
        take(&self.lines)
    }
}

/// To be called when the guest's streams are gone: a line without an end is written then.
fn take(lines: &Mutex<Lines>) -> Vec<(Level, String)> {
    lines.lock().unwrap_or_else(PoisonError::into_inner).take()
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// Everything that a guest may import.
pub(crate) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    wasi::link(linker, |guest| Timers { time: &guest.time, table: &mut guest.table })?;
    contract::http::add_to_linker::<_, HasSelf<_>>(linker, |guest: &mut Guest| &mut guest.http)?;
    contract::state::add_to_linker::<_, HasSelf<_>>(linker, |guest: &mut Guest| &mut guest.state)?;
    contract::ledger::add_to_linker::<_, HasSelf<_>>(linker, |guest: &mut Guest| &mut guest.ledger)?;
    contract::journal::add_to_linker::<_, HasSelf<_>>(linker, |guest: &mut Guest| &mut guest.journal)?;
    contract::secrets::add_to_linker::<_, HasSelf<_>>(linker, |guest: &mut Guest| &mut guest.secrets)?;
    contract::events::add_to_linker::<_, HasSelf<_>>(linker, |guest: &mut Guest| &mut guest.events)?;
    contract::context::add_to_linker::<_, HasSelf<_>>(linker, |guest: &mut Guest| &mut guest.context)?;
    contract::llm::add_to_linker::<_, HasSelf<_>>(linker, |guest: &mut Guest| &mut guest.llm)?;
    contract::workspace::add_to_linker::<_, HasSelf<_>>(linker, |guest: &mut Guest| &mut guest.workspace)?;
    Ok(())
}
