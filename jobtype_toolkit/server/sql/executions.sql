-- The executions of a job, newest first; all, or one.
SELECT *
FROM job_execution
WHERE ($source = '*' OR source = $source) AND job_id = $job_id AND ($exe_num IS NULL OR exe_num = $exe_num)
ORDER BY exe_num DESC, id DESC;
