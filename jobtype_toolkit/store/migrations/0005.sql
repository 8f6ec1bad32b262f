-- What the shift report keeps: failures that its alarm ignores, and the alarms that are open.
CREATE TABLE mute (error_name VARCHAR, name VARCHAR, until TIMESTAMP, why VARCHAR, muted TIMESTAMP);
CREATE TABLE alarm (source VARCHAR, name VARCHAR, opened TIMESTAMP, worse TIMESTAMP, judged TIMESTAMP, calm BIGINT);
