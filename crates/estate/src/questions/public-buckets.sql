-- title: Buckets that anybody can read or write
-- tells: S3 buckets whose access list grants something to everybody, or whose policy allows it to anybody without a condition.
SELECT account, region, name,
  array_any_match(s3GrantList, g -> g.groupUri LIKE '%/global/AllUsers' OR g.groupUri LIKE '%/global/AuthenticatedUsers')
    AS byAccessList,
  allows_anyone(bucketPolicy) AS byPolicy,
  firstSeen
FROM aws_bucket
WHERE array_any_match(s3GrantList, g -> g.groupUri LIKE '%/global/AllUsers' OR g.groupUri LIKE '%/global/AuthenticatedUsers')
  OR allows_anyone(bucketPolicy)
ORDER BY account, name
