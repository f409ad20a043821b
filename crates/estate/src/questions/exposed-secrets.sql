-- title: Secrets found on instances
-- tells: Instances on which a scan found secrets; those with a public address first.
SELECT account, region, instanceId, name, publicIpAddress,
  secretStats.totalSecrets AS secrets, secretStats.severity."CRITICAL" AS critical, secretStats.severity."HIGH" AS high,
  tag(tags, 'owner') AS owner
FROM aws_ec2_instance
WHERE hasSecrets OR secretStats.totalSecrets > 0
ORDER BY publicIpAddress IS NULL, critical DESC NULLS LAST, secrets DESC NULLS LAST, instanceId
