-- title: Access keys that nobody uses
-- tells: Active access keys of IAM users that were not used for some time, or never.
-- param: days = 90 | Days without use
WITH keys AS (
  SELECT account, name, 1 AS key, userDto.accessKey1Active AS active, userDto.accessKey1LastUsed AS lastUsed,
    userDto.accessKey1LastRotated AS lastRotated
  FROM aws_iam_user
  UNION ALL
  SELECT account, name, 2, userDto.accessKey2Active, userDto.accessKey2LastUsed, userDto.accessKey2LastRotated
  FROM aws_iam_user
)
SELECT account, name, key, lastUsed, lastRotated
FROM keys
WHERE active AND (lastUsed IS NULL OR lastUsed < now() - CAST(concat($days, ' days') AS INTERVAL))
ORDER BY lastUsed NULLS FIRST, account, name, key
