-- title: Databases that can be reached from the internet
-- tells: RDS databases that have a public address, those without encryption first.
SELECT account, region, dbInstanceIdentifier, engine, engineVersion, endpoint.address AS address, encrypted, backupRetentionPeriod
FROM aws_rds
WHERE publiclyAccessible
ORDER BY encrypted, account, region, dbInstanceIdentifier
