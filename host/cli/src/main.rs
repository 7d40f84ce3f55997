//! The haymaker command: runs workloads in Microsoft 365 tenants, and takes away what they made.

fn main() {}
