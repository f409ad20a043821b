-- title: Volumes that are not encrypted
-- tells: EBS volumes whose data lies on the disk as it is.
SELECT account, region, volumeId, name, size, state, tag(tags, 'owner') AS owner, created
FROM aws_ebs
WHERE encrypted = FALSE
ORDER BY account, region, volumeId
