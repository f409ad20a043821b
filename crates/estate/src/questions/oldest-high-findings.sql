-- title: The oldest high findings that are not fixed
-- tells: What fails of controls of high criticality, by how long it does.
-- param: most = 50 | Rows at most
SELECT f.account, f.region, f.resourceType, f.resourceId, f.controlId, c.controlName,
  least(f.failedSince, f.evaluationDates.firstEvaluated) AS since,
  date_part('day', now() - least(f.failedSince, f.evaluationDates.firstEvaluated)) AS days
FROM findings f
JOIN controls c ON c.cid = CAST(f.controlId AS BIGINT)
WHERE f.state = 'failing' AND c.criticality = 'HIGH'
ORDER BY since, f.account, f.resourceId, f.controlId
LIMIT $most
