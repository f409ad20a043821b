-- title: Functions that anybody can call
-- tells: Lambda functions with a URL that asks for no sign-in, or a policy that allows everybody.
SELECT account, region, name, runtime,
  coalesce(array_any_match(functionUrlConfigs, u -> u.authType = 'NONE'), FALSE) AS byUrl,
  allows_anyone(rawFunctionPolicy) AS byPolicy
FROM aws_lambda
WHERE array_any_match(functionUrlConfigs, u -> u.authType = 'NONE') OR allows_anyone(rawFunctionPolicy)
ORDER BY account, region, name
