-- Workspaces, and a mark for what was written here.
CREATE TABLE workspace (source VARCHAR, name VARCHAR, is_active BOOLEAN, observed TIMESTAMP);
ALTER TABLE job_type ADD COLUMN is_local BOOLEAN DEFAULT false;
ALTER TABLE job_type_revision ADD COLUMN is_local BOOLEAN DEFAULT false;
ALTER TABLE error ADD COLUMN is_local BOOLEAN DEFAULT false;
