//! The session against real servers on this machine, honest and lying ones, on a clock that moves only when asked.

mod differential;
mod effects;
mod guarding;
mod kit;
mod lies;
mod server;
mod tokens;
mod voices;
