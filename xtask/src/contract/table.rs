//! Descriptors as a plain table: one line a method, a field or a value of an enumeration.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    ServiceDescriptorProto,
};

/// Lines, each with its columns separated by tabs.
pub type Table = BTreeSet<String>;

/// The table of everything in the given descriptors that is on the wire of a public service: not what
/// protobuf itself brings along, nor what is our own.
pub fn table(descriptors: &FileDescriptorSet) -> Table {
    let mut table = Table::new();
    for file in descriptors.file.iter().filter(|file| is_public(file)) {
        let package = file.package();
        for service in &file.service {
            methods(package, service, &mut table);
        }
        for message in &file.message_type {
            self::message(package, message, &mut table);
        }
        for enumeration in &file.enum_type {
            self::enumeration(package, enumeration, &mut table);
        }
    }
    table
}

fn is_public(file: &FileDescriptorProto) -> bool {
    // Of the expression language, only the checked form travels.
    const UNUSED: [&str; 3] = ["value.proto", "eval.proto", "explain.proto"];
    let package = file.package();
    let unused =
        package == "google.api.expr.v1alpha1" && UNUSED.iter().any(|name| file.name().ends_with(name));
    let foreign = package == "google.protobuf" || package == "internal" || package.starts_with("internal.");
    !unused && !foreign
}

fn methods(package: &str, service: &ServiceDescriptorProto, table: &mut Table) {
    for method in &service.method {
        let streams = match (method.client_streaming(), method.server_streaming()) {
            (false, false) => "unary",
            (false, true) => "server-stream",
            (true, false) => "client-stream",
            (true, true) => "both-stream",
        };
        let (input, output) = (bare(method.input_type()), bare(method.output_type()));
        table.insert(format!(
            "method\t{package}.{}\t{}\t{streams}\t{input}\t{output}",
            service.name(),
            method.name()
        ));
    }
}

fn message(scope: &str, message: &DescriptorProto, table: &mut Table) {
    let name = format!("{scope}.{}", message.name());
    let is_map =
        |nested: &&DescriptorProto| nested.options.as_ref().is_some_and(|options| options.map_entry());
    let maps: BTreeMap<String, String> = message
        .nested_type
        .iter()
        .filter(is_map)
        .map(|entry| {
            let types: Vec<String> = entry.field.iter().map(type_name).collect();
            (format!(".{name}.{}", entry.name()), format!("map<{}>", types.join(", ")))
        })
        .collect();
    table.insert(format!("message\t{name}"));
    for field in &message.field {
        let (label, typ) = match maps.get(field.type_name()) {
            Some(map) => ("single".to_owned(), map.clone()),
            None => (label(message, field), type_name(field)),
        };
        table.insert(format!("field\t{name}\t{}\t{}\t{label}\t{typ}", field.number(), field.name()));
    }
    for nested in message.nested_type.iter().filter(|nested| !is_map(nested)) {
        self::message(&name, nested, table);
    }
    for enumeration in &message.enum_type {
        self::enumeration(&name, enumeration, table);
    }
}

fn label(message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    let oneof = field
        .oneof_index
        .and_then(|index| usize::try_from(index).ok())
        .and_then(|i| message.oneof_decl.get(i));
    match (field.label(), oneof) {
        (Label::Repeated, _) => "repeated".to_owned(),
        _ if field.proto3_optional() => "optional".to_owned(),
        (_, Some(oneof)) => format!("oneof {}", oneof.name()),
        (Label::Required, _) => "required".to_owned(),
        (Label::Optional, None) => "single".to_owned(),
    }
}

fn enumeration(scope: &str, enumeration: &EnumDescriptorProto, table: &mut Table) {
    for value in &enumeration.value {
        table.insert(format!("value\t{scope}.{}\t{}\t{}", enumeration.name(), value.number(), value.name()));
    }
}

fn type_name(field: &FieldDescriptorProto) -> String {
    match field.r#type() {
        Type::Message | Type::Enum | Type::Group => bare(field.type_name()).to_owned(),
        scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
    }
}

fn bare(name: &str) -> &str {
    name.trim_start_matches('.')
}
