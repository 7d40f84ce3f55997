//! End to end: the real program, the real workloads, a simulated tenant over real HTTP.
//!
//! One binary, because linking the engine once per file would take longer than the tests.
//!
//! | module | what is proved |
//! |---|---|
//! | `anomalies` | what attackers do, with the operator's word, is told apart from its like; caps hold |
//! | `audit` | the tenant's logs and the ground truth join, row by row |
//! | `bad_input` | mistakes are told clearly and leave nothing half done |
//! | `contract` | requests and answers are as Microsoft describes Graph |
//! | `crash` | a crash at any place loses and doubles nothing |
//! | `demo` | the one command for newcomers |
//! | `determinism` | the same seed gives the same bytes |
//! | `documents` | what lies in the drives is what was told, and opens |
//! | `foreign` | Microsoft's own client finds the simulated tenant to be a tenant |
//! | `host` | the host in the background, from any process |
//! | `hostile` | a workload that wants what is not its own is denied it and frozen |
//! | `kill` | `kill -9` at the worst moments |
//! | `model` | a language model writes, fails, and changes nothing but the words |
//! | `office` | what lies in the mailboxes reads as a day of people who work together |
//! | `proof` | what is said before a deployment acts, and after it was taken away |
//! | `readme` | what the README shows works as written |
//! | `realism` | what is exported is whole, and reads as an office |
//! | `secrets` | no secret lies where it does not belong |
//! | `swap` | workloads change while the host runs |
//! | `teams` | people talk in Teams, in their own names |
//! | `tenant` | what the flags of a simulated tenant promise |
//! | `terminal` | what a person at a terminal sees |
//! | `trouble` | throttling, delays and faults change nothing of the day |
//! | `voice` | somebody signs in elsewhere, and a deployment speaks as them until it is cleaned up |
//! | `witness` | what lies in a tenant is the office that the table of assumptions describes |

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

mod anomalies;
mod audit;
mod bad_input;
mod contract;
mod crash;
mod demo;
mod determinism;
mod documents;
mod foreign;
mod host;
mod hostile;
mod kill;
mod model;
mod office;
mod proof;
mod readme;
mod realism;
mod secrets;
mod swap;
mod teams;
mod tenant;
mod terminal;
mod trouble;
mod voice;
mod witness;
