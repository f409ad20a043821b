-- title: Databases that are not encrypted
-- tells: RDS databases whose storage is not encrypted.
SELECT account, region, dbInstanceIdentifier, engine, engineVersion, publiclyAccessible, tag(tags, 'owner') AS owner
FROM aws_rds
WHERE encrypted = FALSE
ORDER BY account, region, dbInstanceIdentifier
