#![allow(clippy::unwrap_used)]

use super::*;

/// The page that the sentences are quoted from:
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html>
fn judged(response: &str) -> Answer {
    judge(response.as_bytes(), &numbers(), true)
}

/// As numbers they rise; as text the last would come before the first.
fn numbers() -> Vec<SequenceNumber> {
    ["8", "9", "10"].map(|number| number.parse().unwrap()).to_vec()
}

/// "Lambda treats a batch as a complete success if you return any of the following: an empty
/// batchItemFailure list, a null batchItemFailure list, an empty EventResponse, a null EventResponse"
#[test]
fn what_lists_no_failure_is_a_success() {
    for response in
        [r#"{"batchItemFailures":[]}"#, r#"{"batchItemFailures":null}"#, "{}", "null", ""]
    {
        assert_eq!(judged(response), Answer::Success, "{response:?}");
    }
}

/// "Lambda treats a batch as a complete failure if you return any of the following: an empty string
/// itemIdentifier, a null itemIdentifier, an itemIdentifier with a bad key name"
#[test]
fn an_identifier_that_is_none_is_a_failure_of_all() {
    for item in [
        r#"{"itemIdentifier":""}"#,
        r#"{"itemIdentifier":null}"#,
        r#"{"itemidentifier":"9"}"#,
        r#"{"itemIdentifier":9}"#,
        r#""9""#,
    ] {
        let response = format!(r#"{{"batchItemFailures":[{{"itemIdentifier":"9"}},{item}]}}"#);
        assert_eq!(judged(&response), Answer::Failure, "{response}");
    }
}

/// The page does not say what a number is that was not in the batch, nor what an answer is that has
/// not the documented form: nothing may be taken for done then.
#[test]
fn what_cannot_be_understood_is_a_failure_of_all() {
    for response in [
        r#"{"batchItemFailures":[{"itemIdentifier":"7"}]}"#,
        r#"{"batchItemFailures":{"itemIdentifier":"9"}}"#,
        r#""done""#,
        "[]",
        "{",
    ] {
        assert_eq!(judged(response), Answer::Failure, "{response}");
    }
}

/// "If the batchItemFailures array contains multiple items, Lambda uses the record with the lowest
/// sequence number as the checkpoint. Lambda then retries all records starting from that checkpoint."
#[test]
fn the_lowest_number_is_where_it_goes_on() {
    let one = r#"{"batchItemFailures":[{"itemIdentifier":"9"}]}"#;
    assert_eq!(judged(one), Answer::From(1));
    let two = r#"{"batchItemFailures":[{"itemIdentifier":"10"},{"itemIdentifier":"9"}]}"#;
    assert_eq!(judged(two), Answer::From(1));
}

/// "Even when your function code returns partial batch failure responses, these responses will not be
/// processed by Lambda unless the ReportBatchItemFailures feature is explicitly turned on"
#[test]
fn without_reporting_any_answer_is_a_success() {
    for response in [r#"{"batchItemFailures":[{"itemIdentifier":"9"}]}"#, "{"] {
        assert_eq!(judge(response.as_bytes(), &numbers(), false), Answer::Success);
    }
}
