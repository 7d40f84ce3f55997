//! One page of users, as `GET /users` and the lists of deleted users answer it.
//!
//! Without an order the page begins behind the last id of the page before, so that people who come and go between two
//! pages make nobody appear twice. With an order it begins at a position, as there is nothing else to hold on to.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use uuid::Uuid;

use super::{User, Users, properties};
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply};
use crate::odata::Filterable;
use crate::odata::filter::Filter;

/// The size of a page that was not asked for, and the largest, as documented for `GET /users`.
const USUAL_PAGE: usize = 100;
const LARGEST_PAGE: usize = 999;

/// Where a page begins.
enum Cursor {
    Start,
    After(Uuid),
    Offset(usize),
}

impl Cursor {
    fn read(token: Option<&str>) -> Result<Cursor, Fault> {
        let Some(token) = token else { return Ok(Cursor::Start) };
        let invalid = || {
            Fault::new(
                http::StatusCode::BAD_REQUEST,
                "Directory_ExpiredPageToken",
                "The specified page token value has expired and can no longer be included in your request.",
            )
        };
        let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        match text.as_deref().and_then(|text| text.split_once(':')) {
            Some(("after", id)) => Uuid::try_parse(id).map(Cursor::After).map_err(|_| invalid()),
            Some(("offset", number)) => number.parse().map(Cursor::Offset).map_err(|_| invalid()),
            _ => Err(invalid()),
        }
    }
}

/// The page of `users` that the call asks for, among those that are `visible`.
pub(super) fn page(call: &Call<'_>, users: &Users, visible: &dyn Fn(&User) -> bool) -> Result<Reply, Fault> {
    let options = &call.options;
    let selection = properties::USER.selection(options)?;
    let filter = read_filter(call)?;
    let size = match options.top {
        None => USUAL_PAGE,
        Some(size) if (1..=LARGEST_PAGE).contains(&size) => size,
        Some(size) => {
            return Err(Fault::directory(format!(
                "Invalid page size specified: '{size}'. Must be between 1 and {LARGEST_PAGE} inclusive."
            )));
        }
    };
    let wanted = |user: &&User| {
        visible(user) && filter.as_ref().is_none_or(|filter| filter.holds(&|name: &str| properties::scalar(user, name)))
    };
    let count =
        (options.count && call.advanced).then(|| users.candidates(filter.as_ref(), None).filter(wanted).count());
    let cursor = Cursor::read(options.skiptoken.as_deref())?;
    let order = order(call)?;

    let (found, next): (Vec<&User>, Option<String>) = match order {
        None => {
            let after = match cursor {
                Cursor::After(id) => Some(id),
                Cursor::Start | Cursor::Offset(_) => None,
            };
            let mut found: Vec<&User> =
                users.candidates(filter.as_ref(), after).filter(wanted).take(size + 1).collect();
            let more = found.len() > size;
            found.truncate(size);
            let next = found.last().filter(|_| more).map(|last| format!("after:{}", last.id));
            (found, next)
        }
        Some((name, descending)) => {
            let offset = match cursor {
                Cursor::Offset(offset) => offset,
                Cursor::Start | Cursor::After(_) => 0,
            };
            let mut all: Vec<&User> = users.candidates(filter.as_ref(), None).filter(wanted).collect();
            all.sort_by(|one, two| {
                let order = properties::scalar(one, name).order(&properties::scalar(two, name));
                if descending { order.reverse() } else { order }
            });
            let more = all.len() > offset.saturating_add(size);
            let next = more.then(|| format!("offset:{}", offset + size));
            (all.into_iter().skip(offset).take(size).collect(), next)
        }
    };
    let value = found.iter().map(|user| Value::Object(properties::render(user, &selection))).collect();
    let next = next.map(|token| URL_SAFE_NO_PAD.encode(token));
    Ok(call.page(call.collection_context("users"), count, value, next))
}

/// How many of `users` the call's filter holds for.
pub(super) fn count(call: &Call<'_>, users: &Users, visible: &dyn Fn(&User) -> bool) -> Result<Reply, Fault> {
    if !call.advanced {
        return Err(Fault::directory("$count is not currently supported."));
    }
    let filter = read_filter(call)?;
    let number = users
        .candidates(filter.as_ref(), None)
        .filter(|user| {
            visible(user)
                && filter.as_ref().is_none_or(|filter| filter.holds(&|name: &str| properties::scalar(user, name)))
        })
        .count();
    Ok(Reply::text(number.to_string()))
}

fn read_filter(call: &Call<'_>) -> Result<Option<Filter>, Fault> {
    call.options.filter.as_deref().map(|text| Filter::read(text, &properties::USER, call.advanced)).transpose()
}

fn order(call: &Call<'_>) -> Result<Option<(&'static str, bool)>, Fault> {
    let Some(orderby) = &call.options.orderby else { return Ok(None) };
    let (name, direction) = orderby.trim().split_once(' ').unwrap_or((orderby.trim(), "asc"));
    let property = properties::USER
        .find(name)
        .filter(|property| property.filter == Filterable::Full)
        .ok_or_else(|| Fault::unsupported_query("Unsupported sort property specified."))?;
    // Sorting a filtered list, or by anything but these two, is an advanced query.
    let plain = matches!(property.name, "displayName" | "userPrincipalName") && call.options.filter.is_none();
    if !plain && !call.advanced {
        return Err(Fault::unsupported_query("Sorting not supported for current query."));
    }
    match direction.trim() {
        "asc" => Ok(Some((property.name, false))),
        "desc" => Ok(Some((property.name, true))),
        _ => Err(Fault::bad_request(format!("Syntax error in '{orderby}'."))),
    }
}
