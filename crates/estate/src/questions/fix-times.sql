-- title: How long fixes take, by team
-- tells: For the findings that were fixed, the days from the failure to the fix, by the value of a tag of the resource.
-- param: tag = owner | Key of the tag that names the team
SELECT coalesce(tag(r.tags, $tag), '(none)') AS team,
  count(*) AS fixed,
  round(avg(extract(epoch FROM f.fixedOn - f.failedSince)) / 86400, 1) AS meanDays,
  round(approx_percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM f.fixedOn - f.failedSince)) / 86400, 1) AS medianDays,
  round(max(extract(epoch FROM f.fixedOn - f.failedSince)) / 86400, 1) AS longestDays
FROM findings f
LEFT JOIN resources r ON r.provider = f.provider AND r.account = f.account AND r.resourceId = f.resourceId
  AND r.resourceType = f.resourceType
WHERE f.fixedOn IS NOT NULL AND f.failedSince IS NOT NULL
GROUP BY team
ORDER BY meanDays DESC, team
