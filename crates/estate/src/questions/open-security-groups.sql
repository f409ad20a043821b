-- title: Security groups that are open to the world
-- tells: Rules that let anybody in from the internet, one row a rule.
-- param: port = any | Port or range as the service writes it, such as 22; any for all
SELECT account, region, groupId, groupName, rule.portRange AS ports, rule.protocol AS protocol, rule.source AS source
FROM (SELECT account, region, groupId, groupName, unnest(ipPermissionList) AS rule
      FROM aws_vpc_security_group)
WHERE rule.source IN ('0.0.0.0/0', '::/0')
  AND ($port = 'any' OR rule.portRange = $port)
ORDER BY account, region, groupId, ports
