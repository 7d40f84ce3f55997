//! The query string, split into its options.

use percent_encoding::percent_decode_str;

use crate::graph::fault::Fault;

/// The options that some operation here takes. An operation names those that it takes in the table of operations.
#[derive(Default, Debug, Clone)]
pub(crate) struct Options {
    pub(crate) filter: Option<String>,
    pub(crate) select: Option<String>,
    pub(crate) expand: Option<String>,
    pub(crate) orderby: Option<String>,
    pub(crate) top: Option<usize>,
    pub(crate) skip: Option<usize>,
    pub(crate) count: bool,
    pub(crate) skiptoken: Option<String>,
    /// Both ends of a calendar view.
    pub(crate) start: Option<String>,
    pub(crate) end: Option<String>,
    /// What becomes of a file when there is one of that name.
    pub(crate) conflict: Option<String>,
    /// All of them but `$skiptoken` and `$skip`, as they came, for the next link.
    pub(crate) rest: Vec<(String, String)>,
}

/// The longest query string that is read, in bytes: Graph's own limit on an address is of this size.
const LONGEST: usize = 16 * 1024;

/// Name and value of each pair, decoded. `+` means a space, as in forms.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> + '_ {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

impl Options {
    /// Reads a query string; `allowed` are the options that the operation takes, without the dollar.
    pub(crate) fn read(query: &str, allowed: &[&str]) -> Result<Options, Fault> {
        if query.len() > LONGEST {
            return Err(Fault::bad_request("The request URI is too long."));
        }
        let mut options = Options::default();
        let mut seen: Vec<String> = Vec::new();
        for (name, value) in pairs(query) {
            // Graph takes `$filter` and `filter` alike.
            let bare = name.strip_prefix('$').unwrap_or(&name).to_ascii_lowercase();
            let paging = bare == "skiptoken" && allowed.contains(&"top");
            if !allowed.contains(&bare.as_str()) && !paging {
                if name.starts_with('$') {
                    return Err(Fault::bad_request(format!(
                        "The query parameter '{name}' is not supported on this resource."
                    )));
                }
                continue; // A custom query parameter: Graph takes no notice of it.
            }
            if seen.contains(&bare) {
                return Err(Fault::bad_request(format!(
                    "Query option '{name}' was specified more than once, but it must be specified at most once."
                )));
            }
            match bare.as_str() {
                "filter" => options.filter = Some(value.clone()),
                "select" => options.select = Some(value.clone()),
                "expand" => options.expand = Some(value.clone()),
                "orderby" => options.orderby = Some(value.clone()),
                "top" => options.top = Some(number(&name, &value)?),
                "skip" => options.skip = Some(number(&name, &value)?),
                "startdatetime" => options.start = Some(value.clone()),
                "enddatetime" => options.end = Some(value.clone()),
                "@microsoft.graph.conflictbehavior" => options.conflict = Some(value.clone()),
                "skiptoken" => options.skiptoken = Some(value.clone()),
                "count" => {
                    options.count = match value.to_ascii_lowercase().as_str() {
                        "true" => true,
                        "false" => false,
                        _ => {
                            return Err(Fault::bad_request(format!(
                                "Invalid value '{value}' for $count query option found. Valid values are 'true' and 'false'."
                            )));
                        }
                    };
                }
                _ => {}
            }
            if bare != "skiptoken" && bare != "skip" {
                options.rest.push((name, value));
            }
            seen.push(bare);
        }
        Ok(options)
    }
}

fn number(name: &str, value: &str) -> Result<usize, Fault> {
    value.parse::<u32>().map(|number| number as usize).map_err(|_| {
        Fault::bad_request(format!(
            "Invalid value '{value}' for {name} query option found. The {name} query option requires a non-negative integer value."
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 6] = ["filter", "select", "orderby", "top", "skip", "count"];

    #[test]
    fn options_are_read_with_and_without_a_dollar_and_decoded() {
        let options = Options::read("$filter=a%20eq+'b'&top=5&%24select=id", &ALL).unwrap();
        assert_eq!(options.filter.as_deref(), Some("a eq 'b'"));
        assert_eq!((options.top, options.select.as_deref()), (Some(5), Some("id")));
    }

    #[test]
    fn what_an_operation_does_not_take_is_refused() {
        for query in ["$search=x", "$top=x", "$top=-1", "$count=maybe", "$top=1&top=2"] {
            assert_eq!(Options::read(query, &ALL).unwrap_err().code, "BadRequest", "{query}");
        }
        assert!(Options::read("api-version=3&x=y", &ALL).is_ok());
    }
}
