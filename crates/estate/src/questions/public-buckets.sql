-- title: Buckets that anybody can read or write
-- tells: S3 buckets whose access list grants something to everybody, or whose policy allows it to anybody without a condition.
WITH told AS (
  SELECT account, region, name, firstSeen,
    regexp_like(raw, '"groupUri"\s*:\s*"[^"]*global\\?/(AllUsers|AuthenticatedUsers)"') AS byAccessList,
    allows_anyone(bucketPolicy) AS byPolicy
  FROM aws_bucket
)
SELECT account, region, name, byAccessList, byPolicy, firstSeen
FROM told
WHERE byAccessList OR byPolicy
ORDER BY account, name
