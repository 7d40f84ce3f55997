//! The one place where wasmtime is set up.

use std::num::NonZeroUsize;
use std::path::Path;

use wasmtime::{Cache, CacheConfig, Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::engine::EngineError;
use crate::failure;

/// How many instances may live at once. Each reserves address space, not memory; most of them wait for the network, so
/// this is a bound on requests in flight, far above what one tenant's throttling allows.
pub(crate) const INSTANCES: u32 = 512;

/// What CPython's component takes of the pool for one instance, rounded up: some thirty core instances and a few tables.
const CORE_INSTANCES_EACH: u32 = 32;
const TABLES_EACH: u32 = 8;
/// Linear memories of one component: nearly always one.
const MEMORIES_EACH: u32 = 2;

/// The largest linear memory: what 32 bits can address. The manifest's limit is enforced by the limiter.
const MEMORY: usize = 4 << 30;
/// The largest table: elements. The same reasoning.
const TABLE: usize = 200_000;
/// The largest bookkeeping of one core instance, which grows with its functions: bytes.
const METADATA: usize = 4 << 20;

/// Memory of a slot that is wiped and kept rather than given back: bytes. Page faults cost more than wiping a little.
const KEEP: usize = 64 << 10;

/// An engine with a pool, or without one where the machine has no room for it.
pub(crate) fn engine(cache: Option<&Path>) -> Result<Engine, EngineError> {
    let mut config = config(cache)?;
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    Engine::new(&config).or_else(|error| {
        // A pool reserves terabytes of address space, which containers and `ulimit -v` may refuse.
        tracing::warn!("instances are allocated on demand, which is slower: no pool: {error:#}");
        config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
        Engine::new(&config).map_err(|error| EngineError::Unusable(format!("{error:#}")))
    })
}

fn config(cache: Option<&Path>) -> Result<Config, EngineError> {
    let mut config = Config::new();
    config
        // The contract is synchronous; without this every call costs three times as much.
        .concurrency_support(false)
        .epoch_interruption(true)
        .memory_init_cow(true)
        .wasm_backtrace_max_frames(NonZeroUsize::new(failure::FRAMES));
    if let Some(path) = cache {
        let mut settings = CacheConfig::new();
        settings.with_directory(path);
        let cache = Cache::new(settings)
            .map_err(|error| EngineError::Cache { path: path.to_owned(), why: format!("{error:#}") })?;
        config.cache(Some(cache));
    }
    Ok(config)
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(INSTANCES)
        .total_stacks(INSTANCES)
        .total_core_instances(INSTANCES * CORE_INSTANCES_EACH)
        .total_tables(INSTANCES * TABLES_EACH)
        .total_memories(INSTANCES * MEMORIES_EACH)
        .max_memory_size(MEMORY)
        .max_tables_per_module(TABLES_EACH)
        .max_core_instance_size(METADATA)
        .max_component_instance_size(METADATA)
        .table_elements(TABLE)
        .linear_memory_keep_resident(KEEP)
        .table_keep_resident(KEEP);
    pool
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_that_cannot_be_used_is_an_error_that_names_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = engine(Some(file.path())).expect_err("a file is no directory");
        assert!(matches!(&error, EngineError::Cache { path, .. } if path == file.path()), "{error}");
    }
}
