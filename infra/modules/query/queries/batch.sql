-- One batch, row by row, with the leaf hashes that its header's root is made of.
-- Parameters: stream, creation time of the stream ('20260131T120000Z'), shard ('shardId-000000000000'); number of the batch.
SELECT "index", lower(to_hex(sha256(concat(X'00', to_utf8(event))))) AS leaf_hash, sequence_number, event
FROM chain_events
WHERE stream = ?
  AND created = ?
  AND shard = ?
  AND number = ?
ORDER BY "index"
