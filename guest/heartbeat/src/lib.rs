//! The smallest complete workload, and the template for new ones.
