-- title: Failing controls, week by week
-- tells: For the last sync of each week, how many controls failed in how many accounts, and on how many resources.
WITH weeks AS (
  SELECT date_trunc('week', finished) AS week, max(run) AS run, max(started) AS started
  FROM sync_runs
  GROUP BY 1
)
SELECT w.week,
  count(DISTINCT h.controlId) AS controls,
  count(DISTINCT h.account) AS accounts,
  sum(h.failedResources) AS failedResources
FROM weeks w
JOIN history.account_evaluations h
  ON h._run <= w.run AND (h.validTo IS NULL OR h.validTo > w.started)
WHERE h.gone = FALSE AND h.result = 'FAIL'
GROUP BY w.week
ORDER BY w.week
