-- title: Vulnerabilities that one patch ends most often
-- tells: Vulnerabilities that have a patch, by the number of instances that have them.
-- param: most = 25 | Rows at most
SELECT qid, max(severity) AS severity, max(category) AS category,
  count(DISTINCT resourceUuid) AS instances, min(firstFound) AS oldest
FROM vulnerabilities
WHERE patchAvailable AND coalesce(upper(status), '') <> 'FIXED'
GROUP BY qid
ORDER BY instances DESC, severity DESC, qid
LIMIT $most
