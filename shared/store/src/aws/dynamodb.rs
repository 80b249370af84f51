//! The ledger table in DynamoDB.
//!
//! Every read is strongly consistent. A call that the SDK makes again by itself carries the token
//! of its first attempt, so that DynamoDB answers a transaction that was applied but whose answer
//! was lost as a success. No token is ever carried from one call to another: what a caller commits
//! after an `Unknown` is a new decision on a reloaded head, which the conditions must judge, not
//! an old request to be waved through.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, Put, TransactWriteItem, Update};
use cairn_ledger::{ChainId, Coordinates, Hash};

use super::error::{answer, failure};
use super::items::{self, Item};
use crate::{BatchItem, ChainHead, ChainState, LogHead, Redrive, StoreError, StoreResult, Table};

/// A table with the string keys `pk` and `sk`.
#[derive(Debug, Clone)]
pub struct DynamoDb {
    client: Client,
    table: String,
}

impl DynamoDb {
    pub(super) fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    async fn get(&self, operation: &str, key: Item) -> StoreResult<Option<Item>> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key));
        let answer = get.consistent_read(true).send().await;
        let GetItemOutput { item, .. } = answer.map_err(|error| failure(operation, &error))?;
        Ok(item)
    }

    /// Items of a partition whose sort key is in a range, in order, at most `limit`.
    async fn query(
        &self,
        operation: &str,
        pk: String,
        range: Option<(String, &str)>,
        limit: usize,
    ) -> StoreResult<Vec<Item>> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query.expression_attribute_values(":pk", items::text(pk));
        let query = match range {
            None => query.key_condition_expression("pk = :pk"),
            Some((from, to)) => query
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .expression_attribute_values(":from", items::text(from))
                .expression_attribute_values(":to", items::text(to)),
        };
        let mut found = Vec::new();
        let mut start = None;
        while found.len() < limit {
            let wanted = i32::try_from(limit - found.len()).ok();
            let page = query.clone().set_limit(wanted).set_exclusive_start_key(start);
            let page = page.send().await.map_err(|error| failure(operation, &error))?;
            found.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    fn put(
        &self,
        operation: &str,
        item: Item,
        condition: Option<Condition>,
    ) -> StoreResult<TransactWriteItem> {
        let mut put = Put::builder().table_name(&self.table).set_item(Some(item));
        if let Some(Condition { expression, values }) = condition {
            put = put.condition_expression(expression).set_expression_attribute_values(values);
        }
        let put = put.build().map_err(|error| StoreError::refused(operation, error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

impl Table for DynamoDb {
    async fn chain(&self, chain: &ChainId) -> StoreResult<ChainState> {
        let operation = format!("GetItem head of {chain}");
        match self.get(&operation, items::head_key(chain)).await? {
            Some(item) => items::read_chain(&operation, item),
            None => Ok(ChainState::default()),
        }
    }

    async fn commit(
        &self,
        chain: &ChainId,
        expected: Option<&ChainHead>,
        next: &ChainHead,
        batch: &BatchItem,
    ) -> StoreResult<()> {
        let operation = format!("TransactWriteItems {chain} {}", next.number);
        let mut head = items::head(next);
        head.extend(items::head_key(chain));
        let at_expected = Condition::head(expected).and("attribute_not_exists(x)");
        let new = Condition::new("attribute_not_exists(pk)");
        let transaction = self
            .client
            .transact_write_items()
            .transact_items(self.put(&operation, head, Some(at_expected))?)
            .transact_items(self.put(&operation, items::batch(chain, batch), Some(new))?);
        let transaction = match next.number {
            0 => {
                let registered = items::key(items::CHAINS, chain.as_str());
                transaction.transact_items(self.put(&operation, registered, None)?)
            }
            _ => transaction,
        };
        let answer = transaction.send().await;
        answer.map(drop).map_err(|error| transaction_failure(&operation, &error))
    }

    async fn stop(
        &self,
        chain: &ChainId,
        expected: Option<&ChainHead>,
        reason: &str,
    ) -> StoreResult<()> {
        let operation = format!("TransactWriteItems stop {chain}");
        let Condition { expression, values } = Condition::head(expected);
        let mut values = values.unwrap_or_default();
        values.insert(":reason".to_owned(), items::text(reason));
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(items::head_key(chain)))
            .update_expression("SET x = if_not_exists(x, :reason)")
            .condition_expression(expression)
            .set_expression_attribute_values(Some(values))
            .build()
            .map_err(|error| StoreError::refused(&operation, error))?;
        let registered = items::key(items::CHAINS, chain.as_str());
        let transaction = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(update).build())
            .transact_items(self.put(&operation, registered, None)?);
        let answer = transaction.send().await;
        answer.map(drop).map_err(|error| transaction_failure(&operation, &error))
    }

    async fn resume(
        &self,
        chain: &ChainId,
        expected: Option<&ChainHead>,
        order: &Hash,
    ) -> StoreResult<()> {
        let operation = format!("UpdateItem resume {chain}");
        let Condition { expression, values } = Condition::head(expected)
            .and("attribute_exists(x) AND (attribute_not_exists(c) OR c = :c)");
        let mut values = values.unwrap_or_default();
        values.insert(":c".to_owned(), items::hash(order));
        let update = self.client.update_item().table_name(&self.table);
        let update = update.set_key(Some(items::head_key(chain))).update_expression("SET c = :c");
        let update = update.condition_expression(expression);
        match update.set_expression_attribute_values(Some(values)).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(write_failure(&operation, &error)),
        }
    }

    async fn chains(&self) -> StoreResult<Vec<ChainId>> {
        let operation = "Query chains";
        let found = self.query(operation, items::CHAINS.to_owned(), None, usize::MAX).await?;
        found.into_iter().map(|item| items::read_registered(operation, item)).collect()
    }

    async fn batches(
        &self,
        chain: &ChainId,
        from: u64,
        limit: usize,
    ) -> StoreResult<Vec<BatchItem>> {
        let operation = format!("Query batches of {chain}");
        let range = (items::batch_key(from), items::AFTER_BATCHES);
        let found = self.query(&operation, items::chain_key(chain), Some(range), limit).await?;
        found.into_iter().map(|item| items::read_batch(&operation, chain, item)).collect()
    }

    async fn log_head(&self) -> StoreResult<Option<LogHead>> {
        let operation = "GetItem head of the log";
        let item = self.get(operation, items::log_key()).await?;
        item.map(|item| items::read_log(operation, item)).transpose()
    }

    async fn advance_log(&self, expected: Option<&LogHead>, next: &LogHead) -> StoreResult<()> {
        let operation = format!("PutItem head of the log, size {}", next.to.size);
        let mut item = items::log(next);
        item.extend(items::log_key());
        let Condition { expression, values } = Condition::log(expected);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression(expression).set_expression_attribute_values(values);
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(write_failure(&operation, &error)),
        }
    }

    async fn redrive(&self, item: &Coordinates) -> StoreResult<Option<Redrive>> {
        let operation = format!("GetItem redrive of {item}");
        let found = self.get(&operation, items::redrive_key(item)).await?;
        found
            .map(|found| items::read_redrive(&operation, &item.chain, found))
            .transpose()
            .map(|found| found.map(|(_, redrive)| redrive))
    }

    async fn move_redrive(
        &self,
        item: &Coordinates,
        expected: Option<&Redrive>,
        next: &Redrive,
    ) -> StoreResult<()> {
        let operation = format!("PutItem redrive of {item}");
        let mut attributes = items::redrive(next);
        attributes.extend(items::redrive_key(item));
        let Condition { expression, values } = Condition::redrive(expected);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(attributes));
        let put = put.condition_expression(expression).set_expression_attribute_values(values);
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(write_failure(&operation, &error)),
        }
    }

    async fn redrives(&self, chain: &ChainId) -> StoreResult<BTreeMap<Coordinates, Redrive>> {
        let operation = format!("Query redrives of {chain}");
        let found = self.query(&operation, items::redrives_key(chain), None, usize::MAX).await?;
        found.into_iter().map(|item| items::read_redrive(&operation, chain, item)).collect()
    }
}

/// A condition on the item that a write is about.
struct Condition {
    expression: String,
    values: Option<Item>,
}

impl Condition {
    fn new(expression: &str) -> Self {
        Self { expression: expression.to_owned(), values: None }
    }

    /// That a chain's head is the expected one.
    fn head(expected: Option<&ChainHead>) -> Self {
        expected.map_or(Self::new("attribute_not_exists(n)"), |head| Self::equal(items::head(head)))
    }

    /// That the log's head is the expected one.
    fn log(expected: Option<&LogHead>) -> Self {
        let Some(head) = expected else { return Self::new("attribute_not_exists(pk)") };
        let equal = Self::equal(items::log(head));
        match head.from {
            Some(_) => equal,
            None => equal.and("attribute_not_exists(f)"),
        }
    }

    /// That an item's redrive is the expected one.
    fn redrive(expected: Option<&Redrive>) -> Self {
        let Some(redrive) = expected else { return Self::new("attribute_not_exists(pk)") };
        let equal = Self::equal(items::redrive(redrive));
        match redrive.put {
            Some(_) => equal,
            None => equal.and("attribute_not_exists(q)"),
        }
    }

    /// That every one of these attributes has its value.
    fn equal(attributes: Item) -> Self {
        let mut names: Vec<&String> = attributes.keys().collect();
        names.sort();
        let terms: Vec<String> = names.iter().map(|name| format!("{name} = :{name}")).collect();
        let values = attributes.iter().map(|(name, value)| (format!(":{name}"), value.clone()));
        Self { expression: terms.join(" AND "), values: Some(values.collect()) }
    }

    fn and(self, term: &str) -> Self {
        Self { expression: format!("{} AND {term}", self.expression), values: self.values }
    }
}

/// Why a single write failed.
fn write_failure<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: aws_sdk_dynamodb::error::ProvideErrorMetadata + std::error::Error + 'static,
{
    match answer(error) {
        Some((_, code @ "ConditionalCheckFailedException")) => {
            StoreError::conflict(operation, code)
        }
        _ => failure(operation, error),
    }
}

/// Why a transaction failed: <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
fn transaction_failure(
    operation: &str,
    error: &SdkError<TransactWriteItemsError, HttpResponse>,
) -> StoreError {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancellation(operation, cancelled.cancellation_reasons())
        }
        _ => failure(operation, error),
    }
}

/// One reason an item. A condition that failed decides: it holds whatever the others say.
fn cancellation(operation: &str, reasons: &[CancellationReason]) -> StoreError {
    let codes: Vec<&str> = reasons.iter().map(|reason| reason.code().unwrap_or("None")).collect();
    let detail = format!("the transaction was cancelled: {}", codes.join(", "));
    let any = |wanted: &[&str]| codes.iter().any(|code| wanted.contains(code));
    if any(&["ConditionalCheckFailed"]) {
        StoreError::conflict(operation, detail)
    } else if any(&["TransactionConflict"]) {
        StoreError::unknown(operation, detail)
    } else if any(&["ThrottlingError", "ProvisionedThroughputExceeded"]) {
        StoreError::throttled(operation, detail)
    } else if any(&["ValidationError", "ItemCollectionSizeLimitExceeded", "AccessDenied"]) {
        StoreError::refused(operation, detail)
    } else {
        StoreError::unknown(operation, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(codes: &[&str]) -> StoreError {
        let reason = |code: &&str| CancellationReason::builder().code(*code).build();
        cancellation("commit", &codes.iter().map(reason).collect::<Vec<_>>())
    }

    #[test]
    fn a_failed_condition_is_a_conflict_whatever_else_happened() {
        for codes in [
            &["ConditionalCheckFailed", "None", "None"][..],
            &["None", "ConditionalCheckFailed"],
            &["TransactionConflict", "ConditionalCheckFailed"],
            &["ThrottlingError", "ConditionalCheckFailed"],
        ] {
            assert!(matches!(reasons(codes), StoreError::Conflict { .. }), "{codes:?}");
        }
    }

    #[test]
    fn other_reasons_are_told_apart() {
        assert!(matches!(reasons(&["None", "TransactionConflict"]), StoreError::Unknown { .. }));
        assert!(matches!(reasons(&["ThrottlingError", "None"]), StoreError::Throttled { .. }));
        let capacity = reasons(&["None", "ProvisionedThroughputExceeded"]);
        assert!(matches!(capacity, StoreError::Throttled { .. }));
        assert!(matches!(reasons(&["ValidationError", "None"]), StoreError::Refused { .. }));
        assert!(matches!(reasons(&["None", "SomethingNew"]), StoreError::Unknown { .. }));
        assert!(matches!(reasons(&[]), StoreError::Unknown { .. }));
    }
}
