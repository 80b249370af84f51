//! What a function's answer says of a batch. Pure.

use cairn_ledger::SequenceNumber;
use serde_json::Value;

/// What became of the records that a function was handed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// All are done.
    Success,
    /// Those before this one are done; go on from it.
    From(usize),
    /// None is done.
    Failure,
}

/// Reads a response. `report`: whether the mapping has `ReportBatchItemFailures`.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html>
pub fn judge(response: &[u8], sequences: &[SequenceNumber], report: bool) -> Answer {
    if !report || response.is_empty() {
        return Answer::Success;
    }
    let failures = match serde_json::from_slice::<Value>(response) {
        Ok(Value::Null) => return Answer::Success,
        Ok(Value::Object(mut members)) => members.remove("batchItemFailures"),
        Ok(_) | Err(_) => return Answer::Failure,
    };
    match failures {
        None | Some(Value::Null) => Answer::Success,
        Some(Value::Array(items)) => lowest(&items, sequences),
        Some(_) => Answer::Failure,
    }
}

fn lowest(items: &[Value], sequences: &[SequenceNumber]) -> Answer {
    let mut first = None;
    for item in items {
        let identifier = item.get("itemIdentifier").and_then(Value::as_str);
        let number = identifier.and_then(|text| text.parse::<SequenceNumber>().ok());
        let place = number.and_then(|number| sequences.iter().position(|own| *own == number));
        match place {
            Some(place) => first = Some(first.map_or(place, |first: usize| first.min(place))),
            None => return Answer::Failure,
        }
    }
    first.map_or(Answer::Success, Answer::From)
}

#[cfg(test)]
mod tests;
