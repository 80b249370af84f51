//! What an AWS error means to the caller.

use std::fmt::Display;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

use crate::StoreError;

/// Codes by which services say that they lack capacity: nothing was done.
const THROTTLED: [&str; 12] = [
    "EC2ThrottledException",
    // S3, where KMS throttles it: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
    "KMS.ThrottlingException",
    // Kinesis control plane: <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html>
    "LimitExceededException",
    // Kinesis data plane, DynamoDB.
    "KMSThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "ThrottledException",
];

/// Codes of 4xx answers after which the outcome is open all the same.
const OPEN: [&str; 4] = [
    // S3: a conflicting operation is at work on the same resource.
    "OperationAborted",
    // S3: the body did not arrive in time.
    "RequestTimeout",
    // DynamoDB: another transaction, or an earlier attempt of this one, is at work on an item.
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// Sorts the failure of a call by what the caller must do next. The conditions of writes are for
/// the callers to look at first: their codes differ by service.
pub(super) fn failure<E>(operation: impl Display, error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let detail = DisplayErrorContext(error).to_string();
    match error {
        // The request was never sent.
        SdkError::ConstructionFailure(_) => StoreError::refused(operation, detail),
        SdkError::ServiceError(answer) => {
            let code = answer.err().code().unwrap_or_default();
            let status = answer.raw().status().as_u16();
            let detail = said(code, answer.err().message(), status);
            if THROTTLED.contains(&code) || status == 429 {
                StoreError::throttled(operation, detail)
            } else if status >= 500 || OPEN.contains(&code) {
                StoreError::unknown(operation, detail)
            } else {
                StoreError::refused(operation, detail)
            }
        }
        // Time-outs, resets, answers that cannot be read.
        _ => StoreError::unknown(operation, detail),
    }
}

/// The HTTP status and code of a service's answer, if it gave one.
pub(super) fn answer<E: ProvideErrorMetadata>(
    error: &SdkError<E, HttpResponse>,
) -> Option<(u16, &str)> {
    let SdkError::ServiceError(answer) = error else { return None };
    Some((answer.raw().status().as_u16(), answer.err().code().unwrap_or_default()))
}

fn said(code: &str, message: Option<&str>, status: u16) -> String {
    match (code, message) {
        ("", None) => format!("status {status}"),
        (code, message) => format!("{code} (status {status}): {}", message.unwrap_or("no message")),
    }
}
