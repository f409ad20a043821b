-- title: Access keys that were not rotated
-- tells: Active access keys of IAM users whose last rotation is long ago, the oldest first.
-- param: days = 90 | Days since the last rotation
WITH keys AS (
  SELECT account, name, 1 AS key, userDto.accessKey1Active AS active, userDto.accessKey1LastRotated AS lastRotated
  FROM aws_iam_user
  UNION ALL
  SELECT account, name, 2, userDto.accessKey2Active, userDto.accessKey2LastRotated
  FROM aws_iam_user
)
SELECT account, name, key, lastRotated, date_part('day', now() - lastRotated) AS days
FROM keys
WHERE active AND lastRotated < now() - CAST(concat($days, ' days') AS INTERVAL)
ORDER BY lastRotated, account, name, key
