-- title: Findings that came back
-- tells: Findings that were fixed once and fail again.
SELECT f.account, f.region, f.resourceType, f.resourceId, f.controlId, c.controlName, c.criticality,
  coalesce(f.reopenedOn, f.evaluationDates.dateReopen) AS reopenedOn, f.timesReopened
FROM findings f
LEFT JOIN controls c ON c.cid = CAST(f.controlId AS BIGINT)
WHERE f.state = 'failing' AND (f.timesReopened > 0 OR f.evaluationDates.dateReopen IS NOT NULL)
ORDER BY reopenedOn DESC, f.account, f.resourceId, f.controlId
