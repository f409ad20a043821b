-- title: Remediations that did not succeed
-- tells: What the service tried to fix and could not.
SELECT triggeredOn, account, region, resourceType, resourceId, controlId, controlName, remediationAction, status, errors
FROM remediation_activity
WHERE upper(status) NOT IN ('SUCCESS', 'SUCCEEDED', 'COMPLETED', 'QUEUED', 'IN_PROGRESS')
ORDER BY triggeredOn DESC, resourceId
