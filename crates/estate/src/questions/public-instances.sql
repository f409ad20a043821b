-- title: Instances with a public address, by what is wrong with them
-- tells: EC2 instances that have a public address, with the controls they fail and their vulnerabilities of severity 3 to 5.
SELECT account, region, instanceId, name, instanceState, publicIpAddress, controlsFailed,
  sev3Sev4Sev5VulnCount AS vulnerabilities, tag(tags, 'owner') AS owner
FROM aws_ec2_instance
WHERE coalesce(publicIpAddress, '') <> ''
ORDER BY vulnerabilities DESC NULLS LAST, controlsFailed DESC NULLS LAST, instanceId
