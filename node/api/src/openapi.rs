//! The description of all calls, OpenAPI 3.1, made of their types.

use crate::block::{GetBlock, GetCar, PutBlock};
use crate::call::{Call, Method, Stream};
use crate::fault::Fault;
use crate::job::{GetBundle, GetJob, ListJobs, WatchJob};
use crate::log::{GetJobProof, GetLog, GetProof};
use crate::order::{StopHere, Submit};
use crate::output::{Failed, Visit, visit};
use crate::peer::{ListNodes, ListPeers};
use crate::status::GetStatus;
use crate::upkeep::{Backup, Prune, Shutdown};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use vantage_protocol::attester::JobView;

/// Everything that can be asked, as `docs/openapi.json` has it.
pub fn openapi() -> Value {
    let mut document = Document::default();
    document.call::<GetStatus>();
    document.call::<ListJobs>();
    document.call::<GetJob>();
    document.lines::<WatchJob, JobView>();
    document.call::<GetBundle>();
    document.call::<GetJobProof>();
    document.call::<Submit>();
    document.call::<StopHere>();
    document.stream::<GetBlock>();
    document.call::<PutBlock>();
    document.stream::<GetCar>();
    document.call::<ListPeers>();
    document.call::<ListNodes>();
    document.call::<GetLog>();
    document.call::<GetProof>();
    document.call::<Backup>();
    document.call::<Prune>();
    document.call::<Shutdown>();
    visit(&mut document);
    document.know::<Failed>();
    document.finish()
}

#[derive(Default)]
struct Document {
    paths: Map<String, Value>,
    schemas: Map<String, Value>,
    /// What each command prints, by its words.
    commands: BTreeMap<&'static str, Vec<Value>>,
}

impl Visit for Document {
    fn printed<T: ToSchema>(&mut self, command: &'static str) {
        let shape = self.know::<T>();
        self.commands.entry(command).or_default().push(shape);
    }
}

impl Document {
    /// A call of either method.
    fn call<C: Call>(&mut self) {
        let reply = json!({ "application/json": { "schema": self.know::<C::Reply>() } });
        match C::METHOD {
            Method::Read => self.operation::<C>("get", C::PATH, C::ABOUT, &reply),
            Method::Order => self.operation::<C>("post", C::PATH, C::ABOUT, &reply),
        }
    }

    /// A read that is answered with bytes.
    fn stream<S: Stream>(&mut self) {
        self.operation::<S>("get", S::PATH, S::ABOUT, &json!({ S::MEDIA_TYPE: {} }));
    }

    /// A read that is answered with lines of JSON: each is of this type, or says why there are no more.
    fn lines<S: Stream, Line: ToSchema>(&mut self) {
        let line = json!({ "schema": { "oneOf": [self.know::<Line>(), self.know::<Fault>()] } });
        self.operation::<S>("get", S::PATH, S::ABOUT, &json!({ S::MEDIA_TYPE: line }));
    }

    fn operation<C: ToSchema>(&mut self, method: &str, path: &str, about: &str, reply: &Value) {
        let fault = self.know::<Fault>();
        let mut operation = json!({
            "operationId": C::name(),
            "summary": about,
            "responses": {
                "200": { "description": "Done.", "content": reply },
                "default": {
                    "description": "Not done: why.",
                    "content": { "application/json": { "schema": fault } },
                },
            },
        });
        if method == "get" {
            operation["parameters"] = parameters(&schema::<C>());
            self.know_parts::<C>();
        } else {
            let body = json!({ "required": true, "content": { "application/json": { "schema": self.know::<C>() } } });
            operation["requestBody"] = body;
        }
        let item = self.paths.entry(path).or_insert_with(|| json!({}));
        item[method] = operation;
    }

    /// Adds a type and all that it is made of; gives a reference to it.
    fn know<T: ToSchema>(&mut self) -> Value {
        self.schemas.insert(T::name().into_owned(), schema::<T>());
        self.know_parts::<T>();
        json!({ "$ref": format!("#/components/schemas/{}", T::name()) })
    }

    fn know_parts<T: ToSchema>(&mut self) {
        let mut parts = Vec::new();
        T::schemas(&mut parts);
        let parts =
            parts.into_iter().map(|(name, part)| (name, serde_json::to_value(part).unwrap_or_default()));
        self.schemas.extend(parts);
    }

    fn finish(mut self) -> Value {
        self.schemas.values_mut().for_each(close);
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Vantage node",
                "version": "1",
                "description": "What a node can be asked on the Unix socket in its data directory. Under `x-commands`: what the \
                                commands of `vantage` print with `--json`, one of these shapes a line, or `Failed`.",
                "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
            },
            "paths": self.paths,
            "components": { "schemas": self.schemas },
            "x-commands": self.commands,
        })
    }
}

/// Says of every object with named fields that it has no others; and takes what is a link in Rust's documentation out of
/// descriptions.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::String(about)) = map.get_mut("description") {
                *about = about.replace("[`", "`").replace("`]", "`");
            }
            if map.get("properties").is_some_and(Value::is_object) {
                map.entry("additionalProperties").or_insert(Value::Bool(false));
            }
            map.values_mut().for_each(close);
        }
        Value::Array(list) => list.iter_mut().for_each(close),
        _ => {}
    }
}

fn schema<T: ToSchema>() -> Value {
    serde_json::to_value(T::schema()).unwrap_or_default()
}

/// The fields of a type as query parameters.
fn parameters(schema: &Value) -> Value {
    let required = |name: &str| {
        let names = schema.get("required").and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|required| required.as_str() == Some(name)))
    };
    let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    fields
        .map(|(name, field)| {
            let mut field = field.clone();
            let about = field.as_object_mut().and_then(|field| field.remove("description"));
            let mut parameter =
                json!({ "name": name, "in": "query", "required": required(name), "schema": field });
            if let Some(about) = about {
                parameter["description"] = about;
            }
            parameter
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE_OPENAPI=1 cargo test -p vantage-api` writes it anew.
    #[test]
    fn the_committed_document_is_that_of_the_types() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        let made = serde_json::to_string_pretty(&openapi()).unwrap() + "\n";
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            made == committed,
            "docs/openapi.json is another: UPDATE_OPENAPI=1 cargo test -p vantage-api"
        );
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = openapi();
        let mut open = vec![&document];
        while let Some(value) = open.pop() {
            match value {
                Value::Object(fields) => {
                    if let Some(Value::String(reference)) = fields.get("$ref") {
                        let pointer = reference.strip_prefix('#').unwrap();
                        assert!(document.pointer(pointer).is_some(), "{reference}");
                    }
                    open.extend(fields.values());
                }
                Value::Array(list) => open.extend(list),
                _ => {}
            }
        }
    }

    #[test]
    fn paths_and_ids_are_each_ones_own() {
        let document = openapi();
        let mut ids = std::collections::BTreeSet::new();
        let items = document["paths"].as_object().unwrap().values();
        let operations = items.flat_map(|item| item.as_object().unwrap().values());
        for operation in operations {
            assert!(ids.insert(operation["operationId"].to_string()), "{}", operation["operationId"]);
        }
        assert_eq!(ids.len(), 18);
    }
}
