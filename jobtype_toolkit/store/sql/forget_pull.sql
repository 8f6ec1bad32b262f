-- A source whose rows of some pull went: nothing of its history is known to be complete.
DELETE FROM coverage WHERE source = $source;
DELETE FROM execution_asked WHERE source = $source;
UPDATE source SET watermark = NULL WHERE source = $source;
