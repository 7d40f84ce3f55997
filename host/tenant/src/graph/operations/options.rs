//! Which query options go together.

pub(super) const ENTITY: &[&str] = &["select"];
pub(super) const EXPANDED: &[&str] = &["select", "expand"];
pub(super) const FILTER: &[&str] = &["filter"];
pub(super) const USER_LIST: &[&str] = &["filter", "select", "orderby", "top", "count"];
pub(super) const GROUP_LIST: &[&str] = USER_LIST;
/// Members, owners and the like.
pub(super) const OBJECT_LIST: &[&str] = &["filter", "select", "top", "count"];
pub(super) const MESSAGE_LIST: &[&str] = &["filter", "select", "expand", "orderby", "top", "skip", "count"];
pub(super) const FOLDER_LIST: &[&str] = &["select", "top", "skip", "count", "includehiddenfolders"];
pub(super) const EVENT_LIST: &[&str] = MESSAGE_LIST;
pub(super) const VIEW: &[&str] =
    &["startdatetime", "enddatetime", "filter", "select", "expand", "orderby", "top", "skip", "count"];
pub(super) const ITEM_LIST: &[&str] = &["filter", "select", "expand", "orderby", "top"];
/// What becomes of a file when there is one of that name.
pub(super) const CONFLICT: &[&str] = &["@microsoft.graph.conflictbehavior"];
pub(super) const CHANNEL_LIST: &[&str] = &["filter", "select"];
pub(super) const CHAT_LIST: &[&str] = &["filter", "select", "expand", "orderby", "top"];
pub(super) const POST_LIST: &[&str] = &["select", "expand", "orderby", "filter", "top"];
