//! What all office documents have in common: parts, their content types, their relationships, their properties.

use haymaker_guest::{Instant, time};

use super::{xml::escaped, zip};

/// The relationships of one part: id, the last part of the type's name, target.
pub(super) type Relationship = (String, &'static str, String);

const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// What a document says of itself.
#[derive(Clone, Debug)]
pub(super) struct Properties {
    pub(super) title: String,
    pub(super) author: String,
    pub(super) edited_by: String,
    pub(super) revision: u32,
    pub(super) created: Instant,
    pub(super) modified: Instant,
    pub(super) application: &'static str,
}

/// A document being put together.
pub(super) struct Package {
    /// Part, content type, XML; in the order in which they are written.
    parts: Vec<(String, &'static str, String)>,
    /// The part that they belong to, and the relationships.
    relationships: Vec<(String, Vec<Relationship>)>,
}

impl Package {
    /// A package whose main part has this name.
    pub(super) fn new(main: &str, properties: &Properties) -> Package {
        let mut package = Package { parts: Vec::new(), relationships: Vec::new() };
        let relationships = [("officeDocument", main), ("core", "docProps/core.xml"), ("app", "docProps/app.xml")];
        let named = relationships.iter().zip(1..).map(|((kind, target), n)| {
            let kind = match *kind {
                "app" => "extended-properties",
                kind => kind,
            };
            (format!("rId{n}"), kind, (*target).to_owned())
        });
        package.relationships.push((String::new(), named.collect()));
        const CORE: &str = "application/vnd.openxmlformats-package.core-properties+xml";
        const APP: &str = "application/vnd.openxmlformats-officedocument.extended-properties+xml";
        package.part("docProps/core.xml", CORE, core(properties));
        package.part("docProps/app.xml", APP, app(properties));
        package
    }

    /// Adds a part.
    pub(super) fn part(&mut self, name: &str, content_type: &'static str, xml: impl AsRef<str>) {
        self.parts.push((name.to_owned(), content_type, format!("{HEAD}{}", xml.as_ref().trim())));
    }

    /// Adds the relationships of a part.
    pub(super) fn related(&mut self, part: &str, relationships: Vec<Relationship>) {
        self.relationships.push((part.to_owned(), relationships));
    }

    /// The file.
    pub(super) fn bytes(self) -> Vec<u8> {
        let mut types = format!(
            "{HEAD}<Types xmlns=\"{PACKAGE}/content-types\">\
             <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
             <Default Extension=\"xml\" ContentType=\"application/xml\"/>"
        );
        for (name, content_type, _) in &self.parts {
            types.push_str(&format!("<Override PartName=\"/{name}\" ContentType=\"{content_type}\"/>"));
        }
        types.push_str("</Types>");
        let mut entries = vec![("[Content_Types].xml".to_owned(), types.into_bytes())];
        for (part, relationships) in &self.relationships {
            let (folder, name) = part
                .rsplit_once('/')
                .map_or((String::new(), part.as_str()), |(folder, name)| (format!("{folder}/"), name));
            entries.push((format!("{folder}_rels/{name}.rels"), self::relationships(relationships).into_bytes()));
        }
        entries.extend(self.parts.into_iter().map(|(name, _, xml)| (name, xml.into_bytes())));
        zip::stored(&entries)
    }
}

fn relationships(relationships: &[Relationship]) -> String {
    let mut xml = format!("{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\">");
    for (id, kind, target) in relationships {
        let kind = match *kind {
            "core" => format!("{PACKAGE}/relationships/metadata/core-properties"),
            kind => format!("{OFFICE}/{kind}"),
        };
        xml.push_str(&format!("<Relationship Id=\"{id}\" Type=\"{kind}\" Target=\"{target}\"/>"));
    }
    xml + "</Relationships>"
}

fn core(properties: &Properties) -> String {
    let Properties { title, author, edited_by, revision, created, modified, .. } = properties;
    format!(
        "<cp:coreProperties xmlns:cp=\"{PACKAGE}/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <dc:title>{}</dc:title><dc:creator>{}</dc:creator><cp:lastModifiedBy>{}</cp:lastModifiedBy>\
         <cp:revision>{revision}</cp:revision>\
         <dcterms:created xsi:type=\"dcterms:W3CDTF\">{}</dcterms:created>\
         <dcterms:modified xsi:type=\"dcterms:W3CDTF\">{}</dcterms:modified></cp:coreProperties>",
        escaped(title),
        escaped(author),
        escaped(edited_by),
        seconds(*created),
        seconds(*modified),
    )
}

fn app(properties: &Properties) -> String {
    format!(
        "<Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties\">\
         <Application>{}</Application></Properties>",
        properties.application
    )
}

/// As the properties want it: without milliseconds.
fn seconds(moment: Instant) -> String {
    let full = time::rfc3339(moment);
    full.split_once('.').map_or_else(|| full.clone(), |(seconds, _)| format!("{seconds}Z"))
}
