-- What a load needed on its way; a store in memory would keep it otherwise.
DROP VIEW IF EXISTS resolved;
DROP VIEW IF EXISTS incoming;
DROP VIEW IF EXISTS judged;
DROP VIEW IF EXISTS given;
DROP TABLE IF EXISTS incoming_rows;
DROP TABLE IF EXISTS judged_rows;
DROP TABLE IF EXISTS document;
DROP TABLE IF EXISTS raw;
DROP TABLE IF EXISTS parsed;
DROP TABLE IF EXISTS found;
DROP TABLE IF EXISTS hit;
DROP TABLE IF EXISTS gone;
DROP TABLE IF EXISTS passed_over;
