//! The names of one company: its clients, vendors, projects, products, systems and places.
//!
//! Every deployment uses a few of each, drawn from its seed, so that they come up again and again. The clients are the
//! names that Microsoft's own examples use for invented companies; all others are invented here.

const CLIENTS: &[&str] = &[
    "Northwind Traders",
    "Fabrikam",
    "Adventure Works",
    "Tailspin Toys",
    "Wide World Importers",
    "Proseware",
    "Litware",
    "Coho Winery",
    "Fourth Coffee",
    "Lucerne Publishing",
    "Margie's Travel",
    "Alpine Ski House",
    "Graphic Design Institute",
    "Humongous Insurance",
    "Southridge Video",
    "The Phone Company",
    "Trey Research",
    "VanArsdel",
    "Wingtip Toys",
    "Blue Yonder Airlines",
    "City Power & Light",
    "Consolidated Messenger",
    "First Up Consultants",
    "Relecloud",
];
const VENDORS: &[&str] = &[
    "Harbor Freightways",
    "Brightline Staffing",
    "Summit Office Supply",
    "Kestrel Logistics",
    "Ironbark Hosting",
    "Paperleaf",
    "Orchard Catering",
    "Quayside Print",
    "Redwood Facilities",
    "Sable Insurance",
    "Tidewater Telecom",
    "Verity Audit Partners",
    "Wrenfield Travel",
    "Copperline Data",
];
const PROJECTS: &[&str] = &[
    "Aurora",
    "Beacon",
    "Cedar",
    "Delta Bridge",
    "Evergreen",
    "Falcon",
    "Granite",
    "Harvest",
    "Iris",
    "Juniper",
    "Keystone",
    "Lighthouse",
    "Mosaic",
    "Northstar",
    "Orion",
    "Pathfinder",
    "Quartz",
    "Riverbed",
    "Sequoia",
    "Tandem",
];
const PRODUCTS: &[&str] = &[
    "Insight",
    "Insight Pro",
    "FlowDesk",
    "FlowDesk Team",
    "Ledgerline",
    "Fieldkit",
    "Signal",
    "Atlas",
    "Compass",
    "Relay",
];
const SYSTEMS: &[&str] = &[
    "OrderHub",
    "Billing",
    "DataLake",
    "Single Sign-On",
    "TicketDesk",
    "MobileHub",
    "Search",
    "ReportServer",
    "WarehouseOne",
    "PartnerLink",
];
const CITIES: &[&str] = &[
    "Chicago",
    "Austin",
    "Denver",
    "Seattle",
    "Boston",
    "Atlanta",
    "Toronto",
    "London",
    "Dublin",
    "Munich",
    "Paris",
    "Madrid",
    "Warsaw",
    "Singapore",
    "Sydney",
    "Bangalore",
];
const ROOMS: &[&str] =
    &["Maple", "Birch", "Willow", "the small meeting room", "Room 3.12", "Room 2.04", "the corner room"];

/// A kind of word: what the company has of it, and how many of those a deployment uses.
pub(super) fn list(kind: &str) -> Option<(&'static [&'static str], usize)> {
    match kind {
        "client" => Some((CLIENTS, 10)),
        "vendor" => Some((VENDORS, 6)),
        "project" => Some((PROJECTS, 6)),
        "product" => Some((PRODUCTS, 4)),
        "system" => Some((SYSTEMS, 6)),
        "city" => Some((CITIES, 5)),
        "room" => Some((ROOMS, 4)),
        _ => None,
    }
}
