//! The flagship workload: knowledge workers on Microsoft 365.
