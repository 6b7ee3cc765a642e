//! The forms of output that `-o` names.

use std::str::FromStr;

use crate::jsonpath::Template;

/// A form of output.
#[derive(Debug, Clone, PartialEq)]
pub enum Format {
    /// A table of the type's columns.
    Table,
    /// JSON objects.
    Json,
    /// YAML documents.
    Yaml,
    /// What a JSONPath template finds, one result a line.
    JsonPath(Template),
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix("jsonpath=")) {
            ("table", _) => Ok(Format::Table),
            ("json", _) => Ok(Format::Json),
            ("yaml", _) => Ok(Format::Yaml),
            (_, Some(template)) => Template::parse(template).map(Format::JsonPath).map_err(|e| e.to_string()),
            _ => Err(format!(
                "output format {text:?} is not supported: use table, json, yaml or jsonpath=<template>"
            )),
        }
    }
}
