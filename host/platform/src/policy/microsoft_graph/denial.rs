//! Refusals in one form.

use haymaker_engine::http::Denial;
use haymaker_store::Error;

/// A denial of this policy.
pub(super) fn denial(code: &str, why: impl Into<String>) -> Denial {
    Denial { code: format!("microsoft-graph.{code}"), why: why.into() }
}

/// A ledger that cannot be read permits nothing.
pub(super) fn broken(error: &Error) -> Denial {
    denial("store", format!("the host cannot read its ledger, so nothing is permitted: {error}"))
}
