//! Deployments over time: supervisor, scheduler, registry, credentials, policies.
