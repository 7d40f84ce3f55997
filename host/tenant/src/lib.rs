//! A simulated Microsoft 365 tenant: a real HTTP server, standing alone.
