#![allow(clippy::unwrap_used)]

use jsonschema::Draft;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// Breaks of a change, as rules and pointers.
fn breaks(old: &Value, new: &Value) -> Vec<(String, String)> {
    let told = compare(old, new, "");
    told.into_iter().map(|found| (found.rule.to_string(), found.at)).collect()
}

#[test]
fn what_only_widens_is_compatible() {
    for (old, new) in [
        (json!({"required": ["a", "b"]}), json!({"required": ["a"]})),
        (json!({"type": "string"}), json!({"type": ["string", "null"]})),
        (json!({"type": "integer"}), json!({"type": "number"})),
        (json!({"enum": ["a"]}), json!({"enum": ["b", "a"]})),
        (json!({"const": "a"}), json!({"enum": ["a", "b"]})),
        (json!({"maxLength": 5}), json!({"maxLength": 6})),
        (json!({"minimum": 5}), json!({"minimum": 4.5})),
        (json!({"multipleOf": 10}), json!({"multipleOf": 5})),
        (json!({"pattern": "^a"}), json!({})),
        (json!({"not": {"type": "null"}}), json!({"not": {"type": "null"}, "title": "x"})),
        (
            json!({"properties": {"a": {}}, "additionalProperties": false}),
            json!({"properties": {"a": {}, "b": {"minLength": 2}}, "additionalProperties": false}),
        ),
        (json!({"anyOf": [{"const": 1}]}), json!({"anyOf": [{"const": 2}, {"const": 1}]})),
        (json!({"items": {"maxLength": 1}}), json!({"items": {"maxLength": 2}})),
        (
            json!({"prefixItems": [{"const": 1}], "items": false}),
            json!({"prefixItems": [{"const": 1}, {"const": 2}], "items": false}),
        ),
        (json!({"maxLength": 3}), json!({"$ref": "#/$defs/s", "$defs": {"s": {"maxLength": 4}}})),
        (json!({"allOf": [{"maxLength": 3}], "$comment": "x"}), json!({"maxLength": 3})),
        (json!({"format": "email"}), json!({"format": "date"})),
        (
            json!({"properties": {"next": {"$ref": "#"}, "n": {"maximum": 1}}, "additionalProperties": false}),
            json!({"properties": {"next": {"$ref": "#"}, "n": {"maximum": 2}}, "additionalProperties": false}),
        ),
    ] {
        assert_eq!(breaks(&old, &new), [], "{old} -> {new}");
    }
}

#[test]
fn every_keyword_that_narrows_is_named_with_its_place() {
    for (old, new, rule, at) in [
        (json!({}), json!({"required": ["a"]}), "schema.required", "/required"),
        (
            json!({}),
            json!({"dependentRequired": {"a": ["b"]}}),
            "schema.required",
            "/dependentRequired/a",
        ),
        (json!({"type": "number"}), json!({"type": "integer"}), "schema.type", "/type"),
        (json!({}), json!({"type": "object"}), "schema.type", "/type"),
        (json!({"enum": [1, 2]}), json!({"enum": [1]}), "schema.enum", "/enum"),
        (json!({"enum": [1, 2]}), json!({"const": 1}), "schema.enum", "/const"),
        (json!({}), json!({"const": 1}), "schema.enum", "/const"),
        (json!({"enum": [1, 2]}), json!({"enum": [1, 2], "const": 1}), "schema.enum", "/enum"),
        (json!({"maxLength": 5}), json!({"maxLength": 4}), "schema.range", "/maxLength"),
        (json!({}), json!({"minItems": 1}), "schema.range", "/minItems"),
        (
            json!({"minimum": 1}),
            json!({"exclusiveMinimum": 1}),
            "schema.range",
            "/exclusiveMinimum",
        ),
        (json!({"multipleOf": 5}), json!({"multipleOf": 10}), "schema.range", "/multipleOf"),
        (json!({}), json!({"uniqueItems": true}), "schema.range", "/uniqueItems"),
        (json!({"pattern": "a"}), json!({"pattern": "b"}), "schema.pattern", "/pattern"),
        (json!({}), json!({"additionalProperties": false}), "schema.type", "/additionalProperties"),
        (
            json!({}),
            json!({"properties": {"a/b": {"type": "null"}}}),
            "schema.type",
            "/properties/a~1b/type",
        ),
        (
            json!({"properties": {"a": {}}, "additionalProperties": false}),
            json!({"additionalProperties": false}),
            "schema.type",
            "/additionalProperties",
        ),
        (
            json!({"items": true}),
            json!({"items": {"maxLength": 1}}),
            "schema.range",
            "/items/maxLength",
        ),
        (json!({}), json!({"prefixItems": [{"const": 1}]}), "schema.enum", "/prefixItems/0/const"),
        (
            json!({}),
            json!({"propertyNames": {"maxLength": 1}}),
            "schema.range",
            "/propertyNames/maxLength",
        ),
        (
            json!({}),
            json!({"patternProperties": {"^x": {"const": 1}}}),
            "schema.enum",
            "/patternProperties/^x/const",
        ),
        (
            json!({"anyOf": [{"const": 1}, {"const": 2}]}),
            json!({"anyOf": [{"const": 1}]}),
            "schema.type",
            "/anyOf",
        ),
        (json!({}), json!({"allOf": [{"maxLength": 1}]}), "schema.range", "/allOf/0/maxLength"),
        (
            json!({}),
            json!({"$ref": "#/$defs/s", "$defs": {"s": {"maxLength": 4}}}),
            "schema.range",
            "/$ref/maxLength",
        ),
    ] {
        let found = breaks(&old, &new);
        assert!(found.contains(&(rule.to_owned(), at.to_owned())), "{old} -> {new}: {found:?}");
    }
}

#[test]
fn what_is_not_understood_is_refused_where_it_differs() {
    for (old, new) in [
        (json!({"oneOf": [{"const": 1}]}), json!({"oneOf": [{"const": 1}, {"const": 2}]})),
        (json!({"not": {"const": 1}}), json!({"not": {"const": 2}})),
        (json!({}), json!({"if": {"const": 1}, "then": false})),
        (json!({"contains": {"const": 1}}), json!({"contains": {"const": 1}, "minContains": 2})),
        (json!({}), json!({"x-new": 1})),
        (
            json!({"unevaluatedProperties": false, "properties": {"a": {}}}),
            json!({"unevaluatedProperties": false}),
        ),
        (json!({}), json!({"$ref": "#there", "$defs": {"x": {}}})),
        (json!({"maximum": 9007199254740993_u64}), json!({"maximum": 9007199254740992.0})),
        (
            json!({"not": {"$ref": "#/$defs/s"}, "$defs": {"s": {"maxLength": 4}}}),
            json!({"not": {"$ref": "#/$defs/s"}, "$defs": {"s": {"maxLength": 5}}}),
        ),
        (
            json!({"patternProperties": {"^x": {}}, "additionalProperties": false}),
            json!({"additionalProperties": false}),
        ),
    ] {
        let found = breaks(&old, &new);
        assert!(
            found.iter().any(|(rule, _)| rule == "schema.unclear"),
            "{old} -> {new}: {found:?}"
        );
    }
}

/// Schemas over a small vocabulary, so that many pairs are related.
fn schema() -> impl Strategy<Value = Value> {
    let types = prop::sample::subsequence(
        vec!["string", "integer", "number", "null", "object", "array"],
        1..=4,
    );
    let leaf = prop_oneof![
        3 => Just(json!({})),
        1 => any::<bool>().prop_map(Value::from),
        3 => types.prop_map(|types| json!({"type": types})),
        2 => prop::sample::subsequence(vec![json!(1), json!(2), json!(1.0), json!("a"), json!(null)], 1..=4).prop_map(|values| json!({"enum": values})),
        1 => prop::sample::select(vec![json!(1), json!("a"), json!({})]).prop_map(|value| json!({"const": value})),
        2 => (prop::sample::select(vec!["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"]), 0..3).prop_map(|(name, bound)| json!({name: bound})),
        1 => (1..5_u32).prop_map(|by| json!({"multipleOf": by})),
        1 => prop::sample::select(vec!["a", "^b"]).prop_map(|pattern| json!({"pattern": pattern})),
        1 => Just(json!({"uniqueItems": true})),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let one = (keyword(inner.clone()), keyword(inner.clone()), keyword(inner));
        one.prop_map(|(a, b, c)| {
            let mut all = serde_json::Map::new();
            for part in [a, b, c] {
                if let Value::Object(part) = part {
                    all.extend(part);
                }
            }
            Value::Object(all)
        })
    })
}

fn keyword(inner: impl Strategy<Value = Value> + Clone + 'static) -> impl Strategy<Value = Value> {
    let named = prop::collection::btree_map("[abx]", inner.clone(), 0..3);
    let several = prop::collection::vec(inner.clone(), 1..3);
    prop_oneof![
        3 => named.clone().prop_map(|schemas| json!({"properties": schemas})),
        2 => inner.clone().prop_map(|schema| json!({"additionalProperties": schema})),
        2 => prop::sample::subsequence(vec!["a", "b"], 0..2).prop_map(|names| json!({"required": names})),
        1 => inner.clone().prop_map(|schema| json!({"patternProperties": {"^a": schema}})),
        1 => inner.clone().prop_map(|schema| json!({"items": schema})),
        1 => several.clone().prop_map(|schemas| json!({"prefixItems": schemas})),
        1 => several.clone().prop_map(|schemas| json!({"anyOf": schemas})),
        1 => several.clone().prop_map(|schemas| json!({"allOf": schemas})),
        1 => several.prop_map(|schemas| json!({"oneOf": schemas})),
        1 => inner.clone().prop_map(|schema| json!({"not": schema})),
        1 => inner.clone().prop_map(|schema| json!({"propertyNames": schema})),
        1 => inner.clone().prop_map(|schema| json!({"if": schema, "then": {"required": ["a"]}})),
        1 => inner.clone().prop_map(|schema| json!({"contains": schema})),
        1 => inner.clone().prop_map(|schema| json!({"$defs": {"s": schema}, "$ref": "#/$defs/s"})),
        3 => inner,
    ]
}

fn instance() -> impl Strategy<Value = Value> {
    let leaf = prop::sample::select(vec![
        json!(null),
        json!(0),
        json!(1),
        json!(1.0),
        json!(2),
        json!(2.5),
        json!(4),
        json!(""),
        json!("a"),
        json!("bb"),
    ]);
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            2 => prop::collection::btree_map("[abxa]{1,2}", inner.clone(), 0..3).prop_map(|members| json!(members)),
            1 => prop::collection::vec(inner, 0..3).prop_map(Value::from),
        ]
    })
}

/// A schema and one made from it by one change, which is often a wider one.
fn related() -> impl Strategy<Value = (Value, Value)> {
    (schema(), schema(), any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |(one, other, at, gone)| {
            let mut changed = one.clone();
            if let Some(members) = changed.as_object_mut().filter(|members| !members.is_empty()) {
                let name = at.get(&members.keys().cloned().collect::<Vec<_>>()).clone();
                match (other.get(&name), gone) {
                    (Some(value), false) => drop(members.insert(name, value.clone())),
                    _ => {
                        members.remove(&name);
                    }
                }
            }
            (one, changed)
        },
    )
}

fn validator(schema: &Value) -> Option<jsonschema::Validator> {
    jsonschema::options().with_draft(Draft::Draft202012).build(schema).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_an_earlier_schema_takes_a_compatible_one_takes(
        (one, other) in prop_oneof![2 => related(), 1 => (schema(), schema())],
        instances in prop::collection::vec(instance(), 24),
    ) {
        for (old, new) in [(&one, &other), (&other, &one)] {
            let (Some(before), Some(after)) = (validator(old), validator(new)) else { continue };
            if !compare(old, new, "").is_empty() {
                continue;
            }
            for instance in &instances {
                prop_assert!(
                    !before.is_valid(instance) || after.is_valid(instance),
                    "{} -> {} refuses {}", old, new, instance
                );
            }
        }
    }
}
