-- title: Instances with confirmed vulnerabilities of severity 5
-- tells: Instances by the number of confirmed vulnerabilities of the highest severity that are not fixed.
-- param: severity = 5 | Least severity, 1 to 5
SELECT account, region, resourceType, resourceId, resourceName,
  count(*) AS vulnerabilities,
  count(*) FILTER (WHERE patchAvailable) AS patchable,
  min(firstFound) AS oldest
FROM vulnerabilities
WHERE severity >= $severity AND typeDetected = 'Confirmed'
  AND coalesce(upper(status), '') <> 'FIXED' AND coalesce(ignored, FALSE) = FALSE AND coalesce(disabled, FALSE) = FALSE
GROUP BY account, region, resourceType, resourceId, resourceName
ORDER BY vulnerabilities DESC, resourceId
