-- title: Connectors that do not run
-- tells: Connectors that did not end well for some days, failed, or are switched off.
-- param: days = 3 | Days without a run
SELECT provider, name, account, state, isDisabled, lastSyncedOn, date_part('day', now() - lastSyncedOn) AS days, error
FROM connectors
WHERE lastSyncedOn IS NULL OR lastSyncedOn < now() - CAST(concat($days, ' days') AS INTERVAL) OR upper(state) = 'ERROR' OR isDisabled
ORDER BY lastSyncedOn NULLS FIRST, provider, name
