-- title: Accounts by the share of what fails
-- tells: For each account, how many evaluations of resources fail, of those that pass or fail.
SELECT provider, account,
  sum(failedResources) AS failed,
  sum(passedResources) AS passed,
  sum(passWithExceptionResources) AS excepted,
  round(100.0 * sum(failedResources) / nullif(sum(failedResources) + sum(passedResources), 0), 1) AS failedPercent
FROM account_evaluations
GROUP BY provider, account
ORDER BY failedPercent DESC NULLS LAST, failed DESC, account
