-- title: Storage accounts that are reached too easily
-- tells: Azure storage accounts that let every network in, take plain HTTP, or speak TLS below 1.2.
SELECT account, region, name, networkAcls.defaultAction AS others, supportsHttpsTrafficOnly AS httpsOnly, minimumTlsVersion
FROM azure_storage_account
WHERE networkAcls.defaultAction = 'Allow' OR supportsHttpsTrafficOnly = FALSE OR minimumTlsVersion IN ('TLS1_0', 'TLS1_1')
ORDER BY account, region, name
